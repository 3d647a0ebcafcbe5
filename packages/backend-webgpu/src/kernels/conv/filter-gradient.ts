/**
 * The gradient of w: dw[(k,c),f] = Σₚ mixed(p,k,c)·dy[p,f]. The positions are split over workgroups, each with sums of
 * its own, which a second dispatch adds up in a fixed order; one split writes dw itself.
 */
import { CONV2D_BACKPROP_FILTER, type Geometry, SIMILARITY_CONV2D_BACKPROP_FILTER } from '@neusim/core';
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Gpu } from '../../engine/internals';
import { launch, output } from '../../engine/launch';
import type { Program } from '../../engine/program';
import { groupsFor } from '../flat';
import { zeros } from '../outputs';
import { mixRow, type Plain, plainBegin, plainLoad, plainStage } from './operands';
import { begin, declareSums, each, pipelined, range, share, store, tileVariant } from './product';
import { sumSplits } from './sums';
import type { Tile } from './tile';
import { type Form, splitsFor, threadsOf, tileFor } from './tiles';
import { forwardWindow, geometryUniforms, type Mix, mixOf, NO_MIX, UNIFORMS } from './window';

const OWN_UNIFORMS = {
  ...UNIFORMS,
  splits: 'u32',
  stepImage: 'u32',
  stepRow: 'u32',
  stepColumn: 'u32',
} as const;

/** dw [kh,kw,C,F] of x [B,H,W,C], m or null, and dy [B,H',W',F]. */
export function filterGradient(
  gpu: Gpu,
  x: TensorInfo,
  m: TensorInfo | null,
  dy: TensorInfo,
  g: Geometry,
): TensorInfo {
  const [batch, filters] = [dy.shape[0], dy.shape[3]] as [number, number];
  const shape = [g.kernelHeight, g.kernelWidth, g.channels, filters];
  const mix: Mix = m ? mixOf(m.shape) : NO_MIX;
  if ([x, m, dy].some((t) => t?.shape.includes(0))) return zeros(gpu, shape);
  const [rows, columns, inner] = [g.taps * g.channels, filters, batch * g.outHeight * g.outWidth];
  const problem = { operation: 'filter', form: mix.form, taps: g.taps, rows, columns, inner } as const;
  const tile = tileFor(gpu, problem);
  const { splits, positions } = splitsFor(problem, tile);
  const tiles = [Math.ceil(rows / tile.tileM), Math.ceil(columns / tile.tileN)] as const;
  const parts = output(gpu, splits === 1 ? shape : [splits, rows, columns]);
  const line = Math.floor(tile.tileK / g.outWidth);
  launch(gpu, program(mix.form, tile, g.channels % 4 === 0, filters % 4 === 0), {
    inputs: [x, dy, ...(m ? [m] : [])],
    outputs: [parts],
    uniforms: {
      ...geometryUniforms(g, batch, filters, mix),
      rows,
      columns,
      rowTiles: tiles[0],
      columnTiles: tiles[1],
      slices: positions / tile.tileK,
      depth: g.channels,
      run: positions,
      splits,
      stepImage: Math.floor(line / g.outHeight),
      stepRow: line % g.outHeight,
      stepColumn: tile.tileK % g.outWidth,
    },
    workgroups: groupsFor(gpu, splits * tiles[0] * tiles[1]),
  });
  return splits === 1 ? parts : sumSplits(gpu, parts, splits, shape);
}

function program(
  form: Form,
  tile: Tile,
  channels4: boolean,
  filters4: boolean,
): Program<typeof OWN_UNIFORMS> {
  return {
    name: form === 'none' ? CONV2D_BACKPROP_FILTER : SIMILARITY_CONV2D_BACKPROP_FILTER,
    variant: [form, tileVariant(tile), channels4 ? 'C4' : 'C', filters4 ? 'F4' : 'F'].join(' '),
    inputs: [
      { name: 'values', of: channels4 ? 'vec4<f32>' : 'f32' },
      { name: 'dy', of: filters4 ? 'vec4<f32>' : 'f32' },
      ...(form === 'none' ? [] : ['m']),
    ],
    outputs: [{ name: 'out', of: filters4 ? 'vec4<f32>' : 'f32' }],
    uniforms: OWN_UNIFORMS,
    code: () => code(form, tile, channels4, filters4),
  };
}

function code(form: Form, tile: Tile, channels4: boolean, filters4: boolean): string {
  const right: Plain = {
    tile,
    name: 'dy',
    isVector: filters4,
    first: `first + slice * ${tile.tileK}u`,
    end: 'end',
  };
  return `${forwardWindow}
${begin(tile, 'u.splits')}
  let first = part * u.run;
  let end = min(first + u.run, u.positions);
  ${leftBegin(tile, channels4)}
  ${plainBegin(right)}
  ${declareSums(tile)}
  ${pipelined(
    tile,
    'inner',
    `${leftLoad(tile, form, channels4)}\n${plainLoad(right)}\n${leftAdvance(tile)}`,
    `${share(tile, itemsOf(tile), (i, item) => `tileA[${item}] = left${i};`)}\n${plainStage(right)}`,
  )}
  ${store(tile, 'inner', filters4, '', 'part * u.rows * u.columns')}
}`;
}

const itemsOf = (t: Tile) => (t.tileM * t.tileK) / 4;
/** Rows of a slice that lie between two vectors which one invocation loads. */
const apart = (t: Tile) => threadsOf(t) / (t.tileM / 4);

/** An invocation loads four rows (tap, channel), the same in every slice, at positions of its own. */
function leftBegin(t: Tile, isVector: boolean): string {
  return `
  let rowQuad = rowBase + lid % ${t.tileM / 4}u * 4u;
  ${each(isVector ? 1 : 4, (e) => `let tap${e} = (rowQuad + ${e}u) / u.channels; let channel${e} = (rowQuad + ${e}u) % u.channels; let place${e} = placeOf(tap${e});`)}
  ${each(
    Math.ceil(itemsOf(t) / threadsOf(t)),
    (i) => `
  var position${i} = first + lid / ${t.tileM / 4}u + ${i * apart(t)}u;
  var column${i} = position${i} % u.outWidth;
  var line${i} = position${i} / u.outWidth % u.outHeight;
  var image${i} = position${i} / u.outWidth / u.outHeight;
  var left${i} = vec4f();`,
  )}`;
}

function leftLoad(t: Tile, form: Form, isVector: boolean): string {
  const one = (i: number, e: number) => ({
    target: `left${i}${isVector ? '' : `[${e}]`}`,
    tap: `tap${e}`,
    place: `place${e}`,
    at: (pixel: string) => {
      const at = `${pixel} * u.channels + channel${e}`;
      return isVector ? `(${at}) / 4u` : at;
    },
  });
  return share(
    t,
    itemsOf(t),
    (i) => `{
      let row = rowWithin(position${i} < end, image${i}, line${i}, column${i});
      ${mixRow(
        'row',
        form,
        isVector,
        range(isVector ? 1 : 4).map((e) => one(i, e)),
      )}
    }`,
  );
}

/** The same as a division for each position, by additions with carries. */
function leftAdvance(t: Tile): string {
  return each(
    Math.ceil(itemsOf(t) / threadsOf(t)),
    (i) => `
    position${i} += ${t.tileK}u;
    column${i} += u.stepColumn;
    line${i} += u.stepRow;
    image${i} += u.stepImage;
    line${i} += select(0u, 1u, column${i} >= u.outWidth);
    column${i} -= select(0u, u.outWidth, column${i} >= u.outWidth);
    image${i} += select(0u, 1u, line${i} >= u.outHeight);
    line${i} -= select(0u, u.outHeight, line${i} >= u.outHeight);`,
  );
}
