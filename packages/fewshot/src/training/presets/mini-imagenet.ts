/**
 * Mini-ImageNet at 84×84 (Ravi & Larochelle 2017). Values are the papers' where they give them:
 *
 * - `proto-net`: Snell et al. 2017: 20-way 5-shot (30-way for 1-shot), 15 queries, Adam 1e-3, halved every 2000 episodes.
 * - `relation-net`: Sung et al. 2018: 5-way 5-shot, 10 queries, Adam 1e-3, halved every 100,000 episodes;
 *   two of the backbone's stages are pooled.
 * - `maml`: Finn et al. 2017: CNN-4 of 32 filters, 2 tasks an update, 5 steps of 0.01, 10 in tests, 60,000 updates.
 * - `finetune`, `baseline-pp`, `matching-net`: Chen et al. 2019: 400 epochs of batches of 16, or 40,000 episodes; Adam 1e-3; crops, flips and
 *   colours.
 * - `simple-shot`: Wang et al. 2019: 90 epochs of batches of 256, SGD 0.1, divided by 10 after 45 and 66.
 * - `tadam`: Oreshkin et al. 2018: ResNet-12, 2 tasks an update of about 32 queries, batches of 64 in between, SGD 0.1; the length, and
 *   where the rate falls, are ours.
 *
 * The poster's rows of neural similarity have no recipe that was published: theirs is ours, the same budget for all three.
 */
import type { FewShotConfigInput } from '../config';
import { presetsOn } from './preset';

const evaluation = { every: 1000, way: 5, shot: 5, query: 15, episodes: 600 };

const preset = presetsOn('mini-imagenet', {
  backbone: 'cnn-4',
  normalize: 'dataset',
  evaluation,
  checkpoint: { keep: 2 },
  log: { every: 20 },
});

const augment: FewShotConfigInput['augment'] = {
  randomResizedCrop: { scale: [0.35, 1] },
  flip: true,
  colorJitter: { brightness: 0.4, contrast: 0.4, saturation: 0.4 },
};
/** 38,400 images of 64 classes. */
const IMAGES = 38_400;
const epochs = (count: number, batchSize: number) => count * Math.floor(IMAGES / batchSize);
const closerLook = {
  steps: epochs(400, 16),
  batchSize: 16,
  augment,
  evaluation: { ...evaluation, every: epochs(10, 16) },
};
/** Ours. */
const nsn = {
  steps: 40_000,
  batchSize: 64,
  augment,
  schedule: { name: 'cosine', warmup: 200 },
  l2: { filter: 5e-4, predictor: 5e-4, norm: 5e-4 },
} as const;

export const miniImagenetPresets = [
  preset('proto-net', 'prototypical networks, 20-way 5-shot', {
    steps: 40_000,
    episodes: { way: 20, shot: 5, query: 15 },
    schedule: { name: 'staircase', every: 2000 },
    stop: { patience: 10 },
  }),
  preset('matching-net', 'matching networks, 5-way 5-shot', {
    steps: 40_000,
    episodes: { way: 5, shot: 5, query: 16 },
    augment,
  }),
  preset('relation-net', 'relation networks, 5-way 5-shot', {
    backbone: { name: 'cnn-4', pools: 2 },
    steps: 300_000,
    episodes: { way: 5, shot: 5, query: 10 },
    schedule: { name: 'staircase', every: 100_000 },
    evaluation: { ...evaluation, every: 5000 },
    stop: { patience: 10 },
  }),
  preset('maml', 'MAML, 5-way 5-shot, five steps of 0.01', {
    method: { name: 'maml', steps: 5, rate: 0.01, testSteps: 10 },
    backbone: { name: 'cnn-4', width: 32 },
    steps: 60_000,
    episodes: { way: 5, shot: 5, query: 15, tasks: 2 },
    evaluation: { ...evaluation, every: 2000 },
    stop: { patience: 10 },
  }),
  preset('finetune', 'a classifier of the base classes, a new linear head', closerLook),
  preset('baseline-pp', 'a cosine classifier of the base classes, a new cosine head', closerLook),
  preset('nearest-neighbour', 'a classifier of the base classes, nearest neighbour by cosine', closerLook),
  preset('simple-shot', 'a classifier of the base classes, nearest centred class mean', {
    steps: epochs(90, 256),
    batchSize: 256,
    augment,
    optimizer: { name: 'sgd', learningRate: 0.1 },
    schedule: { name: 'step', at: [epochs(45, 256), epochs(66, 256)], factor: 0.1 },
    l2: { filter: 1e-4, norm: 1e-4 },
  }),
  preset('discriminative-k-shot', 'a classifier of the base classes, whose weights are a prior; ResNet-34', {
    backbone: { name: 'nsn-resnet', depth: 34, similarity: 'inner-product' },
    ...nsn,
  }),
  preset('tadam', 'task dependent adaptive metric, 5-way 5-shot, ResNet-12', {
    backbone: { name: 'nsn-resnet', depth: 12, similarity: 'inner-product' },
    steps: 30_000,
    episodes: { way: 5, shot: 5, query: 6, tasks: 2 },
    batchSize: 64,
    optimizer: { name: 'sgd', learningRate: 0.1 },
    schedule: { name: 'step', at: [15_000, 17_500, 20_000], factor: 0.1 },
    l2: { filter: 5e-4, norm: 5e-4 },
    augment: { flip: true },
  }),
  preset('static-nsn', 'static similarity, of which M and a new head adapt', {
    ...nsn,
    backbone: { name: 'cnn-4', similarity: 'static-uns' },
    evaluation: { ...evaluation, every: 5000, episodes: 100 },
  }),
  preset('meta-static-nsn', 'static similarity, whose M is meta-learned', {
    backbone: { name: 'cnn-4', similarity: 'static-uns' },
    steps: 40_000,
    episodes: { way: 5, shot: 5, query: 15, tasks: 4 },
    schedule: { name: 'cosine', warmup: 200 },
    augment: { flip: true },
  }),
  preset('dynamic-nsn', 'dynamic diagonal similarity, trained on base classes, a new head', {
    ...nsn,
    backbone: { name: 'cnn-4', similarity: 'dynamic-dns' },
  }),
];
