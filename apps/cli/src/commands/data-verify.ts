// `neusim data verify`: whether a data set is whole. Files with checksums are compared with those; of other sets every
// image is decoded by its reader, without the cache of images that were decoded before.

import { basename, dirname, resolve } from 'node:path';
import { type Dataset, readImages } from '@neusim/datasets';
import { type CheckedFile, checkFiles, isWhole } from '@neusim/datasets/pull';
import * as platform from '@neusim/platform';
import { type AnyRegistry, NeusimError } from '@neusim/registry';
import { byteTicker } from '../run/byte-ticker';
import { dataFolder } from '../run/data-folder';
import { type FoundData, findData } from '../run/find-data';
import { breathe, unlessStopped } from '../run/measure';
import { openData } from '../run/open-data';
import { stoppedOutcome } from '../run/stopped';
import { createProgress } from '../terminal/progress';
import { shellCommand } from '../terminal/shell-command';
import type { Outcome, Terminal } from '../terminal/terminal';
import { textTable } from '../terminal/text-table';

export interface VerifyOptions {
  readonly data?: string;
  readonly plugin?: readonly string[];
}

/** @throws NeusimError what finding and opening the data set throws, but for a fault of its files */
export async function verify(
  terminal: Terminal,
  registry: AnyRegistry,
  word: string,
  options: VerifyOptions,
): Promise<Outcome> {
  const found = await findData(registry, word, dataFolder(terminal, options.data));
  const signal = terminal.interrupted;
  const checking = () =>
    found.publication?.files.length
      ? verifyFiles(terminal, word, found, options)
      : verifyImages(terminal, registry, word, found, options);
  const outcome = await unlessStopped(signal, checking);
  return outcome ?? stoppedOutcome(signal, 'Stopped.');
}

async function verifyFiles(
  terminal: Terminal,
  set: string,
  found: FoundData,
  options: VerifyOptions,
): Promise<Outcome> {
  const { folder, publication } = found;
  const progress = createProgress(terminal, [set]);
  const tick = byteTicker(set, progress);
  const checked = await checkFiles(platform, folder, publication?.files ?? [], {
    signal: terminal.interrupted,
    onProgress: (done, total) => tick({ phase: 'checked', name: '', done, total }),
  }).finally(() => progress.stop());
  const whole = isWhole(checked);
  const table = textTable(
    [{ title: 'file' }, { title: 'bytes', align: 'right' }, { title: 'state' }, { title: 'what is wrong' }],
    checked.map(({ path, bytes, state, fault }) => [
      path,
      bytes?.toLocaleString('en-US') ?? null,
      state,
      fault ? `${fault.what} ${fault.met}; wanted: ${fault.wanted}` : '',
    ]),
  );
  return outcome(set, folder, whole, checked, `${table}\n\n${verdict(set, found, whole, options)}`);
}

/** A set and where it lies; of a folder that was named, the one is the other. */
const placed = (set: string, where: string) => (resolve(set) === resolve(where) ? set : `${set} in ${where}`);

function verdict(
  set: string,
  { folder, where = folder, publication }: FoundData,
  whole: boolean,
  { plugin = [] }: VerifyOptions,
): string {
  if (whole) return `${placed(set, where)} is whole.`;
  const words = ['npx', 'neusim', 'data', 'pull', publication?.name ?? set];
  // Pulling puts a set into a folder of its name.
  if (basename(where) === publication?.name) words.push('--data', dirname(where), '--replace');
  for (const each of plugin) words.push('--plugin', each);
  return `${placed(set, where)} is not whole: \`${shellCommand(words)}\` fetches it again.`;
}

function outcome(
  set: string,
  folder: string,
  whole: boolean,
  files: readonly CheckedFile[],
  text: string,
  more: Readonly<Record<string, unknown>> = {},
): Outcome {
  return { json: { set, folder, whole, files, ...more }, text, exitCode: whole ? 0 : 2 };
}

async function verifyImages(
  terminal: Terminal,
  registry: AnyRegistry,
  set: string,
  found: FoundData,
  options: VerifyOptions,
): Promise<Outcome> {
  const { dataset, folder, where = folder, publication } = found;
  const cache = platform.joinPath(platform.cacheFolder(), `verify-${process.pid}`);
  await platform.makeFolder(cache);
  const config = { dataset: { ...dataset.options, name: dataset.name } };
  try {
    const opened = await openData(terminal, config, { registry, folder, open: { cache } });
    const images = await readAll(terminal, set, opened).finally(() => opened.close?.());
    const wanted = publication?.images;
    const whole = wanted === undefined || images === wanted;
    const of = whole ? '' : ` of ${wanted?.toLocaleString('en-US')}`;
    const text = `${images.toLocaleString('en-US')}${of} images were read by "${dataset.name}" from ${where}.`;
    return outcome(set, where, whole, [], whole ? text : `${text}\n${verdict(set, found, whole, options)}`, {
      images,
      wanted,
    });
  } catch (error) {
    if (!(error instanceof NeusimError) || !/^(?:DATASET|PLATFORM|ARCHIVE)_/.test(error.code)) throw error;
    if (['DATASET_NOT_FOUND', 'DATASET_NO_FOLDER'].includes(error.code)) throw error;
    const { code, message, data, hint } = error;
    const text = `${placed(set, where)} is not whole: ${message} [${code}]\n  hint: ${hint}`;
    return outcome(set, where, false, [], text, { fault: { code, message, data, hint } });
  } finally {
    await platform.removeFolder(cache);
  }
}

const AT_ONCE = 256;

/** Reads every image of both splits; resolves to how many there are. */
async function readAll(terminal: Terminal, set: string, { train, test }: Dataset): Promise<number> {
  const progress = createProgress(terminal, [set]);
  const total = train.count + test.count;
  let done = 0;
  try {
    for (const split of [train, test]) {
      for (let first = 0; first < split.count; first += AT_ONCE) {
        const length = Math.min(AT_ONCE, split.count - first);
        const indices = Array.from({ length }, (_, i) => first + i);
        await readImages(split, indices);
        done += length;
        progress.update(set, { step: done, steps: total, text: 'images read', isLast: done === total });
        await breathe(terminal.interrupted);
      }
    }
    return total;
  } finally {
    progress.stop();
  }
}
