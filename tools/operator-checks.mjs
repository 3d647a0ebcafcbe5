// The operators of a registry, and what each of them can do on the engine that is running.
import { foldModelAsync, loadModel, neuralSimilarity } from '@neusim/core';
import { define, noOptions, plugin } from '@neusim/registry';
import { checkLayer, layerVariants } from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';

/** A layer's input, and its window where it is always the same; default 3×3, or what a check asks for. */
const whole = { inputShape: [5, 4, 2] };
/** A software adapter takes minutes for second gradients of 9×9 matrices at twenty positions. */
export const small = { inputShape: [3, 2, 2], kernelSize: [2, 2] };

/** A predictor as simple as one can be: z = a convolution of x with the layer's own window. */
const linear = {
  name: 'linear',
  options: {},
  apply: (x, channels, g) =>
    neuralSimilarity(x, {
      filters: channels,
      kernelSize: [g.kernelHeight, g.kernelWidth],
      strides: g.strides,
      padding: g.pad.flat().some((zeros) => zeros > 0) ? 'same' : 'valid',
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

/** What a part is made with, where its defaults do not do for a check. */
const given = {
  shape: {
    active: { seed: 1 },
    // At its bound, where it starts, the gradient has one side.
    'learned-dilation': { rate: 1.5 },
  },
  operator: { 'cond-conv': { experts: 2 }, 'od-conv': { kernels: 2, minHidden: 3 } },
};

/**
 * Each similarity on a plain window (a predicted one by one convolution), each shape under the inner product, each
 * predictor under a diagonal M, each operator by itself.
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
        predictor: isPredicted(similarity) ? () => linear : undefined,
      };
    }),
    ...listed('shape').map((name) => ({
      kind: 'shape',
      name,
      similarity: plain,
      shape: registry.make('shape', name, given.shape[name]),
    })),
    ...listed('predictor').map((name) => ({
      kind: 'predictor',
      name,
      similarity: dynamic,
      // Made anew for each model: a shared one keeps the layers it has made.
      predictor: () => registry.make('predictor', name, { hidden: 3, seed: 1 }),
    })),
    ...listed('operator').map((name) => ({
      kind: 'operator',
      name,
      operator: registry.make('operator', name, { seed: 1, ...given.operator[name] }),
    })),
  ];
}

const isPredicted = (similarity) => similarity?.source === 'predictor';

/** What folds by its definition: all but an M, taps or kernels that the input makes, and a response. */
const folds = ({ similarity, shape, operator }) =>
  !operator && !isPredicted(similarity) && !similarity.respond && !shape?.dynamic;

/** One mark for several. */
export const combine = (found) => (found.includes('no') ? 'no' : found.includes('yes') ? 'yes' : 'none');

/** One mark for all that `measure` found. */
export const every = (result) => combine(Object.values(result));

function layerOf({ similarity, shape, predictor, operator }, { kernelSize }) {
  const kernelInitializer = tfl.initializers.heNormal({ seed: 1 });
  const conv = { name: 'operator', filters: 2, kernelSize: 3, padding: 'same', kernelInitializer };
  return (x, options) => {
    const args = { ...conv, ...options, ...(kernelSize && { kernelSize }) };
    return operator
      ? operator.apply(x, args)
      : neuralSimilarity(x, { ...args, similarity, shape, predictor: predictor?.() });
  };
}

/** A model of one such layer, with weights off their start: the same on every engine. */
function modelOf(operator, size, inputShape, window) {
  const input = tfl.input({ shape: inputShape });
  const model = tfl.model({ inputs: input, outputs: layerOf(operator, size)(input, window) });
  for (const [i, weight] of model.trainableWeights.entries())
    tf.tidy(() => weight.write(tf.add(weight.read(), random(weight.shape, i + 2, 0.1))));
  return model;
}

const random = (shape, seed, deviation = 1) => tf.randomNormal(shape, 0, deviation, 'float32', seed);

/** What `measure` compares with, on the engine that is running. */
export const referenceOf = async (operator, size = whole) => ({
  values: await valuesOf(operator, size),
  odd: await oddValuesOf(operator),
});

/** What the layer gives for one input. */
async function valuesOf(operator, size = whole) {
  const { inputShape } = size;
  const model = modelOf(operator, size, inputShape);
  const x = random([2, ...inputShape], 1);
  const y = model.predict(x);
  const values = await y.data();
  tf.dispose([x, y]);
  model.dispose();
  return values;
}

/** On a map of uneven sides: windows, steps and margins of uneven sides, for one image, for three and for none. */
const oddLayers = [
  { batch: 1, window: { padding: 'same' } },
  { batch: 3, window: { padding: 'valid', strides: [2, 1] } },
  { batch: 1, window: { kernelSize: [3, 2], padding: 'valid' } },
  { batch: 3, window: { kernelSize: [3, 2], padding: 'same', strides: [2, 1] } },
  { batch: 0, window: { kernelSize: [3, 2], padding: 'same' } },
];

/** Input channels; even for what divides them into two groups. */
const oddChannels = ({ name }) => (name === 'static-grouped' ? 4 : 3);

/** For each odd layer the output, in training, and its gradients by the input and by each weight. */
async function oddValuesOf(operator) {
  const found = [];
  for (const { batch, window } of oddLayers) {
    const inputShape = [6, 5, oddChannels(operator)];
    const model = modelOf(operator, {}, inputShape, window);
    const x = random([batch, ...inputShape], 1);
    const [y, ...gradients] = tf.tidy(() => {
      const outputs = (input) => model.apply(input, { training: true });
      const sources = [x, ...model.trainableWeights.map((weight) => weight.read())];
      const y = outputs(x);
      const dy = random(y.shape, 99);
      return [y, ...tf.engine().gradients(() => tf.sum(tf.mul(outputs(x), dy)), sources).grads];
    });
    // Of no image there may be no gradient.
    found.push(...(await Promise.all([y, ...gradients].map((each) => each?.data() ?? []))));
    tf.dispose([x, y, ...gradients]);
    model.dispose();
  }
  return found;
}

/**
 * `{ forward, gradient, … }`, each `yes`, `no`, or `none` where it does not apply.
 * @param reference that of `referenceOf` on the engine `cpu`, which the operators' tests hold to float64 loops.
 */
export async function measure(registry, operator, reference, size = whole) {
  const layer = layerOf(operator, size);
  const rows = await checkRows(registry, operator.name, layer, size);
  const of = (wanted) => {
    const chosen = rows.filter(({ check }) => check === 'runs' || wanted(check));
    return chosen.length === 0 ? 'none' : chosen.every(({ ok }) => ok) ? 'yes' : 'no';
  };
  const all = (prefix) => of((check) => check.startsWith(prefix));
  const found = await referenceOf(operator, size);
  const oddAreClose =
    found.odd.length === reference.odd.length &&
    found.odd.every((values, i) => isClose(values, reference.odd[i]));
  return {
    forward: combine([all('output'), mark(isClose(found.values, reference.values))]),
    gradient: all('gradient'),
    'second order': all('second-order'),
    'odd shapes': combine([
      of((check) => oddShapes.some((name) => check.startsWith(`${name}: `))),
      mark(oddAreClose),
    ]),
    training: all('training step'),
    fold: folds(operator) ? await fold(layer, size) : 'none',
    'save/load': all('save and load'),
    'no leak': all('tensors left'),
  };
}

const oddShapes = ['batch 0', 'kernel 3x2 stride 2x1'];

async function checkRows(registry, name, layer, { inputShape }) {
  const load = (saved) => loadModel(registry.fork(linearPlugin), saved);
  // The weight of `learned-binary`: straight through is no derivative.
  const surrogate = (weight) => weight.includes('shape');
  // A software adapter is slow: odd shapes are compared with cpu's alone, and the operators' own tests have more directions.
  const isGpu = tf.getBackend() === 'webgpu';
  const directions = isGpu ? 1 : 2;
  const variants = layerVariants(inputShape).filter(({ name }) => !isGpu && oddShapes.includes(name));
  const check = { name, layer, inputShape, load, surrogate, secondOrder: true, directions, variants };
  try {
    return (await checkLayer(check)).rows;
  } catch (error) {
    if (error.code === 'CHECK_FAILED') return error.data.rows;
    throw error;
  }
}

async function fold(layer, { inputShape }) {
  const input = tfl.input({ shape: inputShape });
  const model = tfl.model({ inputs: input, outputs: layer(input) });
  const folded = await foldModelAsync(model);
  const x = tf.randomNormal([2, ...inputShape], 0, 1, 'float32', 1);
  const [y, expected] = [folded.predict(x), model.predict(x)];
  const same = isClose(await y.data(), await expected.data(), 1e-5);
  tf.dispose([x, y, expected]);
  model.dispose();
  folded.dispose();
  return mark(same);
}

const mark = (passes) => (passes ? 'yes' : 'no');

/** ‖a − b‖ ≤ most · ‖b‖, which no NaN is. */
const isClose = (a, b, most = 1e-4) =>
  a.length === b.length && Math.hypot(...a.map((value, i) => value - b[i])) <= most * Math.hypot(...b);
