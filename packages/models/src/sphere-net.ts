/**
 * Hyperspherical networks. `sphere-net-9` (SphereNet, Liu et al. 2017; method: §9) has nine 3×3 convolutions, 128/192/256 times
 * three, a max-pool after each three, and a fully connected layer of 256, all of them the cosine between kernel and patch.
 * `global-sphere-net` (Liu et al. 2019, appendix B; method: §12) compares besides, after the first two pools, the positions
 * of the map with each other. Batch norm and ReLU follow the 3×3 convolutions alone; nothing has a bias.
 *
 * With `similarity: 'inner-product'` both are the plain networks to compare with. Images are expected around zero, as the
 * authors' (rgb − 127.5) / 128. A kernel of a response has the orthogonality penalty of its options, 2e-4, in place of L2.
 */
import { type Operator, type Similarity, strictOptions } from '@neusim/core';
import { GlobalSimilarity2D } from '@neusim/hypernet';
import { type AnyRegistry, define } from '@neusim/registry';
import { input, type LayersModel, model, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import * as v from 'valibot';
import { convolution } from './convolution';
import { applyHead } from './head';
import { modelOf, type PartOptions, partsOf } from './make-model';
import { commonEntries, cosine, partEntries, size } from './options';
import { makePart, type PartSpec, partSchema, splitPart } from './part-spec';
import { maxPool, requireSize, type StageOptions, stage } from './staged';
import type { ImageShape } from './types';

const entries = {
  ...commonEntries({ inputShape: [32, 32, 3], normDecay: 0.999 }),
  /** Filters of every stage; as many stages as numbers. */
  widths: v.optional(v.pipe(v.array(size), v.minLength(1)), [128, 192, 256]),
  /** Convolutions in each stage. */
  depth: v.optional(size, 3),
  /** Filters of the fully connected layer: values of the embedding. */
  features: v.optional(size, 256),
  /**
   * `linear`: plain. `weight-normalised`: each class's logit divided by the norm of its kernel (SphereNet). `none`: the
   * network gives the embedding [B,features].
   */
  head: v.optional(v.picklist(['linear', 'weight-normalised', 'none']), 'linear'),
  ...partEntries(cosine),
};

export const sphereNet9 = define({
  kind: 'model',
  name: 'sphere-net-9',
  version: '1.0.0',
  summary: 'nine cosine convolutions (SphereNet), or the plain network to compare with',
  options: strictOptions(entries),
  requires: ['similarity:inner-product', 'shape:full'],
  load: () => (options, registry) => made('sphere-net-9', options, registry),
});

export const globalSphereNet = define({
  kind: 'model',
  name: 'global-sphere-net',
  version: '1.0.0',
  summary: 'nine cosine convolutions, and positions of whole maps compared with each other',
  options: strictOptions({
    ...entries,
    /** The operator `global-similarity`, with its options. */
    global: v.optional(partSchema, 'global-similarity'),
  }),
  requires: ['similarity:inner-product', 'shape:full'],
  load:
    () =>
    ({ global, ...options }, registry) => {
      const { name, options: own } = splitPart(global);
      const block: PartSpec = { name, seed: options.seed, ...own };
      const operator = makePart<Operator>(registry, 'operator', block);
      const build = made('global-sphere-net', options, registry, operator).build;
      return modelOf('global-sphere-net', { ...options, global }, build);
    },
});

interface Options extends PartOptions {
  readonly inputShape: ImageShape;
  readonly classes: number;
  readonly widths: readonly number[];
  readonly depth: number;
  readonly features: number;
  readonly head: 'linear' | 'weight-normalised' | 'none';
  readonly normDecay: number;
  readonly seed: number;
}

interface Net extends Pick<Options, 'inputShape' | 'classes' | 'widths' | 'features'>, StageOptions {
  readonly name: string;
  readonly head: 'linear' | 'none';
  /** Of the score, where that is not plain. */
  readonly score?: Similarity | undefined;
  readonly operator?: Operator | undefined;
}

function made(name: string, options: Options, registry: AnyRegistry, operator?: Operator) {
  const parts = partsOf(registry, options);
  const { head, inputShape, classes, widths, depth, features, normDecay, seed } = options;
  const isNormalised = head === 'weight-normalised';
  const net = {
    ...{ name, inputShape, classes, widths, depth, features, normDecay, seed, operator, kernelSize: 3 },
    head: isNormalised ? 'linear' : head,
    // ⟨w/‖w‖, x⟩ (method: §13).
    score: isNormalised
      ? makePart<Similarity>(registry, 'similarity', {
          name: 'decoupled',
          magnitude: 'linear',
          angle: 'cosine',
        })
      : undefined,
  } as const;
  return modelOf(name, options, () => build({ ...net, parts: parts() }));
}

function build(net: Net): LayersModel {
  const { name, inputShape, widths, features, head, classes, seed, parts, score, operator } = net;
  requireSize(name, inputShape, 2 ** widths.length, widths.length);
  const images = input({ name: 'image', shape: [...inputShape] });
  const map = widths.reduce<SymbolicTensor>((from, filters, i) => {
    const pooled = maxPool(stage(from, i + 1, filters, net), i + 1);
    return operator && i < widths.length - 1 ? block(pooled, `stage${i + 1}_global`, operator) : pooled;
  }, images);
  const embedded = convolution(map, {
    name: 'fc',
    filters: features,
    kernelSize: [map.shape[1] as number, map.shape[2] as number],
    padding: 'valid',
    seed,
    // A learned M is between taps of a small window; a response is one of every kernel.
    similarity: parts.similarity?.source === 'none' ? parts.similarity : undefined,
  });
  const outputs = applyHead(embedded, {
    pooling: 'flatten',
    head,
    classes,
    seed,
    useBias: false,
    scoreSimilarity: score,
  });
  return model({ name, inputs: images, outputs });
}

const block = (x: SymbolicTensor, name: string, operator: Operator) =>
  new GlobalSimilarity2D({ name, operator }).apply(x) as SymbolicTensor;
