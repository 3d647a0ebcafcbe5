/**
 * Over the rows of [outer, rows, columns]: reductions of each column, and functions of each element and its column.
 * A workgroup takes a tile of columns (neighbours read neighbours) and a chunk of rows, which its lanes share; where
 * there is more than one chunk, a second dispatch merges what each gave. The order of every sum is fixed by the shape.
 * Columns are taken four at a time where their number allows.
 */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Gpu } from '../engine/internals';
import { launch, output } from '../engine/launch';
import type { BufferName, Program, Scalar } from '../engine/program';
import { WORKGROUP } from './flat';

/** Columns in a tile, at most: 64 lanes side by side read 256 bytes, or 1024 with four columns each. */
const WIDEST = 64;
/** Rows a lane takes, at least, so that merging costs little beside reading. */
const ROWS_PER_LANE = 8;
/** Enough workgroups to fill a GPU; more would only make more to merge. */
const ENOUGH_WORKGROUPS = 1024;
const MOST_CHUNKS = 512;

type Uniforms = Readonly<Record<string, Scalar>>;

/** In all WGSL: `T` is the type of a column (f32 or vec4f), `column` and `outer` its place. */
interface OfColumns {
  readonly name: string;
  readonly variant: string;
  /** Buffers of T. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly uniforms?: Uniforms;
  /** WGSL of functions. */
  readonly functions?: string;
  /** WGSL run once a column, before its rows. */
  readonly column?: string;
}

export interface ColumnReduction extends OfColumns {
  /** Fields of the state `s`, each a T that starts at 0; `s.n` is the number of rows in it. */
  readonly state: readonly string[];
  /** WGSL that adds row `row`, whose element is at `i`, to `s`; `s.n` counts it already. */
  readonly add: string;
  /** WGSL that merges state `b` into `s`, both of at least one row; `s.n` is still its own. Default: sums. */
  readonly merge?: string;
  /** Buffers of T that `finish` alone reads. */
  readonly finishInputs?: readonly string[];
  /** WGSL that writes the outputs at `o` from `s`. */
  readonly finish: string;
}

export interface ColumnMap extends OfColumns {
  /** WGSL that writes the outputs of row `row` at `i`. */
  readonly each: string;
}

export interface Extent {
  /** At most `maxComputeWorkgroupsPerDimension`; default 1. */
  readonly outer?: number;
  readonly rows: number;
  readonly columns: number;
  /** False: columns are taken one at a time even where four would fit. */
  readonly wide?: boolean;
}

interface Tile {
  readonly width: 1 | 4;
  readonly columns: number;
  readonly lanes: number;
}

function tileOf({ columns, wide = true }: Extent): Tile {
  const width = wide && columns % 4 === 0 ? 4 : 1;
  const across = Math.min(WIDEST, 2 ** Math.ceil(Math.log2(columns / width)));
  return { width, columns: across, lanes: WORKGROUP / across };
}

const elementOf = ({ width }: Tile) => (width === 4 ? 'vec4<f32>' : 'f32');
const buffers = (names: readonly string[], tile: Tile): BufferName[] =>
  names.map((name) => ({ name, of: elementOf(tile) }));
const describe = (variant: string, { width, columns }: Tile) => `${variant} ${columns} columns of ${width}`;

const uniformsOf = (own: Uniforms = {}) => ({
  ...own,
  rows: 'u32' as const,
  columns: 'u32' as const,
  chunk: 'u32' as const,
  chunks: 'u32' as const,
});

/** WGSL of `main`: `body` for the workgroup's tile of columns. */
const main = (tile: Tile, functions: string, body: string) => `
alias T = ${elementOf(tile)};
const COLUMNS = ${tile.columns}u;
const LANES = ${tile.lanes}u;
${functions}
@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(local_invocation_index) local: u32, @builtin(workgroup_id) group: vec3u) {
  let lane = local / COLUMNS;
  let column = group.x * COLUMNS + local % COLUMNS;
  let outer = group.z;
  ${body}
}`;

/**
 * WGSL in which the lanes' states are merged into that of lane 0: some lanes take the states of others, then lane 0
 * takes theirs. Two rounds of some steps cost no more than a tree, and a fraction of its barriers.
 */
function meet(lanes: number, state: readonly string[]): string {
  const takers = lanes > 8 ? 2 ** Math.ceil(Math.log2(lanes) / 2) : 1;
  const round = (givers: number, takers: number) => `
    workgroupBarrier();
    if (lane < ${givers}u) {
      counts[local] = s.n;
      ${state.map((each) => `of_${each}[local] = s.${each};`).join(' ')}
    }
    workgroupBarrier();
    if (lane < ${takers}u) {
      for (var giver = lane + ${takers}u; giver < ${givers}u; giver += ${takers}u) {
        let at = local + (giver - lane) * COLUMNS;
        s = merged(s, State(counts[at], ${state.map((each) => `of_${each}[at]`).join(', ')}));
      }
    }`;
  if (lanes === 1) return '';
  return takers === 1 ? round(lanes, 1) : round(lanes, takers) + round(takers, 1);
}

/** What a reduction's programs do: read rows or merge chunks, and then write a chunk or finish. */
type Stage = 'whole' | 'chunk' | 'merge';

function reductionProgram(of: ColumnReduction, tile: Tile, stage: Stage): Program {
  const reads = stage === 'merge' ? ['partial'] : of.inputs;
  const finishReads = stage === 'chunk' ? [] : (of.finishInputs ?? []);
  return {
    name: of.name,
    variant: describe(`${of.variant} ${stage}`, tile),
    inputs: buffers([...reads, ...finishReads], tile),
    outputs: buffers(stage === 'chunk' ? ['partial'] : of.outputs, tile),
    uniforms: uniformsOf(of.uniforms),
    code: () => reductionCode(of, tile, stage),
  };
}

function reductionCode(of: ColumnReduction, tile: Tile, stage: Stage): string {
  const { state } = of;
  const each = (write: (field: string, k: number) => string) => state.map(write).join(' ');
  const merge = of.merge ?? each((field) => `s.${field} += b.${field};`);
  const partial = (chunk: string, k: number) =>
    `partial[((outer * u.chunks + ${chunk}) * ${state.length}u + ${k}u) * u.columns + column]`;
  const rows = `
      ${of.column ?? ''}
      let last = min(u.rows, (group.y + 1u) * u.chunk);
      for (var row = group.y * u.chunk + lane; row < last; row += LANES) {
        let i = (outer * u.rows + row) * u.columns + column;
        s.n += 1.0;
        ${of.add}
      }`;
  const chunks = `
      for (var chunk = lane; chunk < u.chunks; chunk += LANES) {
        var b: State;
        b.n = f32(min(u.chunk, u.rows - chunk * u.chunk));
        ${each((field, k) => `b.${field} = ${partial('chunk', k)};`)}
        s = merged(s, b);
      }`;
  const finish = `let o = outer * u.columns + column;
      ${of.finish}`;
  return main(
    tile,
    `struct State { n: f32, ${state.map((field) => `${field}: T`).join(', ')} }
var<workgroup> counts: array<f32, ${WORKGROUP}>;
${each((field) => `var<workgroup> of_${field}: array<T, ${WORKGROUP}>;`)}
fn merged(a: State, b: State) -> State {
  if (b.n == 0.0) { return a; }
  if (a.n == 0.0) { return b; }
  var s = a;
  ${merge}
  s.n += b.n;
  return s;
}
${stage === 'merge' ? '' : (of.functions ?? '')}`,
    `var s: State;
    if (column < u.columns) {${stage === 'merge' ? chunks : rows}
    }
    ${meet(tile.lanes, state)}
    if (lane == 0u && column < u.columns) {
      ${stage === 'chunk' ? each((field, k) => `${partial('group.y', k)} = s.${field};`) : finish}
    }`,
  );
}

/**
 * Reduces each column. No tensor may be empty.
 * @param inputs those of `inputs`, then those of `finishInputs`.
 * @param outputs [outer, columns], as they are written.
 */
export function reduceColumns(
  gpu: Gpu,
  of: ColumnReduction,
  inputs: readonly TensorInfo[],
  outputs: readonly TensorInfo[],
  extent: Extent,
  own: Readonly<Record<string, number>> = {},
): void {
  const { outer = 1, rows } = extent;
  const tile = tileOf(extent);
  const columns = extent.columns / tile.width;
  const tiles = Math.ceil(columns / tile.columns);
  const most = Math.min(MOST_CHUNKS, Math.max(1, Math.floor(ENOUGH_WORKGROUPS / (tiles * outer))));
  const chunk = Math.max(tile.lanes * ROWS_PER_LANE, Math.ceil(rows / most));
  const chunks = Math.ceil(rows / chunk);
  const uniforms = { ...own, rows, columns, chunk, chunks };
  const run = (stage: Stage, reads: readonly TensorInfo[], writes: readonly TensorInfo[]) =>
    launch(gpu, reductionProgram(of, tile, stage), {
      inputs: reads,
      outputs: writes,
      uniforms,
      workgroups: [tiles, stage === 'chunk' ? chunks : 1, outer],
    });
  if (chunks === 1) {
    run('whole', inputs, outputs);
    return;
  }
  const partial = output(gpu, [outer, chunks, of.state.length, extent.columns]);
  run('chunk', inputs.slice(0, of.inputs.length), [partial]);
  run('merge', [partial, ...inputs.slice(of.inputs.length)], outputs);
  gpu.disposeData(partial.dataId);
}

/** Runs `each` on every element. No tensor may be empty. */
export function mapColumns(
  gpu: Gpu,
  of: ColumnMap,
  inputs: readonly TensorInfo[],
  outputs: readonly TensorInfo[],
  extent: Extent,
  own: Readonly<Record<string, number>> = {},
): void {
  const { outer = 1, rows } = extent;
  const tile = tileOf(extent);
  const columns = extent.columns / tile.width;
  const most = gpu.device.limits.maxComputeWorkgroupsPerDimension;
  const tiles = Math.ceil(columns / tile.columns);
  // Few rows are spread over many workgroups; many leave each lane some, which share what is read of the column.
  const busy = Math.floor((rows * tiles * outer) / (tile.lanes * ENOUGH_WORKGROUPS));
  const perLane = Math.min(ROWS_PER_LANE, Math.max(1, busy));
  const chunk = Math.max(tile.lanes * perLane, Math.ceil(rows / most));
  const program: Program = {
    name: of.name,
    variant: describe(of.variant, tile),
    inputs: buffers(of.inputs, tile),
    outputs: buffers(of.outputs, tile),
    uniforms: uniformsOf(of.uniforms),
    code: () =>
      main(
        tile,
        of.functions ?? '',
        `if (column < u.columns) {
      ${of.column ?? ''}
      let last = min(u.rows, (group.y + 1u) * u.chunk);
      for (var row = group.y * u.chunk + lane; row < last; row += LANES) {
        let i = (outer * u.rows + row) * u.columns + column;
        ${of.each}
      }
    }`,
      ),
  };
  const chunks = Math.ceil(rows / chunk);
  launch(gpu, program, {
    inputs,
    outputs,
    uniforms: { ...own, rows, columns, chunk, chunks },
    workgroups: [tiles, chunks, outer],
  });
}
