// A data set's folder, and the image files below a folder in it. All paths are real ones: no name and no link leads out.

import { NeusimError } from '@neusim/registry';
import type { EncodedImage } from '../store/encoded';
import type { DatasetPlatform, OpenOptions } from '../types';

/** A folder that is looked through. */
export interface Tree {
  readonly platform: DatasetPlatform;
  /** Real path. */
  readonly root: string;
  readonly options: OpenOptions;
  /** Of one image file. */
  readonly maxBytes: number;
}

/** Image files of a folder and the folders in it, in the order of their names. */
export interface FoundFiles {
  /** Real paths. */
  readonly images: readonly string[];
  /** Files that are no images by their names. */
  readonly others: number;
}

const IMAGE = /\.(?:png|jpe?g|webp)$/i;
/** A pixel takes 8 bytes at most where it is not packed at all; besides there is room for what is said of it. */
const BYTES_PER_PIXEL = 8;
const ROOM = 2 ** 20;
const AT_ONCE = 32;

export const isImageName = (name: string) => IMAGE.test(name) && !name.startsWith('.');

export async function openTree(
  platform: DatasetPlatform,
  folder: string,
  maxPixels: number,
  options: OpenOptions = {},
): Promise<Tree> {
  const root = await platform.realPath(folder);
  return { platform, root, options, maxBytes: BYTES_PER_PIXEL * maxPixels + ROOM };
}

export function unsafePath(path: string, reason: string, root: string) {
  return new NeusimError('DATASET_UNSAFE_PATH', `${path} ${reason}`, {
    data: { path, reason, root },
    hint: 'a data set is read from its own folder only: put copies there in place of links',
  });
}

const isInside = (root: string, path: string) =>
  path === root || (path.startsWith(root) && (/[\\/]$/.test(root) || /^[\\/]/.test(path.slice(root.length))));

/** The real path of what `path` leads to. @throws NeusimError `DATASET_UNSAFE_PATH` where it leaves the root */
export async function follow({ platform, root }: Tree, path: string): Promise<string> {
  const real = await platform.realPath(path).catch(() => {
    throw unsafePath(path, 'is a link that leads nowhere', root);
  });
  if (!isInside(root, real)) throw unsafePath(path, `is a link that leaves ${root}`, root);
  return real;
}

/** Names of the folders in a folder, but hidden ones, with their real paths. */
export async function subfolders(tree: Tree, folder: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const { name, isFolder, isLink } of await tree.platform.listEntries(folder)) {
    if (!isFolder || name.startsWith('.')) continue;
    const path = tree.platform.joinPath(folder, name);
    found.set(name, isLink ? await follow(tree, path) : path);
  }
  return found;
}

/**
 * @param folder real path.
 * @throws NeusimError `DATASET_UNSAFE_PATH`; the signal's reason
 */
export async function findImages(tree: Tree, folder: string): Promise<FoundFiles> {
  const images: string[] = [];
  let others = 0;
  const walk = async (at: string, above: readonly string[]) => {
    tree.options.signal?.throwIfAborted();
    if (above.includes(at)) throw unsafePath(at, 'is led to by a link in itself', tree.root);
    for (const { name, isFolder, isLink } of await tree.platform.listEntries(at)) {
      if (name.startsWith('.')) continue;
      if (!isFolder && !isImageName(name)) {
        others++;
        continue;
      }
      const path = tree.platform.joinPath(at, name);
      const real = isLink ? await follow(tree, path) : path;
      if (isFolder) await walk(real, [...above, at]);
      else images.push(real);
    }
  };
  await walk(folder, []);
  return { images, others };
}

/** An image file and its label. */
export interface LabelledFile {
  /** Real path. */
  readonly path: string;
  readonly label: number;
}

/** The files as images of a data set: each is looked at for its size and time, none is read. */
export async function encodedFiles(tree: Tree, files: readonly LabelledFile[]): Promise<EncodedImage[]> {
  const { platform, maxBytes, options } = tree;
  const found: EncodedImage[] = [];
  for (let first = 0; first < files.length; first += AT_ONCE) {
    options.signal?.throwIfAborted();
    const some = files.slice(first, first + AT_ONCE).map(async ({ path, label }) => {
      const { size, modified } = await platform.stat(path);
      return new FileImage(platform, label, path, `${size} ${modified}`, maxBytes);
    });
    found.push(...(await Promise.all(some)));
    options.onProgress?.({ phase: 'listing', done: found.length, total: files.length });
  }
  return found;
}

/** A class, so that a million of them share one `read`. */
class FileImage implements EncodedImage {
  constructor(
    private readonly platform: DatasetPlatform,
    readonly label: number,
    readonly name: string,
    readonly version: string,
    private readonly maxBytes: number,
  ) {}

  read() {
    return this.platform.readFile(this.name, this.maxBytes);
  }
}
