// One pass over a file of decoded images, a few MiB at a time.

import type { DatasetPlatform } from '../types';
import type { Records } from './records';

/** Bytes read or written at a time; what a killed process loses at most. */
export const CHUNK_BYTES = 8 * 2 ** 20;

export const recordsAtOnce = ({ size }: Records) => Math.max(1, Math.floor(CHUNK_BYTES / size));

export interface Found {
  readonly index: number;
  readonly skipped: boolean;
  /** A view that is good until the next one. */
  readonly pixels: Uint8Array;
}

/**
 * Tells of each record from the first on, and ends before the first that is damaged or not whole.
 * @param count records that there may be.
 * @returns how many are good.
 */
export async function scan(
  platform: DatasetPlatform,
  file: string,
  records: Records,
  count: number,
  tell: (found: Found) => void,
  signal?: AbortSignal,
): Promise<number> {
  const open = await platform.openFile(file);
  try {
    const whole = Math.min(count, Math.floor(open.size / records.size));
    const atOnce = recordsAtOnce(records);
    for (let first = 0; first < whole; first += atOnce) {
      signal?.throwIfAborted();
      const some = Math.min(atOnce, whole - first);
      const bytes = await open.read(first * records.size, some * records.size);
      for (let k = 0, at = 0; k < some; k++, at += records.size) {
        const status = records.look(bytes, at, first + k);
        if (status === 'damaged') return first + k;
        const pixels = bytes.subarray(at, at + records.pixels);
        tell({ index: first + k, skipped: status === 'skipped', pixels });
      }
    }
    return whole;
  } finally {
    await open.close();
  }
}
