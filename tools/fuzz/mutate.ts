// Damage to bytes, the same for one seed: what disks, networks and enemies do to files.

/** Gives 32 random bits (sfc32), the same for one seed and index. */
export function generator(seed: number, index: number): () => number {
  let [a, b, c, counter] = [seed | 0, index | 0, 0x9e3779b9 | 0, 1];
  const next = () => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
  for (let round = 0; round < 16; round++) next();
  return next;
}

/** What breaks readers of lengths. */
const EDGES = [
  0, 1, 2, 3, 7, 8, 127, 128, 255, 256, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff,
];

type Mutation = (
  bytes: Uint8Array,
  below: (n: number) => number,
  others: readonly Uint8Array[],
) => Uint8Array;

const joined = (...parts: Uint8Array[]) => {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
};

/** Half of all places are near the start, where headers are, or near the end, where directories are. */
function placeIn(length: number, below: (n: number) => number): number {
  const near = Math.min(length, 64);
  const kind = below(4);
  if (kind === 0) return below(near + 1);
  if (kind === 1) return length - below(near + 1);
  return below(length + 1);
}

const mutations: readonly Mutation[] = [
  function flipBits(bytes, below) {
    const copy = bytes.slice();
    for (let times = below(2) === 0 ? 1 : 1 + below(8); times > 0 && copy.length > 0; times--) {
      const at = Math.min(placeIn(copy.length, below), copy.length - 1);
      copy[at]! ^= 1 << below(8);
    }
    return copy;
  },
  function setBytes(bytes, below) {
    const copy = bytes.slice();
    const at = placeIn(copy.length, below);
    for (let i = at; i < Math.min(copy.length, at + 1 + below(8)); i++) copy[i] = below(256);
    return copy;
  },
  function truncate(bytes, below) {
    return bytes.slice(0, placeIn(bytes.length, below));
  },
  function insert(bytes, below) {
    const at = placeIn(bytes.length, below);
    const fill = below(3);
    const added = Uint8Array.from({ length: 1 + below(40) }, () =>
      fill === 0 ? 0 : fill === 1 ? 255 : below(256),
    );
    return joined(bytes.subarray(0, at), added, bytes.subarray(at));
  },
  function duplicate(bytes, below) {
    const from = placeIn(bytes.length, below);
    const block = bytes.subarray(from, from + 1 + below(64));
    const at = placeIn(bytes.length, below);
    return joined(bytes.subarray(0, at), block, bytes.subarray(at));
  },
  function remove(bytes, below) {
    const from = placeIn(bytes.length, below);
    return joined(bytes.subarray(0, from), bytes.subarray(from + 1 + below(32)));
  },
  function editLength(bytes, below) {
    const copy = bytes.slice();
    const view = new DataView(copy.buffer);
    const size = [1, 2, 4, 8][below(4)]!;
    const at = placeIn(copy.length, below);
    if (at + size > copy.length) return copy;
    const little = below(2) === 0;
    const value = EDGES[below(EDGES.length)]!;
    if (size === 1) view.setUint8(at, value);
    else if (size === 2) view.setUint16(at, value, little);
    else if (size === 4) view.setUint32(at, value, little);
    else view.setBigUint64(at, BigInt(value) << BigInt(below(2) * 16), little);
    return copy;
  },
  function editDigits(bytes, below) {
    const digits = [...bytes.keys()].filter((at) => bytes[at]! >= 48 && bytes[at]! <= 57);
    const copy = bytes.slice();
    for (let times = 1 + below(3); times > 0 && digits.length > 0; times--)
      copy[digits[below(digits.length)]!] = 48 + below(10);
    return copy;
  },
  function splice(bytes, below, others) {
    const other = others[below(others.length)] ?? bytes;
    return joined(
      bytes.subarray(0, placeIn(bytes.length, below)),
      other.subarray(placeIn(other.length, below)),
    );
  },
];

/** One mutation, of every fourth file up to three: what is damaged less gets deeper. @param others seeds of the same format. */
export function mutate(bytes: Uint8Array, next: () => number, others: readonly Uint8Array[]): Uint8Array {
  const below = (n: number) => next() % n;
  let mutated = bytes;
  for (let times = below(4) === 0 ? 1 + below(3) : 1; times > 0; times--)
    mutated = mutations[below(mutations.length)]!(mutated, below, others);
  return mutated;
}
