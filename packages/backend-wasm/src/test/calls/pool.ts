/** Calls of pooling's gradients. */
import fc from 'fast-check';
import { cases } from '../kernel-call';
import { channels, seed, size, steps, values, zeros } from './values';
import { type Axis, anyAxis, geometryOf, type Window } from './windows';

interface Shape extends Window {
  readonly batch: number;
  readonly seed: number;
}

const axis = anyAxis.map((each) => ({ ...each, dilation: 1 }));
const shapes: fc.Arbitrary<Shape> = fc.record({
  batch: size(1, 3),
  rows: axis,
  columns: axis,
  channels,
  seed,
});

/** The indices of what a window holds of an axis. */
function inside({ size, taps, stride, before }: Axis, out: number): number[] {
  return Array.from({ length: taps }, (_, tap) => out * stride + tap - before).filter(
    (at) => at >= 0 && at < size,
  );
}

/** Visits the elements of each window of each channel, and which element of dy is theirs. */
function eachWindow(
  { batch, rows, columns, channels }: Shape,
  visit: (elements: readonly number[], out: number) => void,
): void {
  let out = 0;
  for (let image = 0; image < batch; image++)
    for (let i = 0; i < rows.out; i++)
      for (let j = 0; j < columns.out; j++) {
        const pixels = inside(rows, i).flatMap((y) =>
          inside(columns, j).map((x) => (image * rows.size + y) * columns.size + x),
        );
        for (let c = 0; c < channels; c++)
          visit(
            pixels.map((pixel) => pixel * channels + c),
            out++,
          );
      }
}

const gradsOf = ({ batch, rows, columns, channels, seed }: Shape) =>
  values([batch, rows.out, columns.out, channels], seed + 1).data;

export const maxPoolGradient = cases(shapes, [], (shape) => {
  const { batch, rows, columns, channels, seed } = shape;
  const x = steps([batch, rows.size, columns.size, channels], seed).data;
  const dy = gradsOf(shape);
  const dx = zeros(x.length);
  eachWindow(shape, (elements, out) => {
    const largest = Math.max(...elements.map((i) => x[i]!));
    const first = elements.find((i) => x[i] === largest);
    if (first !== undefined) dx[first]! += dy[out]!;
  });
  return {
    geometry: { g: geometryOf(shape), batch, filters: channels },
    buffers: { x: { before: x }, dy: { before: dy }, dx: { before: zeros(x.length), after: dx } },
    run: ({ maxPoolGradient }, at, g) => maxPoolGradient(g, at('x'), at('dy'), at('dx')),
  };
});

export const averagePoolGradient = cases(shapes, [], (shape) => {
  const { batch, rows, columns, channels } = shape;
  const dy = gradsOf(shape);
  const dx = zeros(batch * rows.size * columns.size * channels);
  eachWindow(shape, (elements, out) => {
    for (const i of elements) dx[i]! += dy[out]! / elements.length;
  });
  return {
    geometry: { g: geometryOf(shape), batch, filters: channels },
    buffers: { dy: { before: dy }, dx: { before: zeros(dx.length), after: dx } },
    run: ({ averagePoolGradient }, at, g) => averagePoolGradient(g, at('dy'), at('dx')),
  };
});
