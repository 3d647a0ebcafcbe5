/** The checkpoints of a run's folder: `checkpoints/step-00000500.neusim`, the newest few. */
import type { Files } from '@neusim/platform';
import { NeusimError } from '@neusim/registry';

const FOLDER = 'checkpoints';
const NAME = /^step-(\d{8,})\.neusim$/;
/** Folders below a run's with files of its own: what `finish` and the command line save too. */
const OWN_FOLDERS = [FOLDER, 'model', 'folded'];
/** What `writeAtomic` leaves of a run's own files where the process is killed within it. */
const PARTIAL =
  /^(step-\d{8,}\.neusim|weights\.[0-9a-f]{12}\.bin|\w+\.(json|jsonl|html))\.[0-9a-f]{8}\.partial$/;

export interface CheckpointFile {
  readonly step: number;
  readonly path: string;
}

/** Those that a run's folder holds, the oldest first. */
export async function listCheckpoints(files: Files, out: string): Promise<CheckpointFile[]> {
  const folder = files.joinPath(out, FOLDER);
  if (!(await files.exists(folder))) return [];
  const names = await files.listFolder(folder);
  const found = names.flatMap((name) => {
    const step = NAME.exec(name)?.[1];
    return step === undefined ? [] : [{ step: Number(step), path: files.joinPath(folder, name) }];
  });
  return found.sort((a, b) => a.step - b.step);
}

/** Writes one, then removes the oldest beyond `keep` of those up to it. Returns its path. */
export async function saveCheckpoint(
  files: Files,
  out: string,
  step: number,
  bytes: Uint8Array,
  keep: number,
): Promise<string> {
  const folder = files.joinPath(out, FOLDER);
  const path = files.joinPath(folder, `step-${String(step).padStart(8, '0')}.neusim`);
  await files.makeFolder(folder);
  await files.writeAtomic(path, bytes);
  const upToThis = (await listCheckpoints(files, out)).filter((file) => file.step <= step);
  for (const old of upToThis.slice(0, -keep)) await files.removeFile(old.path);
  return path;
}

/** Removes the parts of files that a killed process left behind. Only one process may write in a run's folder. */
export async function sweepPartials(files: Files, out: string): Promise<void> {
  for (const folder of [out, ...OWN_FOLDERS.map((name) => files.joinPath(out, name))]) {
    if (!(await files.exists(folder))) continue;
    for (const name of await files.listFolder(folder))
      if (PARTIAL.test(name)) await files.removeFile(files.joinPath(folder, name));
  }
}

/**
 * The file to resume from: the one named, or the newest of the folder.
 * @throws NeusimError CHECKPOINT_NONE
 */
export async function findCheckpoint(
  files: Files,
  out: string | undefined,
  named: string | true,
): Promise<string> {
  if (typeof named === 'string') return named;
  const newest = out === undefined ? undefined : (await listCheckpoints(files, out)).at(-1);
  if (newest) return newest.path;
  throw new NeusimError('CHECKPOINT_NONE', `${out ?? 'the run'} has no checkpoint to resume from`, {
    data: { out },
    hint: "Name the folder of the run, or a checkpoint's file; or leave out `resume` to begin anew.",
  });
}

/** @throws NeusimError TRAIN_OUT_TAKEN where the folder holds another run's checkpoints. */
export async function requireFreshFolder(files: Files, out: string): Promise<void> {
  const newest = (await listCheckpoints(files, out)).at(-1);
  if (!newest) return;
  throw new NeusimError('TRAIN_OUT_TAKEN', `${out} holds a run already, at step ${newest.step}`, {
    data: { out, step: newest.step, checkpoint: newest.path },
    hint: 'Resume it, name another folder, or remove this one.',
  });
}
