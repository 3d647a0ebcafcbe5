/** Sums over whole axes: what the partial results of splits, and of positions that share one m, add up to. */
import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { Gpu } from '../../engine/internals';
import { launch, output } from '../../engine/launch';
import type { Program } from '../../engine/program';
import { FLAT_INDEX, flatWorkgroups, groupsFor, WORKGROUP } from '../flat';

const splitsProgram = (isVector: boolean) => {
  const of = isVector ? 'vec4<f32>' : 'f32';
  return {
    name: 'NeusimSumSplits',
    variant: of,
    inputs: [{ name: 'parts', of }],
    outputs: [{ name: 'out', of }],
    uniforms: { size: 'u32', splits: 'u32' },
    code: () => `${FLAT_INDEX}
@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flatIndex(id, groups);
  if (i < u.size) {
    var sum = parts[i];
    for (var s = 1u; s < u.splits; s++) { sum += parts[s * u.size + i]; }
    out[i] = sum;
  }
}`,
  } as const satisfies Program;
};

/** `parts` [splits, ...shape] summed over its splits, and given back to the pool. */
export function sumSplits(gpu: Gpu, parts: TensorInfo, splits: number, shape: readonly number[]): TensorInfo {
  const out = output(gpu, shape);
  const floats = util.sizeFromShape([...shape]);
  const isVector = floats % 4 === 0;
  const size = isVector ? floats / 4 : floats;
  launch(gpu, splitsProgram(isVector), {
    inputs: [parts],
    outputs: [out],
    uniforms: { size, splits },
    workgroups: flatWorkgroups(gpu, size),
  });
  gpu.disposeData(parts.dataId);
  return out;
}

/** Values and summed positions that a workgroup works on side by side. */
const [VALUES, LANES] = [16, 16];

const positionsProgram = {
  name: 'NeusimSumPositions',
  variant: '',
  inputs: ['parts'],
  outputs: ['out'],
  uniforms: {
    keptHeight: 'u32',
    keptWidth: 'u32',
    kept: 'u32',
    summedHeight: 'u32',
    summedWidth: 'u32',
    summed: 'u32',
    height: 'u32',
    width: 'u32',
    values: 'u32',
    valueTiles: 'u32',
    splits: 'u32',
    run: 'u32',
  },
  code: () => `
var<workgroup> lanes: array<f32, ${VALUES * LANES}>;
@compute @workgroup_size(${VALUES * LANES})
fn main(
  @builtin(local_invocation_index) lid: u32,
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
) {
  let index = group.x + group.y * groups.x;
  let value = (index % u.valueTiles) * ${VALUES}u + lid % ${VALUES}u;
  let kept = (index / u.valueTiles) % u.kept;
  let split = index / u.valueTiles / u.kept;
  if (split >= u.splits) { return; }
  let keptLine = kept / u.keptWidth;
  var sum = 0.0;
  if (value < u.values) {
    let end = min((split + 1u) * u.run, u.summed);
    for (var i = split * u.run + lid / ${VALUES}u; i < end; i += ${LANES}u) {
      let line = i / u.summedWidth;
      // Of an axis' two indices one is 0.
      let image = keptLine / u.keptHeight + line / u.summedHeight;
      let y = keptLine % u.keptHeight + line % u.summedHeight;
      let x = kept % u.keptWidth + i % u.summedWidth;
      sum += parts[((image * u.height + y) * u.width + x) * u.values + value];
    }
  }
  lanes[lid] = sum;
  workgroupBarrier();
  if (lid < ${VALUES}u && value < u.values) {
    var total = 0.0;
    for (var lane = 0u; lane < ${LANES}u; lane++) { total += lanes[lane * ${VALUES}u + lid]; }
    out[(split * u.kept + kept) * u.values + value] = total;
  }
}`,
} as const satisfies Program;

/** Positions that a split adds up at least, and splits at most. */
const [FEWEST, MOST_SPLITS] = [256, 64];

/**
 * `parts` [B,H',W',...values] summed over the axes that `shape` [B|1,H'|1,W'|1,...values] has but once, and given back
 * to the pool.
 */
export function sumPositions(
  gpu: Gpu,
  parts: TensorInfo,
  whole: readonly [number, number, number],
  shape: readonly number[],
): TensorInfo {
  const kept = shape.slice(0, 3) as [number, number, number];
  const summed = whole.map((size, axis) => size / (kept[axis] as number)) as [number, number, number];
  const values = util.sizeFromShape(shape.slice(3));
  const [keptCount, summedCount] = [util.sizeFromShape(kept), util.sizeFromShape(summed)];
  const valueTiles = Math.ceil(values / VALUES);
  const most = Math.min(MOST_SPLITS, Math.max(1, Math.floor(summedCount / FEWEST)));
  const run = Math.ceil(summedCount / most);
  const splits = Math.ceil(summedCount / run);
  const out = output(gpu, splits === 1 ? shape : [splits, keptCount, values]);
  launch(gpu, positionsProgram, {
    inputs: [parts],
    outputs: [out],
    uniforms: {
      keptHeight: kept[1],
      keptWidth: kept[2],
      kept: keptCount,
      summedHeight: summed[1],
      summedWidth: summed[2],
      summed: summedCount,
      height: whole[1],
      width: whole[2],
      values,
      valueTiles,
      splits,
      run,
    },
    workgroups: groupsFor(gpu, splits * keptCount * valueTiles),
  });
  gpu.disposeData(parts.dataId);
  return splits === 1 ? out : sumSplits(gpu, out, splits, shape);
}
