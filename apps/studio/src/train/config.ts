// The training config of a request: the preset's, with the lengths of the demo: those of `neusim demo` for all images and
// 400 steps, and those of `neusim demo --quick` for a part of them and 30.
import { findPreset, type TrainConfigInput } from '@neusim/train';
import type { RunRequest } from './protocol';

const limit = {
  all: {},
  part: { train: 2000, test: 300 },
  few: { train: 500, test: 100 },
} as const satisfies Record<RunRequest['amount'], object>;

/** @throws NeusimError PRESET_UNKNOWN */
export function configOf(
  request: Pick<RunRequest, 'network' | 'amount' | 'steps' | 'batchSize' | 'seed'>,
): TrainConfigInput {
  const { network, amount, steps, batchSize, seed } = request;
  return {
    ...findPreset(network).config,
    name: network,
    seed,
    steps,
    batchSize,
    dataset: { name: 'digits', limit: limit[amount] },
    schedule: { name: 'cosine', warmup: Math.min(50, Math.ceil(steps / 3)) },
    // Eight points of the test error and eighty of the loss, more where a run is so long that one would wait for them.
    evaluation: { every: Math.min(500, Math.max(15, Math.floor(steps / 8))), batchSize: 100 },
    log: { every: Math.min(10, Math.max(1, Math.floor(steps / 80))) },
    workers: 1,
  };
}
