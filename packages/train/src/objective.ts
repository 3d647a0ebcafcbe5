/**
 * What a run trains on and how it is tested, as a value: a `Session` does the rest, the same for every objective. One is
 * classification (`classification.ts`); episodes of few-shot learning are another.
 */
import type { WeightInfo } from '@neusim/core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { StartEvent, WarningEvent } from './events';
import type { Optimizer } from './optimizer';
import type { RunConfig } from './run-config';
import type { SeenClasses } from './seen-classes';
import type { Steps } from './steps';

/** What a test of the network found. */
export interface Tested {
  /** Percent. */
  readonly error: number;
  /** Half of the error's 95 % interval, in percent, where what was tested on is a sample. */
  readonly interval?: number | undefined;
  /** Percent; null where it says nothing. */
  readonly top5Error: number | null;
  /** Mean cross-entropy. */
  readonly loss: number;
}

/** What a run trains on, and how it is tested. */
export interface Objective<C extends RunConfig = RunConfig> {
  /** As it is saved: nothing left out, nothing left open. */
  readonly config: C;
  /** Of the run, for people. */
  readonly name: string;
  /** All weights that steps move and checkpoints keep. */
  readonly model: LayersModel;
  /** What an image goes through, and what is saved as the run's `model`; default: `model`. */
  readonly network?: LayersModel | undefined;
  readonly about: Pick<StartEvent, 'workers' | 'dataset' | 'stepsPerEpoch'>;
  /** Kept beside the model: the classes of its data set, and what its network had seen before. */
  readonly seen: readonly SeenClasses[];
  /** Told once the run begins. */
  readonly warnings: readonly WarningEvent[];
  /** Of a loss that stands at their logarithm where every image gets the same answer. */
  readonly classes: number;
  /**
   * Keep the weights that were tested best, by the error, in place of the last ones.
   * @param patience end after so many tests without a better one; 0: never.
   */
  readonly keepBest?: { readonly patience: number } | undefined;
  /** Images of step `step` (0, 1, …). */
  images(step: number): number;
  /** @param weights all of the model's. */
  steps(weights: readonly WeightInfo[], optimizer: Optimizer): Steps;
  /** Milliseconds that steps waited for their images since the last call. */
  waited(): number;
  /** Number that `test` counts to. */
  readonly tests: number;
  /** Tests the model; yields how far it is. */
  test(signal: AbortSignal | undefined): AsyncGenerator<number, Tested>;
  /**
   * Computes what the last checkpoint keeps of the weights that the model ends with, into weights of the model; yields how
   * many training images it has seen.
   */
  settle?(signal: AbortSignal | undefined): AsyncGenerator<number, void>;
  /** Lets go of all but the model. */
  close(): Promise<void>;
}

/** Opens a kind of run. */
export interface Opener<C extends RunConfig> {
  /** A checkpoint's config. @throws NeusimError CONFIG_INVALID */
  parse(json: unknown): C;
  /** The part of a config that the curve depends on. */
  curve(config: C): object;
  /**
   * Leaves nothing behind where it throws.
   * @param saved what the run goes on from.
   */
  open(saved: Saved<C> | undefined): Promise<Objective<C>>;
}

/** A checkpoint to go on from. */
export interface Saved<C extends RunConfig> {
  readonly config: C;
  readonly step: number;
  /**
   * To be called before anything is built.
   * @param config of now.
   * @throws NeusimError CHECKPOINT_MISMATCH where it would give another curve, with `data` { path, here, there }
   */
  requireSame(config: C): void;
}
