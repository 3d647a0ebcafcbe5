/** The VGG-like CNN, built from plain tfjs layers: the same program on three engines. */
import { heapBytes } from '@neusim/backend-wasm';
import type { EngineName, Engines } from '../engines';
import { measure, ratio } from '../measure';
import { type Findings, row } from '../report';
import { workload } from '../training-step';
import { vggLike } from '../vgg';

export function benchVgg(engines: Engines, quick: boolean): Findings {
  const batch = quick ? 2 : 32;
  const net = workload(quick ? vggLike(8, 4) : vggLike(32, 64), batch);
  const on = (engine: EngineName, run: () => void) => () => {
    engines.use(engine);
    run();
  };
  // A stock step takes 13 s: it has a comparison of its own, with fewer rounds.
  const few = { rounds: quick ? 2 : 3 };
  const many = { rounds: quick ? 2 : 9 };
  const slow = measure({ stock: on('stock', net.step), neusim: on('neusim', net.step) }, few);
  const fast = measure({ foundation: on('foundation', net.step), neusim: on('neusim', net.step) }, many);
  const forward = measure({ stock: on('stock', net.infer), neusim: on('neusim', net.infer) }, many);
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
