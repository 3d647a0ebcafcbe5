/**
 * A model around the layer under test, with its input, its trainable weights and its gradients as float64
 * arrays, so that the checks read as formulas.
 */
import { NeusimError } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import type { NdArray } from '../oracle/array';
import { randomNormal, randomNumbers } from '../random';
import { fromTensor, toTensor } from '../tensors';
import { rootMeanSquare } from './root-mean-square';
import type { WindowOptions } from './variants';

/** What `apply` returns on a symbolic input, or a layer still to be applied. */
export type LayerResult = tfl.layers.Layer | ReturnType<tfl.layers.Layer['apply']>;
export type LayerBuilder = (x: tfl.SymbolicTensor, options: WindowOptions) => LayerResult;

export interface Parameter {
  readonly name: string;
  readonly array: NdArray;
}

export interface Subject {
  readonly model: tfl.LayersModel;
  /** The input [B, ...inputShape], then every trainable weight. */
  readonly parameters: readonly Parameter[];
  /** How the layer runs in the checks of gradients: in training where its output is then reproducible. */
  readonly training: boolean;
  /** The output for moved values of the parameters; the weights keep them until the next call. */
  output(values: readonly NdArray[], training?: boolean): Promise<NdArray>;
  /** All weights in the model's order for moved values of the parameters, the others as they are now. */
  weights(values: readonly NdArray[]): Promise<NdArray[]>;
  /** Gradients by all parameters of Σ output · dy, where they stand or at `values`; null where none flows. */
  gradients(dy: NdArray, values?: readonly NdArray[]): Promise<(NdArray | null)[]>;
  /** Gradients by all parameters of Σ directions · (gradients of Σ output · dy). */
  secondGradients(dy: NdArray, directions: readonly NdArray[]): Promise<(NdArray | null)[]>;
  dispose(): void;
}

/**
 * Builds the model and moves every trainable weight a little off its start, where structure such as an identity
 * or a zero would hide mistakes.
 * @throws NeusimError CHECK_NOT_SYMBOLIC where the builder gives anything but a layer or one symbolic tensor.
 */
export async function createSubject(
  build: LayerBuilder,
  inputShape: readonly number[],
  batch: number,
  options: WindowOptions,
  seed: number,
): Promise<Subject> {
  const x = tfl.input({ shape: [...inputShape] });
  const output = reproducibly(seed, () => {
    const built = build(x, options);
    return built instanceof tfl.layers.Layer ? built.apply(x) : built;
  });
  if (!(output instanceof tfl.SymbolicTensor))
    throw new NeusimError('CHECK_NOT_SYMBOLIC', 'layer(x) gave neither a layer nor one symbolic tensor', {
      hint: 'Return the layer, or layer.apply(x).',
    });
  const model = tfl.model({ inputs: x, outputs: output });
  const variables = model.trainableWeights;
  const weights: Parameter[] = [];
  for (const [i, variable] of variables.entries()) {
    const array = nudged(await fromTensor(variable.read()), seed + 100 + i);
    writeVariable(variable, array);
    weights.push({ name: variable.originalName, array });
  }
  const parameters = [{ name: 'input', array: randomNormal([batch, ...inputShape], seed) }, ...weights];

  const write = (values: readonly NdArray[]) => {
    for (const [i, variable] of variables.entries()) writeVariable(variable, values[i + 1]!);
    return toTensor(values[0]!);
  };
  const forward = async (values: readonly NdArray[], training: boolean) => {
    const input = write(values);
    const y = call(model, input, training);
    const result = await fromTensor(y);
    tf.dispose([input, y]);
    return result;
  };
  const start = parameters.map(({ array }) => array);
  const training = batch > 0 && same(await forward(start, true), await forward(start, true));

  const differentiate = async (
    values: readonly NdArray[],
    f: (input: tf.Tensor, sources: tf.Tensor[]) => tf.Tensor,
  ) => {
    const input = write(values);
    const sources = [input, ...variables.map((variable) => variable.read())];
    const gradients = tf.tidy(
      () => tf.engine().gradients(() => f(input, sources), sources, undefined, true).grads,
    );
    const results = await Promise.all(gradients.map((gradient) => (gradient ? fromTensor(gradient) : null)));
    tf.dispose([input, ...gradients.filter(Boolean)]);
    return results;
  };
  const product = (input: tf.Tensor, dy: NdArray) =>
    tf.sum(tf.mul(call(model, input, training), toTensor(dy)));

  return {
    model,
    parameters,
    training,
    output: (values, mode = training) => forward(values, mode),
    weights: (values) =>
      Promise.all(
        model.weights.map((variable) => {
          const trainable = variables.indexOf(variable);
          return trainable < 0 ? fromTensor(variable.read()) : values[trainable + 1]!;
        }),
      ),
    gradients: (dy, values = start) => differentiate(values, (input) => product(input, dy)),
    secondGradients: (dy, directions) =>
      differentiate(start, (input, sources) => {
        const { grads } = tf.engine().gradients(() => product(input, dy), sources, undefined, true);
        const terms = grads.map(
          (gradient, i) => gradient && tf.sum(tf.mul(gradient, toTensor(directions[i]!))),
        );
        return tf.addN(terms.filter(Boolean));
      }),
    dispose: () => {
      model.dispose();
    },
  };
}

/** Initialisers without a seed draw one from Math.random: a check must find the same thing twice. */
function reproducibly<T>(seed: number, build: () => T): T {
  const { random } = Math;
  Math.random = randomNumbers(seed);
  try {
    return build();
  } finally {
    Math.random = random;
  }
}

/** The output of a model with one output; not in a tidy, so what the layer leaks stays to be counted. */
export function call(model: tfl.LayersModel, input: tf.Tensor, training: boolean): tf.Tensor {
  return model.apply(input, { training }) as tf.Tensor;
}

export function writeVariable(variable: tfl.LayerVariable, array: NdArray): void {
  const tensor = toTensor(array);
  variable.write(tensor);
  tensor.dispose();
}

function nudged(array: NdArray, seed: number): NdArray {
  const scale = 0.1 * (rootMeanSquare(array.data) || 1);
  const noise = randomNormal(array.shape, seed, 0, scale);
  return { shape: array.shape, data: array.data.map((value, i) => Math.fround(value + noise.data[i]!)) };
}

function same(a: NdArray, b: NdArray): boolean {
  return a.data.every((value, i) => value === b.data[i]);
}
