/** Calls of the kernels that sample at offsets. */
import {
  type NdArray,
  sampledConvolutionForward,
  sampledConvolutionGradients,
  sampledPatches,
  sampledPatchesGradients,
} from '@neusim/testing';
import fc from 'fast-check';
import { layoutOf } from '../../native/geometry';
import { type Call, cases } from '../kernel-call';
import { affordable, large, operands, type SimilarityShape, shape } from './similarity';
import { flag, values, zeros } from './values';
import { geometryOf, optionsOf } from './windows';

interface Shape extends SimilarityShape {
  /** Elements that taps are moved by at most. */
  readonly reach: number;
  /** Whether they are moved by halves of elements. */
  readonly halves: boolean;
  /** Whether offsets are the same for all images, rows and columns. */
  readonly shared: readonly [boolean, boolean, boolean];
}

const sampled = {
  ...shape,
  reach: fc.constantFrom(0, 1.5, 4, 12, 1e6),
  halves: flag,
  shared: fc.tuple(flag, flag, flag),
};
const order = fc.constantFrom([0, 0], [0, 1], [1, 0], [1, 1] as const);

const largeSampled: Shape = { ...large, reach: 2, halves: false, shared: [false, false, false] };
const largeShapes: readonly Shape[] = [
  largeSampled,
  { ...largeSampled, form: 'diagonal', channels: 8 },
  { ...largeSampled, form: 'full', batch: 3, shared: [true, true, true] },
];

function offsetsOf({ batch, rows, columns, reach, halves, shared, seed }: Shape): NdArray {
  const positions = [batch, rows.out, columns.out].map((n, i) => (shared[i] ? 1 : n));
  const moves = values([...positions, 2 * rows.taps * columns.taps], seed + 5);
  const place = (value: number) => Math.fround(halves ? Math.round(2 * reach * value) / 2 : reach * value);
  return { shape: moves.shape, data: moves.data.map(place) };
}

const windowOf = ({ rows, columns }: Shape) => [rows.taps, columns.taps] as const;

function geometryFor(shape: Shape, offsets: NdArray, m: NdArray | null): NonNullable<Call['geometry']> {
  return {
    g: geometryOf(shape),
    batch: shape.batch,
    filters: shape.filters,
    offsets: layoutOf(offsets.shape),
    ...(m && { similarity: layoutOf(m.shape) }),
  };
}

export const sampledForward = cases(
  fc.record(sampled).filter(affordable) as fc.Arbitrary<Shape>,
  largeShapes,
  (shape) => {
    const { x, w, m } = operands(shape);
    const offsets = offsetsOf(shape);
    return {
      geometry: geometryFor(shape, offsets, m),
      buffers: {
        x: { before: x.data },
        w: { before: w.data },
        ...(m && { m: { before: m.data, mayBeNone: true } }),
        offsets: { before: offsets.data, mayBeNone: true },
        y: { after: sampledConvolutionForward({ x, w, m, offsets }, optionsOf(shape)).data },
      },
      run: ({ sampledForward }, at, g) =>
        sampledForward(g, at('x'), at('w'), at('m'), at('offsets'), at('y')),
    };
  },
);

export const sampledBackward = cases(
  fc.record(sampled).filter(affordable) as fc.Arbitrary<Shape>,
  largeShapes,
  (shape) => {
    const { x, w, m, dy } = operands(shape);
    const offsets = offsetsOf(shape);
    const exact = sampledConvolutionGradients({ x, w, m, offsets, dy }, optionsOf(shape));
    const gradient = ({ data }: NdArray) => ({ before: zeros(data.length), after: data, mayBeNone: true });
    return {
      geometry: geometryFor(shape, offsets, m),
      buffers: {
        x: { before: x.data },
        w: { before: w.data },
        ...(m && { m: { before: m.data, mayBeNone: true } }),
        offsets: { before: offsets.data, mayBeNone: true },
        dy: { before: dy.data },
        dx: gradient(exact.dx),
        dw: gradient(exact.dw),
        ...(exact.dm && { dm: gradient(exact.dm) }),
        doffsets: gradient(exact.doffsets),
      },
      run: ({ sampledBackward }, at, g) =>
        sampledBackward(
          g,
          at('x'),
          at('w'),
          at('m'),
          at('offsets'),
          at('dy'),
          at('dx'),
          at('dw'),
          at('dm'),
          at('doffsets'),
        ),
    };
  },
);

type Ordered = Shape & { readonly order: readonly [number, number] };
const ordered = fc.record({ ...sampled, order }) as unknown as fc.Arbitrary<Ordered>;

export const samplePatches = cases<Ordered>(ordered, [], (shape) => {
  const { x } = operands({ ...shape, form: 'none' });
  const offsets = offsetsOf(shape);
  return {
    geometry: geometryFor(shape, offsets, null),
    buffers: {
      x: { before: x.data },
      offsets: { before: offsets.data },
      patches: { after: sampledPatches(x, offsets, windowOf(shape), optionsOf(shape), shape.order).data },
    },
    run: ({ samplePatches }, at, g) =>
      samplePatches(g, at('x'), at('offsets'), at('patches'), ...shape.order),
  };
});

export const samplePatchesBackward = cases<Ordered>(ordered, [], (shape) => {
  const { x } = operands({ ...shape, form: 'none' });
  const offsets = offsetsOf(shape);
  const { batch, rows, columns, channels } = shape;
  const grads = values([batch, rows.out, columns.out, rows.taps * columns.taps, channels], shape.seed + 6);
  const { dx } = sampledPatchesGradients(x, offsets, grads, windowOf(shape), optionsOf(shape), shape.order);
  return {
    geometry: geometryFor(shape, offsets, null),
    buffers: {
      offsets: { before: offsets.data },
      dp: { before: grads.data },
      dx: { before: zeros(dx.data.length), after: dx.data, mayBeNone: true },
    },
    run: ({ samplePatchesBackward }, at, g) =>
      samplePatchesBackward(g, at('offsets'), at('dp'), at('dx'), ...shape.order),
  };
});
