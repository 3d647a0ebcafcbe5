/** Sums over the last axis of [rows, length], of the elements or of their squares. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Gpu } from '../engine/internals';
import { launch, output } from '../engine/launch';
import type { Program } from '../engine/program';
import { WORKGROUP } from './flat';
import { lanesOf, rowFunctions, rowsOf } from './rows';

/** Elements that a workgroup sums, at most, before a row is cut into chunks. */
const LONGEST_CHUNK = 16384;

export interface RowSum {
  readonly name: string;
  /** WGSL of a summand, from the element `x[i]`. */
  readonly term: string;
  readonly of?: 'f32' | 'i32';
}

const uniforms = { rows: 'u32', length: 'u32', chunk: 'u32', chunks: 'u32', scale: 'f32' } as const;

function programOf({ name, term, of = 'f32' }: RowSum, lanes: number) {
  return {
    name,
    variant: `row sums of ${term} ${of} by ${lanes}`,
    inputs: [{ name: 'x', of }],
    outputs: [{ name: 'y', of }],
    uniforms,
    code: () => `${rowFunctions(lanes, of)}
@compute @workgroup_size(${WORKGROUP})
fn main(
  @builtin(local_invocation_index) local: u32,
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
) {
  let lane = local % LANES;
  let row = (group.y * groups.x + group.x) * ROWS + local / LANES;
  var sum = ${of}(0);
  if (row < u.rows) {
    let last = min(u.length, (group.z + 1u) * u.chunk);
    for (var k = group.z * u.chunk + lane; k < last; k += LANES) {
      let i = row * u.length + k;
      sum += ${term};
    }
  }
  sum = rowSum(sum, local);
  if (lane == 0u && row < u.rows) { y[row * u.chunks + group.z] = ${of === 'f32' ? 'sum * u.scale' : 'sum'}; }
}`,
  } as const satisfies Program;
}

/** Workgroups for rows that `lanes` lanes share each. */
export function rowWorkgroups(gpu: Gpu, rows: number, lanes: number): [number, number] {
  const groups = Math.ceil(rows / rowsOf(lanes));
  const most = gpu.device.limits.maxComputeWorkgroupsPerDimension;
  const down = Math.ceil(groups / most);
  return [Math.ceil(groups / down), down];
}

/**
 * Writes the sums, times `scale`, into y [rows]; no tensor may be empty. A long row is cut into chunks, whose sums are
 * summed in a second dispatch.
 */
export function sumRows(
  gpu: Gpu,
  of: RowSum,
  {
    x,
    y,
    rows,
    length,
    scale = 1,
  }: { x: TensorInfo; y: TensorInfo; rows: number; length: number; scale?: number },
): void {
  const lanes = lanesOf(length);
  const chunks = Math.min(1024, Math.ceil(length / LONGEST_CHUNK));
  const chunk = Math.ceil(length / chunks);
  const target = chunks === 1 ? y : output(gpu, [rows, chunks], y.dtype);
  launch(gpu, programOf(of, lanes), {
    inputs: [x],
    outputs: [target],
    uniforms: { rows, length, chunk, chunks, scale },
    workgroups: [...rowWorkgroups(gpu, rows, lanes), chunks],
  });
  if (chunks === 1) return;
  sumRows(gpu, { ...of, term: 'x[i]' }, { x: target, y, rows, length: chunks });
  gpu.disposeData(target.dataId);
}
