/** Groups of input channels that read at places of their own. */
import type { Geometry } from '@neusim/core';
import { NeusimError } from '@neusim/registry';

/** @throws NeusimError LAYER_OPTIONS where the groups do not divide the channels. */
export function requireGroups(groups: number, { channels }: Geometry): void {
  if (channels % groups === 0) return;
  throw new NeusimError('LAYER_OPTIONS', `channels (=${channels}) must be divisible by groups (=${groups})`, {
    data: { channels, groups },
    hint: 'Choose groups that divide the input channels; 1 always does.',
  });
}
