/** What a few-shot run needs besides its config. */
import type { FewShotDataset, OpenOptions } from '@neusim/datasets';
import type { AnyRegistry } from '@neusim/registry';
import type { Pool, RunContext } from '@neusim/train';

/** Where things come from and go to, and what stops the run. */
export interface FewShotContext extends RunContext {
  /** Knows the config's data set, backbone, method and parts. */
  readonly registry: AnyRegistry;
  /** Folder of the data set's files. */
  readonly folder?: string | undefined;
  /** How the data set is opened: its cache, its workers, what is told meanwhile. */
  readonly open?: OpenOptions | undefined;
  /** The data set itself, in place of reading the config's. */
  readonly dataset?: FewShotDataset | undefined;
  /** Workers with `fewshotTasks`, which tests are spread over. Same results. */
  readonly pool?: Pool | undefined;
  /** Whether an engine that can (webgpu) records steps on base classes and replays them. Default true. */
  readonly capture?: boolean | undefined;
}
