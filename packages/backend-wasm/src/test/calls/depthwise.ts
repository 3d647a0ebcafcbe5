/** Calls of the gradients of depthwise convolution. */
import fc from 'fast-check';
import { cases } from '../kernel-call';
import { channels, seed, size, values, zeros } from './values';
import { type Axis, anyAxis, geometryOf, type Window } from './windows';

interface Shape extends Window {
  readonly batch: number;
  /** Filters of each channel. */
  readonly multiplier: number;
  readonly seed: number;
}

const shapes: fc.Arbitrary<Shape> = fc.record({
  batch: size(1, 2),
  rows: anyAxis,
  columns: anyAxis,
  channels,
  multiplier: size(1, 3),
  seed,
});

/** The taps of an axis that read an element, and which. */
function reads({ size, taps, stride, dilation, before }: Axis, out: number): { tap: number; at: number }[] {
  return Array.from({ length: taps }, (_, tap) => ({
    tap,
    at: out * stride + tap * dilation - before,
  })).filter(({ at }) => at >= 0 && at < size);
}

/** Visits the products of Σ y·dy by the indices of x, w and dy. */
function eachProduct(shape: Shape, visit: (x: number, w: number, dy: number) => void): void {
  const { batch, rows, columns, channels, multiplier } = shape;
  for (let image = 0; image < batch; image++)
    for (let i = 0; i < rows.out; i++)
      for (let j = 0; j < columns.out; j++)
        for (const row of reads(rows, i))
          for (const column of reads(columns, j))
            for (let c = 0; c < channels; c++)
              for (let q = 0; q < multiplier; q++)
                visit(
                  ((image * rows.size + row.at) * columns.size + column.at) * channels + c,
                  ((row.tap * columns.taps + column.tap) * channels + c) * multiplier + q,
                  (((image * rows.out + i) * columns.out + j) * channels + c) * multiplier + q,
                );
}

function operands(shape: Shape) {
  const { batch, rows, columns, channels, multiplier, seed } = shape;
  return {
    x: values([batch, rows.size, columns.size, channels], seed).data,
    w: values([rows.taps, columns.taps, channels, multiplier], seed + 1).data,
    dy: values([batch, rows.out, columns.out, channels, multiplier], seed + 2).data,
    geometry: { g: geometryOf(shape), batch, filters: multiplier },
  };
}

export const depthwiseInputGradient = cases(shapes, [], (shape) => {
  const { x, w, dy, geometry } = operands(shape);
  const dx = zeros(x.length);
  eachProduct(shape, (xi, wi, yi) => {
    dx[xi]! += w[wi]! * dy[yi]!;
  });
  return {
    geometry,
    buffers: { w: { before: w }, dy: { before: dy }, dx: { before: zeros(dx.length), after: dx } },
    run: ({ depthwiseInputGradient }, at, g) => depthwiseInputGradient(g, at('w'), at('dy'), at('dx')),
  };
});

export const depthwiseFilterGradient = cases(shapes, [], (shape) => {
  const { x, w, dy, geometry } = operands(shape);
  const dw = zeros(w.length);
  eachProduct(shape, (xi, wi, yi) => {
    dw[wi]! += x[xi]! * dy[yi]!;
  });
  return {
    geometry,
    buffers: { x: { before: x }, dy: { before: dy }, dw: { before: zeros(dw.length), after: dw } },
    run: ({ depthwiseFilterGradient }, at, g) => depthwiseFilterGradient(g, at('x'), at('dy'), at('dw')),
  };
});
