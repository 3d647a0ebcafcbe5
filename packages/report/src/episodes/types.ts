// What a page of few-shot evaluations shows: plain JSON.

import type { ConfusionCell } from '../evaluation';

/** A learner tested on episodes, as `evaluateEpisodes` of @neusim/fewshot tests it. */
export interface EpisodeFigures {
  readonly name: string;
  /** Percent: the mean over the episodes, and half of its 95 % interval; of trials that were counted, the interval's ends. */
  readonly accuracy: number;
  readonly interval: number | readonly [low: number, high: number];
  /** Mean cross-entropy; null where it is no finite number. */
  readonly loss: number | null;
  /** Of each episode, in percent. */
  readonly accuracies: readonly number[];
  /** Names of the pool's classes. */
  readonly classes: readonly string[];
  /** In queries: the pairs that occur. */
  readonly confusion: readonly ConfusionCell[];
}

/** What one learner's accuracy is above another's on the same episodes, as `compareEpisodes` has it. */
export interface EpisodeDifference {
  readonly a: string;
  readonly b: string;
  /** Points: the mean of b's accuracy minus a's, and half of its 95 % interval. */
  readonly difference: number;
  readonly interval: number;
  /** Episodes in which b has the higher accuracy, and in which a has. */
  readonly higher: number;
  readonly lower: number;
}

export interface EpisodesReport {
  readonly title: string;
  /** The form of the episodes, in words. */
  readonly summary: string;
  readonly facts: readonly (readonly [what: string, value: string])[];
  /** What there is to know before one believes the figures, in sentences; below the heading. */
  readonly warnings?: readonly string[];
  /** Classes of an episode: chance is one of so many. */
  readonly way: number;
  /** One or more, all of the same episodes. */
  readonly evaluations: readonly EpisodeFigures[];
  readonly pairs: readonly EpisodeDifference[];
  /** Makes it again. */
  readonly command: string;
}
