// The published data sets that can be pulled by name: ours, and those that plug-ins bring along.

import { type AnyRegistry, NeusimError, suggest } from '@neusim/registry';
import type { DatasetSource } from '../types';
import { cifar10Published } from './cifar-10';
import { cifar100Published } from './cifar-100';
import { fashionMnistPublished, mnistPublished } from './mnist';
import { omniglotPublished } from './omniglot';
import { tinyImagenetPublished } from './tiny-imagenet';
import type { Publication } from './types';

/** Of the data sets that this package reads. */
export const publications: readonly Publication[] = [
  cifar10Published,
  cifar100Published,
  mnistPublished,
  fashionMnistPublished,
  omniglotPublished,
  tinyImagenetPublished,
];

/** These, and what the products of the registry's data sets have as `published`. */
export async function listPublications(registry: AnyRegistry): Promise<Publication[]> {
  const found = [...publications];
  for (const { name } of registry.list('dataset')) {
    await registry.ready(`dataset:${name}`);
    for (const each of publishedBy(registry, name)) {
      if (!found.some((other) => other.name === each.name)) found.push(each);
    }
  }
  return found;
}

/** A data set that wants options cannot be made here, and brings none. */
function publishedBy(registry: AnyRegistry, name: string): readonly Publication[] {
  try {
    return (registry.make('dataset', name) as DatasetSource).published ?? [];
  } catch (error) {
    if (error instanceof NeusimError) return [];
    throw error;
  }
}

/** @throws NeusimError `DATA_UNKNOWN_SET` */
export async function findPublication(registry: AnyRegistry, name: string): Promise<Publication> {
  const all = await listPublications(registry);
  const found = all.find((each) => each.name === name);
  if (found) return found;
  throw unknownSet(
    name,
    all.map((each) => each.name),
  );
}

/** The error for a name that is none of those known. */
function unknownSet(name: string, known: readonly string[]) {
  const nearest = suggest(name, known);
  return new NeusimError('DATA_UNKNOWN_SET', `"${name}" is no data set that is known: ${known.join(', ')}`, {
    data: { name, known, nearest },
    hint: nearest ? `did you mean "${nearest}"?` : 'data of your own needs no pull: give its folder',
  });
}
