/**
 * Operators of the field beside the plain convolution of the same size (direct: Winograd serves none of them), and beside
 * their own composition from stock ops. An operator is a row of `operators`.
 */
import { similarityConv2d } from '@neusim/core';
import * as tf from '@tensorflow/tfjs-core';
import type { Engines } from '../engines';
import { meanRatios, measure, ratio, type Sample, type Variant } from '../measure';
import { type Findings, row } from '../report';
import { type ConvShape, convShape, convTensors, gflop, nameOf, passes } from './shapes';

type T4 = tf.Tensor4D;
type Pass = 'forward' | 'train';

interface Operator {
  /** Its ratios begin with it. */
  readonly name: string;
  /** What it reads besides x and w, for a layer of this size with padding `same`. */
  readonly operands: (shape: ConvShape) => readonly tf.Tensor[];
  /** The layer's work, of ops that are differentiable. */
  readonly run: (x: T4, w: T4, ...operands: tf.Tensor[]) => T4;
  /** The same from stock ops; where absent, `run` on the engine `foundation`, which has none of our kernels. */
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

const shapes = [convShape(8, 32, 32, 32), convShape(8, 16, 128, 128)];
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
  const timed = (compute: Operator['run'], pass: Pass): Omit<Variant, 'engine'> => {
    const inputs = [tensors.x, tensors.w, ...given];
    const call = (...all: tf.Tensor[]) => compute(all[0] as T4, all[1] as T4, ...all.slice(2));
    return pass === 'forward'
      ? { reads: inputs, run: () => tf.dispose(call(...inputs)) }
      : { reads: [...inputs, tensors.dy], run: () => tf.dispose(tf.grads(call)(inputs, tensors.dy)) };
  };
  const own = (pass: Pass) => ({ engine: 'neusim direct' as const, ...timed(run, pass) });
  const beside = (pass: Pass, rounds: number) =>
    measure(
      engines,
      {
        winograd: { engine: 'neusim', ...plain[pass] },
        direct: { engine: 'neusim direct', ...plain[pass] },
        own: own(pass),
      },
      quick ? 2 : rounds,
    );
  // Seconds a round: a comparison of its own.
  const besideComposed = (pass: Pass) =>
    measure(engines, { own: own(pass), composed: { engine: 'foundation', ...timed(composed, pass) } }, 2);
  const found = {
    forward: { ...beside('forward', 7), slow: besideComposed('forward') },
    train: { ...beside('train', 5), slow: besideComposed('train') },
  };
  tf.dispose([...Object.values(tensors), ...given]);

  const rowsOf = (pass: Pass) => {
    const { winograd, direct, own, slow } = found[pass];
    const rowOf = (what: string, sample: Sample) =>
      row(
        `${nameOf(shape)}, ${what} ${pass}`,
        sample,
        (pass === 'forward' ? 1 : 3) * gflop(shape),
        'GFLOP/s',
      );
    return [
      rowOf(`plain beside ${name},`, winograd),
      rowOf(`plain beside ${name},`, direct),
      rowOf(name, own),
      rowOf(`${name}, composed,`, slow.composed),
    ];
  };
  const { forward, train } = found;
  return {
    rows: [...rowsOf('forward'), ...rowsOf('train')],
    ratios: {
      [`${name}ForwardVsConv`]: ratio(forward.own, forward.direct),
      [`${name}TrainVsConv`]: ratio(train.own, train.direct),
      [`${name}ForwardVsComposed`]: ratio(forward.slow.own, forward.slow.composed),
      [`${name}TrainVsComposed`]: ratio(train.slow.own, train.slow.composed),
      [`${name}MemoryVsConv`]: peak(train.own) / peak(train.direct),
    },
  };
}

const peak = ({ peakBytes }: Sample) => peakBytes as number;
