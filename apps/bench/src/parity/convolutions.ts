/** Convolution with every form of m, first and second order, against the float64 loops. */
import { similarityConv2d } from '@neusim/core';
import { type ConvolutionCase, type ConvolutionOp, checkGradients, convolutionCases } from '@neusim/testing';
import { env } from '@tensorflow/tfjs-core';
import { type Check, everyNth } from './checks';

const op: ConvolutionOp = (x, w, m, options) => similarityConv2d(x, w, m, options as never);

type Four = readonly [number, number, number, number];

/** The networks' maps and channels at small batches: tiles that the odd cases never fill. */
const large: readonly (readonly [Four, Four])[] = [
  [
    [2, 32, 32, 32],
    [3, 3, 32, 32],
  ],
  [
    [2, 16, 16, 64],
    [3, 3, 64, 64],
  ],
  [
    [3, 8, 8, 128],
    [3, 3, 128, 128],
  ],
  [
    [2, 17, 19, 48],
    [3, 3, 48, 72],
  ],
  [
    [1, 12, 12, 24],
    [5, 5, 24, 40],
  ],
];

const forms: readonly (readonly [string, (x: Four, taps: number) => number[] | null])[] = [
  ['plain', () => null],
  ['DNS', ([b, h, w], taps) => [b, h, w, taps]],
  ['DNS by image', ([b], taps) => [b, 1, 1, taps]],
  ['UNS', ([b, h, w], taps) => [b, h, w, taps, taps]],
  ['UNS by position', ([, h, w], taps) => [1, h, w, taps, taps]],
];

const largeCases = large.flatMap(([x, w]) =>
  forms.map(([name, shape]): ConvolutionCase => {
    const m = shape(x, w[0] * w[1]);
    const options = { strides: [1, 1], pad: 'same', dilations: [1, 1] } as const;
    return { name: `${name}, x ${x.join('x')}, w ${w.join('x')}`, x, w, m, options };
  }),
);

export function convolutionChecks(quick: boolean): readonly Check[] {
  const check = (each: ConvolutionCase, order: 1 | 2): Check => ({
    name: `convolution: ${each.name}`,
    run: () => (each.x[0] === 0 ? onEmpty : run)(() => checkGradients(op, each, { order })),
  });
  if (quick) return everyNth(convolutionCases, 11).map((each) => check(each, 1));
  return [...convolutionCases.map((each) => check(each, 2)), ...largeCases.map((each) => check(each, 1))];
}

const run = <T>(f: () => Promise<T>) => f();

/** tfjs's own reductions of empty tensors fail on the GPU: they are left to the processor, as tfjs does by default. */
async function onEmpty<T>(f: () => Promise<T>): Promise<T> {
  const before = env().getBool('WEBGPU_CPU_FORWARD');
  env().set('WEBGPU_CPU_FORWARD', true);
  return f().finally(() => env().set('WEBGPU_CPU_FORWARD', before));
}
