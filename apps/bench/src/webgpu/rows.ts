/** Rows of the suite `webgpu`: besides the rate, the share of what the chip can do at most. */
import { median } from '../measure';
import { type Findings, row, type Unit } from '../report';
import type { GpuFacts } from './facts';
import type { GpuSample } from './measure';

type GpuRow = Findings['rows'][number];

/** @param tflop of one run: 1e12 floating-point operations. */
export function computeRow({ peak }: GpuFacts, name: string, sample: GpuSample, tflop: number): GpuRow {
  const found = gpuRow(name, sample, tflop, 'TFLOP/s');
  return { ...found, ...(peak ? { share: found.rate / peak.tflops } : {}) };
}

/** @param bytes read and written by one run, each input and output once. */
export function memoryRow({ peak }: GpuFacts, name: string, sample: GpuSample, bytes: number): GpuRow {
  const found = gpuRow(name, sample, bytes / 1e9, 'GB/s');
  return { ...found, ...(peak ? { share: found.rate / peak.gigabytes } : {}) };
}

/** @param tflop of one step. */
export function networkRow(
  { peak }: GpuFacts,
  name: string,
  sample: GpuSample,
  batch: number,
  tflop: number,
): GpuRow {
  const found = gpuRow(name, sample, batch, 'images/s');
  return { ...found, ...(peak ? { share: (1000 * tflop) / found.milliseconds / peak.tflops } : {}) };
}

export function gpuRow(
  name: string,
  { threadTimes, ...sample }: GpuSample,
  work: number,
  unit: Unit,
): GpuRow {
  return { ...row(name, sample, work, unit), threadMilliseconds: median(threadTimes) };
}
