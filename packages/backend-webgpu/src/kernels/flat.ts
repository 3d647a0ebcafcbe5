/** Programs with one invocation an element: how many workgroups they take, and which element is an invocation's own. */
import type { Gpu } from '../engine/internals';

/** Invocations in a workgroup. */
export const WORKGROUP = 256;

/** WGSL: the invocation's element, counted through workgroups along x, then y. */
export const FLAT_INDEX = `
fn flatIndex(id: vec3u, groups: vec3u) -> u32 {
  return id.x + id.y * groups.x * ${WORKGROUP}u;
}`;

/** Workgroups for `count` invocations: along x, and along y too where one axis may not hold them. */
export function flatWorkgroups(gpu: Gpu, count: number): [number, number, number] {
  return groupsFor(gpu, Math.ceil(count / WORKGROUP));
}

/** `count` workgroups, and a few more where they take both axes. */
export function groupsFor(gpu: Gpu, count: number): [number, number, number] {
  const most = gpu.device.limits.maxComputeWorkgroupsPerDimension;
  const rows = Math.ceil(count / most);
  return [Math.ceil(count / rows), rows, 1];
}
