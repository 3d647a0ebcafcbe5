/** Layers: each similarity, shape, predictor and operator of the registry, by `checkLayer`. */
import {
  BatchNorm,
  loadModel,
  neuralSimilarity,
  type Operator,
  type Predictor,
  type Shape,
  type Similarity,
} from '@neusim/core';
import { checkLayer, type LayerBuilder } from '@neusim/testing';
import { initializers } from '@tensorflow/tfjs-layers';
import { registry } from '../registry';
import type { Check } from './checks';

// Channels that groups of two divide.
const inputShape = [5, 4, 4];

interface Parts {
  readonly similarity: Similarity;
  readonly shape?: Shape;
  readonly predictor?: Predictor;
}

export function layerChecks(quick: boolean): readonly Check[] {
  const make = <T>(kind: 'similarity' | 'shape' | 'predictor' | 'operator', name: string, options?: object) =>
    registry.make(kind, name as never, options as never) as T;
  const names = (kind: string) => registry.list(kind as never).map(({ name }) => name);
  const predictor = (name: string) => make<Predictor>('predictor', name, { hidden: 5, seed: 1 });
  const similarities = names('similarity').map((name): [string, Parts] => {
    const similarity = make<Similarity>('similarity', name);
    const predicted = similarity.source === 'predictor';
    return [name, { similarity, ...(predicted ? { predictor: predictor('conv') } : {}) }];
  });
  const plain = make<Similarity>('similarity', 'inner-product');
  const dynamic = make<Similarity>('similarity', 'dynamic-dns');
  const shapes = names('shape').map((name): [string, Parts] => [
    `shape ${name}`,
    {
      similarity: plain,
      // At its bound, where it starts, the gradient of the rate has one side.
      shape: make<Shape>('shape', name, name === 'learned-dilation' ? { rate: 1.5 } : undefined),
    },
  ]);
  const predictors = names('predictor').map((name): [string, Parts] => [
    `predictor ${name}`,
    { similarity: dynamic, predictor: predictor(name) },
  ]);
  const chosen = quick ? similarities.slice(0, 1) : [...similarities, ...shapes, ...predictors];
  const operators = quick ? [] : names('operator');
  return [
    ...operators.map((name) =>
      check(`operator ${name}`, (x, options) =>
        make<Operator>('operator', name, { seed: 1 }).apply(x, { name: 'operator', filters: 4, ...options }),
      ),
    ),
    ...chosen.map(([name, parts]) => check(name, convolution(parts))),
    check('batch norm', () => new BatchNorm({ momentum: 0.9 })),
  ];
}

const convolution =
  (parts: Parts): LayerBuilder =>
  (x, options) =>
    neuralSimilarity(x, {
      name: 'operator',
      filters: 4,
      kernelInitializer: initializers.heNormal({ seed: 1 }),
      ...options,
      ...parts,
    } as never);

const check = (name: string, layer: LayerBuilder): Check => ({
  name: `layer: ${name}`,
  run: () =>
    checkLayer({
      name,
      layer,
      inputShape,
      load: (saved) => loadModel(registry, saved),
      surrogate: (weight) => weight.includes('shape'),
      variants: [],
    }),
});
