import { expect, test } from 'vitest';
import { goalOf } from '../goals';
import { parsePeak, peakOf } from './chips';
import { fileNameOf, type GpuFacts } from './facts';
import { batchFor, convShapesFor, sizesNote } from './speed';
import { tunedSource } from './tuning';

test.each([
  ['nvidia-h100-80gb-hbm3', 66.9, 3350],
  ['nvidia-h100-pcie', 51.2, 2039],
  ['nvidia-h200', 66.9, 4800],
  ['nvidia-a100-sxm4-80gb', 19.5, 2039],
  ['nvidia-a10g', 31.2, 600],
  ['nvidia-l4', 30.3, 300],
])('the chip of %s: %f TFLOP/s and %i GB/s', (words, tflops, gigabytes) => {
  expect(peakOf(words)).toMatchObject({ tflops, gigabytes });
});

test('a chip that the table does not know has no peak, and --peak gives it one', () => {
  expect(peakOf('llvmpipe-llvm-15-0-6-256-bits-')).toBeUndefined();
  expect(parsePeak('66.9,3350')).toMatchObject({ tflops: 66.9, gigabytes: 3350 });
  for (const wrong of ['', '1', '1,2,3', '0,5', 'a,b'])
    expect(() => parsePeak(wrong)).toThrow(expect.objectContaining({ code: 'BENCH_PEAK' }));
});

test('results are named by the adapter', () => {
  const facts = (vendor: string, device: string) => fileNameOf({ vendor, device } as GpuFacts);
  expect(facts('nvidia', 'nvidia-h100-80gb-hbm3')).toBe('nvidia-h100-80gb-hbm3');
  expect(facts('mesa', 'llvmpipe-llvm-15-0-6-256-bits-')).toBe('mesa-llvmpipe-llvm-15-0-6-256-bits');
});

test('a GPU gets the batches of the goals, a software adapter what it works off, and the report says so', () => {
  const gpu = { software: false, quick: false, gflops: 1 };
  const slow = { software: true, quick: false, gflops: 10 };
  expect([batchFor(gpu, 512, 10), batchFor(slow, 512, 0.46), batchFor(slow, 512, 100)]).toEqual([512, 2, 1]);
  expect(convShapesFor(gpu).map(({ batch }) => batch)).toEqual([128, 128, 128, 32]);
  expect(sizesNote(gpu)).toEqual([]);
  expect(sizesNote(slow)).toHaveLength(1);
});

test('two suites have a ratio of one name, with their own goals', () => {
  expect(goalOf('dnsForwardVsConv').goal).toBe(1.15);
  expect(goalOf('dnsForwardVsConv', 'webgpu').goal).toBe(1.25);
  expect(goalOf('trainStepVsStock', 'webgpu')).toMatchObject({ goal: 3, better: 'larger' });
});

test('the table of tiles is written sorted, as source', () => {
  const tile = { tileM: 4, tileN: 16, tileK: 8, rowsPerThread: 4, columnsPerThread: 4 };
  const source = tunedSource({ 'b/x': { two: { ...tile, tileM: 8 }, one: tile }, 'a/y': {} });
  expect(source.indexOf("'a/y'")).toBeLessThan(source.indexOf("'b/x'"));
  expect(source.indexOf('one')).toBeLessThan(source.indexOf('two'));
  expect(source).toContain('tileM: 4');
});
