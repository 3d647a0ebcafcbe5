// Which data set lies in a folder: every definition that can tell by the names of files is asked.

import { type AnyRegistry, NeusimError } from '@neusim/registry';
import type { DatasetPlatform, DatasetSource, Detected } from './types';

export interface Found extends Detected {
  /** The definition that reads it. */
  readonly dataset: string;
}

/** All that it may be: what is sure first, else in the order in which the definitions are registered. */
export async function detectDataset(
  registry: AnyRegistry,
  platform: DatasetPlatform,
  folder: string,
): Promise<Found[]> {
  const found: Found[] = [];
  for (const { name } of registry.list('dataset')) {
    await registry.ready(`dataset:${name}`);
    const met = await ask(registry, name, platform, folder);
    if (met) found.push({ ...met, dataset: name });
  }
  return found.sort((a, b) => Number(a.isGuess ?? false) - Number(b.isGuess ?? false));
}

/** A definition that wants options, or a folder that it cannot list, is no find. */
async function ask(registry: AnyRegistry, name: string, platform: DatasetPlatform, folder: string) {
  try {
    return await (registry.make('dataset', name) as DatasetSource).detect?.(platform, folder);
  } catch (error) {
    if (error instanceof NeusimError) return undefined;
    throw error;
  }
}
