/**
 * Features that were extracted beforehand. LEO (Rusu et al. 2019) draws its values at random and keeps the best: these are
 * of their order, 12 tasks an update of Adam as there; the penalties are the method's own.
 */
import { presetsOn } from './preset';

const preset = presetsOn('features', {
  backbone: 'identity',
  evaluation: { every: 1000, way: 5, shot: 5, query: 15, episodes: 600 },
  checkpoint: { keep: 2 },
  log: { every: 20 },
});

export const featuresPresets = [
  preset('leo', 'latent embedding optimisation, 5-way 5-shot', {
    steps: 20_000,
    episodes: { way: 5, shot: 5, query: 10, tasks: 12 },
    optimizer: { name: 'adam', learningRate: 5e-4 },
    stop: { patience: 10 },
  }),
  preset('proto-net', 'prototypical networks, of which the scale of the metric is learned', {
    method: { name: 'proto-net', learnScale: true },
    steps: 1000,
    episodes: { way: 5, shot: 5, query: 10 },
  }),
];
