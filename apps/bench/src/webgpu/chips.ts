/**
 * What chips can do at most: float32 without matrix units, and memory. By the makers' data sheets, dense, at boost
 * clock; `--peak` overrides it. The first pattern that an adapter's words match counts.
 */
import { NeusimError } from '@neusim/registry';

export interface Peak {
  /** float32, TFLOP/s. */
  readonly tflops: number;
  /** Memory, GB/s. */
  readonly gigabytes: number;
  /** Where the figures are from. */
  readonly source: string;
}

const chips: readonly (readonly [pattern: RegExp, name: string, tflops: number, gigabytes: number])[] = [
  [/h200/i, 'H200 SXM', 66.9, 4800],
  [/h100.*(pcie|nvl)/i, 'H100 PCIe', 51.2, 2039],
  [/h100/i, 'H100 SXM', 66.9, 3350],
  [/a100.*80/i, 'A100 80 GB', 19.5, 2039],
  [/a100/i, 'A100 40 GB', 19.5, 1555],
  [/l40s/i, 'L40S', 91.6, 864],
  [/\bl4\b|-l4(-|$)/i, 'L4', 30.3, 300],
  [/a10g?(\b|-)/i, 'A10', 31.2, 600],
  [/tesla.t4|-t4(-|$)/i, 'T4', 8.1, 320],
  [/v100/i, 'V100', 15.7, 900],
  [/rtx.?5090/i, 'RTX 5090', 104.8, 1792],
  [/rtx.?4090/i, 'RTX 4090', 82.6, 1008],
  [/rtx.?3090/i, 'RTX 3090', 35.6, 936],
];

/** @param words the adapter's names. @returns undefined where the table does not know the chip. */
export function peakOf(words: string): Peak | undefined {
  const found = chips.find(([pattern]) => pattern.test(words));
  return found && { tflops: found[2], gigabytes: found[3], source: `data sheet of ${found[1]}` };
}

/**
 * `66.9,3350`: TFLOP/s and GB/s.
 * @throws NeusimError BENCH_PEAK
 */
export function parsePeak(text: string): Peak {
  const [tflops, gigabytes, ...rest] = text.split(',').map(Number);
  if (rest.length === 0 && tflops && gigabytes && tflops > 0 && gigabytes > 0)
    return { tflops, gigabytes, source: '--peak' };
  throw new NeusimError('BENCH_PEAK', `--peak ${text}: allowed are two numbers above 0, TFLOP/s,GB/s`, {
    data: { peak: text },
    hint: 'Such as --peak 66.9,3350.',
  });
}
