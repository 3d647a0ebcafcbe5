/** The few things one does with bytes. */
import { sha256 } from '@neusim/platform';

export function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export const equalBytes = (a: Uint8Array, b: Uint8Array) =>
  a.length === b.length && a.every((byte, index) => byte === b[index]);

/** SHA-256 as 32 bytes. */
export async function digestOf(bytes: Uint8Array): Promise<Uint8Array> {
  const digits = await sha256(bytes);
  return Uint8Array.from({ length: 32 }, (_, index) =>
    Number.parseInt(digits.slice(2 * index, 2 * index + 2), 16),
  );
}
