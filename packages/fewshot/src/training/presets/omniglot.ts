/**
 * Omniglot at 28×28 with rotations as further classes, CNN-4. Values are the papers' where they give them:
 *
 * - `proto-net`: Snell et al. 2017: 60-way episodes of 1 shot and 5 queries, Adam 1e-3, halved every 2000 episodes.
 * - `relation-net`: Sung et al. 2018: 5-way 1-shot with 19 queries, Adam 1e-3, halved every 100,000 episodes;
 *   two of the backbone's stages are pooled.
 * - `maml`: Finn et al. 2017: 32 tasks an update, one step of 0.4, three in tests, 60,000 updates of Adam 1e-3.
 *   `meta-static-nsn` has its inner steps: five of 0.01, as on Mini-ImageNet, move 64 features' head too little.
 *
 * What is trained to tell characters apart has 4,112 classes of few images: with a decay of 5e-4 and a rate of 3e-3 the loss after 5,000
 * updates is a fifth of that without and with 1e-3.
 *
 * Vinyals et al. 2016 give no optimiser: `matching-net` has that of `proto-net`. Its way, the number of queries of MAML, the
 * values of the others, and when a run ends (validation, or a number of steps that one machine can do) are ours.
 */
import { presetsOn } from './preset';

const episodes = { way: 60, shot: 1, query: 5 };
const evaluation = { every: 1000, way: 5, shot: 1, query: 15, episodes: 600 };

const preset = presetsOn('omniglot', {
  backbone: 'cnn-4',
  normalize: 'unit',
  evaluation,
  checkpoint: { keep: 2 },
  log: { every: 20 },
});

/** What is trained to tell characters apart. */
const byClasses = {
  steps: 10_000,
  batchSize: 64,
  optimizer: { name: 'adam', learningRate: 3e-3 },
  schedule: { name: 'staircase', every: 4000 },
  l2: { filter: 5e-4, predictor: 5e-4, norm: 5e-4 },
} as const;

export const omniglotPresets = [
  preset('proto-net', 'prototypical networks, 60-way 1-shot', {
    steps: 20_000,
    episodes,
    schedule: { name: 'staircase', every: 2000 },
    stop: { patience: 8 },
  }),
  preset('matching-net', 'matching networks, 20-way 1-shot', {
    steps: 20_000,
    episodes: { ...episodes, way: 20 },
    schedule: { name: 'staircase', every: 2000 },
    stop: { patience: 8 },
  }),
  preset('relation-net', 'relation networks, 5-way 1-shot', {
    backbone: { name: 'cnn-4', pools: 2 },
    steps: 200_000,
    episodes: { way: 5, shot: 1, query: 19 },
    schedule: { name: 'staircase', every: 100_000 },
    evaluation: { ...evaluation, every: 5000 },
    stop: { patience: 8 },
  }),
  preset('maml', 'MAML, 5-way 1-shot, one step of 0.4', {
    method: { name: 'maml', steps: 1, rate: 0.4, testSteps: 3 },
    steps: 60_000,
    episodes: { way: 5, shot: 1, query: 5, tasks: 32 },
    evaluation: { ...evaluation, every: 2000 },
    stop: { patience: 8 },
  }),
  preset('nearest-neighbour', 'a classifier of the base classes, nearest neighbour by cosine', byClasses),
  preset('finetune', 'a classifier of the base classes, a new linear head', byClasses),
  preset('baseline-pp', 'a cosine classifier of the base classes, a new cosine head', byClasses),
  preset('simple-shot', 'a classifier of the base classes, nearest centred class mean', byClasses),
  preset('dynamic-nsn', 'dynamic diagonal similarity, trained on base classes, a new head', {
    ...byClasses,
    backbone: { name: 'cnn-4', similarity: 'dynamic-dns' },
  }),
  preset('static-nsn', 'static similarity, of which M and a new head adapt', {
    ...byClasses,
    backbone: { name: 'cnn-4', similarity: 'static-uns' },
    evaluation: { ...evaluation, episodes: 100 },
  }),
  preset('meta-static-nsn', 'static similarity, whose M is meta-learned', {
    method: { name: 'meta-static-nsn', steps: 1, rate: 0.4, testSteps: 3 },
    steps: 20_000,
    backbone: { name: 'cnn-4', similarity: 'static-uns' },
    episodes: { way: 5, shot: 1, query: 5, tasks: 4 },
    stop: { patience: 8 },
  }),
];
