/**
 * The WebAssembly heap that a training step of the CIFAR networks takes at the batch of the paper. The heap only
 * grows, so the networks come in the order of what they take.
 */
import { heapBytes } from '@neusim/backend-wasm';
import type { Engines } from '../engines';
import { measure } from '../measure';
import { type Findings, row } from '../report';
import { workload } from '../training-step';
import { nsnCifar } from './cifar';

const TWO_GIB = 2 ** 31;

export function benchMemory(engines: Engines, quick: boolean): Findings {
  const batch = quick ? 4 : 128;
  const rows: Findings['rows'][number][] = [];
  const ratios: Record<string, number> = {};
  for (const [similarity, key] of [
    ['inner-product', 'plainHeapVsTwoGiB'],
    ['dynamic-dns', 'dnsHeapVsTwoGiB'],
    ['dynamic-uns', 'unsHeapVsTwoGiB'],
  ] as const) {
    const net = workload(nsnCifar(similarity, quick).build(), batch);
    const { train } = measure(engines, { train: { engine: 'neusim', run: net.step } }, 2);
    net.dispose();
    rows.push(row(`nsn-cifar ${similarity} train, batch ${batch}`, train, batch, 'images/s'));
    ratios[key] = heapBytes() / TWO_GIB;
  }
  return { rows, ratios };
}
