/**
 * The forward pass and the gradient of x as one family: y[p,f] = Σₖ꜀ mixed(p,k,c)·W[k,c,f], and
 * dx[q,c] = Σₖf mixed(q,k,f)·W[k,c,f], where mixed(·,k,·) is what lies under the taps, weighted by m while the tile is
 * loaded. For dx a tap's source is the position of the output whose tap reads the pixel: each sum is gathered, so
 * there are no atomics, and the same values give the same bits.
 */
import {
  CONV2D,
  CONV2D_BACKPROP_INPUT,
  type Geometry,
  SIMILARITY_CONV2D,
  SIMILARITY_CONV2D_BACKPROP_INPUT,
} from '@neusim/core';
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Gpu } from '../../engine/internals';
import { launch, output } from '../../engine/launch';
import type { BufferName, Program } from '../../engine/program';
import { groupsFor } from '../flat';
import { zeros } from '../outputs';
import {
  type Across,
  acrossBegin,
  acrossLoad,
  acrossStage,
  type Gathered,
  gatherAdvance,
  gatherBegin,
  gatherLoad,
  gatherStage,
  type Plain,
  plainBegin,
  plainLoad,
  plainStage,
  sliceBegin,
} from './operands';
import { begin, declareSums, pipelined, store, tileVariant } from './product';
import type { Tile } from './tile';
import { type Form, tileFor } from './tiles';
import { forwardWindow, geometryUniforms, inputWindow, type Mix, mixOf, NO_MIX, UNIFORMS } from './window';

/** What the result passes through: y + bias, then ReLU. */
export interface Epilogue {
  /** [F] */
  readonly bias?: TensorInfo;
  readonly relu?: boolean;
}

interface Spec {
  readonly direction: 'forward' | 'input';
  readonly form: Form;
  /** Whether both strides are 1, where it matters. */
  readonly unitStrides: boolean;
  readonly tile: Tile;
  /** Whether C and F are multiples of 4. */
  readonly channels4: boolean;
  readonly filters4: boolean;
  readonly hasBias: boolean;
  readonly relu: boolean;
}

const NAMES = {
  forward: [CONV2D, SIMILARITY_CONV2D],
  input: [CONV2D_BACKPROP_INPUT, SIMILARITY_CONV2D_BACKPROP_INPUT],
} as const;

/** y [B,H',W',F] of x [B,H,W,C], w [kh,kw,C,F] and m [B|1,H'|1,W'|1,K(,K)] or null. */
export function forward(
  gpu: Gpu,
  x: TensorInfo,
  w: TensorInfo,
  m: TensorInfo | null,
  g: Geometry,
  { bias, relu = false }: Epilogue = {},
): TensorInfo {
  const [batch, filters] = [x.shape[0], w.shape[3]] as [number, number];
  const shape = [batch, g.outHeight, g.outWidth, filters];
  return gather(gpu, 'forward', { values: x, w, m, bias, relu }, shape, g, batch, filters);
}

/** dx [B,H,W,C] of w [kh,kw,C,F], m or null, and dy [B,H',W',F]. */
export function inputGradient(
  gpu: Gpu,
  w: TensorInfo,
  m: TensorInfo | null,
  dy: TensorInfo,
  g: Geometry,
): TensorInfo {
  const [batch, filters] = [dy.shape[0], w.shape[3]] as [number, number];
  const shape = [batch, g.height, g.width, g.channels];
  return gather(gpu, 'input', { values: dy, w, m, relu: false }, shape, g, batch, filters);
}

interface Operands {
  readonly values: TensorInfo;
  readonly w: TensorInfo;
  readonly m: TensorInfo | null;
  readonly bias?: TensorInfo | undefined;
  readonly relu: boolean;
}

function gather(
  gpu: Gpu,
  direction: Spec['direction'],
  { values, w, m, bias, relu }: Operands,
  shape: readonly number[],
  g: Geometry,
  batch: number,
  filters: number,
): TensorInfo {
  const mix: Mix = m ? mixOf(m.shape) : NO_MIX;
  const isForward = direction === 'forward';
  const [depth, columns] = isForward ? [g.channels, filters] : [filters, g.channels];
  const rows = isForward ? batch * g.outHeight * g.outWidth : batch * g.height * g.width;
  const inner = g.taps * depth;
  const isEmpty = [values, w, m].some((t) => t?.shape.includes(0));
  if (isEmpty || rows * columns === 0) return zeros(gpu, shape);
  const tile = tileFor(gpu, { operation: direction, form: mix.form, taps: g.taps, rows, columns, inner });
  const spec: Spec = {
    direction,
    form: mix.form,
    unitStrides: isForward || (g.strides[0] === 1 && g.strides[1] === 1),
    tile,
    channels4: g.channels % 4 === 0,
    filters4: filters % 4 === 0,
    hasBias: bias !== undefined,
    relu,
  };
  const isVector = depth % 4 === 0;
  const [step, unit] = isVector ? [tile.tileK / 4, depth / 4] : [tile.tileK, depth];
  const tiles = [Math.ceil(rows / tile.tileM), Math.ceil(columns / tile.tileN)] as const;
  const out = output(gpu, shape);
  launch(gpu, program(spec), {
    inputs: [values, w, ...(m ? [m] : []), ...(bias ? [bias] : [])],
    outputs: [out],
    uniforms: {
      ...geometryUniforms(g, batch, filters, mix),
      rows,
      columns,
      rowTiles: tiles[0],
      columnTiles: tiles[1],
      slices: Math.ceil(inner / tile.tileK),
      depth,
      stepTap: Math.floor(step / unit),
      stepChannel: step % unit,
    },
    workgroups: groupsFor(gpu, tiles[0] * tiles[1]),
  });
  return out;
}

const buffer = (name: string, isVector: boolean): BufferName => ({
  name,
  of: isVector ? 'vec4<f32>' : 'f32',
});

function program(spec: Spec): Program<typeof UNIFORMS> {
  const { direction, form, unitStrides, tile, channels4, filters4, hasBias, relu } = spec;
  const isForward = direction === 'forward';
  const [deep4, wide4] = isForward ? [channels4, filters4] : [filters4, channels4];
  return {
    name: NAMES[direction][form === 'none' ? 0 : 1],
    variant: [
      form,
      unitStrides ? '' : 'strided',
      tileVariant(tile),
      channels4 ? 'C4' : 'C',
      filters4 ? 'F4' : 'F',
      hasBias ? 'bias' : '',
      relu ? 'relu' : '',
    ].join(' '),
    inputs: [
      buffer('values', deep4),
      buffer('weights', filters4),
      ...(form === 'none' ? [] : ['m']),
      ...(hasBias ? [buffer('bias', wide4)] : []),
    ],
    outputs: [buffer('out', wide4)],
    uniforms: UNIFORMS,
    code: () => code(spec, deep4, wide4),
  };
}

function code(
  { direction, form, unitStrides, tile, filters4, hasBias, relu }: Spec,
  deep4: boolean,
  wide4: boolean,
) {
  const isForward = direction === 'forward';
  const left: Gathered = { tile, form, isVector: deep4, hasWindow: true };
  const plain: Plain = {
    tile,
    name: 'weights',
    isVector: wide4,
    first: `slice * ${tile.tileK}u`,
    end: 'u.taps * u.depth',
  };
  const across: Across = { tile, isVector: filters4 };
  const [beginRight, loadRight, stageRight] = isForward
    ? [plainBegin(plain), plainLoad(plain), plainStage(plain)]
    : [acrossBegin(across), acrossLoad(across), acrossStage(across)];
  const bias = wide4
    ? 'if (column < u.columns) { value += bias[column / 4u]; }'
    : [0, 1, 2, 3]
        .map((e) => `if (column + ${e}u < u.columns) { value[${e}] += bias[column + ${e}u]; }`)
        .join('\n');
  return `${isForward ? forwardWindow : inputWindow(unitStrides)}
${begin(tile)}
  ${gatherBegin(left)}
  ${beginRight}
  ${declareSums(tile)}
  ${pipelined(
    tile,
    'rows',
    `${sliceBegin(deep4, true)}\n${gatherLoad(left)}\n${loadRight}\n${gatherAdvance(left)}`,
    `${gatherStage(left)}\n${stageRight}`,
  )}
  ${store(tile, 'rows', wide4, `${hasBias ? bias : ''}${relu ? '\nvalue = select(value, vec4f(), value < vec4f());' : ''}`)}
}`;
}
