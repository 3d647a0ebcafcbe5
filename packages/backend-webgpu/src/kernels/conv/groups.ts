/** Workgroups of a program along x, and along y too where one axis may not hold them. */
import type { Gpu } from '../../engine/internals';

export function groupsFor(gpu: Gpu, count: number): [number, number, number] {
  const most = gpu.device.limits.maxComputeWorkgroupsPerDimension;
  const rows = Math.ceil(count / most);
  return [Math.ceil(count / rows), rows, 1];
}
