// Presets, listed like the registry's definitions.

import { presets } from '@neusim/train';
import { packageVersion } from './package-version';

export function listPresets() {
  const plugin = '@neusim/train';
  const version = packageVersion(plugin);
  return presets.map(({ name, summary }) => ({ name, version, plugin, summary }));
}
