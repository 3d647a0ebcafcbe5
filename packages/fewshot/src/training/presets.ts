/** Few-shot configs with a name: a method on a data set, `proto-net-omniglot`. Where a paper gives values they are its own. */
import { NeusimError } from '@neusim/registry';
import { cifarFsPresets } from './presets/cifar-fs';
import { featuresPresets } from './presets/features';
import { miniImagenetPresets } from './presets/mini-imagenet';
import { omniglotPresets } from './presets/omniglot';
import type { FewShotPreset } from './presets/preset';

export type { FewShotPreset };

/** Every preset. */
export const fewShotPresets: readonly FewShotPreset[] = [
  ...omniglotPresets,
  ...cifarFsPresets,
  ...miniImagenetPresets,
  ...featuresPresets,
];

/** The preset of a name. @throws NeusimError PRESET_UNKNOWN with those known. */
export function findFewShotPreset(name: string): FewShotPreset {
  const found = fewShotPresets.find((preset) => preset.name === name);
  if (found) return found;
  const known = fewShotPresets.map((preset) => preset.name);
  throw new NeusimError('PRESET_UNKNOWN', `there is no few-shot preset '${name}'`, {
    data: { name, known },
    hint: `Known: ${known.join(', ')}.`,
  });
}
