// Values of maps as text of a page, a third of the size of their digits.

import { extent } from '../colors';
import { base64 } from '../png';
import type { PositionGrid } from '../types';
import type { PackedGrid } from './activate';

/** 16 bits a value: a colour tells fewer. */
export function packed({ positions, step, height, width, values }: PositionGrid): PackedGrid {
  const most = extent(values);
  const bytes = new Uint8Array(2 * values.length);
  const view = new DataView(bytes.buffer);
  for (const [index, value] of values.entries()) {
    const share = Number.isFinite(value) ? value / most : 0;
    view.setInt16(2 * index, Math.round(32767 * Math.max(-1, Math.min(1, share))), true);
  }
  return { positions, step, height, width, most, base64: base64(bytes) };
}
