/**
 * Operators of the field beside the plain convolution of the same size (direct: Winograd serves none of them but the static
 * ones, which become plain convolutions), and beside their own composition from stock ops.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Engines } from '../engines';
import { meanRatios, measure, ratio, type Sample, type Variant } from '../measure';
import { type Findings, row } from '../report';
import { layers } from './operators/layers';
import { oneCall } from './operators/seam';
import type { Operator, T4, Work } from './operators/work';
import { type ConvShape, convShape, convTensors, gflop, nameOf, passes } from './shapes';

type Pass = 'forward' | 'train';

const shapes = [convShape(8, 32, 32, 32), convShape(8, 16, 128, 128)];
const tiny = [convShape(2, 4, 4, 4)];

/** A part of the suite for each kind. */
export const operatorParts = {
  similarities: (engines: Engines, quick: boolean) => benchOperators(engines, quick, ofKind('similarity')),
  shapes: (engines: Engines, quick: boolean) => benchOperators(engines, quick, ofKind('shape')),
  predictors: (engines: Engines, quick: boolean) => benchOperators(engines, quick, ofKind('predictor')),
  operators: (engines: Engines, quick: boolean) => benchOperators(engines, quick, oneCall),
};

const ofKind = (kind: string) => layers.filter(({ name }) => name.startsWith(kind));

function benchOperators(engines: Engines, quick: boolean, operators: readonly Operator[]): Findings {
  const found = operators.flatMap((operator) =>
    (quick ? tiny : shapes).map((shape) => benchOperator(engines, operator, shape, quick)),
  );
  return {
    rows: found.flatMap(({ rows }) => rows),
    ratios: meanRatios(found.map(({ ratios }) => ratios)),
  };
}

function benchOperator(
  engines: Engines,
  { name, start }: Operator,
  shape: ConvShape,
  quick: boolean,
): Findings {
  const tensors = convTensors(shape);
  const plain = passes(tensors);
  engines.use('neusim');
  const work = start(shape, tensors);
  const { run, composed = run, composedForward = composed } = work;
  const own = (pass: Pass) => ({ engine: 'neusim' as const, ...timed(work, run, pass, tensors.dy) });
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
  const besideComposed = (pass: Pass) => {
    const other = timed(work, pass === 'forward' ? composedForward : composed, pass, tensors.dy);
    return measure(engines, { own: own(pass), composed: { engine: 'foundation', ...other } }, quick ? 1 : 3);
  };
  const found = {
    forward: { ...beside('forward', 7), slow: besideComposed('forward') },
    train: { ...beside('train', 5), slow: besideComposed('train') },
  };
  tf.dispose([...Object.values(tensors), ...work.inputs]);

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
      [`${name}MemoryVsConv`]: peak(train.own) / peak(train.direct),
      [`${name}ForwardVsComposed`]: ratio(forward.slow.own, forward.slow.composed),
      [`${name}TrainVsComposed`]: ratio(train.slow.own, train.slow.composed),
      [`${name}MemoryVsComposed`]: peak(train.slow.own) / peak(train.slow.composed),
    },
  };
}

function timed({ inputs }: Work, compute: () => T4, pass: Pass, dy: T4): Pick<Variant, 'reads' | 'run'> {
  if (pass === 'forward') return { reads: inputs, run: () => void tf.tidy(() => void compute()) };
  // Gradients by all of them, which `compute` reads where they are.
  return { reads: [...inputs, dy], run: () => tf.dispose(tf.grads(compute)([...inputs], dy)) };
}

const peak = ({ peakBytes }: Sample) => peakBytes as number;
