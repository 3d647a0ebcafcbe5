// The data set that a word on the command line means: one that is published, one that the registry knows, or a folder.

import { detectDataset, listPublications, type Publication } from '@neusim/datasets/pull';
import * as platform from '@neusim/platform';
import { type AnyRegistry, NeusimError, suggest } from '@neusim/registry';
import { folderOf } from './data-folder';
import { foldersIn, noFolder } from './nearest-folder';

export interface FoundData {
  /** The definition that reads it, and its options. */
  readonly dataset: { readonly name: string; readonly options?: Readonly<Record<string, unknown>> };
  /** What its reader is given. */
  readonly folder: string;
  /** Where it was found; undefined: the reader knows, or looks itself. */
  readonly where?: string | undefined;
  readonly publication?: Publication | undefined;
}

/**
 * @param data the folder of all data sets.
 * @throws NeusimError `DATASET_NOT_FOUND`, `DATA_UNKNOWN_SET`, `DATA_UNKNOWN_FORMAT`
 */
export async function findData(registry: AnyRegistry, word: string, data: string): Promise<FoundData> {
  const published = await listPublications(registry);
  const publication = published.find(({ name }) => name === word);
  // A folder here that bears a set's name is meant where there is no such set among the data.
  const isHere = await platform.exists(word);
  if (publication) {
    const folder = await folderOf(publication, data);
    if (folder !== undefined) return { dataset: publication.dataset, folder, where: folder, publication };
    if (!isHere) throw notPulled(word, data);
  }
  const readers = registry.list('dataset').map(({ name }) => name);
  if (readers.includes(word)) {
    const where = await whereIs(registry, word, data);
    if (where !== undefined || !isHere) return { dataset: { name: word }, folder: data, where };
  }
  if (isHere) return inFolder(registry, word, published);
  if (/[\\/]/.test(word)) throw await noFolder(word);
  throw await unknownWord(word, [...new Set([...published.map(({ name }) => name), ...readers])]);
}

async function inFolder(
  registry: AnyRegistry,
  folder: string,
  published: readonly Publication[],
): Promise<FoundData> {
  const [first] = await detectDataset(registry, platform, folder);
  if (first) {
    const publication = first.isGuess
      ? undefined
      : published.find(({ dataset, files }) => dataset.name === first.dataset && files.length > 0);
    const { folder: where } = first;
    return {
      dataset: publication?.dataset ?? {
        name: first.dataset,
        ...(first.options && { options: first.options }),
      },
      folder: where,
      where,
      publication,
    };
  }
  throw await unknownFormat(registry, folder);
}

/** A word that names nothing: of folders here and of data sets the nearest is told. */
async function unknownWord(word: string, known: readonly string[]): Promise<NeusimError> {
  const nearest = suggest(word, [...(await foldersIn('.')), ...known]);
  return new NeusimError('DATA_UNKNOWN_SET', `there is no folder ${word}, and no data set of that name`, {
    data: { name: word, known, nearest },
    hint: nearest
      ? `did you mean "${nearest}"?`
      : `give the folder of your images, or one of: ${known.join(', ')}`,
  });
}

/** Folders that are looked into for one that is meant. */
const MOST_LOOKED_INTO = 20;
const IMAGE = /\.(?:png|jpe?g|webp)$/i;

async function unknownFormat(registry: AnyRegistry, folder: string): Promise<NeusimError> {
  const known = registry.list('dataset').map(({ name }) => name);
  const listed = await platform.listEntries(folder).catch(() => undefined);
  const entries = listed ?? [];
  const images = entries.filter(({ name, isFolder }) => !isFolder && IMAGE.test(name)).length;
  const folders = entries.filter(({ name, isFolder }) => isFolder && !name.startsWith('.'));
  const told = (message: string, hint: string) =>
    new NeusimError('DATA_UNKNOWN_FORMAT', message, { data: { folder, known, images }, hint });
  const wanted = `images lie in a folder for each class; other formats are ${known.join(', ')}`;
  if (!listed) return told(`${folder} is no folder`, `name the folder that holds the data: ${wanted}`);
  if (entries.every(({ name }) => name.startsWith('.'))) return told(`the folder ${folder} is empty`, wanted);
  for (const { name } of folders.slice(0, MOST_LOOKED_INTO)) {
    const inside = platform.joinPath(folder, name);
    if ((await detectDataset(registry, platform, inside)).length > 0)
      return told(`${folder} is no data set itself, but ${inside} is`, `did you mean "${inside}"?`);
  }
  const example = (name: string) => platform.joinPath(folder, name, '1.png');
  if (images > 0)
    return told(
      `${folder} holds ${images} image${images === 1 ? '' : 's'} that ${images === 1 ? 'is' : 'are'} in no folder of a class`,
      `put those of each class in a folder of its own: ${example('cats')}, ${example('dogs')}`,
    );
  const one = folders[0]?.name;
  if (folders.length === 1 && one !== undefined && (await holdsImages(platform.joinPath(folder, one))))
    return told(
      `${folder} holds images of one class, ${one}; two or more are wanted`,
      `add a folder of images for each other class, beside ${platform.joinPath(folder, one)}`,
    );
  return told(`${folder} is of no format that is known by its files' names`, wanted);
}

const holdsImages = async (folder: string) =>
  (await platform.listFolder(folder).catch(() => [])).some((name) => IMAGE.test(name));

async function whereIs(registry: AnyRegistry, dataset: string, data: string): Promise<string | undefined> {
  if (!(await platform.exists(data))) return undefined;
  const found = await detectDataset(registry, platform, data);
  return found.find((each) => each.dataset === dataset)?.folder;
}

function notPulled(name: string, data: string) {
  return new NeusimError('DATASET_NOT_FOUND', `there is no "${name}" in ${data}`, {
    data: { dataset: name, looked: [data] },
    hint: `\`npx neusim data pull ${name}\` fetches it`,
  });
}
