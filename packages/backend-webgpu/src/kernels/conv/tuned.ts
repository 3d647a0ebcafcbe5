/** Tiles that were timed on real adapters. Data only: a tuning command writes this file. */
import type { TunedTiles } from './tile';

/** By `vendor/architecture`, then by `tuningKey(problem)`. */
export const tuned: Readonly<Record<string, TunedTiles>> = {};
