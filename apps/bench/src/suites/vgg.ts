/** The VGG-like CNN, built from plain tfjs layers: the same program on every engine. */
import type { EngineName, Engines } from '../engines';
import { measure, ratio } from '../measure';
import { type Findings, row } from '../report';
import { workload } from '../training-step';
import { vggLike } from '../vgg';

export function benchVgg(engines: Engines, quick: boolean): Findings {
  const batch = quick ? 2 : 32;
  const net = workload(quick ? vggLike(8, 4) : vggLike(32, 64), batch);
  const on = <E extends EngineName>(engine: E, run: () => void) => ({ engine, run });
  const ours = (run: () => void) => ({
    neusim: on('neusim', run),
    direct: on('neusim direct', run),
    fast: on('neusim fast', run),
  });
  const rounds = quick ? 2 : 5;
  const train = measure(engines, { foundation: on('foundation', net.step), ...ours(net.step) }, rounds);
  // A stock step takes seven seconds or more: it has a comparison of its own, of one round.
  const slow = measure(engines, { stock: on('stock', net.step), neusim: on('neusim', net.step) }, 1);
  const forward = measure(engines, { stock: on('stock', net.infer), ...ours(net.infer) }, rounds);
  net.dispose();
  const rowOf = (name: string) => (sample: typeof slow.stock) => row(name, sample, batch, 'images/s');
  return {
    rows: [
      ...[slow.stock, train.foundation, train.neusim, train.direct, train.fast].map(rowOf('VGG-like train')),
      ...Object.values(forward).map(rowOf('VGG-like forward')),
    ],
    ratios: {
      vggTrainVsStock: ratio(slow.stock, slow.neusim),
      vggTrainVsFoundation: ratio(train.neusim, train.foundation),
      vggForwardVsStock: ratio(forward.neusim, forward.stock),
    },
  };
}
