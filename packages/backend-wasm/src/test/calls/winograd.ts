/** Calls of Winograd's convolution and its filter gradient. */
import { convolutionForward, convolutionGradients, type NdArray } from '@neusim/testing';
import fc from 'fast-check';
import { cases } from '../kernel-call';
import { finished } from './matrices';
import { channels, flag, seed, size, values } from './values';
import { geometryOf, optionsOf, same } from './windows';

/** Of three taps, stride 1, any padding. */
const axis = fc.oneof(
  fc
    .record({ size: size(1, 9), before: size(-2, 4), out: size(1, 9) })
    .map((each) => ({ ...each, taps: 3, stride: 1, dilation: 1 })),
  size(4, 13).map((size) => same(size, 3)),
);

const shape = {
  n: fc.constantFrom(2, 4),
  batch: size(1, 3),
  rows: axis,
  columns: axis,
  channels,
  filters: channels,
  seed,
};

const plain = { n: 2, batch: 2, rows: same(23, 3), columns: same(25, 3), channels: 6, filters: 5, seed: 1 };
const large = [
  plain,
  { ...plain, channels: 4, filters: 8 },
  { ...plain, n: 4, batch: 5, rows: same(29, 3), columns: same(30, 3) },
];

/** What F(4×4) may be off: its transforms multiply the rounding. */
const toleranceOf = (n: number) => (n === 4 ? 3e-5 : 3e-6);

export const winogradForward = cases(
  fc.record({ ...shape, turned: flag, hasBias: flag, relu: flag }),
  large.map((each, i) => ({ ...each, turned: i > 0, hasBias: true, relu: true })),
  (shape) => {
    const { n, batch, rows, columns, channels, filters, turned, hasBias, relu, seed } = shape;
    const x = values([batch, rows.size, columns.size, channels], seed);
    const w = values(turned ? [3, 3, filters, channels] : [3, 3, channels, filters], seed + 1);
    const bias = values([filters], seed + 2).data;
    const straight = turned ? turn(w) : w;
    const after = convolutionForward({ x, w: straight, m: null }, optionsOf(shape)).data.map((value, i) =>
      finished(value, hasBias ? bias[i % filters]! : 0, relu),
    );
    return {
      geometry: { g: geometryOf(shape), batch, filters },
      buffers: {
        x: { before: x.data },
        w: { before: w.data, mayBeNone: true },
        ...(hasBias && { bias: { before: bias, mayBeNone: true } }),
        y: { after },
      },
      run: ({ winogradForward }, at, g) =>
        winogradForward(g, n, at('x'), at('w'), turned, at('y'), at('bias'), relu),
      tolerance: toleranceOf(n),
    };
  },
);

/** [3,3,F,C] turned by 180 degrees, as [3,3,C,F]. */
function turn(w: NdArray): NdArray {
  const [, , filters, channels] = w.shape as [number, number, number, number];
  const data = w.data.map((_, i) => {
    const [f, c, tap] = [i % filters, Math.floor(i / filters) % channels, Math.floor(i / filters / channels)];
    return w.data[((8 - tap) * filters + f) * channels + c]!;
  });
  return { shape: [3, 3, channels, filters], data };
}

export const winogradFilterGradient = cases(fc.record(shape), large, (shape) => {
  const { n, batch, rows, columns, channels, filters, seed } = shape;
  const x = values([batch, rows.size, columns.size, channels], seed);
  const w = values([3, 3, channels, filters], seed + 1);
  const dy = values([batch, rows.out, columns.out, filters], seed + 2);
  const { dw } = convolutionGradients({ x, w, m: null, dy }, optionsOf(shape));
  return {
    geometry: { g: geometryOf(shape), batch, filters },
    buffers: { x: { before: x.data }, dy: { before: dy.data }, dw: { after: dw.data } },
    run: ({ winogradFilterGradient }, at, g) => winogradFilterGradient(g, n, at('x'), at('dy'), at('dw')),
    tolerance: toleranceOf(n),
  };
});
