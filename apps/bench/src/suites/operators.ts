/**
 * Operators of the field beside the plain convolution of the same size: time and memory of each, and of its composition
 * from stock ops. An operator is a row of `operators`.
 */
import { similarityConv2d } from '@neusim/core';
import * as tf from '@tensorflow/tfjs-core';
import type { Engines } from '../engines';
import { meanRatios, measure, ratio, type Sample, type Variant } from '../measure';
import { type Findings, row } from '../report';
import { type ConvShape, convShape, convTensors, gflop, nameOf, passes } from './shapes';

type T4 = tf.Tensor4D;

interface Operator {
  /** Its ratios begin with it. */
  readonly name: string;
  /** What it reads besides x and w, for a layer of this size with padding `same`. */
  readonly operands: (shape: ConvShape) => readonly tf.Tensor[];
  /** The layer's work, of ops that are differentiable. */
  readonly run: (x: T4, w: T4, ...operands: tf.Tensor[]) => T4;
  /** The same from stock ops, where `run` on the frozen kernels of `foundation` is not. */
  readonly composed?: Operator['run'];
}

/** Most taps read between elements, and some outside the map. */
const moves = ({ batch, height, width, kernel }: ConvShape) =>
  tf.randomNormal([batch, height, width, 2 * kernel ** 2], 0, 1, 'float32', 4);
const factors = ({ batch, height, width, kernel }: ConvShape, values: number) =>
  tf.randomUniform([batch, height, width, ...Array<number>(values).fill(kernel ** 2)], 0, 1, 'float32', 5);
const atOffsets: Operator['run'] = (x, w, offsets, m) =>
  similarityConv2d(x, w, m ?? null, { pad: 'same', offsets: offsets as T4 });

const operators: readonly Operator[] = [
  { name: 'deformable', operands: (shape) => [moves(shape)], run: atOffsets },
  {
    name: 'modulatedDeformable',
    operands: (shape) => [moves(shape), factors(shape, 1)],
    run: atOffsets,
  },
  { name: 'deformableUns', operands: (shape) => [moves(shape), factors(shape, 2)], run: atOffsets },
];

const shapes = [convShape(8, 32, 32, 32), convShape(8, 32, 64, 64), convShape(8, 16, 128, 128)];
const tiny = [convShape(2, 4, 4, 4)];

export function benchOperators(engines: Engines, quick: boolean): Findings {
  const found = (quick ? tiny : shapes).flatMap((shape) =>
    operators.map((operator) => benchOperator(engines, operator, shape, quick)),
  );
  return {
    rows: found.flatMap(({ rows }) => rows),
    ratios: meanRatios(found.map(({ ratios }) => ratios)),
  };
}

function benchOperator(
  engines: Engines,
  { name, operands, run, composed = run }: Operator,
  shape: ConvShape,
  quick: boolean,
): Findings {
  const tensors = convTensors(shape);
  const given = operands(shape);
  const plain = passes(tensors);
  const timed = (compute: Operator['run'], pass: 'forward' | 'train'): Omit<Variant, 'engine'> => {
    const inputs = [tensors.x, tensors.w, ...given];
    const call = (...all: tf.Tensor[]) => compute(all[0] as T4, all[1] as T4, ...all.slice(2));
    return pass === 'forward'
      ? { reads: inputs, run: () => tf.dispose(call(...inputs)) }
      : { reads: [...inputs, tensors.dy], run: () => tf.dispose(tf.grads(call)(inputs, tensors.dy)) };
  };
  const of = (pass: 'forward' | 'train', rounds: number) =>
    measure(
      engines,
      {
        plain: { engine: 'neusim', ...plain[pass] },
        own: { engine: 'neusim', ...timed(run, pass) },
        composed: { engine: 'foundation', ...timed(composed, pass) },
      },
      quick ? 2 : rounds,
    );
  const [forward, train] = [of('forward', 5), of('train', 3)];
  tf.dispose([...Object.values(tensors), ...given]);
  const rows = (pass: string, sample: Record<'plain' | 'own' | 'composed', Sample>, count: 1 | 3) =>
    (['plain', 'own', 'composed'] as const).map((which) =>
      row(
        `${nameOf(shape)}, ${which === 'plain' ? 'plain' : which === 'own' ? name : `${name} of stock ops`} ${pass}`,
        sample[which],
        count * gflop(shape),
        'GFLOP/s',
      ),
    );
  const peak = ({ peakBytes }: Sample) => peakBytes as number;
  return {
    rows: [...rows('forward', forward, 1), ...rows('train', train, 3)],
    ratios: {
      [`${name}ForwardVsConv`]: ratio(forward.own, forward.plain),
      [`${name}TrainVsConv`]: ratio(train.own, train.plain),
      [`${name}ForwardVsComposed`]: ratio(forward.own, forward.composed),
      [`${name}TrainVsComposed`]: ratio(train.own, train.composed),
      [`${name}MemoryVsConv`]: peak(train.own) / peak(train.plain),
    },
  };
}
