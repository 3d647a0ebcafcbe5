/**
 * A run's state and what moves it on. One step: loss and gradients of a batch come from whoever computes them (this
 * thread or workers), core's update makes the next weights. A step depends on the config and the step's number alone,
 * so that a run that was stopped goes on to the same curve.
 */
import { describeWeights, engineAbilities, type WeightInfo } from '@neusim/core';
import { type Dataset, stepsPerEpoch } from '@neusim/datasets';
import { disposeModel } from '@neusim/models';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { saveCheckpoint } from './checkpoint/folder';
import { type Checkpoint, encodeCheckpoint } from './checkpoint/format';
import { readState, restoreState } from './checkpoint/state';
import { createClock } from './clock';
import type { Compute } from './compute';
import type { TrainConfig } from './config';
import type { TrainFiles } from './context';
import type {
  CheckpointEvent,
  CompilationEvent,
  EndEvent,
  EvaluationEvent,
  History,
  ProgressEvent,
  StartEvent,
  TrainEvent,
  TrainResult,
} from './events';
import { withoutEnd } from './history';
import type { Loader } from './loader';
import { createLosses, type Losses } from './losses';
import { findNonFinite, nonFinite, requireFinite } from './non-finite';
import { createOptimizer, type Optimizer } from './optimizer';
import { resumeWarnings } from './resume-warnings';
import { type RunFacts, runFacts } from './run-facts';
import { notCaptured, stuck } from './run-warnings';
import { learningRateAt } from './schedule';
import { standsStill } from './stands-still';
import { capturedSteps, eagerSteps, type Steps } from './steps';

const LEAST_MS_BETWEEN_PROGRESS = 250;

/** What a run is made of. */
export interface Parts {
  readonly config: TrainConfig;
  readonly dataset: Dataset;
  readonly model: LayersModel;
  readonly compute: Compute;
  readonly loader: Loader;
  readonly files: TrainFiles;
  readonly out: string | undefined;
  readonly capture: boolean | undefined;
  /** Lets go of a data set that was opened for this run. */
  readonly closeDataset?: (() => Promise<void>) | undefined;
}

export class Session {
  readonly config: TrainConfig;
  private readonly dataset: Dataset;
  private readonly model: LayersModel;
  private readonly compute: Compute;
  private readonly loader: Loader;
  private readonly files: TrainFiles;
  private readonly out: string | undefined;
  /** Steps done. */
  step = 0;
  /** Path of the last checkpoint written or resumed from. */
  checkpoint: string | null = null;
  private savedStep = 0;
  private savedAt = performance.now();
  private resumedFrom: string | null = null;
  /** From the run's first step on, of earlier processes too. */
  history: History = { steps: [], evaluations: [] };
  /** Losses of the steps since the last multiple of `log.every`. */
  private pending: number[] = [];
  /** Images a second of the processes before this one. */
  private earlierSpeed: number | null = null;
  private readonly toTell: TrainEvent[] = [];
  private readonly losses: Losses;
  private readonly clock = createClock();
  private readonly stuck: (loss: number) => number | undefined;
  private readonly weights: readonly WeightInfo[];
  private readonly trainable: readonly WeightInfo[];
  private readonly optimizer: Optimizer;
  private readonly steps: Steps;
  private toldReason = false;
  private readonly facts: RunFacts;
  private taken = false;
  private readonly closeDataset: Parts['closeDataset'];

  constructor(
    { config, dataset, model, compute, loader, files, out, capture = true, closeDataset }: Parts,
    private readonly backend: string,
  ) {
    this.config = config;
    this.dataset = dataset;
    this.model = model;
    this.compute = compute;
    this.loader = loader;
    this.files = files;
    this.out = out;
    this.closeDataset = closeDataset;
    this.weights = describeWeights(model);
    this.trainable = this.weights.filter(({ trainable }) => trainable);
    this.optimizer = createOptimizer(config, this.trainable);
    this.losses = createLosses(config.log.readEvery);
    const records = capture && compute.isHere && engineAbilities().capture;
    this.steps = records
      ? capturedSteps({ config, model, loader }, this.weights, this.optimizer)
      : eagerSteps(compute, this.optimizer);
    this.facts = runFacts(config, backend, model, this.trainable);
    this.stuck = standsStill(dataset.classes.length);
  }

  /** @throws NeusimError CHECKPOINT_MISMATCH where its tensors are another network's. */
  restore(path: string, saved: Checkpoint): void {
    restoreState(path, saved, this.weights, this.optimizer);
    const { step, pending, imagesPerSecond } = saved;
    this.step = step;
    this.savedStep = step;
    this.history = this.isFinished ? saved.history : withoutEnd(saved);
    this.pending = pending;
    this.earlierSpeed = imagesPerSecond;
    this.checkpoint = path;
    this.resumedFrom = path;
    this.toTell.push(...resumeWarnings(saved, this.config, this.backend));
  }

  startEvent(): StartEvent {
    const { config, dataset, step, resumedFrom } = this;
    return {
      type: 'start',
      ...this.facts,
      workers: config.workers as number,
      dataset: {
        name: dataset.name,
        shape: dataset.shape,
        classes: dataset.classes,
        trainImages: dataset.train.count,
        testImages: dataset.test.count,
      },
      step,
      steps: config.steps,
      stepsPerEpoch: stepsPerEpoch(dataset.train, config),
      resumedFrom,
    };
  }

  get isFinished(): boolean {
    return this.step >= this.config.steps;
  }

  get evaluationIsDue(): boolean {
    return (
      this.isDue(this.step, this.config.evaluation.every) &&
      !this.history.evaluations.some(({ step }) => step === this.step)
    );
  }

  get checkpointIsDue(): boolean {
    const { every, seconds } = this.config.checkpoint;
    const late = seconds > 0 && performance.now() - this.savedAt >= 1000 * seconds;
    return this.unsaved && (late || this.isDue(this.step, every));
  }

  /** Whether the run has a folder, and a state that is not in it. */
  get unsaved(): boolean {
    return this.out !== undefined && this.step !== this.savedStep;
  }

  /** One exact pass over the test images; undefined where the signal stopped it. */
  async *evaluate(
    signal: AbortSignal | undefined,
  ): AsyncGenerator<ProgressEvent, EvaluationEvent | undefined> {
    const { dataset, step } = this;
    const pass = this.compute.test(signal);
    try {
      const total = dataset.test.count;
      let told = performance.now();
      let next = await pass.next();
      for (; !next.done; next = await pass.next()) {
        if (performance.now() - told < LEAST_MS_BETWEEN_PROGRESS) continue;
        yield { type: 'progress', phase: 'evaluation', step, done: next.value, total };
        told = performance.now();
      }
      const found = next.value;
      const loss = Number.isFinite(found.loss) ? found.loss : null;
      if (loss === null) await this.requireFiniteWeights(found.loss);
      const entry = { step, testError: found.error, top5Error: found.top5Error, loss };
      this.history.evaluations.push(entry);
      return { type: 'evaluation', ...entry };
    } catch (error) {
      if (signal?.aborted) return undefined;
      throw error;
    } finally {
      // Nobody may read on: what the pass holds is freed all the same.
      await pass.return(undefined as never);
    }
  }

  /** Writes a checkpoint of this moment. */
  async save(): Promise<CheckpointEvent> {
    await this.readLosses({});
    const { step, files, config, backend, pending, history, imagesPerSecond } = this;
    const tensors = await readState(this.weights, this.optimizer);
    requireFinite(step, tensors, this.checkpoint);
    const bytes = await encodeCheckpoint({
      config: { ...config },
      backend,
      step,
      pending,
      imagesPerSecond,
      history,
      tensors,
    });
    const path = await saveCheckpoint(files, this.out as string, step, bytes, config.checkpoint.keep);
    this.savedStep = step;
    this.savedAt = performance.now();
    this.checkpoint = path;
    return { type: 'checkpoint', step, path };
  }

  /** Compiles ahead what a step runs. */
  async *compile(): AsyncGenerator<ProgressEvent | CompilationEvent, void> {
    const { step } = this;
    if (!this.steps.compile) return;
    yield { type: 'progress', phase: 'compilation', step, done: 0, total: 1 };
    const compiled = await this.steps.compile(step);
    if (compiled) yield { type: 'compilation', step, ...compiled };
  }

  /** One step. */
  async advance(): Promise<void> {
    const { config, clock } = this;
    clock.start();
    const learningRate = learningRateAt(config, this.step);
    const { loss, grads, finish } = await this.steps.take(this.step, learningRate);
    this.losses.add(loss);
    this.step++;
    const logged = this.isDue(this.step, config.log.every);
    try {
      // Before an update op by op: where the loss is no number, these weights and gradients tell why.
      if (logged || this.losses.isFull) await this.readLosses(grads);
      finish();
    } finally {
      tf.dispose(grads);
    }
    clock.stop(config.batchSize, this.loader.lap());
    this.tellReason();
    if (logged) this.log(learningRate);
  }

  /** What there is to tell since the last call. */
  notices(): TrainEvent[] {
    return this.toTell.splice(0);
  }

  /** Saves the trained model and the result. */
  async finish(): Promise<EndEvent> {
    const { history, files, out, step, model } = this;
    const last = history.evaluations.at(-1) as History['evaluations'][number];
    const folder = out === undefined ? null : files.joinPath(out, 'model');
    const result: TrainResult = {
      ...this.facts,
      steps: step,
      testError: last.testError,
      top5Error: last.top5Error,
      trainImagesPerSecond: this.imagesPerSecond,
      loadingShare: this.clock.overall()?.loading ?? null,
      history,
      model: folder,
    };
    if (out !== undefined && folder !== null) {
      await model.save(files.modelFile(folder) as tf.io.IOHandler);
      await files.writeAtomic(files.joinPath(out, 'result.json'), `${JSON.stringify(result, null, 2)}\n`);
    }
    return { type: 'end', step, result };
  }

  takeModel(): LayersModel {
    this.taken = true;
    return this.model;
  }

  async dispose(): Promise<void> {
    this.steps.dispose();
    await this.compute.close();
    this.losses.dispose();
    this.optimizer.dispose();
    if (!this.taken) disposeModel(this.model);
    await this.closeDataset?.();
  }

  private get imagesPerSecond(): number | null {
    return this.clock.overall()?.imagesPerSecond ?? this.earlierSpeed;
  }

  private isDue(step: number, every: number): boolean {
    return step > 0 && (step >= this.config.steps || (every > 0 && step % every === 0));
  }

  /** @throws NeusimError TRAIN_NON_FINITE */
  private async readLosses(grads: tf.NamedTensorMap): Promise<void> {
    let step = this.step - this.losses.unread;
    for (const loss of await this.losses.read()) {
      step++;
      if (!Number.isFinite(loss))
        throw nonFinite(step, loss, await findNonFinite(this.trainable, grads), this.checkpoint);
      this.pending.push(loss);
      const stood = step > this.config.schedule.warmup ? this.stuck(loss) : undefined;
      if (stood !== undefined) this.toTell.push(stuck(step, stood, this.dataset.classes.length));
    }
  }

  /** A test loss that is no number may come of running statistics that lag behind: no reason to stop. */
  private async requireFiniteWeights(loss: number): Promise<void> {
    const place = await findNonFinite(this.trainable, {});
    if (place) throw nonFinite(this.step, loss, place, this.checkpoint);
  }

  private tellReason(): void {
    const { reason } = this.steps;
    if (reason === null || this.toldReason) return;
    this.toldReason = true;
    this.toTell.push(notCaptured(this.step, reason));
  }

  private log(learningRate: number): void {
    const { step, pending, clock, config } = this;
    const loss = pending.reduce((a, b) => a + b, 0) / pending.length;
    if (step % config.log.every === 0) this.pending = [];
    this.history.steps.push({ step, loss, learningRate });
    const { imagesPerSecond, loading } = clock.lap();
    const { numBytesInGPU } = tf.memory() as { numBytesInGPU?: number };
    this.toTell.push({
      type: 'step',
      step,
      loss,
      learningRate,
      imagesPerSecond,
      loading,
      ...(numBytesInGPU !== undefined && { bytesInGPU: numBytesInGPU }),
    });
  }
}
