/**
 * CIFAR-FS at 32×32 (Bertinetto et al. 2019), CNN-4. All of these are ours: five methods on one budget, 20,000 updates at
 * most, of about as many images each.
 */
import { presetsOn } from './preset';

const evaluation = { every: 1000, way: 5, shot: 5, query: 15, episodes: 600 };
const steps = 20_000;

const preset = presetsOn('cifar-fs', {
  backbone: 'cnn-4',
  normalize: 'dataset',
  augment: { padCrop: { pad: 4, mode: 'mirror' }, flip: true },
  schedule: { name: 'cosine', warmup: 200 },
  l2: { filter: 5e-4, predictor: 5e-4, norm: 5e-4 },
  steps,
  evaluation,
  checkpoint: { keep: 2 },
  log: { every: 20 },
});

export const cifarFsPresets = [
  preset('proto-net', 'prototypical networks, 10-way 5-shot', {
    steps,
    episodes: { way: 10, shot: 5, query: 5 },
  }),
  preset('finetune', 'a classifier of the base classes, a new linear head', { steps, batchSize: 100 }),
  preset('static-nsn', 'static similarity, of which M and a new head adapt', {
    steps,
    batchSize: 100,
    backbone: { name: 'cnn-4', similarity: 'static-uns' },
    evaluation: { ...evaluation, every: 2000, episodes: 100 },
  }),
  preset('meta-static-nsn', 'static similarity, whose M is meta-learned', {
    steps,
    backbone: { name: 'cnn-4', similarity: 'static-uns' },
    episodes: { way: 5, shot: 5, query: 5, tasks: 2 },
  }),
  preset('dynamic-nsn', 'dynamic diagonal similarity, trained on base classes, a new head', {
    steps,
    batchSize: 100,
    backbone: { name: 'cnn-4', similarity: 'dynamic-dns' },
  }),
];
