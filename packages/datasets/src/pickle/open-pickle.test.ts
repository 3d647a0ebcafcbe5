import { readFile } from 'node:fs/promises';
import * as platform from '@neusim/platform';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { folderOf } from '../files/files.fixture';
import { memoryFiles } from '../memory-files.fixture';
import { integersOf, namesOf, npyOf } from './contents';
import { openPickle, type Pickle } from './open-pickle';
import { bytes, concat, int32, pickleOf, text } from './pickle.fixture';
import { PickledArray, PickledBytes, PickledText } from './values';

const golden: {
  readonly values: Readonly<Record<string, unknown>>;
  readonly cases: readonly { readonly of: string; readonly how: string; readonly base64: string }[];
} = JSON.parse(await readFile(new URL('../../../../tools/golden/pickles.json', import.meta.url), 'utf8'));

const fromBase64 = (base64: string) => new Uint8Array(Buffer.from(base64, 'base64'));
const open = (file: Uint8Array, path = 'a.pkl') => openPickle(memoryFiles({ [path]: file }), path);

/** A value as the golden file has it. @param isPython2 where text and bytes are one. */
async function plain(pickle: Pickle, value: unknown, isPython2 = false): Promise<unknown> {
  const each = (some: Iterable<unknown>) =>
    Promise.all([...some].map((item) => plain(pickle, item, isPython2)));
  if (value instanceof PickledBytes) {
    if (isPython2) return value.text;
    return { bytes: [...(await pickle.read(value))] };
  }
  if (value instanceof PickledText) {
    const utf8 = await pickle.file.read(value.offset, value.bytes);
    return new TextDecoder().decode(utf8);
  }
  if (value instanceof PickledArray) return arrayOf(pickle, value);
  if (value instanceof Map)
    return { dict: await Promise.all([...value].map(([key, item]) => each([key, item]))) };
  if (value instanceof Set) return { set: [...value].sort() };
  if (typeof value === 'bigint') return { integer: String(value) };
  return Array.isArray(value) ? each(value) : value;
}

async function arrayOf(pickle: Pickle, array: PickledArray): Promise<unknown> {
  const { shape, dtype } = array;
  const told = { shape, dtype: dtype!.name.replace('<O8', '|O').replace('|O8', '|O') };
  if (Array.isArray(array.data)) return { ...told, values: array.data };
  if (/^[US]/.test(dtype!.kind)) {
    const names = await namesOf(pickle, array, 'names');
    return {
      ...told,
      values: dtype!.kind[0] === 'S' ? names.map((name) => ({ bytes: [...text(name)] })) : names,
    };
  }
  const npy = npyOf(pickle, array, 'numbers');
  const all = await pickle.read(npy.data);
  const view = new DataView(all.buffer, all.byteOffset, all.byteLength);
  const values = Array.from({ length: all.length / npy.dtype.bytes }, (_, i) =>
    npy.dtype.read(view, i * npy.dtype.bytes),
  );
  if (!npy.fortran) return { ...told, values };
  const [rows = 0, columns = 0] = shape;
  return { ...told, values: values.map((_, i) => values[(i % columns) * rows + Math.floor(i / columns)]) };
}

describe('what Python and numpy write', () => {
  test.each(golden.cases.map((each) => [each.of, each.how, each.base64] as const))(
    '%s: %s',
    async (of, how, base64) => {
      const pickle = await open(fromBase64(base64));
      const isPython2 = how.startsWith('Python 2');
      expect(await plain(pickle, pickle.value, isPython2)).toEqual(golden.values[of]);
    },
  );

  test('there are cases of every protocol, and of Python 2', () => {
    const ways = new Set(golden.cases.map(({ how }) => how));
    expect(ways.size).toBe(6 + 3 + 2);
  });
});

describe('large bytes', () => {
  const size = 300_000;
  const large = Uint8Array.from({ length: size }, (_, i) => i % 251);
  const file = concat([0x80, 4], 0x8e, [...int32(size), ...int32(0)], large, '.');

  test('are left in the file, and read in parts', async () => {
    const folder = await folderOf({ 'a.pkl': file });
    const reads: number[] = [];
    const watched = {
      async openFile(path: string) {
        const opened = await platform.openFile(path);
        const read: typeof opened.read = (offset, length) => {
          reads.push(length);
          return opened.read(offset, length);
        };
        return { ...opened, read };
      },
    };
    const pickle = await openPickle(watched, platform.joinPath(folder, 'a.pkl'));
    expect(Math.max(...reads)).toBeLessThanOrEqual(65_536);
    expect(reads.reduce((sum, length) => sum + length, 0)).toBeLessThan(size / 2);
    const value = pickle.value as PickledBytes;
    expect([value.length, value.at]).toEqual([size, 11]);
    expect(Buffer.compare(await pickle.read(value), large)).toBe(0);
    expect([...(await pickle.read(value, 250, 253))]).toEqual([250, 0, 1]);
    await pickle.close();
  });

  test('that Python 3 wrote as text for Python 2 are bytes again, over the ends of pieces', async () => {
    // Every byte past 127 takes two in UTF-8, so that pieces of 1 MiB end within one.
    const raw = Uint8Array.from({ length: 1_500_001 }, (_, i) => (i % 3 === 0 ? 65 : 200));
    const utf8 = new TextEncoder().encode(new TextDecoder('latin1').decode(raw));
    const encoded = concat(
      'c_codecs\nencode\n',
      '(',
      'X',
      int32(utf8.length),
      utf8,
      'X',
      int32(6),
      'latin1',
      'tR.',
    );
    // The decoder above is windows-1252, which has the same characters for these bytes.
    const pickle = await open(encoded);
    const value = pickle.value as PickledBytes;
    expect(value.length).toBe(raw.length);
    expect(Buffer.compare(await pickle.read(value), raw)).toBe(0);
  });

  test('lines of protocol 0 are read over the ends of the window', async () => {
    const pickle = await open(concat('S', "'", 'x'.repeat(200_000), "\\x00'\n."));
    const value = pickle.value as PickledBytes;
    expect(value.length).toBe(200_001);
    expect((value.at as Uint8Array)[200_000]).toBe(0);
  });
});

describe('what is refused', () => {
  test.each([
    ['cos\nsystem\n(S"echo"\ntR.', 'os.system'],
    ['cposix\nsystem\n.', 'posix.system'],
    ['c__builtin__\neval\n.', '__builtin__.eval'],
    ['cbuiltins\ngetattr\n.', 'builtins.getattr'],
    ['cnumpy\nload\n.', 'numpy.load'],
    ['cnumpy.core.multiarray\n_reconstruct.__globals__\n.', 'numpy.core.multiarray._reconstruct.__globals__'],
    ['ccopy_reg\n_reconstructor\n.', 'copy_reg._reconstructor'],
    ['\x8c\x02os\x8c\x06system\x93.', 'os.system'],
    ['ctoString\nconstructor\n.', 'toString.constructor'],
  ])('%j: a global of elsewhere', async (file, name) => {
    await expect(open(bytes(file))).rejects.toMatchObject({
      code: 'DATASET_UNSAFE_PICKLE',
      data: { file: 'a.pkl', global: name },
      message: expect.stringContaining(name),
    });
  });

  test.each([
    ['P1\n.', 'PERSID', 0],
    ['NQ.', 'BINPERSID', 1],
    ['(ios\nsystem\n.', 'INST', 1],
    ['(o.', 'OBJ', 1],
    ['))\x81.', 'NEWOBJ', 2],
    [')))\x92.', 'NEWOBJ_EX', 3],
    ['\x82\x01.', 'EXT1', 0],
    ['\x97.', 'NEXT_BUFFER', 0],
    ['N\xff.', '0xff', 1],
    ['\x80\x06.', 'protocol 6', 0],
    ['.', 'takes what is not there', 0],
    ['(.', 'takes what is not there', 1],
    ['t.', 'mark', 0],
    ['h\x00.', 'number 0', 0],
    ['Nq\x09.', 'number 9', 1],
    ['N(a.', 'takes what is not there', 2],
    ['NNa.', 'no list', 2],
    ['N(NNu.', 'no dict', 4],
    ['N(N\x90.', 'no set', 3],
    ['}(Nu.', 'key without a value', 3],
    ['I12x\n.', '12x', 0],
    ['Fone\n.', 'one', 0],
    ["S'a\n.", 'quote', 0],
    ["S'\\q'\n.", 'quote', 0],
    ['V\\U99999999\n.', 'escape', 0],
    ['))R.', 'cannot be called', 2],
    ['cnumpy\nndarray\n)R.', 'cannot be called', 16],
    ['}Nb.', 'no tuple', 2],
    ['})b.', 'state to what has none', 2],
    ['T\xff\xff\xff\xff.', '-1 bytes', 0],
    ['\x8b\xff\xff\xff\xff.', 'a number of -1 bytes', 0],
    ['\x95\xc8\x00\x00\x00\x00\x00\x00\x00.', 'a file of 10 bytes', 0],
    ["cnumpy\ndtype\n(S'f8, (2)f4'\nI0\nI1\ntR.", 'dtype', 34],
    ['c_codecs\nencode\n(V\\u0100\nVlatin1\ntR.', 'Latin-1', 34],
    ['c_codecs\nencode\n(Va\nVutf8\ntR.', 'another coding', 27],
  ])('%j is %s at byte %i', async (file, message, offset) => {
    await expect(open(bytes(file))).rejects.toMatchObject({
      code: expect.stringMatching(/^DATASET_(BAD_PICKLE|SHORT_FILE)$/),
      data: { file: 'a.pkl', offset },
      message: expect.stringContaining(message),
    });
  });

  test('an array that tells of other bytes than it has', async () => {
    const whole = pickleOf({ shape: [2, 3], values: [1, 2, 3, 4, 5, 6] });
    const pickle = await open(whole);
    expect((pickle.value as PickledArray).shape).toEqual([2, 3]);
    await expect(open(pickleOf({ shape: [2, 4], values: [1, 2, 3, 4, 5, 6] }))).rejects.toMatchObject({
      code: 'DATASET_BAD_PICKLE',
      message: expect.stringContaining('shape [2,4] and dtype |u1 with 6 bytes'),
    });
  });

  test('what grows by naming one value often', async () => {
    const text = 'x'.repeat(3000);
    const once = 'c_codecs\nencode\nq\x00(X';
    const start = concat(once.slice(0, -2), 'X', int32(3000), text, 'q\x01');
    const again = concat('h\x00(h\x01X', int32(6), 'latin1tR0');
    await expect(open(concat(start, ...Array(20).fill(again), '.'))).rejects.toMatchObject({
      code: 'DATASET_BAD_PICKLE',
      message: expect.stringContaining('makes more than it holds'),
    });
  });

  test('more values than the memory has room for, in a small file', async () => {
    const dicts = new Uint8Array(9 * 2 ** 20).fill('}'.charCodeAt(0));
    await expect(open(dicts)).rejects.toMatchObject({
      code: 'DATASET_BAD_PICKLE',
      message: expect.stringContaining('makes more values'),
    });
  }, 60_000);

  test('a file cut short anywhere, or that goes on', async () => {
    const whole = fromBase64(
      golden.cases.find(({ of, how }) => of === 'a cache of images' && how === 'protocol 4')!.base64,
    );
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: whole.length - 1 }), async (length) => {
        await expect(open(whole.subarray(0, length))).rejects.toMatchObject({
          code: expect.stringMatching(/^DATASET_(SHORT_FILE|BAD_PICKLE)$/),
          data: { offset: expect.any(Number) },
        });
      }),
    );
    await expect(open(concat(whole, 'N.'))).rejects.toMatchObject({
      code: 'DATASET_LONG_FILE',
      data: { offset: whole.length },
    });
  });

  test('any bytes: a value or a coded error', async () => {
    const codes =
      "(.0125FGIJKLMNRSTUVXabcdeghjlpqrstu}])\x80\x85\x86\x87\x88\x8a\x8c\x8e\x8f\x90\x91\x93\x94\x96'\n\x00\x01";
    const byte = fc.oneof(fc.constantFrom(...bytes(codes)), fc.integer({ min: 0, max: 255 }));
    await fc.assert(
      fc.asyncProperty(fc.array(byte, { maxLength: 40 }), async (some) => {
        try {
          await open(Uint8Array.from(some));
        } catch (error) {
          expect((error as { code?: string }).code).toMatch(/^DATASET_/);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('labels', () => {
  test('lists, arrays, and lists of numpy’s scalars are whole numbers; others are not', async () => {
    const of = (name: string) => golden.cases.find((each) => each.of === name && each.how === 'protocol 4')!;
    const pickle = await open(fromBase64(of('arrays of other types').base64));
    const [small] = pickle.value as unknown[];
    await expect(integersOf(pickle, small, 'labels')).rejects.toMatchObject({ code: 'DATASET_BAD_SHAPE' });
    const scalars = await open(fromBase64(of('scalars of numpy').base64));
    const [whole, half, byte] = scalars.value as unknown[];
    expect([...(await integersOf(scalars, [whole, byte, 3], 'labels'))]).toEqual([-5, 200, 3]);
    await expect(integersOf(scalars, [half], 'labels')).rejects.toThrow(
      'labels: number 0 is no whole number',
    );
    await expect(integersOf(scalars, ['a'], 'labels')).rejects.toMatchObject({ code: 'DATASET_BAD_SHAPE' });
    await expect(integersOf(scalars, null, 'labels')).rejects.toThrow('labels are no array of numpy');
  });
});
