/** From a kind of run to a session that is ready to go on: fresh, or from its checkpoint. */
import { disposeModel } from '@neusim/models';
import * as platform from '@neusim/platform';
import { findCheckpoint, requireFreshFolder, sweepPartials } from './checkpoint/folder';
import { type Checkpoint, decodeCheckpoint } from './checkpoint/format';
import { requireSameRun } from './checkpoint/state';
import type { RunContext, TrainFiles } from './context';
import type { Objective, Opener, Saved } from './objective';
import { currentBackend, engineLabel } from './prepare';
import type { RunConfig } from './run-config';
import { readSeenClasses, writeSeenClasses } from './seen-classes';
import { Session } from './session';

/** Leaves nothing behind where it throws. */
export async function openSession<C extends RunConfig>(
  opener: Opener<C>,
  { out, resume, files = platform }: RunContext,
): Promise<Session<C>> {
  const backend = currentBackend();
  if (out !== undefined && !resume) await requireFreshFolder(files, out);
  const from = resume ? await findCheckpoint(files, out, resume) : undefined;
  const checkpoint =
    from === undefined ? undefined : await decodeCheckpoint(from, await files.readFile(from));
  const saved = from !== undefined && checkpoint ? savedRun(opener, from, checkpoint) : undefined;
  const objective = await opener.open(saved);
  const dispose: (() => unknown)[] = [() => objective.close(), () => disposeModel(objective.model)];
  try {
    const session = new Session(objective, { files, out, backend: engineLabel(backend) });
    dispose.splice(0, dispose.length, () => session.dispose());
    if (from !== undefined && checkpoint && saved) session.restore(from, checkpoint, saved.config);
    if (out !== undefined) await prepareFolder(files, out, objective, checkpoint !== undefined);
    return session;
  } catch (error) {
    for (const free of dispose) await free();
    throw error;
  }
}

function savedRun<C extends RunConfig>(
  { parse, curve }: Opener<C>,
  path: string,
  { config: json, step }: Checkpoint,
): Saved<C> {
  const config = parse(json);
  return { config, step, requireSame: (now) => requireSameRun(path, now, { config, step }, curve) };
}

async function prepareFolder<C extends RunConfig>(
  files: TrainFiles,
  out: string,
  { config, seen }: Objective<C>,
  isResumed: boolean,
): Promise<void> {
  await files.makeFolder(out);
  await sweepPartials(files, out);
  await files.writeAtomic(files.joinPath(out, 'config.json'), `${JSON.stringify(config, null, 2)}\n`);
  const before = isResumed ? await readSeenClasses(files, out) : undefined;
  await writeSeenClasses(files, out, [...seen, ...(before ?? [])]);
}
