// The data set that a word on the command line means: one that is published, one that the registry knows, or a folder.

import { detectDataset, listPublications, type Publication, unknownSet } from '@neusim/datasets/pull';
import * as platform from '@neusim/platform';
import { type AnyRegistry, NeusimError } from '@neusim/registry';
import { folderOf } from './data-folder';

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
  if (publication) {
    const folder = await folderOf(publication, data);
    if (folder === undefined) throw notPulled(word, data);
    return { dataset: publication.dataset, folder, where: folder, publication };
  }
  const readers = registry.list('dataset').map(({ name }) => name);
  if (readers.includes(word))
    return { dataset: { name: word }, folder: data, where: await whereIs(registry, word, data) };
  if (await platform.exists(word)) return inFolder(registry, word, published);
  throw unknownSet(word, [...new Set([...published.map(({ name }) => name), ...readers])]);
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
  const known = registry.list('dataset').map(({ name }) => name);
  throw new NeusimError(
    'DATA_UNKNOWN_FORMAT',
    `${folder} is of no format that is known by its files' names`,
    {
      data: { folder, known },
      hint: `known: ${known.join(', ')}; give the folder itself, not one above it`,
    },
  );
}

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
