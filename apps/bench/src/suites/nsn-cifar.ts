/** The networks of the CIFAR experiments, training and forward. */
import { heapBytes } from '@neusim/backend-wasm';
import type { Model } from '@neusim/models';
import { type Engines, registry } from '../engines';
import { measure, ratio } from '../measure';
import { type Findings, type Row, row } from '../report';
import { workload } from '../training-step';

export const similarities = [
  'inner-product',
  'static-dns',
  'static-uns',
  'dynamic-dns',
  'dynamic-uns',
] as const;

/** `inner-product` makes the baseline, whose convolutions are plain. */
export function nsnCifar(similarity: (typeof similarities)[number], quick: boolean): Model {
  return registry.make('model', 'nsn-cifar', { similarity, width: quick ? 4 : 32 }) as Model;
}

export function benchNsnCifar(engines: Engines, quick: boolean): Findings {
  const batch = quick ? 2 : 32;
  const rounds = { rounds: quick ? 2 : 5 };
  const rows: Row[] = [];
  const ratios: Record<string, number> = {};
  for (const similarity of similarities) {
    engines.use('neusim');
    const net = workload(nsnCifar(similarity, quick).build(), batch);
    const { train, forward } = measure({ train: net.step, forward: net.infer }, rounds);
    const name = `nsn-cifar ${similarity}`;
    rows.push(row(`${name} train`, 'neusim', train, batch, 'images/s', heapBytes()));
    rows.push(row(`${name} forward`, 'neusim', forward, batch, 'images/s', heapBytes()));
    if (similarity === 'dynamic-dns') {
      const both = { neusim: net.step, foundation: net.step };
      const { neusim, foundation } = measure(both, { ...rounds, before: engines.use });
      rows.push(row(`${name} train`, 'foundation', foundation, batch, 'images/s', heapBytes()));
      ratios.nsnTrainVsFoundation = ratio(neusim, foundation);
    }
    net.dispose();
  }
  return { rows, ratios };
}
