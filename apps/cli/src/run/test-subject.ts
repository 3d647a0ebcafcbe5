// A pass over episodes, on as many threads as it is worth, with its progress shown.

import { type EpisodeEvaluation, type EpisodeProgress, evaluateEpisodes } from '@neusim/fewshot';
import { cores } from '@neusim/platform';
import { createPool, type Pool } from '@neusim/train';
import * as tf from '@tensorflow/tfjs-core';
import { createProgress } from '../terminal/progress';
import type { Terminal } from '../terminal/terminal';
import { orAll } from './few-shot-data';
import type { Subject } from './few-shot-subject';
import { trainWorkerUrl } from './worker-url';

/** Multiply-adds of a pass from which on starting threads for it pays: some seconds of one core. */
const WORTH_THREADS = 2e10;

export interface EpisodesAsked {
  readonly way: number;
  readonly shot: number;
  readonly query: number;
  readonly episodes: number;
  readonly seed: number;
  readonly minImages?: number | undefined;
  readonly within?: 'group' | undefined;
}

export interface Pass extends EpisodesAsked {
  /** Threads; default: the cores, where there is enough to do. */
  readonly jobs?: number | undefined;
  /** Modules of the plug-ins, for the threads. */
  readonly plugins: readonly string[];
}

/** @throws NeusimError what `evaluateEpisodes` throws; the reason of `terminal.interrupted` */
export function testSubject(terminal: Terminal, subject: Subject, pass: Pass): Promise<EpisodeEvaluation> {
  const { jobs, plugins, ...form } = pass;
  const { learner, pool, reading, part, total } = subject;
  return withThreads(terminal, subject, pass, (more) =>
    evaluateEpisodes(learner, pool, { ...form, ...reading, ...more }),
  ).catch((error) => {
    throw orAll(error, part !== 'all' && total >= pass.way);
  });
}

/** What tests take besides: workers, and progress on the terminal. */
export async function withThreads<T>(
  terminal: Terminal,
  { name, learner, cost, recipe, pool }: Subject,
  { jobs, plugins, way, shot, query, episodes }: Pass,
  work: (more: {
    readonly workers: { readonly pool: Pool; readonly recipe: Subject['recipe'] } | undefined;
    readonly signal: AbortSignal;
    onProgress(progress: EpisodeProgress): void;
  }) => Promise<T>,
): Promise<T> {
  const asked = episodes * way * (shot + query);
  const images = learner.embed ? Math.min(pool.count, asked) : asked;
  const size = jobs ?? threadsFor(cost * images);
  const workers = size > 1 ? await createPool({ url: trainWorkerUrl, size, data: plugins }) : undefined;
  const progress = createProgress(terminal, [name]);
  try {
    return await work({
      workers: workers && { pool: workers, recipe },
      signal: terminal.interrupted,
      onProgress: ({ phase, done, total }) =>
        progress.update(name, {
          step: done,
          steps: total,
          text: phase === 'embedding' ? 'images embedded' : 'episodes',
          isLast: done === total,
        }),
    });
  } finally {
    progress.stop();
    await workers?.close();
  }
}

function threadsFor(work: number): number {
  const isOneCore = ['wasm', 'cpu'].includes(tf.getBackend());
  return isOneCore && work > WORTH_THREADS ? cores() : 1;
}
