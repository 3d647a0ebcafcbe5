// A made-up network for tests: a static M, a predicted one, taps that move, a response, and tfjs's own layers.

import { type InspectedNetwork, inspectionOf } from './inspection-of';
import type { SpectrumFigures } from './types';

type Layer = InspectedNetwork['layers'][number];
type Similarity = NonNullable<Layer['similarity']>;

export const spectrum = (values: readonly number[]): SpectrumFigures => ({
  rows: 18,
  columns: values.length,
  values,
  nuclear: values.reduce((a, b) => a + b, 0),
  frobenius: Math.hypot(...values),
  rank: values.length,
  effectiveRank: values.length - 0.5,
  stableRank: 1.5,
});

const plain: Similarity = {
  layer: '',
  similarity: 'inner-product',
  shape: 'full',
  predictor: null,
  options: { similarity: {}, shape: {}, predictor: {} },
  kernel: [3, 3],
  form: 'none',
  matrix: null,
  mask: null,
  sampling: null,
  predicted: null,
};

function layerOf(layer: string, similarity: Partial<Similarity> | null, more: Partial<Layer> = {}): Layer {
  return {
    layer,
    type: similarity ? 'NeuralSimilarityConv2D' : 'Dense',
    kernel: similarity ? [3, 3, 2, 4] : [8, 3],
    similarity: similarity && { ...plain, layer, ...similarity },
    spectra: { kernel: spectrum([3, 2, 1]), matrix: null, effective: null, of: null },
    operator: null,
    response: null,
    ...more,
  };
}

/** M of position (i, j) of 6×4: 1 + i at tap 0, 1 − j/10 at tap 8, else 1. */
export const predicted = (height = 6, width = 4) => ({
  height,
  width,
  values: Array.from({ length: height * width * 9 }, (_, at) => {
    const [i, j] = [Math.floor(at / 9 / width), Math.floor(at / 9) % width];
    return at % 9 === 0 ? 1 + i : at % 9 === 8 ? 1 - j / 10 : 1;
  }),
});

const spread = { layer: 'dynamic', positions: 0.5, images: 0.2, fromIdentity: 0.3 };

/** Offset of tap t at (i, j): (i/10, −j/10). */
const offsets = {
  height: 6,
  width: 4,
  values: Array.from({ length: 6 * 4 * 18 }, (_, at) =>
    at % 2 === 0 ? Math.floor(at / 18 / 4) / 10 : -(Math.floor(at / 18) % 4) / 10,
  ),
};

const lattice = {
  input: [12, 8],
  output: [6, 4],
  strides: [2, 2],
  pad: [1, 1],
  dilations: [1, 1],
  groups: 1,
} as const;

const identity = Array.from({ length: 81 }, (_, index) => (index % 10 === 0 ? 1.5 : 0));
const curve = { at: [0, 1, 3], mean: [1, 0.5, -1], lowest: [1, 0.4, -1], highest: [1, 0.6, -1] };

export const network: InspectedNetwork = {
  layers: [
    layerOf('static<1>', { similarity: 'static-uns', form: 'full', matrix: identity }),
    layerOf('dynamic', {
      similarity: 'dynamic-dns',
      predictor: 'sphere',
      form: 'diagonal',
      predicted: { ...predicted(), spread },
      options: { similarity: {}, shape: {}, predictor: { hidden: 8 } },
    }),
    layerOf('moved', { shape: 'deformable', sampling: { ...lattice, offsets, modulation: null } }),
    layerOf(
      'sphere',
      { similarity: 'hyperspherical' },
      {
        response: {
          patchNorm: 2,
          angle: curve,
          magnitude: curve,
          weights: [{ name: 'k', values: [0.7, 0.8] }],
        },
      },
    ),
    layerOf('score', null, {
      spectra: { kernel: null, matrix: null, effective: null, of: null },
    }),
  ],
  costs: ['static<1>', 'dynamic', 'dynamic_predictor_m1', 'moved', 'sphere', 'score'].map((name, index) => ({
    name,
    type: index === 5 ? 'Dense' : 'NeuralSimilarityConv2D',
    outputShape: [6, 4, 4],
    parameters: 100 * (index + 1),
    multiplyAdds: 1000,
    serves: name.endsWith('_m1') ? 'dynamic' : null,
    byRole: { filter: 100 },
  })),
};

export const inspection = (found: InspectedNetwork = network) =>
  inspectionOf(found, {
    title: 'a <title>',
    summary: 'one & all',
    facts: [['engine', '<wasm>']],
    notes: ['no <image>'],
    sample: {
      shape: [12, 8, 1],
      pixels: Array.from({ length: 96 }, (_, at) => at),
      from: '</script><b>.png',
      label: null,
      predicted: 'class <3>',
    },
  });
