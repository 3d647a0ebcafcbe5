/**
 * TFRecord framing: what event files are made of.
 *
 *     length   uint64, little-endian
 *     crc      uint32: masked CRC-32C of the 8 bytes of the length
 *     data     `length` bytes
 *     crc      uint32: masked CRC-32C of the data
 */
import { NeusimError } from '@neusim/registry';
import { maskedCrc32c } from './crc32c';

const HEAD = 12;
const TAIL = 4;

/** One record as it stands in a file. */
export function frameRecord(data: Uint8Array): Uint8Array {
  const record = new Uint8Array(HEAD + data.length + TAIL);
  const view = new DataView(record.buffer);
  view.setUint32(0, data.length, true);
  view.setUint32(8, maskedCrc32c(record.subarray(0, 8)), true);
  record.set(data, HEAD);
  view.setUint32(HEAD + data.length, maskedCrc32c(data), true);
  return record;
}

export interface Records {
  readonly records: readonly Uint8Array[];
  /** Bytes of a last record that a killed process has cut short; 0 where there is none. */
  readonly cutShort: number;
}

/**
 * The records of a file.
 * @param file its name, for the error.
 * @throws NeusimError EXPORT_BAD_RECORD with `data` { file, offset, record } where a CRC does not fit.
 */
export function readRecords(bytes: Uint8Array, file: string): Records {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const records: Uint8Array[] = [];
  let at = 0;
  while (bytes.length - at >= HEAD) {
    check(view, bytes.subarray(at, at + 8), at + 8, { file, offset: at, record: records.length });
    const length = view.getUint32(at, true) + 2 ** 32 * view.getUint32(at + 4, true);
    const end = at + HEAD + length;
    if (end + TAIL > bytes.length) break;
    const data = bytes.subarray(at + HEAD, end);
    check(view, data, end, { file, offset: at, record: records.length });
    records.push(data);
    at = end + TAIL;
  }
  return { records, cutShort: bytes.length - at };
}

function check(
  view: DataView,
  bytes: Uint8Array,
  crcAt: number,
  data: { file: string; offset: number; record: number },
): void {
  const [met, wanted] = [view.getUint32(crcAt, true), maskedCrc32c(bytes)];
  if (met === wanted) return;
  const { file, record, offset } = data;
  throw new NeusimError(
    'EXPORT_BAD_RECORD',
    `${file}: record ${record}, at byte ${offset}, has CRC ${met}; its bytes give ${wanted}`,
    {
      data: { ...data, met, wanted },
      hint: 'The file was altered: remove it, or let the run write another.',
    },
  );
}
