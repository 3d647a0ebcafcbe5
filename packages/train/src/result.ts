/** What a run comes to. */
import { bestOf } from './best';
import type { Clock } from './clock';
import type { History, TrainResult } from './events';
import type { RunFacts } from './run-facts';

interface Ended<C> {
  readonly facts: RunFacts<C>;
  readonly step: number;
  readonly history: History;
  /** Whether it ends with the weights that were tested best. */
  readonly keepsBest: boolean;
  readonly clock: Clock;
  /** Of earlier processes. */
  readonly earlierSpeed: number | null;
  /** Folder of the model. */
  readonly model: string | null;
}

export function resultOf<C>(ended: Ended<C>): TrainResult<C> {
  const { facts, step, history, keepsBest, clock, earlierSpeed, model } = ended;
  const { evaluations } = history;
  const told = (keepsBest ? bestOf(evaluations) : evaluations.at(-1)) as History['evaluations'][number];
  const { testError, interval, top5Error } = told;
  const speed = clock.overall();
  return {
    ...facts,
    steps: step,
    testError,
    ...(interval !== undefined && { interval }),
    top5Error,
    ...(keepsBest && { bestStep: told.step }),
    trainImagesPerSecond: speed?.imagesPerSecond ?? earlierSpeed,
    loadingShare: speed?.loading ?? null,
    history,
    model,
  };
}
