/** From a config to a run that is ready to go on: data, model and, where it is resumed, its checkpoint. */
import { countParameters, describeWeights, multiplyAdds } from '@neusim/core';
import { type Dataset, resolveNormalize } from '@neusim/datasets';
import { disposeModel } from '@neusim/models';
import * as platform from '@neusim/platform';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { checkDataset } from './check-split';
import { findCheckpoint, requireFreshFolder, sweepPartials } from './checkpoint/folder';
import { type Checkpoint, decodeCheckpoint } from './checkpoint/format';
import { requireSameRun } from './checkpoint/state';
import { computeHere, computeInWorkers } from './compute';
import { parseConfig, type TrainConfig, type TrainConfigInput } from './config';
import type { TrainContext, TrainFiles } from './context';
import { createLoader } from './loader';
import { chooseWorkers, type TrainWorkers } from './parallel/choose-workers';
import { chooseModel, currentBackend, engineLabel, openDataset } from './prepare';
import { savedWorkers } from './resume-warnings';
import { Session } from './session';
import { whenReady } from './when-ready';

/** Leaves nothing behind where it throws. */
export async function openSession(input: TrainConfigInput, context: TrainContext): Promise<Session> {
  const given = parseConfig(input);
  const { registry, out, resume, workers, capture, files = platform } = context;
  const backend = currentBackend();
  if (out !== undefined && !resume) await requireFreshFolder(files, out);
  const from = resume ? await findCheckpoint(files, out, resume) : undefined;
  const dataset = context.dataset ?? (await openDataset(given, context));
  // Whoever opens closes.
  const closeDataset = context.dataset ? undefined : async () => dataset.close?.();
  const dispose: (() => unknown)[] = closeDataset ? [closeDataset] : [];
  try {
    checkDataset(dataset);
    const chosen = await chooseModel(given, registry, dataset);
    const saved = from === undefined ? undefined : await decodeCheckpoint(from, await files.readFile(from));
    const parsed = await withStatistics(given, saved, dataset, context);
    if (from !== undefined && saved) requireSameRun(from, parsed, saved);

    const model = await whenReady(registry, () => chosen.build());
    dispose.unshift(() => disposeModel(model));
    const config = withWorkers(parsed, saved, workers, backend, model);
    const loader = createLoader(config, dataset);
    const work = { config, model, dataset, loader };
    const compute =
      workers && config.workers !== 1
        ? await computeInWorkers(work, backend, workers)
        : computeHere(
            work,
            backend,
            describeWeights(model).filter(({ trainable }) => trainable),
          );
    dispose.unshift(() => compute.close());
    const parts = { ...work, compute, files, out, capture, closeDataset };
    const session = new Session(parts, engineLabel(backend));
    dispose.splice(0, dispose.length, () => session.dispose());
    if (from !== undefined && saved) session.restore(from, saved);
    if (out !== undefined) await prepareFolder(files, out, config);
    return session;
  } catch (error) {
    for (const free of dispose) await free();
    throw error;
  }
}

/** The config with the data set's mean and deviation in numbers, where it asks for them: the checkpoint's, or found. */
async function withStatistics(
  config: TrainConfig,
  saved: Checkpoint | undefined,
  dataset: Dataset,
  { open, signal }: TrainContext,
): Promise<TrainConfig> {
  if (config.normalize !== 'dataset') return config;
  const before = saved && parseConfig(saved.config).normalize;
  // Another choice in the checkpoint is another run: told by comparing, without a look at the images.
  if (typeof before === 'string') return config;
  const normalize =
    before ?? (await resolveNormalize('dataset', dataset, { ...open, signal: open?.signal ?? signal }));
  return Object.freeze({ ...config, normalize });
}

/** The config with the number of workers: the checkpoint's, or as many as this machine and the model want. */
function withWorkers(
  config: TrainConfig,
  saved: Checkpoint | undefined,
  workers: TrainWorkers | undefined,
  backend: string,
  model: LayersModel,
): TrainConfig {
  const cores = workers ? (workers.platform ?? platform).cores() : null;
  const before = saved && config.workers === 'auto' ? savedWorkers(saved) : undefined;
  const given = before === undefined || cores === null ? config : { ...config, workers: before };
  const cost = { multiplyAdds: multiplyAdds(model), parameters: countParameters(model) };
  return Object.freeze({ ...config, workers: chooseWorkers(given, cores, backend, cost) });
}

async function prepareFolder(files: TrainFiles, out: string, config: TrainConfig): Promise<void> {
  await files.makeFolder(out);
  await sweepPartials(files, out);
  await files.writeAtomic(files.joinPath(out, 'config.json'), `${JSON.stringify(config, null, 2)}\n`);
}
