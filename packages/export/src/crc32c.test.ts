import { expect, test } from 'vitest';
import { crc32c, maskedCrc32c } from './crc32c';

const text = (value: string) => new TextEncoder().encode(value);

// The vectors of RFC 3720, B.4.
test.each([
  ['no bytes', new Uint8Array(0), 0],
  ['"123456789"', text('123456789'), 0xe3069283],
  ['32 zeros', new Uint8Array(32), 0x8a9136aa],
  ['32 bytes of 255', new Uint8Array(32).fill(255), 0x62a8ab43],
  ['0, 1, … 31', Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
])('crc32c of %s', (_, bytes, expected) => {
  expect(crc32c(bytes)).toBe(expected);
});

test('the mask turns by 15 bits and adds 0xa282ead8: 0xe3069283 becomes 0xc78ab0e5', () => {
  // (e3069283 >>> 15 | e3069283 << 17) = 2507c60d
  expect(maskedCrc32c(text('123456789'))).toBe((0x2507c60d + 0xa282ead8) >>> 0);
});
