/** What a training run tells while it runs: plain JSON, so that a worker can post it and a file keep it. */
import type { TrainConfig } from './config';

/** @template C of the run: another than `TrainConfig` where it trains on something else. */
export interface StartEvent<C = TrainConfig> {
  readonly type: 'start';
  readonly name: string;
  readonly config: C;
  /** tfjs's name of the engine, with the options it was started with, if any: `wasm (precision fast)`. */
  readonly backend: string;
  /** Threads that share each batch; 1: the run's own does all. */
  readonly workers: number;
  readonly dataset: {
    readonly name: string;
    readonly shape: readonly number[];
    readonly classes: readonly string[];
    readonly trainImages: number;
    readonly testImages: number;
  };
  /** Trainable values. */
  readonly parameters: number;
  /** Of one image's forward pass. */
  readonly multiplyAdds: number;
  /** λ of the weights that have their own in place of the config's `l2`, by name: `{ 'block1/similarity': 0.005 }`. */
  readonly penalties: Readonly<Record<string, number>>;
  /** The same of λ/2‖WᵀW − I‖², in place of the config's `orthogonality`. */
  readonly orthogonality: Readonly<Record<string, number>>;
  /** Steps done before: 0, or those of the checkpoint. */
  readonly step: number;
  readonly steps: number;
  readonly stepsPerEpoch: number;
  /** Path of the checkpoint that the run goes on from. */
  readonly resumedFrom: string | null;
}

export interface StepEvent {
  readonly type: 'step';
  /** Steps done. */
  readonly step: number;
  /** Cross-entropy (of mixed labels, where batches are mixed), without the penalties; mean over the steps since the last event. */
  readonly loss: number;
  readonly learningRate: number;
  /** Since the last event; compilation, evaluation and checkpoints apart. */
  readonly imagesPerSecond: number;
  /** Share of that time, 0..1, in which the step waited for its images: read, augmented, normalised. */
  readonly loading: number;
  /** Bytes of tensors in the memory of a GPU, on engines that tell. */
  readonly bytesInGPU?: number;
}

/** For progress bars: not kept in `events.jsonl`, nor in the curve. */
export interface ProgressEvent {
  readonly type: 'progress';
  /**
   * After every step; between batches of test images, at most four times a second; before programs are compiled; as often,
   * while what a run keeps of its training images is computed at its end.
   */
  readonly phase: 'compilation' | 'training' | 'evaluation' | 'settling';
  /** Steps done. */
  readonly step: number;
  /** Of the phase: steps, test images, or training images. */
  readonly done: number;
  readonly total: number;
}

/** On engines that compile their programs ahead: before the first step of a process. */
export interface CompilationEvent {
  readonly type: 'compilation';
  /** Steps done before. */
  readonly step: number;
  /** Programs compiled. */
  readonly pipelines: number;
  readonly ms: number;
}

/** One exact pass over the test images; or, with an `interval`, a sample of episodes. */
export interface EvaluationEvent {
  readonly type: 'evaluation';
  readonly step: number;
  /** Percent. */
  readonly testError: number;
  /** Half of the 95 % interval of `testError`, in percent, where it is that of a sample. */
  readonly interval?: number | undefined;
  /** Percent; null with five classes or fewer. */
  readonly top5Error: number | null;
  /** Mean cross-entropy, without smoothing; null where it is no finite number. */
  readonly loss: number | null;
}

export interface CheckpointEvent {
  readonly type: 'checkpoint';
  readonly step: number;
  readonly path: string;
}

export interface WarningEvent {
  readonly type: 'warning';
  readonly code: 'LOSS_STANDS_STILL' | 'OTHER_BACKEND' | 'OTHER_WORKERS' | 'STEP_NOT_CAPTURED';
  readonly step: number;
  readonly message: string;
}

export interface EndEvent<C = TrainConfig> {
  readonly type: 'end';
  readonly step: number;
  readonly result: TrainResult<C>;
}

/** The run was stopped by its signal. */
export interface AbortedEvent {
  readonly type: 'aborted';
  readonly step: number;
  /** Path of the checkpoint to go on from; null where the run has no folder, or had not begun. */
  readonly checkpoint: string | null;
}

export type TrainEvent<C = TrainConfig> =
  | StartEvent<C>
  | StepEvent
  | ProgressEvent
  | CompilationEvent
  | EvaluationEvent
  | CheckpointEvent
  | WarningEvent
  | EndEvent<C>
  | AbortedEvent;

/** A run's curve, from its first step on, whatever the number of times it was resumed. */
export interface History {
  readonly steps: Pick<StepEvent, 'step' | 'loss' | 'learningRate'>[];
  readonly evaluations: Omit<EvaluationEvent, 'type'>[];
}

export interface TrainResult<C = TrainConfig> {
  readonly name: string;
  readonly config: C;
  readonly backend: string;
  readonly steps: number;
  readonly parameters: number;
  readonly multiplyAdds: number;
  /** As in the `start` event. */
  readonly penalties: Readonly<Record<string, number>>;
  /** As in the `start` event; absent in results of earlier versions. */
  readonly orthogonality?: Readonly<Record<string, number>>;
  /** Of the last evaluation, or of the best, in percent. */
  readonly testError: number;
  /** As in its event. */
  readonly interval?: number;
  readonly top5Error: number | null;
  /** Step of the weights that were tested best, where a run ends with those. */
  readonly bestStep?: number;
  /** Of training alone, over this process's steps but the first; without a second the earlier process's, or null. */
  readonly trainImagesPerSecond: number | null;
  /** Share of those steps' time, 0..1, in which they waited for images; null without a second step of this process. */
  readonly loadingShare: number | null;
  readonly history: History;
  /** Folder of the saved model; null where the run has no folder. */
  readonly model: string | null;
}
