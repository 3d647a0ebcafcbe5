/** What the config of any run has, whatever it trains on. */
import type { TrainConfig } from './config';

/** `TrainConfig` is one; others have keys of their own beside these. */
export interface RunConfig
  extends Pick<
    TrainConfig,
    | 'name'
    | 'seed'
    | 'plugins'
    | 'steps'
    | 'optimizer'
    | 'schedule'
    | 'l2'
    | 'orthogonality'
    | 'checkpoint'
    | 'log'
  > {
  /** Steps between two; 0: only after the last. */
  readonly evaluation: { readonly every: number };
}
