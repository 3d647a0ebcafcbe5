import type { TrainConfigInput } from '../config';

/** A config with a name. */
export interface Preset {
  readonly name: string;
  readonly summary: string;
  readonly config: TrainConfigInput;
}
