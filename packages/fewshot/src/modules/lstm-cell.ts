/**
 * A step of a long short-term memory as a layer (Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000):
 *
 *     (i, f, g, o) = x·W + b of the concatenated inputs x,  c' = σ(f)·c + σ(i)·tanh(g),  h' = σ(o)·tanh(c')
 *
 * tfjs's own runs over whole sequences that are known beforehand; attention between two steps wants the step. Products,
 * sigmoids and tangents alone: their gradients are right to any order.
 */
import { registerLayer, type WeightInfo, weightSeed } from '@neusim/core';
import * as tf from '@tensorflow/tfjs-core';
import {
  initializers,
  input,
  type LayersModel,
  type LayerVariable,
  layers,
  model as makeModel,
  type SymbolicTensor,
  type Shape as TfShape,
} from '@tensorflow/tfjs-layers';

export interface LstmCellArgs {
  name?: string;
  /** Size of h and c. */
  units: number;
  /** Of the start: 0..2^53 - 1. */
  seed: number;
}

/** From [x [n,inputs], c [n,units]] to [h', c'], both [n,units]. What h was is part of x. */
export class LstmCell extends layers.Layer {
  /** @nocollapse */
  static className = 'NeusimLstmCell';

  private readonly units: number;
  private readonly seed: number;
  private kernel?: LayerVariable;
  private bias?: LayerVariable;

  constructor({ units, seed, ...rest }: LstmCellArgs) {
    super(rest);
    registerLayer(LstmCell);
    this.units = units;
    this.seed = seed;
  }

  override build(inputShape: TfShape | TfShape[]): void {
    const [[, inputs]] = inputShape as [[null, number]];
    const { units, seed, name } = this;
    const glorot = initializers.glorotUniform({ seed: weightSeed(seed, `${name}/kernel`) });
    this.kernel = this.addWeight('kernel', [inputs, 4 * units], 'float32', glorot);
    // The forget gate open, so that gradients reach the first steps (Jozefowicz et al. 2015).
    const gates = [tf.zeros, tf.ones, tf.zeros, tf.zeros];
    const start = { apply: () => tf.tidy(() => tf.concat(gates.map((fill) => fill([units])))) };
    this.bias = this.addWeight('bias', [4 * units], 'float32', start as never);
    this.built = true;
  }

  override computeOutputShape(inputShape: TfShape | TfShape[]): TfShape[] {
    const [[batch]] = inputShape as [[number | null]];
    return [
      [batch, this.units],
      [batch, this.units],
    ];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor[] {
    const [x, c] = inputs as [tf.Tensor2D, tf.Tensor2D];
    return tf.tidy(() => {
      const [kernel, bias] = [this.kernel, this.bias].map((weight) => (weight as LayerVariable).read());
      const gates = tf.add(tf.matMul(x, kernel as tf.Tensor2D), bias as tf.Tensor1D);
      const [i, f, g, o] = tf.split(gates, 4, 1) as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
      const next = tf.add(tf.mul(tf.sigmoid(f), c), tf.mul(tf.sigmoid(i), tf.tanh(g)));
      return [tf.mul(tf.sigmoid(o), tf.tanh(next)), next];
    });
  }

  describeWeight(weight: LayerVariable): Pick<WeightInfo, 'role'> {
    return { role: weight === this.bias ? 'bias' : 'filter' };
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), units: this.units, seed: this.seed };
  }
}

export interface LstmState {
  readonly h: tf.Tensor2D;
  readonly c: tf.Tensor2D;
}

export interface Lstm {
  /** Its one layer has the given name. */
  readonly model: LayersModel;
  /** h and c of zeros for n rows. */
  zeros(n: number): LstmState;
  /** One step from a state, of rows [n,…] that are read side by side: what is asked, and what h was among it. */
  step(state: LstmState, ...reads: readonly tf.Tensor2D[]): LstmState;
}

/** @param inputs values of all that a step reads. */
export function lstm(name: string, inputs: number, units: number, seed: number): Lstm {
  const x = input({ name: `${name}_input`, shape: [inputs] });
  const state = input({ name: `${name}_state`, shape: [units] });
  const outputs = new LstmCell({ name, units, seed }).apply([x, state]) as SymbolicTensor[];
  const model = makeModel({ name, inputs: [x, state], outputs });
  return {
    model,
    zeros: (n) => ({ h: tf.zeros([n, units]), c: tf.zeros([n, units]) }),
    step({ c }, ...reads) {
      const [h, next] = model.apply([tf.concat2d([...reads], 1), c]) as [tf.Tensor2D, tf.Tensor2D];
      return { h, c: next };
    },
  };
}
