// Thrift's compact protocol, in which Parquet tells what it holds: walked through once before it is parsed, so that
// no length and no nesting in it can take memory or time that the bytes themselves do not pay for.
// https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md

import { badParquet } from './errors';

const DEEPEST = 16;
const LONGEST_VARINT = 10;
/** Of all lists and structs together; each becomes an object. */
const MOST_ELEMENTS = 2 ** 20;

const BYTE = 3;
const DOUBLE = 7;
const BINARY = 8;
const LIST = 9;
const STRUCT = 12;

/**
 * @param at where a struct begins.
 * @param offset of `bytes` in the file, for messages.
 * @returns where it ends
 * @throws NeusimError `DATASET_BAD_PARQUET`
 */
export function checkThrift(file: string, bytes: Uint8Array, at: number, offset: number): number {
  let left = MOST_ELEMENTS;
  const refuse = (what: string) => badParquet(file, offset + at, `what it tells of itself ${what}`);
  const need = (count: number) => {
    if (count > bytes.length - at) throw refuse('is cut short');
  };
  const count = (elements: number) => {
    left -= elements;
    if (left < 0) throw refuse(`has more than ${MOST_ELEMENTS} elements`);
  };
  const byte = () => {
    need(1);
    return bytes[at++]!;
  };
  const varint = () => {
    let value = 0;
    for (let index = 0; index < LONGEST_VARINT; index++) {
      const next = byte();
      value += (next & 0x7f) * 2 ** (7 * index);
      if (next < 0x80) return value;
    }
    throw refuse('has a number of more than 64 bits');
  };
  const skip = (size: number) => {
    need(size);
    at += size;
  };
  const element = (type: number, depth: number): void => {
    if (type < BYTE) return;
    if (type === BYTE) skip(1);
    else if (type < DOUBLE) varint();
    else if (type === DOUBLE) skip(8);
    else if (type === BINARY) skip(varint());
    else if (type === LIST) list(depth);
    else if (type === STRUCT) struct(depth + 1);
    else throw refuse(`has a field of type ${type}`);
  };
  const list = (depth: number) => {
    const head = byte();
    const size = head >> 4 === 15 ? varint() : head >> 4;
    need(size);
    count(size);
    // In a list a truth value takes a byte.
    const type = Math.max(head & 15, head & 15 ? BYTE : 0);
    for (let index = 0; index < size; index++) element(type, depth + 1);
  };
  const struct = (depth: number) => {
    if (depth > DEEPEST) throw refuse(`is nested ${depth} deep`);
    count(1);
    while (true) {
      const head = byte();
      if ((head & 15) === 0) return;
      if (head >> 4 === 0) varint();
      element(head & 15, depth);
    }
  };
  struct(0);
  return at;
}
