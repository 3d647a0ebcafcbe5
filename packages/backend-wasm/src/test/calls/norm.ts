/** Calls of batch normalisation's kernels. */
import fc from 'fast-check';
import { cases } from '../kernel-call';
import { seed, size, values, zeros } from './values';

/** `offset`: what is added to all of x. The variance must not suffer from a large mean. */
const shapes = fc.record({ rows: size(1, 9), channels: size(1, 37), offset: fc.constantFrom(0, 100), seed });
const large = [
  { rows: 150, channels: 23, offset: 100, seed: 1 },
  { rows: 129, channels: 4, offset: 0, seed: 2 },
];

type Shape = (typeof large)[number];

function map({ rows, channels, offset, seed }: Shape): Float64Array {
  return values([rows, channels], seed).data.map((value) => Math.fround(value + offset));
}

function perChannel({ channels }: Shape, seed: number): Float64Array {
  return values([channels], seed).data;
}

function sumOfRows(
  x: Float64Array,
  channels: number,
  term: (value: number, channel: number, i: number) => number,
) {
  const sums = zeros(channels);
  for (const [i, value] of x.entries()) sums[i % channels]! += term(value, i % channels, i);
  return sums;
}

export const moments = cases(shapes, large, (shape) => {
  const { rows, channels } = shape;
  const x = map(shape);
  const mean = sumOfRows(x, channels, (value) => value / rows);
  const variance = sumOfRows(x, channels, (value, c) => (value - mean[c]!) ** 2 / rows);
  return {
    buffers: { x: { before: x }, mean: { after: mean }, variance: { after: variance } },
    run: ({ moments }, at) => moments(at('x'), rows, channels, at('mean'), at('variance')),
  };
});

export const affine = cases(shapes, [], (shape) => {
  const { rows, channels, seed } = shape;
  const x = map(shape);
  const [scale, shift] = [perChannel(shape, seed + 1), perChannel(shape, seed + 2)];
  const y = x.map((value, i) => value * scale[i % channels]! + shift[i % channels]!);
  return {
    buffers: { x: { before: x }, scale: { before: scale }, shift: { before: shift }, y: { after: y } },
    run: ({ affine }, at) => affine(at('x'), rows, channels, at('scale'), at('shift'), at('y')),
  };
});

export const normSums = cases(shapes, large, (shape) => {
  const { rows, channels, offset, seed } = shape;
  const x = map(shape);
  const dy = values([rows, channels], seed + 1).data;
  const mean = perChannel(shape, seed + 2).map((value) => Math.fround(value + offset));
  const rstd = perChannel(shape, seed + 3);
  const sums = sumOfRows(dy, channels, (grad) => grad);
  const products = sumOfRows(dy, channels, (grad, c, i) => grad * (x[i]! - mean[c]!) * rstd[c]!);
  return {
    buffers: {
      x: { before: x },
      dy: { before: dy },
      mean: { before: mean },
      rstd: { before: rstd },
      sums: { after: sums },
      products: { after: products },
    },
    run: ({ normSums }, at) =>
      normSums(at('x'), at('dy'), rows, channels, at('mean'), at('rstd'), at('sums'), at('products')),
  };
});

export const normInputGradient = cases(shapes, [], (shape) => {
  const { rows, channels, seed } = shape;
  const x = map(shape);
  const dy = values([rows, channels], seed + 1).data;
  const [a, b, c, mean] = [2, 3, 4, 5].map((i) => perChannel(shape, seed + i)) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const dx = x.map((value, i) => {
    const channel = i % channels;
    return a[channel]! * dy[i]! + b[channel]! * (value - mean[channel]!) + c[channel]!;
  });
  return {
    buffers: {
      x: { before: x },
      dy: { before: dy },
      mean: { before: mean },
      a: { before: a },
      b: { before: b },
      c: { before: c },
      dx: { after: dx },
    },
    run: ({ normInputGradient }, at) =>
      normInputGradient(at('x'), at('dy'), rows, channels, at('mean'), at('a'), at('b'), at('c'), at('dx')),
  };
});
