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
  readIf,
  sliceBegin,
} from './operands';
import {
  begin,
  clearSums,
  columnOfSum,
  declareSums,
  each,
  rowOfSum,
  share,
  step,
  tileVariant,
} from './product';
import { sumPositions } from './sums';
import type { Tile } from './tile';
import { type Form, tileFor } from './tiles';
import { forwardWindow, geometryUniforms, mixOf, UNIFORMS } from './window';

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
  const values = mix.form === 'full' ? g.taps ** 2 : g.taps;
  const isShared = util.sizeFromShape(mShape.slice(0, 3)) < positions;
  const dm = output(gpu, isShared ? [positions, values] : mShape);
  launch(gpu, program(mix.form, tile, channels4, filters4), {
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
    workgroups: groupsFor(gpu, rowTiles * g.taps),
  });
  return isShared ? sumPositions(gpu, dm, [batch, g.outHeight, g.outWidth], mShape) : dm;
}

function program(
  form: Form,
  tile: Tile,
  channels4: boolean,
  filters4: boolean,
): Program<typeof OWN_UNIFORMS> {
  return {
    name: SIMILARITY_CONV2D_BACKPROP_SIMILARITY,
    variant: [form, tileVariant(tile), channels4 ? 'C4' : 'C', filters4 ? 'F4' : 'F'].join(' '),
    inputs: [
      { name: 'x', of: channels4 ? 'vec4<f32>' : 'f32' },
      { name: 'values', of: filters4 ? 'vec4<f32>' : 'f32' },
      { name: 'weights', of: filters4 ? 'vec4<f32>' : 'f32' },
    ],
    outputs: ['out'],
    uniforms: OWN_UNIFORMS,
    code: () => code(form, tile, channels4, filters4),
  };
}

function code(form: Form, tile: Tile, channels4: boolean, filters4: boolean): string {
  const left: Gathered = { tile, form: 'none', isVector: filters4, hasWindow: false };
  const across: Across = { tile, isVector: filters4, onlyTap: 'ownTap' };
  const wide = tile.tileN / tile.columnsPerThread;
  const read = (r: number, j: number) => {
    const at = 'u32(found.pixel) * u.channels + column';
    const own = (e: number) => `(found.pixel >= 0) & (column + ${e}u < u.channels)`;
    return channels4
      ? `total += dot(sum${r}_${j}, ${readIf('x', `(${at}) / 4u`, own(0), true)});`
      : each(4, (e) => `total += sum${r}_${j}[${e}] * ${readIf('x', `${at} + ${e}u`, own(e), false)};`);
  };
  const reduce = (r: number) => `{
        let found = source(rowAt(${rowOfSum(tile, 'rows', r)}), place);
        var total = 0.0;
        ${each(tile.columnsPerThread / 4, (j) => `{ let column = ${columnOfSum(tile, j)}; ${read(r, j)} }`)}
        lanes[(threadY + ${(r * tile.tileM) / tile.rowsPerThread}u) * ${wide}u + threadX] = total;
      }`;
  const write = share(
    tile,
    tile.tileM,
    (_, item) => `{
        let row = rowBase + ${item};
        var total = 0.0;
        for (var lane = 0u; lane < ${wide}u; lane++) { total += lanes[${item} * ${wide}u + lane]; }
        if (row < u.rows) {
          let at = ${form === 'full' ? '(row * u.taps + ownTap) * u.taps + inputTap' : 'row * u.taps + ownTap'};
          if (channelTile > 0u) { total += out[at]; }
          out[at] = total;
        }
      }`,
  );
  return `${forwardWindow}
var<workgroup> lanes: array<f32, ${tile.tileM * wide}>;
${begin(tile, 'u.taps')}
  let ownTap = part;
  ${declareSums(tile)}
  ${gatherBegin(left)}
  ${acrossBegin(across)}
  let startTap = tap;
  let startChannel = channel;
  // One loop over channel tiles and slices: some compilers take forever over barriers in loops within loops.
  var slice = 0u;
  var channelTile = 0u;
  while (channelTile < u.channelTiles) {
    let columnBase = channelTile * ${tile.tileN}u;
    ${step(
      tile,
      'rows',
      `${filters4 ? '' : sliceBegin(false, false)}\n${gatherLoad(left)}\n${acrossLoad(across)}\n${gatherAdvance(left)}`,
      `${gatherStage(left)}\n${acrossStage(across)}`,
    )}
    slice++;
    if (slice > u.slices) {
      ${
        form === 'full'
          ? 'for (var inputTap = 0u; inputTap < u.taps; inputTap++) {'
          : '{ let inputTap = ownTap;'
      }
      let place = placeOf(inputTap);
      ${each(tile.rowsPerThread, reduce)}
      workgroupBarrier();
      ${write}
      workgroupBarrier();
      }
      ${clearSums(tile)}
      slice = 0u;
      channelTile++;
      tap = startTap;
      channel = startChannel;
    }
  }
}`;
}
