// The demo's three networks: the same small net with the inner product, a static and a dynamic similarity.

import { findPreset, type TrainConfigInput } from '@neusim/train';

export interface Row {
  readonly name: string;
  readonly config: TrainConfigInput;
  /** Rough time beside the other rows': the longest is started first. */
  readonly cost: number;
}

/** Three epochs: on one core about a minute and a half for all three, with errors of about 2 %. */
const demoLength = {
  steps: 400,
  evaluation: { every: 50, batchSize: 100 },
  checkpoint: { every: 100, keep: 1 },
  log: { every: 5 },
} as const satisfies Partial<TrainConfigInput>;

/** A few steps on a part of the digits: shows that all of it works, and no more. */
const quickLength = {
  dataset: { name: 'digits', limit: { train: 2000, test: 300 } },
  steps: 30,
  batchSize: 32,
  schedule: { name: 'cosine', warmup: 10 },
  evaluation: { every: 15, batchSize: 100 },
  checkpoint: { every: 0, keep: 1 },
  log: { every: 2 },
} as const satisfies Partial<TrainConfigInput>;

const rows = [
  { name: 'baseline', preset: 'cnn-digits', cost: 1 },
  { name: 'static-uns', preset: 'nsn-digits-static-uns', cost: 1.1 },
  { name: 'dynamic-dns', preset: 'nsn-digits', cost: 4 },
];

/** In the order in which they are shown. */
export function demoRows(seed: number, quick: boolean): Row[] {
  const length = quick ? quickLength : demoLength;
  return rows.map(({ name, preset, cost }) => ({
    name,
    cost,
    config: { ...findPreset(preset).config, ...length, name, seed },
  }));
}
