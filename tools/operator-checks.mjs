// The operators of a registry, and what each of them can do on the engine that is running.
import { foldModel, loadModel, neuralSimilarity } from '@neusim/core';
import { checkLayer } from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';

const inputShape = [5, 4, 2];

/** Each similarity on a plain window, each shape under the inner product, each predictor under a diagonal M. */
export function operators(registry) {
  const make = (kind, name) => registry.make(kind, name);
  const listed = (kind) => registry.list(kind).map(({ name }) => name);
  return [
    ...listed('similarity').map((name) => ({
      kind: 'similarity',
      name,
      similarity: make('similarity', name),
    })),
    ...listed('shape').map((name) => ({
      kind: 'shape',
      name,
      similarity: make('similarity', 'inner-product'),
      shape: make('shape', name),
    })),
    ...listed('predictor').map((name) => ({
      kind: 'predictor',
      name,
      similarity: make('similarity', 'dynamic-dns'),
      predictor: make('predictor', name),
    })),
  ];
}

/** `{ forward, gradient, … }`, each `yes`, `no`, or `none` where it does not apply. */
export async function measure(registry, { name, similarity, shape, predictor }) {
  const parts = {
    similarity,
    shape,
    predictor:
      similarity.source === 'predictor' ? (predictor ?? registry.make('predictor', 'conv')) : undefined,
  };
  const layer = (x, options) => neuralSimilarity(x, { filters: 2, kernelSize: 3, ...options, ...parts });
  const rows = await checkRows(registry, name, layer);
  const all = (prefix) => {
    const chosen = rows.filter(({ check }) => check.startsWith(prefix));
    return chosen.length === 0 ? 'none' : chosen.every(({ ok }) => ok) ? 'yes' : 'no';
  };
  return {
    forward: all('output'),
    gradient: all('gradient'),
    'second order': all('second-order'),
    training: all('training step'),
    fold: similarity.source === 'predictor' ? 'none' : await fold(layer),
    'save/load': all('save and load'),
    'no leak': all('tensors left'),
  };
}

async function checkRows(registry, name, layer) {
  const load = (saved) => loadModel(registry, saved);
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
