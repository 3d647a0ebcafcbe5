/** From a config to a run that is ready to go on: data, model and, where it is resumed, its checkpoint. */
import * as platform from '@neusim/platform';
import { checkDataset } from './check-split';
import { findCheckpoint, requireFreshFolder, sweepPartials } from './checkpoint/folder';
import { decodeCheckpoint } from './checkpoint/format';
import { requireSameRun } from './checkpoint/state';
import { parseConfig, type TrainConfig, type TrainConfigInput } from './config';
import type { TrainContext, TrainFiles } from './context';
import { chooseModel, currentBackend, openDataset } from './prepare';
import { Session } from './session';
import { whenReady } from './when-ready';

/** Leaves nothing behind where it throws. */
export async function openSession(input: TrainConfigInput, context: TrainContext): Promise<Session> {
  const config = parseConfig(input);
  const { registry, out, resume, files = platform } = context;
  const backend = currentBackend();
  if (out !== undefined && !resume) await requireFreshFolder(files, out);
  const from = resume ? await findCheckpoint(files, out, resume) : undefined;
  const dataset = context.dataset ?? (await openDataset(config, context));
  checkDataset(dataset);
  const chosen = await chooseModel(config, registry, dataset);
  const saved = from === undefined ? undefined : await decodeCheckpoint(from, await files.readFile(from));
  if (from !== undefined && saved) requireSameRun(from, config, saved);

  const model = await whenReady(registry, () => chosen.build());
  const session = new Session(config, backend, dataset, model, files, out);
  try {
    if (from !== undefined && saved) session.restore(from, saved);
    if (out !== undefined) await prepareFolder(files, out, config);
    return session;
  } catch (error) {
    session.dispose();
    throw error;
  }
}

async function prepareFolder(files: TrainFiles, out: string, config: TrainConfig): Promise<void> {
  await files.makeFolder(out);
  await sweepPartials(files, out);
  await files.writeAtomic(files.joinPath(out, 'config.json'), `${JSON.stringify(config, null, 2)}\n`);
}
