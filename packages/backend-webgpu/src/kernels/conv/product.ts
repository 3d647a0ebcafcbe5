/**
 * WGSL of a tiled matrix product, in pieces. Operands lie in workgroup memory as vectors of four: the right one
 * along columns, the left one along the inner dimension (`rows`: a row's own values are neighbours) or along rows
 * (`inner`). Each invocation keeps rowsPerThread × columnsPerThread sums in registers, as vectors along columns; its
 * columns lie a workgroup's width apart, so that neighbours write neighbouring vectors.
 *
 * Names in the code: `lid` the invocation, `threadX`, `threadY` its place; `rowBase`, `columnBase` the tile's place;
 * `tileA`, `tileB`; `sum<r>_<j>`.
 */
import type { Tile } from './tile';
import { threadsOf } from './tiles';

export type Layout = 'rows' | 'inner';

export const range = (count: number) => Array.from({ length: count }, (_, i) => i);

/** A piece of code for each i below `count`. */
export const each = (count: number, code: (i: number) => string) => range(count).map(code).join('\n');

export const tileVariant = (t: Tile) =>
  [t.tileM, t.tileN, t.tileK, t.rowsPerThread, t.columnsPerThread].join(',');

/** Workgroup memory and the entry point's head. Workgroups of no tile return. @param perTile workgroups of a tile. */
export function begin(t: Tile, perTile = '1u'): string {
  return `
var<workgroup> tileA: array<vec4<f32>, ${(t.tileM * t.tileK) / 4}>;
var<workgroup> tileB: array<vec4<f32>, ${(t.tileN * t.tileK) / 4}>;
@compute @workgroup_size(${threadsOf(t)})
fn main(
  @builtin(local_invocation_index) lid: u32,
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
) {
  let index = group.x + group.y * groups.x;
  let part = index % (${perTile});
  let tile = index / (${perTile});
  if (tile >= u.rowTiles * u.columnTiles) { return; }
  let rowBase = (tile / u.columnTiles) * ${t.tileM}u;
  let columnBase = (tile % u.columnTiles) * ${t.tileN}u;
  let threadX = lid % ${t.tileN / t.columnsPerThread}u;
  let threadY = lid / ${t.tileN / t.columnsPerThread}u;`;
}

const vectors = (t: Tile) => t.columnsPerThread / 4;

export const declareSums = (t: Tile) =>
  each(t.rowsPerThread, (r) => each(vectors(t), (j) => `var sum${r}_${j} = vec4f();`));

export const clearSums = (t: Tile) =>
  each(t.rowsPerThread, (r) => each(vectors(t), (j) => `sum${r}_${j} = vec4f();`));

/** Adds the product of the staged slices to the sums. @param quads of inner dimension in a slice. */
export function multiply(t: Tile, layout: Layout, quads: number | string = t.tileK / 4): string {
  const rowsApart = t.tileM / t.rowsPerThread;
  const [across, width] = [t.tileN / t.columnsPerThread, t.tileN / 4];
  const readB = (step: string, name: string) =>
    each(vectors(t), (j) => `let ${name}_${j} = tileB[(${step}) * ${width}u + threadX + ${j * across}u];`);
  if (layout === 'inner')
    return `
  for (var step = 0u; step < ${4}u * ${quads}u; step++) {
    ${readB('step', 'b')}
    ${each(t.rowsPerThread / 4, (i) => `let a${i} = tileA[step * ${t.tileM / 4}u + threadY + ${i * rowsApart}u];`)}
    ${each(t.rowsPerThread, (r) => each(vectors(t), (j) => `sum${r}_${j} += a${r >> 2}.${'xyzw'[r & 3]} * b_${j};`))}
  }`;
  return `
  for (var quad = 0u; quad < ${quads}u; quad++) {
    ${each(4, (e) => readB(`quad * 4u + ${e}u`, `b${e}`))}
    ${each(
      t.rowsPerThread,
      (r) => `{
      let a = tileA[(threadY + ${r * rowsApart}u) * ${quads}u + quad];
      ${each(vectors(t), (j) => each(4, (e) => `sum${r}_${j} += a.${'xyzw'[e]} * b${e}_${j};`))}
    }`,
    )}
  }`;
}

/** The row of the product that register row `r` holds. */
export function rowOfSum(t: Tile, layout: Layout, r: number): string {
  const apart = t.tileM / t.rowsPerThread;
  return layout === 'rows'
    ? `rowBase + threadY + ${r * apart}u`
    : `rowBase + (threadY + ${(r >> 2) * apart}u) * 4u + ${r & 3}u`;
}

/** The first column of vector `j`. */
export const columnOfSum = (t: Tile, j: number) =>
  `columnBase + (threadX + ${j * (t.tileN / t.columnsPerThread)}u) * 4u`;

/**
 * Writes the sums to `out` [rows, columns], from float `offset` on.
 * @param isVector whether `out` holds vectors: columns are a multiple of 4.
 * @param finish what becomes of a vector `value` whose first column is `column`.
 */
export function store(t: Tile, layout: Layout, isVector: boolean, finish = '', offset = '0u'): string {
  return each(
    t.rowsPerThread,
    (r) => `{
    let row = ${rowOfSum(t, layout, r)};
    if (row < u.rows) {
      let at = ${offset} + row * u.columns;
      ${each(
        vectors(t),
        (j) => `{
        let column = ${columnOfSum(t, j)};
        var value = sum${r}_${j};
        ${finish}
        ${
          isVector
            ? 'if (column < u.columns) { out[(at + column) / 4u] = value; }'
            : each(4, (e) => `if (column + ${e}u < u.columns) { out[at + column + ${e}u] = value[${e}]; }`)
        }
      }`,
      )}
    }
  }`,
  );
}

/** The parts of staging `count` vectors with all invocations: code for the vector `item`. */
export function share(t: Tile, count: number, code: (i: number, item: string) => string): string {
  const threads = threadsOf(t);
  return each(Math.ceil(count / threads), (i) => {
    const item = i === 0 ? 'lid' : `(lid + ${i * threads}u)`;
    const body = code(i, item);
    return (i + 1) * threads > count ? `if (${item} < ${count}u) {\n${body}\n}` : body;
  });
}

/**
 * One step through the slices: that numbered `slice` is loaded into registers while the one in workgroup memory is
 * multiplied, and takes its place. `slice` goes from 0 to `u.slices`, past the last: `load` reads zeros there.
 */
export const step = (t: Tile, layout: Layout, load: string, stage: string) => `
    ${load}
    if (slice > 0u) {
      ${multiply(t, layout)}
    }
    workgroupBarrier();
    ${stage}
    workgroupBarrier();`;

/** All steps. */
export const pipelined = (t: Tile, layout: Layout, load: string, stage: string) => `
  for (var slice = 0u; slice <= u.slices; slice++) {
    ${step(t, layout, load, stage)}
  }`;
