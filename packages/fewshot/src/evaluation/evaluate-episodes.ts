/**
 * Testing a few-shot learner: it learns the classes of many small tasks, each from a few images, and is asked for others
 * of the same classes. What is told is the mean accuracy over the tasks, and how sure it is.
 */
import {
  type ClassPool,
  drawEpisode,
  type Episode,
  type EpisodeOptions,
  random,
  readPool,
  requireEpisodes,
  streams,
} from '@neusim/datasets';
import { NeusimError } from '@neusim/registry';
import type { Learner } from '../types';
import { type EpisodeEvaluation, judgeEpisodes } from './episode-evaluation';
import { embedImages, ownHands } from './episode-hands';
import {
  chunksOf,
  embeddedInputs,
  type Inputs,
  imageBatches,
  imageInputs,
  imagesOf,
  type PoolReading,
  sharesOf,
} from './episode-inputs';
import { type EpisodeWorkers, workersHands } from './episode-workers';
import type { ShareScores } from './score-episodes';

export interface EpisodeProgress {
  /** `embedding` images, or learning `episodes`. */
  readonly phase: 'embedding' | 'episodes';
  readonly done: number;
  readonly total: number;
}

export interface TestOptions extends PoolReading {
  /** Images that are embedded at a time; default 64. */
  readonly batchSize?: number | undefined;
  /** Bytes of embeddings that are held at a time; default 256 MiB. With less than all need, some images are embedded again. */
  readonly memory?: number | undefined;
  /** Workers that share the work. Same results, whatever their number. */
  readonly workers?: EpisodeWorkers | undefined;
  /** Stops between two batches or episodes, and between two steps of adaptation. */
  readonly signal?: AbortSignal | undefined;
  onProgress?(progress: EpisodeProgress): void;
}

/** Default: episodes of 5 classes, 1 image of each to learn from and 15 to be asked for, seed 1. */
export interface EvaluateEpisodesOptions extends TestOptions, Partial<EpisodeOptions> {
  /** From 2; default 600. */
  readonly episodes?: number | undefined;
}

const LEAST_EPISODES = 2;

/**
 * Tests a learner on episodes of a pool, by default 600 of 5 classes with one image to learn from and 15 to be asked of
 * each. Where the learner embeds images, each image that any episode has is embedded once.
 * @throws NeusimError FEWSHOT_BAD_EPISODES; what `drawEpisode` throws for a pool without such episodes, what reading images
 *   throws, and `fit` of the learner; the signal's reason, where it stops the test
 */
export async function evaluateEpisodes(
  learner: Learner,
  pool: ClassPool,
  options: EvaluateEpisodesOptions = {},
): Promise<EpisodeEvaluation> {
  const { way = 5, shot = 1, query = 15, seed = 1, within, minImages, episodes = 600, ...test } = options;
  if (!Number.isSafeInteger(episodes) || episodes < LEAST_EPISODES)
    throw new NeusimError(
      'FEWSHOT_BAD_EPISODES',
      `episodes is ${episodes}; allowed: whole numbers from ${LEAST_EPISODES}`,
      {
        data: { episodes, least: LEAST_EPISODES },
        hint: 'an interval wants several; 600 are usual',
      },
    );
  const form: EpisodeOptions = { way, shot, query, seed, within, minImages };
  const candidates = requireEpisodes(pool, form);
  const drawn = Array.from({ length: episodes }, (_, index) => drawEpisode(pool, form, index));
  return { ...(await testEpisodes(learner, pool, drawn, form, test)), candidates };
}

/** The same of episodes that are drawn already, all of one form. @param form its `seed` is of what learning them draws. */
export async function testEpisodes(
  learner: Learner,
  pool: ClassPool,
  episodes: readonly Episode[],
  form: EpisodeOptions,
  { batchSize = 64, memory = 2 ** 28, workers, signal, onProgress, ...reading }: TestOptions = {},
): Promise<EpisodeEvaluation> {
  const hands = workers ? await workersHands(workers, learner) : ownHands(learner);
  const first = episodes[0]!.support[0]!;
  let done = 0;
  const told = (more: number) => {
    done += more;
    onProgress?.({ phase: 'episodes', done, total: episodes.length });
  };
  const scores: ShareScores[] = [];
  const score = async (some: readonly Episode[], inputs: Inputs) => {
    const from = scores.reduce((sum, { losses }) => sum + losses.length, 0);
    const seeds = some.map((_, index) => random(form.seed, streams.episodeFit, from + index)());
    const shares = sharesOf(some, seeds, form, inputs);
    for await (const each of hands.score(shares, signal, told)) scores.push(each);
  };
  if (!learner.embed) await score(episodes, await imageInputs(pool, first, reading));
  else {
    const { shape, values } = await embedImages(learner, await readPool(pool, [first], reading));
    const chunks = chunksOf(episodes, Math.floor(memory / (4 * values.length))).map((some) => ({
      episodes: some,
      images: imagesOf(some),
    }));
    const total = chunks.reduce((sum, { images }) => sum + images.length, 0);
    let embedded = 0;
    for (const { episodes: some, images } of chunks) {
      const all = new Float32Array(images.length * values.length);
      let at = 0;
      const batches = imageBatches(pool, images, batchSize, reading);
      for await (const batch of hands.embed(batches, signal)) {
        all.set(batch.values, at);
        at += batch.values.length;
        embedded += batch.count;
        onProgress?.({ phase: 'embedding', done: embedded, total });
      }
      await score(some, embeddedInputs(images, all, shape));
    }
  }
  return judgeEpisodes(pool, episodes, form, scores);
}
