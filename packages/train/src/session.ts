/**
 * A run's state and what moves it on. One step: loss and gradients of a batch come from the run's objective, core's update
 * makes the next weights. A step depends on the config and the step's number alone, so that a run that was stopped goes on
 * to the same curve.
 */
import { describeWeights, type WeightInfo } from '@neusim/core';
import { disposeModel } from '@neusim/models';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { Best, bestOf, splitBest } from './best';
import { saveCheckpoint } from './checkpoint/folder';
import { type Checkpoint, encodeCheckpoint } from './checkpoint/format';
import { readState, restoreState } from './checkpoint/state';
import { createClock } from './clock';
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
} from './events';
import { withoutEnd } from './history';
import { createLosses, type Losses } from './losses';
import { findNonFinite, nonFinite, requireFinite } from './non-finite';
import type { Objective } from './objective';
import { createOptimizer, type Optimizer } from './optimizer';
import { resultOf } from './result';
import { otherBackend } from './resume-warnings';
import type { RunConfig } from './run-config';
import { type RunFacts, runFacts } from './run-facts';
import { notCaptured, stuck } from './run-warnings';
import { learningRateAt } from './schedule';
import { seldom } from './seldom';
import { standsStill } from './stands-still';
import type { Steps } from './steps';
import { checkpointIsDue, evaluationIsDue, isDue, isFinished } from './timetable';

/** Where a run takes place. */
interface Place {
  readonly files: TrainFiles;
  readonly out: string | undefined;
  /** The engine, as a run remembers it. */
  readonly backend: string;
}

export class Session<C extends RunConfig = RunConfig> {
  readonly config: C;
  /** Steps done. */
  step = 0;
  /** Path of the last checkpoint written or resumed from. */
  checkpoint: string | null = null;
  /** None before the first step, but of a run that has no steps. */
  private savedStep: number;
  private savedAt = performance.now();
  private resumedFrom: string | null = null;
  /** From the run's first step on, of earlier processes too. */
  history: History = { steps: [], evaluations: [] };
  /** Losses of the steps since the last multiple of `log.every`. */
  private pending: number[] = [];
  /** Images a second of the processes before this one. */
  private earlierSpeed: number | null = null;
  private readonly toTell: TrainEvent<C>[] = [];
  private readonly losses: Losses;
  private readonly clock = createClock();
  private readonly stuck: (loss: number) => number | undefined;
  private readonly weights: readonly WeightInfo[];
  private readonly trainable: readonly WeightInfo[];
  private readonly optimizer: Optimizer;
  private readonly steps: Steps;
  private toldReason = false;
  private readonly facts: RunFacts<C>;
  private readonly best: Best | undefined;
  private isSettled = false;
  private taken = false;

  constructor(
    private readonly objective: Objective<C>,
    private readonly place: Place,
  ) {
    const { config, model, keepBest, warnings, classes } = objective;
    this.config = config;
    this.savedStep = config.steps === 0 ? -1 : 0;
    this.weights = describeWeights(model);
    this.trainable = this.weights.filter(({ trainable }) => trainable);
    this.facts = runFacts(objective, place.backend, this.trainable);
    this.optimizer = createOptimizer(config, this.trainable);
    this.losses = createLosses(config.log.readEvery);
    this.steps = objective.steps(this.weights, this.optimizer);
    this.stuck = standsStill(classes);
    this.best = keepBest && new Best(this.weights);
    this.toTell.push(...warnings);
  }

  /** @throws NeusimError CHECKPOINT_MISMATCH where its tensors are another network's. */
  restore(path: string, saved: Checkpoint, config: C): void {
    const { run, best } = splitBest(saved.tensors);
    restoreState(path, run, this.weights, this.optimizer);
    this.best?.load(best);
    const { step, pending, imagesPerSecond, history } = saved;
    this.step = step;
    this.savedStep = step;
    this.history = history;
    this.isSettled = this.isFinished && !this.evaluationIsDue;
    if (!this.isFinished) this.history = withoutEnd(saved, config, this.best !== undefined);
    this.pending = pending;
    this.earlierSpeed = imagesPerSecond;
    this.checkpoint = path;
    this.resumedFrom = path;
    this.toTell.unshift(...otherBackend(saved, this.place.backend));
  }

  startEvent(): StartEvent<C> {
    const { step, resumedFrom } = this;
    const { steps } = this.config;
    return { type: 'start', ...this.facts, ...this.objective.about, step, steps, resumedFrom };
  }

  get isFinished(): boolean {
    return isFinished(this.objective, this.step, this.history);
  }

  get evaluationIsDue(): boolean {
    return evaluationIsDue(this.objective, this.step, this.history);
  }

  get checkpointIsDue(): boolean {
    return this.unsaved && checkpointIsDue(this.objective, this.step, this.history, this.savedAt);
  }

  /** Whether the run has a folder, and a state that is not in it. */
  get unsaved(): boolean {
    return this.place.out !== undefined && this.step !== this.savedStep;
  }

  /** A test of the network; undefined where the signal stopped it. */
  async *evaluate(
    signal: AbortSignal | undefined,
  ): AsyncGenerator<ProgressEvent, EvaluationEvent | undefined> {
    const { step, objective, history } = this;
    const tell = (done: number): ProgressEvent => {
      return { type: 'progress', phase: 'evaluation', step, done, total: objective.tests };
    };
    try {
      const { error, interval, top5Error, ...found } = yield* seldom(objective.test(signal), tell);
      const loss = Number.isFinite(found.loss) ? found.loss : null;
      if (loss === null) await this.requireFiniteWeights(found.loss);
      const entry = { step, testError: error, ...(interval !== undefined && { interval }), top5Error, loss };
      history.evaluations.push(entry);
      // A checkpoint of this step, written as the run was stopped before the test, lacks it.
      this.savedStep = -1;
      if (bestOf(history.evaluations) === entry) await this.best?.keep();
      return { type: 'evaluation', ...entry };
    } catch (error) {
      if (signal?.aborted) return undefined;
      throw error;
    }
  }

  /**
   * What is to be done once, before the last checkpoint, with the weights that the run ends with. Where the signal stops
   * it, the last test is to be repeated too: a run that is tested to its end counts as settled.
   */
  async *settle(signal: AbortSignal | undefined): AsyncGenerator<ProgressEvent, void> {
    const { step, objective, best, history } = this;
    if (this.isSettled) return;
    const total = objective.about.dataset.trainImages;
    const tell = (done: number): ProgressEvent => ({
      type: 'progress',
      phase: 'settling',
      step,
      done,
      total,
    });
    try {
      const work = objective.settle?.(signal);
      if (work) yield* seldom(best ? best.settle(work) : work, tell);
      this.isSettled = true;
    } catch (error) {
      if (!signal?.aborted) throw error;
      history.evaluations.pop();
    }
  }

  /** Writes a checkpoint of this moment. */
  async save(): Promise<CheckpointEvent> {
    await this.readLosses({});
    const { step, config, pending, history, imagesPerSecond, best } = this;
    const { files, out, backend } = this.place;
    const tensors = await readState(this.weights, this.optimizer);
    requireFinite(step, tensors, this.checkpoint);
    const bytes = await encodeCheckpoint({
      config: { ...config } as Checkpoint['config'],
      backend,
      step,
      pending,
      imagesPerSecond,
      history,
      tensors: [...tensors, ...(best?.stored ?? [])],
    });
    const path = await saveCheckpoint(files, out as string, step, bytes, config.checkpoint.keep);
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
    const { config, clock, objective } = this;
    clock.start();
    const learningRate = learningRateAt(config, this.step);
    const { loss, grads, finish } = await this.steps.take(this.step, learningRate);
    const images = objective.images(this.step);
    this.losses.add(loss);
    this.step++;
    const logged = isDue(objective, this.step, config.log.every);
    try {
      // Before an update op by op: where the loss is no number, these weights and gradients tell why.
      if (logged || this.losses.isFull) await this.readLosses(grads);
      finish();
    } finally {
      tf.dispose(grads);
    }
    clock.stop(images, objective.waited());
    this.tellReason();
    if (logged) this.log(learningRate);
  }

  /** What there is to tell since the last call. */
  notices(): TrainEvent<C>[] {
    return this.toTell.splice(0);
  }

  /** Saves the trained model and the result. */
  async finish(): Promise<EndEvent<C>> {
    const { facts, history, step, objective, best, clock, earlierSpeed } = this;
    const { files, out } = this.place;
    best?.restore();
    const model = out === undefined ? null : files.joinPath(out, 'model');
    const ended = { facts, step, history, keepsBest: best !== undefined, clock, earlierSpeed, model };
    const result = resultOf(ended);
    if (out !== undefined && model !== null) {
      await (objective.network ?? objective.model).save(files.modelFile(model) as tf.io.IOHandler);
      await files.writeAtomic(files.joinPath(out, 'result.json'), `${JSON.stringify(result, null, 2)}\n`);
    }
    return { type: 'end', step, result };
  }

  takeModel(): LayersModel {
    this.taken = true;
    return this.objective.model;
  }

  async dispose(): Promise<void> {
    this.steps.dispose();
    this.losses.dispose();
    this.optimizer.dispose();
    await this.objective.close();
    if (!this.taken) disposeModel(this.objective.model);
  }

  private get imagesPerSecond(): number | null {
    return this.clock.overall()?.imagesPerSecond ?? this.earlierSpeed;
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
      if (stood !== undefined) this.toTell.push(stuck(step, stood, this.objective.classes));
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
