/** What a run needs besides its config: where things come from and go to, and what stops it. */
import type { Dataset, OpenOptions } from '@neusim/datasets';
import type * as platform from '@neusim/platform';
import type { AnyRegistry } from '@neusim/registry';
import type { TrainWorkers } from './parallel/choose-workers';
import type { EventSink } from './sinks';

/** What training needs of `@neusim/platform`; the package itself, as a namespace, fits. */
export type TrainFiles = Pick<platform.Platform, keyof platform.Files | keyof platform.Codecs | 'modelFile'>;

/** What any run needs. */
export interface RunContext {
  /** Default: `@neusim/platform`. */
  readonly files?: TrainFiles;
  /** Folder of the run: config.json, checkpoints, the trained model, result.json. Without it nothing is written. */
  readonly out?: string | undefined;
  /** Go on from the newest checkpoint of `out`, or from the file named. */
  readonly resume?: boolean | string | undefined;
  /** Where events go besides: a TensorBoard sink of `@neusim/export`, say. */
  readonly sinks?: readonly EventSink[] | undefined;
  /** Stops the run between two steps, with a checkpoint. */
  readonly signal?: AbortSignal | undefined;
}

export interface TrainContext extends RunContext {
  /** Knows the config's data set, model and parts. */
  readonly registry: AnyRegistry;
  /** Folder of the data set's files. */
  readonly folder?: string | undefined;
  /** How the data set is opened: its cache, its workers, what is told meanwhile. */
  readonly open?: OpenOptions | undefined;
  /** The data set itself, in place of reading the config's. */
  readonly dataset?: Dataset | undefined;
  /** What the config's `workers` run. Without it there are none: this thread does all. */
  readonly workers?: TrainWorkers | undefined;
  /**
   * Whether an engine that can (webgpu) records a step and replays it: the same curve, with less to do for JavaScript.
   * Default true.
   */
  readonly capture?: boolean | undefined;
}
