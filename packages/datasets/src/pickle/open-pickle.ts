// Reads pickles without running them. A pickle is a program for a small machine, which may call any function of Python: of
// it only what makes plain values and numpy's arrays is understood, and the rest is refused by name. Large bytes are left in
// the file, so that one of any size takes the memory of its small values alone. Python's pickletools describes the format;
// protocols 0 to 5.

import type { OpenFile, Platform } from '@neusim/platform';
import { badFile } from '../errors';
import type { OpenOptions } from '../types';
import { PickleCursor } from './cursor';
import { PickleMachine } from './machine';
import { ARGUMENT_BYTES, opcodes, REFUSED } from './opcodes';
import type { PickledBytes } from './values';

const STOP = '.'.charCodeAt(0);
/** Bytes that are read at once into what was asked for. */
const PIECE = 16 * 2 ** 20;

/** A pickle that was read; its large bytes are read from the file while it is open. */
export interface Pickle {
  readonly path: string;
  readonly file: OpenFile;
  /** See `values.ts`. */
  readonly value: unknown;
  /** Bytes `from`..`to` of some, all by default; held ones are given as they are. */
  read(bytes: PickledBytes, from?: number, to?: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/**
 * @throws NeusimError `DATASET_UNSAFE_PICKLE` with `data.global`, `DATASET_BAD_PICKLE`, `DATASET_SHORT_FILE`,
 *   `DATASET_LONG_FILE`, each with `data.file` and `data.offset`; `PLATFORM_FILE_MISSING`, `PLATFORM_READ_FAILED`
 */
export async function openPickle(
  platform: Pick<Platform, 'openFile'>,
  path: string,
  options?: OpenOptions,
): Promise<Pickle> {
  const file = await platform.openFile(path);
  try {
    const value = await run(new PickleMachine(new PickleCursor(file, path, options)));
    const read: Pickle['read'] = (bytes, from = 0, to = bytes.length) => readBytes(file, bytes, from, to);
    return { path, file, value, read, close: () => file.close() };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function run(machine: PickleMachine): Promise<unknown> {
  const { cursor } = machine;
  for (;;) {
    if (!cursor.has(1 + ARGUMENT_BYTES)) await cursor.fill();
    machine.begin();
    const code = cursor.u8();
    if (code === STOP) break;
    const opcode = opcodes.get(code);
    if (!opcode) throw machine.bad(refused(code), { opcode: code });
    const waiting = opcode(machine);
    if (waiting) await waiting;
  }
  const value = machine.pop();
  if (cursor.left === 0) return value;
  const message = `the file goes on for ${cursor.left} bytes behind the end of its pickle`;
  throw badFile('DATASET_LONG_FILE', cursor.path, cursor.offset, message, { bytes: cursor.file.size });
}

function refused(code: number): string {
  const name = REFUSED.get(code);
  const hex = `0x${code.toString(16).padStart(2, '0')}`;
  return name ? `opcode ${name}: objects of classes, and of elsewhere, are not read` : `no opcode: ${hex}`;
}

async function readBytes(
  file: OpenFile,
  { at }: PickledBytes,
  from: number,
  to: number,
): Promise<Uint8Array> {
  if (typeof at !== 'number') return at.subarray(from, to);
  if (to - from <= PIECE) return file.read(at + from, to - from);
  const out = new Uint8Array(to - from);
  for (let done = 0; done < out.length; done += PIECE)
    out.set(await file.read(at + from + done, Math.min(PIECE, out.length - done)), done);
  return out;
}
