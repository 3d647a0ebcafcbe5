// A whole data set: its source is chosen, its files are fetched and checked, and only then is its folder there.

import { NeusimError } from '@neusim/registry';
import type { Publication, Source } from '../sources/types';
import type { DatasetPlatform } from '../types';
import { byHand } from './by-hand';
import { fetchArchives, fetchFiles, fetchPackage } from './fetch-source';
import type { Pulled, PullOptions } from './types';
import { checkFiles, isWhole, requireWhole } from './verify';

/**
 * Fetches a published data set into `INTO/NAME`.
 * @throws NeusimError `DATA_TAKEN`, `DATA_NO_SOURCE`, `DATA_DAMAGED`, `DATA_OFFLINE`, what `download` and unpacking throw;
 *   the signal's reason. What was downloaded stays, and the next call goes on with it
 */
export async function pullDataset(
  platform: DatasetPlatform,
  publication: Publication,
  options: PullOptions,
): Promise<Pulled> {
  const { name, sources } = publication;
  const { into, from } = options;
  const fitting = sources.filter((source) => from === undefined || source.from === from);
  if (fitting.length === 0) {
    const known = [...new Set(sources.map((source) => source.from))];
    throw new NeusimError('DATA_NO_SOURCE', `"${name}" is not to be had from ${from}`, {
      data: { name, from, known },
      hint: `it comes from ${known.join(' or ')}`,
    });
  }
  const folder = platform.joinPath(into, name);
  await platform.makeFolder(into);
  if (!options.replace && (await isThere(platform, publication, folder, fitting, options)))
    return { folder, from: null };
  const faults: NeusimError[] = [];
  for (const [index, source] of fitting.entries()) {
    try {
      await fetchSource(platform, publication, source, options);
      return { folder, from: source.from };
    } catch (error) {
      if (!(error instanceof NeusimError) || !isOfSource(error)) throw error;
      faults.push(error);
      if (index + 1 < fitting.length)
        options.onNote?.(`${error.message}; trying ${fitting[index + 1]!.from} instead`);
    }
  }
  throw byHand(publication, fitting, into, faults, (...parts) => platform.joinPath(...parts));
}

async function fetchSource(
  platform: DatasetPlatform,
  publication: Publication,
  source: Source,
  options: PullOptions,
): Promise<void> {
  if ('files' in source) return fetchFiles(platform, publication, source, options);
  if ('archives' in source) return fetchArchives(platform, publication, source, options);
  return fetchPackage(platform, publication, source, options);
}

/** Another source may do better. */
function isOfSource({ code }: NeusimError): boolean {
  return /^DATA_(?:OFFLINE|HTTP|WRONG_LENGTH|TOO_LARGE|WRONG_CHECKSUM|NO_REGISTRY)$/.test(code);
}

/**
 * Whether the data set is there, whole.
 * @throws NeusimError `DATA_TAKEN` for a folder that holds something else
 */
async function isThere(
  platform: DatasetPlatform,
  { name, files }: Publication,
  folder: string,
  sources: readonly Source[],
  { signal, onProgress }: PullOptions,
): Promise<boolean> {
  if (!(await platform.exists(folder)) || (await platform.listFolder(folder)).length === 0) return false;
  const checked = await checkFiles(platform, folder, files, {
    signal,
    onProgress: (done, total) => onProgress?.({ phase: 'checking', name, done, total }),
  });
  if (isWhole(checked)) return true;
  // Files that come one by one are filled in; those that are there have to be right.
  const oneByOne = sources.every((source) => 'files' in source);
  const present = checked.filter(({ state }) => state !== 'missing');
  if (oneByOne && isWhole(present)) return false;
  try {
    requireWhole(folder, oneByOne ? present : checked);
  } catch (cause) {
    throw new NeusimError(
      'DATA_TAKEN',
      `there is a folder already, and not of the whole data set: ${(cause as Error).message}`,
      {
        data: { folder, files: checked },
        hint: 'name another folder, or replace this one',
        cause,
      },
    );
  }
  return false;
}
