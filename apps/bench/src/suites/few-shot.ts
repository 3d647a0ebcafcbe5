/**
 * Testing a few-shot method: 60 episodes of Mini-ImageNet's size, and how much of it is the backbone's. Each image is embedded
 * once, however many episodes have it; what is left is drawing episodes, reading images, prototypes and distances.
 */
import { type ClassPool, drawEpisode } from '@neusim/datasets';
import fewshot, { evaluateEpisodes, type FewShotMethod, type Learner } from '@neusim/fewshot';
import { disposeModel, type Model } from '@neusim/models';
import type * as tf from '@tensorflow/tfjs-core';
import type { Engines } from '../engines';
import { median } from '../measure';
import { registry } from '../registry';
import { type Findings, row } from '../report';

const SEED = 1;

export async function benchFewShot({ use }: Engines, quick: boolean): Promise<Findings> {
  use('neusim');
  const [side, episodes, perClass, rounds] = quick ? [16, 2, 20, 1] : [84, 60, 600, 2];
  const form = { way: 5, shot: 5, query: 15, seed: SEED };
  const pool = noise(20, perClass, side);
  const methods = registry.fork(fewshot);
  await methods.ready('method:proto-net', 'model:cnn-4');
  const network = { inputShape: [side, side, 3], head: 'none', seed: SEED };
  const backbone = (methods.make('model', 'cnn-4', network as never) as Model).build();
  const method = methods.make('method', 'proto-net') as FewShotMethod;
  const learner = method.build({ backbone, classes: 64, way: form.way, seed: SEED });

  const times: number[] = [];
  const embedding: number[] = [];
  for (let round = -1; round < rounds; round++) {
    let inBackbone = 0;
    const timed: Learner = {
      ...learner,
      embed(images) {
        const from = performance.now();
        const y = learner.embed?.(images) as tf.Tensor;
        inBackbone += performance.now() - from;
        return y;
      },
    };
    const from = performance.now();
    // A short one before those that count.
    await evaluateEpisodes(timed, pool, { ...form, episodes: round < 0 ? 2 : episodes, normalize: 'unit' });
    if (round < 0) continue;
    times.push(performance.now() - from);
    embedding.push(inBackbone);
  }
  disposeModel(learner.model);

  const used = new Set(
    Array.from({ length: episodes }, (_, index) => drawEpisode(pool, form, index)).flatMap(
      ({ support, query }) => [...support, ...query],
    ),
  ).size;
  const size = `${side}×${side}×3, 5-way 5-shot, 15 queries, CNN-4`;
  const engine = 'neusim';
  return {
    rows: [
      row(`proto-net, ${episodes} episodes of ${size}`, { engine, times }, episodes, 'episodes/s'),
      row(`of that the backbone: ${used} different images`, { engine, times: embedding }, used, 'images/s'),
    ],
    ratios: { fewShotBackboneShare: median(embedding.map((time, i) => time / (times[i] as number))) },
  };
}

/** Images of noise: what they show costs nothing more. */
function noise(classes: number, perClass: number, side: number): ClassPool {
  const count = classes * perClass;
  const images = new Uint8Array(count * side * side * 3);
  let state = SEED;
  for (let i = 0; i < images.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    images[i] = state >>> 24;
  }
  return {
    classes: Array.from({ length: classes }, (_, label) => `class ${label}`),
    count,
    shape: [side, side, 3],
    images,
    labels: Int32Array.from({ length: count }, (_, index) => index % classes),
  };
}
