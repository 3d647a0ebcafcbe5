/**
 * The gradient of m: G[p,k,c] = Σf dy[p,f]·W[k,c,f], then dm[p,k(,s)] = Σ꜀ G[p,k,c]·x[tap k (or s) at p, c]. A workgroup
 * takes a tile of positions and one tap k, computes G tile by tile of channels in registers and adds it up at once:
 * G never exists in memory. An m that positions share is summed over them by a further dispatch.
 */
import { type Geometry, SIMILARITY_CONV2D_BACKPROP_SIMILARITY } from '@neusim/core';
import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { Gpu } from '../../engine/internals';
import { launch, output } from '../../engine/launch';
import type { Program } from '../../engine/program';
import { groupsFor } from './groups';
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
} from './operands';
import {
  begin,
  clearSums,
  columnOfSum,
  declareSums,
  each,
  pipelined,
  range,
  rowOfSum,
  tileVariant,
} from './product';
import { sumPositions } from './sums';
import { type Form, SUMS_PER_WORKGROUP, type Tile, threadsOf, tileFor } from './tiles';
import {
  forwardWindow,
  geometryUniforms,
  mixOf,
  UNIFORMS,
  type Window,
  windowOf,
  windowVariant,
} from './window';
import { zeros } from './zeros';

const OWN_UNIFORMS = { ...UNIFORMS, channelTiles: 'u32' } as const;

/** dm in the shape of m, of x [B,H,W,C], w [kh,kw,C,F] and dy [B,H',W',F]. */
export function similarityGradient(
  gpu: Gpu,
  x: TensorInfo,
  w: TensorInfo,
  dy: TensorInfo,
  mShape: readonly number[],
  g: Geometry,
): TensorInfo {
  const [batch, filters] = [dy.shape[0], dy.shape[3]] as [number, number];
  if ([x, w, dy].some(({ shape }) => shape.includes(0)) || mShape.includes(0)) return zeros(gpu, mShape);
  const mix = mixOf(mShape);
  const positions = batch * g.outHeight * g.outWidth;
  const tile = tileFor(gpu, {
    operation: 'similarity',
    form: mix.form,
    taps: g.taps,
    rows: positions,
    columns: g.channels,
    inner: filters,
  });
  const [channels4, filters4] = [g.channels % 4 === 0, filters % 4 === 0];
  const [step, unit] = filters4 ? [tile.tileK / 4, filters / 4] : [tile.tileK, filters];
  const rowTiles = Math.ceil(positions / tile.tileM);
  const chunks = chunksOf(mix.form, g.taps);
  const values = mix.form === 'full' ? g.taps ** 2 : g.taps;
  const isShared = util.sizeFromShape(mShape.slice(0, 3)) < positions;
  const dm = output(gpu, isShared ? [positions, values] : mShape);
  launch(gpu, program(mix.form, windowOf(g), tile, channels4, filters4), {
    inputs: [x, dy, w],
    outputs: [dm],
    uniforms: {
      ...geometryUniforms(g, batch, filters, mix),
      rows: positions,
      columns: g.channels,
      rowTiles,
      columnTiles: 1,
      slices: Math.ceil(filters / tile.tileK),
      depth: filters,
      stepTap: Math.floor(step / unit),
      stepChannel: step % unit,
      channelTiles: Math.ceil(g.channels / tile.tileN),
    },
    workgroups: groupsFor(gpu, rowTiles * g.taps * chunks),
  });
  return isShared ? sumPositions(gpu, dm, [batch, g.outHeight, g.outWidth], mShape) : dm;
}

/** Runs of input taps that different workgroups take. */
const chunksOf = (form: Form, taps: number) => (form === 'full' ? Math.ceil(taps / SUMS_PER_WORKGROUP) : 1);

function program(
  form: Form,
  window: Window,
  tile: Tile,
  channels4: boolean,
  filters4: boolean,
): Program<typeof OWN_UNIFORMS> {
  return {
    name: SIMILARITY_CONV2D_BACKPROP_SIMILARITY,
    variant: [
      form,
      windowVariant(window),
      tileVariant(tile),
      channels4 ? 'C4' : 'C',
      filters4 ? 'F4' : 'F',
    ].join(' '),
    inputs: [
      { name: 'x', of: channels4 ? 'vec4<f32>' : 'f32' },
      { name: 'values', of: filters4 ? 'vec4<f32>' : 'f32' },
      { name: 'weights', of: filters4 ? 'vec4<f32>' : 'f32' },
    ],
    outputs: ['out'],
    uniforms: OWN_UNIFORMS,
    code: () => code(form, window, tile, channels4, filters4),
  };
}

function code(form: Form, window: Window, tile: Tile, channels4: boolean, filters4: boolean): string {
  const taps = window.kernelHeight * window.kernelWidth;
  const chunks = chunksOf(form, taps);
  const perChunk = form === 'full' ? Math.ceil(taps / chunks) : 1;
  const left: Gathered = { tile, form: 'none', isVector: filters4, hasWindow: false };
  const across: Across = { tile, isVector: filters4, onlyTap: 'ownTap' };
  const wide = tile.tileN / tile.columnsPerThread;
  const tapAt = (n: number) => (form === 'full' ? `firstTap + ${n}u` : 'ownTap');
  const readX = (j: number) => {
    const at = 'u32(found.pixel) * u.channels + column';
    return channels4
      ? `if (column < u.channels) { total += dot(sumR_${j}, x[(${at}) / 4u]); }`
      : each(4, (e) => `if (column + ${e}u < u.channels) { total += sumR_${j}[${e}] * x[${at} + ${e}u]; }`);
  };
  const reduce = (r: number) => `{
    let row = rowAt(${rowOfSum(tile, 'rows', r)});
    ${each(
      perChunk,
      (n) => `{
      let found = source(row, ${tapAt(n)});
      if (found.pixel >= 0) {
        var total = 0.0;
        ${each(tile.columnsPerThread / 4, (j) => `{ let column = ${columnOfSum(tile, j)}; ${readX(j).replaceAll('sumR_', `sum${r}_`)} }`)}
        dot${r}_${n} += total;
      }
    }`,
    )}
  }`;
  const write = (n: number) => `
  workgroupBarrier();
  ${each(tile.rowsPerThread, (r) => `lanes[(threadY + ${(r * tile.tileM) / tile.rowsPerThread}u) * ${wide}u + threadX] = dot${r}_${n};`)}
  workgroupBarrier();
  for (var row = lid; row < ${tile.tileM}u; row += ${threadsOf(tile)}u) {
    if (rowBase + row < u.rows && ${tapAt(n)} < TAPS) {
      var total = 0.0;
      for (var lane = 0u; lane < ${wide}u; lane++) { total += lanes[row * ${wide}u + lane]; }
      out[${form === 'full' ? `((rowBase + row) * TAPS + ownTap) * TAPS + ${tapAt(n)}` : '(rowBase + row) * TAPS + ownTap'}] = total;
    }
  }`;
  return `${forwardWindow(window)}
var<workgroup> lanes: array<f32, ${tile.tileM * wide}>;
${begin(tile, `TAPS * ${chunks}u`)}
  let ownTap = part / ${chunks}u;
  let firstTap = part % ${chunks}u * ${perChunk}u;
  ${each(tile.rowsPerThread, (r) =>
    range(perChunk)
      .map((n) => `var dot${r}_${n} = 0.0;`)
      .join(' '),
  )}
  ${declareSums(tile)}
  for (var channelTile = 0u; channelTile < u.channelTiles; channelTile++) {
    let columnBase = channelTile * ${tile.tileN}u;
    ${clearSums(tile)}
    ${gatherBegin(left)}
    ${acrossBegin(across)}
    ${pipelined(
      tile,
      'rows',
      `${gatherLoad(left)}\n${acrossLoad(across)}\n${gatherAdvance(left)}`,
      `${gatherStage(left)}\n${acrossStage(across)}`,
    )}
    ${each(tile.rowsPerThread, reduce)}
    workgroupBarrier();
  }
  ${each(perChunk, write)}
}`;
}
