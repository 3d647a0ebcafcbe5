// The opcodes of protocols 0 to 5, one line each, as CPython's pickletools describes them. Those that make objects of
// classes, ask for objects of elsewhere or take buffers from elsewhere are not among them.

import { construct, requireGlobal, setState } from './globals';
import type { PickleMachine } from './machine';
import { bytesOfRepr, textOfRaw } from './text';
import { PickledBytes, PickledText, textOf } from './values';

/** Bytes that are held; more are left in the file. PNG files of small images are more. */
const HELD_BYTES = 1024;
/** Text that is held. */
const HELD_TEXT = 32 * 1024;
/** Digits of a whole number. */
const MOST_DIGITS = 4096;

type Opcode = (machine: PickleMachine) => void | Promise<void>;

const push =
  (read: (machine: PickleMachine) => unknown): Opcode =>
  (machine) =>
    machine.push(read(machine));

const lineOf = async ({ cursor }: PickleMachine) => new TextDecoder('latin1').decode(await cursor.line());

/** Bytes of a length that is told before. */
const bytes =
  (length: (machine: PickleMachine) => number): Opcode =>
  async (machine) => {
    const { cursor } = machine;
    const size = length(machine);
    if (size < 0) throw machine.bad(`${size} bytes`);
    if (size <= HELD_BYTES) await cursor.fill(size);
    machine.push(new PickledBytes(size, size <= HELD_BYTES ? cursor.take(size) : cursor.leap(size)));
  };

/** UTF-8 of a length that is told before. */
const unicode =
  (length: (machine: PickleMachine) => number): Opcode =>
  async (machine) => {
    const { cursor } = machine;
    const size = length(machine);
    if (size > HELD_TEXT) return machine.push(new PickledText(size, cursor.leap(size)));
    await cursor.fill(size);
    // Lone surrogates, which Python may write, become U+FFFD.
    machine.push(new TextDecoder().decode(cursor.take(size)));
  };

/** A whole number of little-endian bytes. */
const long =
  (length: (machine: PickleMachine) => number): Opcode =>
  async (machine) => {
    const size = length(machine);
    if (!(size >= 0 && size <= MOST_DIGITS)) throw machine.bad(`a number of ${size} bytes`);
    await machine.cursor.fill(size);
    const digits = machine.cursor.take(size);
    let value = 0n;
    for (let place = size - 1; place >= 0; place--) value = (value << 8n) | BigInt(digits[place]!);
    machine.push(number(size > 0 && digits[size - 1]! >= 128 ? value - (1n << BigInt(8 * size)) : value));
  };

const number = (value: bigint): number | bigint =>
  value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;

/** `123`, or with `suffix` at the end; and the `00` and `01` that protocol 0 has for False and True. */
const decimal =
  (suffix: string): Opcode =>
  async (machine) => {
    const line = await lineOf(machine);
    if (suffix === '' && (line === '00' || line === '01')) return machine.push(line === '01');
    const digits = suffix && line.endsWith(suffix) ? line.slice(0, -1) : line;
    if (!/^\s*[+-]?\d+\s*$/.test(digits) || digits.length > MOST_DIGITS)
      throw machine.bad(`${JSON.stringify(line.slice(0, 40))} as a whole number`);
    machine.push(number(BigInt(digits.trim().replace(/^\+/, ''))));
  };

const float: Opcode = async (machine) => {
  const line = (await lineOf(machine)).trim();
  const value = /^[+-]?(inf|nan)$/.test(line)
    ? line.replace('inf', 'Infinity').replace(/^[+-]?nan/, 'NaN')
    : line;
  if (value !== 'NaN' && !Number.isFinite(Number(value)) && !value.endsWith('Infinity'))
    throw machine.bad(`${JSON.stringify(line.slice(0, 40))} as a number`);
  if (value === '') throw machine.bad('no number where one is wanted');
  machine.push(Number(value));
};

const tuple =
  (size: number): Opcode =>
  (machine) => {
    const values = Array.from({ length: size }, () => machine.pop());
    machine.push(values.reverse());
  };

const memoIndex = async (machine: PickleMachine) => {
  const line = await lineOf(machine);
  return /^\d{1,15}$/.test(line) ? Number(line) : Number.NaN;
};

function global(machine: PickleMachine, module: unknown, name: unknown): void {
  const [first, second] = [textOf(module), textOf(name)];
  if (first === undefined || second === undefined) throw machine.bad('a global whose name is no text');
  machine.push(requireGlobal(machine, `${first}.${second}`));
}

const codeOf = (character: string) => character.charCodeAt(0);

const list: readonly (readonly [code: number, opcode: Opcode])[] = [
  // Values.
  [codeOf('N'), push(() => null)],
  [0x88, push(() => true)],
  [0x89, push(() => false)],
  [codeOf('I'), decimal('')],
  [codeOf('L'), decimal('L')],
  [codeOf('J'), push(({ cursor }) => cursor.i32())],
  [codeOf('K'), push(({ cursor }) => cursor.u8())],
  [codeOf('M'), push(({ cursor }) => cursor.u16())],
  [0x8a, long(({ cursor }) => cursor.u8())],
  [0x8b, long(({ cursor }) => cursor.i32())],
  [codeOf('F'), float],
  [codeOf('G'), push(({ cursor }) => cursor.f64())],
  [
    codeOf('S'),
    async (machine) => {
      const found = bytesOfRepr(await machine.cursor.line());
      if (!found) throw machine.bad('text that is not quoted as Python quotes it');
      machine.push(new PickledBytes(found.length, found));
    },
  ],
  [codeOf('T'), bytes(({ cursor }) => cursor.i32())],
  [codeOf('U'), bytes(({ cursor }) => cursor.u8())],
  [codeOf('B'), bytes(({ cursor }) => cursor.u32())],
  [codeOf('C'), bytes(({ cursor }) => cursor.u8())],
  [0x8e, bytes(({ cursor }) => cursor.u64())],
  [0x96, bytes(({ cursor }) => cursor.u64())],
  [
    codeOf('V'),
    async (machine) => {
      const text = textOfRaw(await machine.cursor.line());
      if (text === undefined) throw machine.bad('an escape of no character');
      machine.push(text);
    },
  ],
  [codeOf('X'), unicode(({ cursor }) => cursor.u32())],
  [0x8c, unicode(({ cursor }) => cursor.u8())],
  [0x8d, unicode(({ cursor }) => cursor.u64())],
  // What holds others.
  [codeOf('('), (machine) => machine.mark()],
  [codeOf(']'), push(() => [])],
  [codeOf(')'), push(() => [])],
  [codeOf('}'), push(() => new Map())],
  [0x8f, push(() => new Set())],
  [codeOf('l'), push((machine) => machine.popMark())],
  [codeOf('t'), push((machine) => machine.popMark())],
  [0x85, tuple(1)],
  [0x86, tuple(2)],
  [0x87, tuple(3)],
  [
    codeOf('d'),
    (machine) => {
      const items = machine.popMark();
      machine.push(new Map());
      machine.setItems(items);
    },
  ],
  [0x91, push((machine) => new Set(machine.popMark().map((value) => machine.key(value))))],
  [codeOf('a'), (machine) => machine.append([machine.pop()])],
  [codeOf('e'), (machine) => machine.append(machine.popMark())],
  [
    codeOf('s'),
    (machine) => {
      const value = machine.pop();
      machine.setItems([machine.pop(), value]);
    },
  ],
  [codeOf('u'), (machine) => machine.setItems(machine.popMark())],
  [0x90, (machine) => machine.add(machine.popMark())],
  // The stack and the memo.
  [
    codeOf('0'),
    (machine) => {
      if (machine.stack.length === machine.marks.at(-1)) machine.marks.pop();
      else machine.pop();
    },
  ],
  [codeOf('1'), (machine) => void machine.popMark()],
  [codeOf('2'), (machine) => void machine.stack.push(machine.top())],
  [codeOf('g'), async (machine) => machine.get(await memoIndex(machine))],
  [codeOf('h'), (machine) => machine.get(machine.cursor.u8())],
  [codeOf('j'), (machine) => machine.get(machine.cursor.u32())],
  [codeOf('p'), async (machine) => machine.put(await memoIndex(machine))],
  [codeOf('q'), (machine) => machine.put(machine.cursor.u8())],
  [codeOf('r'), (machine) => machine.put(machine.cursor.u32())],
  [0x94, (machine) => machine.put(machine.memo.size)],
  // Arrays of numpy.
  [codeOf('c'), async (machine) => global(machine, await lineOf(machine), await lineOf(machine))],
  [
    0x93,
    (machine) => {
      const name = machine.pop();
      global(machine, machine.pop(), name);
    },
  ],
  [
    codeOf('R'),
    (machine) => {
      const values = machine.pop();
      return construct(machine, machine.pop(), values);
    },
  ],
  [
    codeOf('b'),
    (machine) => {
      const state = machine.pop();
      setState(machine, machine.top(), state);
    },
  ],
  // The file itself.
  [
    0x80,
    (machine) => {
      const protocol = machine.cursor.u8();
      if (protocol > 5) throw machine.bad(`protocol ${protocol}; read are 0 to 5`, { protocol });
    },
  ],
  [
    0x95,
    (machine) => {
      const frame = machine.cursor.u64();
      const { left, file } = machine.cursor;
      if (frame > left) throw machine.bad(`a frame of ${frame} bytes in a file of ${file.size} bytes`);
    },
  ],
];

/** By their bytes. Each reads its argument, of which `ARGUMENT_BYTES` are in the window. */
export const opcodes: ReadonlyMap<number, Opcode> = new Map(list);

/** Of the largest argument that is no text. */
export const ARGUMENT_BYTES = 8;

/** What Python calls opcodes that are not read, for messages. */
export const REFUSED: ReadonlyMap<number, string> = new Map([
  [codeOf('P'), 'PERSID'],
  [codeOf('Q'), 'BINPERSID'],
  [codeOf('i'), 'INST'],
  [codeOf('o'), 'OBJ'],
  [0x81, 'NEWOBJ'],
  [0x82, 'EXT1'],
  [0x83, 'EXT2'],
  [0x84, 'EXT4'],
  [0x92, 'NEWOBJ_EX'],
  [0x97, 'NEXT_BUFFER'],
  [0x98, 'READONLY_BUFFER'],
]);
