import type { FewShotConfigInput } from '../config';

/** A few-shot config with a name. */
export interface FewShotPreset {
  readonly name: string;
  readonly summary: string;
  readonly config: FewShotConfigInput;
}

/** All that a config has besides what its data set fixes. */
type Own = Omit<FewShotConfigInput, 'dataset' | 'name'>;

/** Presets of one data set, `METHOD-DATASET`. @param shared what they have in common. */
export const presetsOn =
  (dataset: string, shared: Partial<Own>) =>
  (
    method: string,
    summary: string,
    own: Omit<Own, 'method'> & Partial<Pick<Own, 'method'>>,
  ): FewShotPreset => {
    const name = `${method}-${dataset}`;
    return { name, summary: `${summary}; ${dataset}`, config: { name, dataset, method, ...shared, ...own } };
  };
