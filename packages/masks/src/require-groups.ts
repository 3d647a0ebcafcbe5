/** Groups of input channels that read at places of their own. */
import type { Geometry } from '@neusim/core';
import { NeusimError } from '@neusim/registry';

/** @throws NeusimError LAYER_OPTIONS where the groups of a `shape` do not divide the input channels of a layer. */
export function requireGroups(shape: string, groups: number, { channels }: Geometry): void {
  if (channels % groups === 0) return;
  let divisor = Math.min(groups, channels);
  while (channels % divisor !== 0) divisor--;
  throw new NeusimError(
    'LAYER_OPTIONS',
    `${shape}: input channels (=${channels}) must be divisible by groups (=${groups})`,
    {
      data: { shape, channels, groups },
      hint: `Give groups: a divisor of the input channels of every layer that has this shape, of ${channels} such as ${divisor}.`,
    },
  );
}
