// Presets, listed like the registry's definitions.

import { presets } from '@neusim/train';

export function listPresets() {
  return presets.map(({ name, summary }) => ({ name, version: '0.1.0', plugin: '@neusim/train', summary }));
}
