import { inflateSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { pngDataUri } from './png';

test('a 2×1 picture: header, pixels and checksums', () => {
  const [head, body] = pngDataUri(2, 1, Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8])).split(',') as [
    string,
    string,
  ];
  expect(head).toBe('data:image/png;base64');
  const file = Buffer.from(body, 'base64');
  expect([file.readUInt32BE(16), file.readUInt32BE(20)]).toEqual([2, 1]);
  const length = file.readUInt32BE(33);
  expect([...inflateSync(file.subarray(41, 41 + length))]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  // The checksum of an empty IEND chunk is a known constant.
  expect(file.readUInt32BE(file.length - 4)).toBe(0xae426082);
});
