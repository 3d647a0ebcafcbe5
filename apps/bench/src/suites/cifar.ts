/** The networks of the CIFAR experiments, training and forward. */
import type { Model } from '@neusim/models';
import type { Engines } from '../engines';
import { measure, ratio } from '../measure';
import { registry } from '../registry';
import { type Findings, row } from '../report';
import { workload } from '../training-step';

export const similarities = [
  'inner-product',
  'static-dns',
  'static-uns',
  'dynamic-dns',
  'dynamic-uns',
] as const;

/** `inner-product` makes the baseline, whose convolutions are plain: `cnn-cifar`. */
export function nsnCifar(similarity: (typeof similarities)[number], quick: boolean): Model {
  return registry.make('model', 'nsn-cifar', { similarity, width: quick ? 4 : 32 }) as Model;
}

export function benchCifar(engines: Engines, quick: boolean): Findings {
  const found = similarities.map((similarity) => benchNetwork(engines, similarity, quick));
  return {
    rows: found.flatMap(({ rows }) => rows),
    ratios: Object.assign({}, ...found.map(({ ratios }) => ratios)),
  };
}

function benchNetwork(engines: Engines, similarity: (typeof similarities)[number], quick: boolean): Findings {
  const batch = quick ? 2 : 32;
  const net = workload(nsnCifar(similarity, quick).build(), batch);
  const { train, forward } = measure(
    engines,
    { train: { engine: 'neusim', run: net.step }, forward: { engine: 'neusim', run: net.infer } },
    quick ? 2 : 3,
  );
  const { neusim, foundation } = measure(
    engines,
    { neusim: { engine: 'neusim', run: net.step }, foundation: { engine: 'foundation', run: net.step } },
    2,
  );
  // Many seconds a step: one round, not compared. tfjs alone has the memory for no similarity.
  const slowest = { 'inner-product': 'stock', 'dynamic-dns': 'authors' } as const;
  const engine = similarity in slowest ? slowest[similarity as keyof typeof slowest] : undefined;
  const slow = engine ? [measure(engines, { slow: { engine, run: net.step } }, 1).slow] : [];
  net.dispose();
  const name = similarity === 'inner-product' ? 'cnn-cifar' : `nsn-cifar ${similarity}`;
  return {
    rows: [
      ...[...slow, foundation, train].map((sample) => row(`${name} train`, sample, batch, 'images/s')),
      row(`${name} forward`, forward, batch, 'images/s'),
    ],
    ratios: { [ratioNames[similarity]]: ratio(neusim, foundation) },
  };
}

const ratioNames = {
  'inner-product': 'cnnTrainVsFoundation',
  'static-dns': 'staticDnsTrainVsFoundation',
  'static-uns': 'staticUnsTrainVsFoundation',
  'dynamic-dns': 'nsnTrainVsFoundation',
  'dynamic-uns': 'dynamicUnsTrainVsFoundation',
} as const;
