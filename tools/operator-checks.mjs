// The operators of a registry, and what each of them can do on the engine that is running.
import { foldModel, loadModel, neuralSimilarity } from '@neusim/core';
import { define, noOptions, plugin } from '@neusim/registry';
import { checkLayer } from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';

const inputShape = [5, 4, 2];

/** A predictor as simple as one can be: z = a 3×3 convolution of x. */
const linear = {
  name: 'linear',
  options: {},
  apply: (x, channels, g) =>
    neuralSimilarity(x, {
      filters: channels,
      kernelSize: 3,
      strides: g.strides,
      padding: 'same',
      kernelInitializer: tfl.initializers.randomNormal({ stddev: 0.1, seed: 1 }),
    }),
};

const linearPlugin = plugin('linear', '1.0.0', [
  define({
    kind: 'predictor',
    name: 'linear',
    version: '1.0.0',
    summary: 'one convolution',
    options: noOptions,
    load: () => () => linear,
  }),
]);

/**
 * Each similarity on a plain window (a predicted one by one convolution), each shape under the inner product,
 * each predictor under a diagonal M.
 */
export function operators(registry) {
  const listed = (kind) => registry.list(kind).map(({ name }) => name);
  const [plain, dynamic] = ['inner-product', 'dynamic-dns'].map((name) => registry.make('similarity', name));
  return [
    ...listed('similarity').map((name) => {
      const similarity = registry.make('similarity', name);
      return {
        kind: 'similarity',
        name,
        similarity,
        predictor: isPredicted(similarity) ? linear : undefined,
      };
    }),
    ...listed('shape').map((name) => ({
      kind: 'shape',
      name,
      similarity: plain,
      shape: registry.make('shape', name),
    })),
    ...listed('predictor').map((name) => ({
      kind: 'predictor',
      name,
      similarity: dynamic,
      predictor: registry.make('predictor', name, { hidden: 3, seed: 1 }),
    })),
  ];
}

const isPredicted = ({ source }) => source === 'predictor';

/** One mark for several. */
export const combine = (found) => (found.includes('no') ? 'no' : found.includes('yes') ? 'yes' : 'none');

/** One mark for all that `measure` found. */
export const every = (result) => combine(Object.values(result));

/** `{ forward, gradient, … }`, each `yes`, `no`, or `none` where it does not apply. */
export async function measure(registry, { name, similarity, shape, predictor }) {
  const kernelInitializer = tfl.initializers.heNormal({ seed: 1 });
  const conv = { name: 'operator', filters: 2, kernelSize: 3, padding: 'same', kernelInitializer };
  // Full matrices at every position are small ones: a software adapter takes minutes for second gradients of 9×9.
  const small = isPredicted(similarity) && similarity.form === 'full' ? { kernelSize: 2 } : {};
  const layer = (x, options) =>
    neuralSimilarity(x, { ...conv, ...options, ...small, similarity, shape, predictor });
  const rows = await checkRows(registry, name, layer);
  const all = (prefix) => {
    const chosen = rows.filter(({ check }) => check === 'runs' || check.startsWith(prefix));
    return chosen.length === 0 ? 'none' : chosen.every(({ ok }) => ok) ? 'yes' : 'no';
  };
  return {
    forward: all('output'),
    gradient: all('gradient'),
    'second order': all('second-order'),
    training: all('training step'),
    fold: isPredicted(similarity) ? 'none' : await fold(layer),
    'save/load': all('save and load'),
    'no leak': all('tensors left'),
  };
}

async function checkRows(registry, name, layer) {
  const load = (saved) => loadModel(registry.fork(linearPlugin), saved);
  const surrogate = (weight) => weight.includes('shape');
  try {
    return (await checkLayer({ name, layer, inputShape, load, surrogate, secondOrder: true, variants: [] }))
      .rows;
  } catch (error) {
    if (error.code === 'CHECK_FAILED') return error.data.rows;
    throw error;
  }
}

async function fold(layer) {
  const input = tfl.input({ shape: inputShape });
  const model = tfl.model({ inputs: input, outputs: layer(input, {}) });
  const folded = foldModel(model);
  const x = tf.randomNormal([2, ...inputShape], 0, 1, 'float32', 1);
  const [y, expected] = [folded.predict(x), model.predict(x)];
  const difference = tf.tidy(() => tf.div(tf.norm(tf.sub(y, expected)), tf.norm(expected)));
  const same = (await difference.data())[0] < 1e-5;
  tf.dispose([x, y, expected, difference]);
  model.dispose();
  folded.dispose();
  return same ? 'yes' : 'no';
}
