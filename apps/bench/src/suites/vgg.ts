/** The VGG-like CNN, built from plain tfjs layers: the same program on three engines. */
import { heapBytes } from '@neusim/backend-wasm';
import type { Engines } from '../engines';
import { measure, ratio } from '../measure';
import { type Findings, row } from '../report';
import { workload } from '../training-step';
import { vggLike } from '../vgg';

export function benchVgg(engines: Engines, quick: boolean): Findings {
  const batch = quick ? 2 : 32;
  const net = workload(quick ? vggLike(8, 4) : vggLike(32, 64), batch);
  const { step, infer } = net;
  const before = engines.use;
  // A stock step takes seven seconds or more: it has a comparison of its own, with fewer rounds.
  const few = { rounds: quick ? 2 : 3, before };
  const many = { rounds: quick ? 2 : 9, before };
  const fast = measure({ foundation: step, neusim: step }, many);
  const slow = measure({ stock: step, neusim: step }, few);
  const forward = measure({ stock: infer, neusim: infer }, many);
  net.dispose();
  const rowsOf = (name: string, times: Readonly<Record<string, readonly number[]>>) =>
    Object.entries(times).map(([engine, each]) => row(name, engine, each, batch, 'images/s', heapBytes()));
  return {
    rows: [...rowsOf('vgg train', { stock: slow.stock, ...fast }), ...rowsOf('vgg forward', forward)],
    ratios: {
      vggTrainVsStock: ratio(slow.stock, slow.neusim),
      vggTrainVsFoundation: ratio(fast.neusim, fast.foundation),
    },
  };
}
