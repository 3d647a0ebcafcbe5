/** Calls of the similarity convolution and its gradients. */
import {
  type ConvolutionOptions,
  convolutionForward,
  convolutionGradients,
  type NdArray,
} from '@neusim/testing';
import fc from 'fast-check';
import type { Address, Exports } from '../../native/exports';
import { layoutOf } from '../../native/geometry';
import { type Buffer, type Call, cases } from '../kernel-call';
import { finished } from './matrices';
import { channels, flag, seed, size, values, zeros } from './values';
import { anyAxis, geometryOf, optionsOf, same, type Window } from './windows';

export interface SimilarityShape extends Window {
  readonly batch: number;
  readonly filters: number;
  readonly form: 'none' | 'diagonal' | 'full';
  /** Whether m is the same for all images, rows and columns. */
  readonly broadcast: readonly [boolean, boolean, boolean];
  readonly seed: number;
}

export const shape = {
  batch: size(1, 3),
  rows: anyAxis,
  columns: anyAxis,
  channels,
  filters: channels,
  form: fc.constantFrom('none', 'diagonal', 'full' as const),
  broadcast: fc.tuple(flag, flag, flag),
  seed,
};

export const large: SimilarityShape = {
  batch: 2,
  rows: same(13, 3),
  columns: same(11, 3),
  channels: 5,
  filters: 7,
  form: 'none',
  broadcast: [false, false, false],
  seed: 1,
};
const pointwise = { rows: same(17, 1), columns: same(19, 1) };
const largeShapes: readonly SimilarityShape[] = [
  large,
  { ...large, form: 'diagonal' },
  { ...large, form: 'full', batch: 3 },
  { ...large, ...pointwise },
  { ...large, ...pointwise, form: 'diagonal' },
];

/** Windows of up to nine taps for a full m: the oracle visits K² products a position. */
export const affordable = ({ rows, columns, form }: SimilarityShape) =>
  form !== 'full' || rows.taps * columns.taps <= 9;

export function operands({
  batch,
  rows,
  columns,
  channels,
  filters,
  form,
  broadcast,
  seed,
}: SimilarityShape) {
  const taps = rows.taps * columns.taps;
  const positions = [batch, rows.out, columns.out].map((n, i) => (broadcast[i] ? 1 : n));
  const mShape = [...positions, taps, ...(form === 'full' ? [taps] : [])];
  return {
    x: values([batch, rows.size, columns.size, channels], seed),
    w: values([rows.taps, columns.taps, channels, filters], seed + 1),
    m: form === 'none' ? null : values(mShape, seed + 2),
    dy: values([batch, rows.out, columns.out, filters], seed + 3),
  };
}

function geometryFor(shape: SimilarityShape, m: NdArray | null): NonNullable<Call['geometry']> {
  const { batch, filters } = shape;
  return { g: geometryOf(shape), batch, filters, ...(m && { similarity: layoutOf(m.shape) }) };
}

export const similarityForward = cases(
  fc.record({ ...shape, hasBias: flag, relu: flag }).filter(affordable),
  largeShapes.map((each) => ({ ...each, hasBias: true, relu: true })),
  (shape) => {
    const { x, w, m } = operands(shape);
    const bias = values([shape.filters], shape.seed + 4).data;
    const { hasBias, relu, filters } = shape;
    const after = convolutionForward({ x, w, m }, optionsOf(shape)).data.map((value, i) =>
      finished(value, hasBias ? bias[i % filters]! : 0, relu),
    );
    return {
      geometry: geometryFor(shape, m),
      buffers: {
        x: { before: x.data },
        w: { before: w.data },
        ...(m && { m: { before: m.data, mayBeNone: true } }),
        ...(hasBias && { bias: { before: bias, mayBeNone: true } }),
        y: { after },
      },
      run: ({ similarityForward }, at, g) =>
        similarityForward(g, at('x'), at('w'), at('m'), at('y'), at('bias'), relu),
    };
  },
);

type Wanted = readonly ('dx' | 'dw' | 'dm')[];
const everyWanted: readonly Wanted[] = [
  ['dx', 'dw', 'dm'],
  ['dx'],
  ['dw'],
  ['dm'],
  ['dx', 'dw'],
  ['dx', 'dm'],
  ['dw', 'dm'],
];

export const similarityBackward = cases(
  fc.record({ ...shape, wanted: fc.constantFrom(...everyWanted) }).filter(affordable),
  largeShapes.map((each) => ({ ...each, wanted: everyWanted[0] as Wanted })),
  (shape) => {
    const { x, w, m, dy } = operands(shape);
    const exact = convolutionGradients({ x, w, m, dy }, optionsOf(shape) satisfies ConvolutionOptions);
    const wanted = shape.wanted.filter((name) => exact[name]);
    // Each gradient reads all but what it is the gradient of.
    const isRead = (own: Wanted[number]) => wanted.some((name) => name !== own);
    const gradient = (name: Wanted[number]): Record<string, Buffer> => {
      const after = exact[name]?.data;
      return after && wanted.includes(name)
        ? { [name]: { before: zeros(after.length), after, mayBeNone: true } }
        : {};
    };
    return {
      geometry: geometryFor(shape, m),
      buffers: {
        ...(isRead('dx') && { x: { before: x.data } }),
        ...(isRead('dw') && { w: { before: w.data } }),
        ...(m && isRead('dm') && { m: { before: m.data, mayBeNone: true } }),
        dy: { before: dy.data },
        ...gradient('dx'),
        ...gradient('dw'),
        ...gradient('dm'),
      },
      run: (kernels, at, g) => (wanted.length ? backward(kernels, at, g) : 1),
    };
  },
);

function backward({ similarityBackward }: Exports, at: (buffer: string) => Address, g: Address): number {
  return similarityBackward(g, at('x'), at('w'), at('m'), at('dy'), at('dx'), at('dw'), at('dm'));
}
