/** From the answers to many episodes to what is told of them. */
import type { ClassPool, Episode } from '@neusim/datasets';
import { meanInterval } from './mean-interval';
import type { ShareScores } from './score-episodes';

/** The form of the episodes, and which they are. */
export interface TestedEpisodes {
  readonly episodes: number;
  readonly way: number;
  readonly shot: number;
  readonly query: number;
  /** A fingerprint of the pool's classes and of all images of all episodes: equal where the episodes are the same. */
  readonly drawn: string;
}

/** So many queries, from 1, of a class were read as another or as itself. Both are indices of the pool's classes. */
export type ConfusedQueries = readonly [label: number, predicted: number, queries: number];

export interface EpisodeEvaluation extends TestedEpisodes {
  /** Mean over the episodes of the percentage of queries whose largest logit is their class's. */
  readonly accuracy: number;
  /** Half of its 95 % interval, in percent: 1.96·std/√episodes. */
  readonly interval: number;
  /** [episodes], in percent. */
  readonly accuracies: Float32Array;
  /** Mean cross-entropy of the queries, by the softmax of the logits. */
  readonly loss: number;
  /** Names of the pool's classes. */
  readonly classes: readonly string[];
  /** How many of them episodes are drawn from: fewer where small classes, or small groups of classes, are left out. */
  readonly candidates: number;
  /**
   * Of all episodes together, each pair of a class and what its queries were read as that occurs, by class and then by what was
   * read: a class is no other's rival but in the same episode, so that of the pairs of many classes most never meet.
   */
  readonly confusion: readonly ConfusedQueries[];
  /** Percentage of each class's queries that were read as it; null for a class that no episode has. */
  readonly classAccuracies: readonly (number | null)[];
}

/** @param scores of all episodes, in their order. */
export function judgeEpisodes(
  pool: ClassPool,
  episodes: readonly Episode[],
  form: { readonly way: number; readonly shot: number; readonly query: number },
  scores: readonly ShareScores[],
): EpisodeEvaluation {
  const { way, shot, query } = form;
  const count = pool.classes.length;
  const accuracies = new Float32Array(episodes.length);
  const pairs = new Map<number, number>();
  const asked = new Array<number>(count).fill(0);
  const predicted = scores.flatMap((score) => [...score.predicted]);
  for (const [index, { classes }] of episodes.entries()) {
    let right = 0;
    for (let i = 0; i < way * query; i++) {
      const label = Math.floor(i / query);
      const found = predicted[index * way * query + i]!;
      asked[classes[label]!]!++;
      const pair = classes[label]! * count + classes[found]!;
      if (found >= 0) pairs.set(pair, (pairs.get(pair) ?? 0) + 1);
      if (found === label) right++;
    }
    accuracies[index] = (100 * right) / (way * query);
  }
  const { mean: accuracy, interval } = meanInterval(accuracies);
  return {
    episodes: episodes.length,
    way,
    shot,
    query,
    drawn: fingerprint(pool, episodes),
    accuracy,
    interval,
    accuracies,
    loss: meanInterval(scores.flatMap(({ losses }) => [...losses])).mean,
    classes: pool.classes,
    candidates: count,
    confusion: [...pairs]
      .sort(([a], [b]) => a - b)
      .map(([pair, queries]) => [Math.floor(pair / count), pair % count, queries]),
    classAccuracies: asked.map((queries, label) =>
      queries === 0 ? null : (100 * (pairs.get(label * count + label) ?? 0)) / queries,
    ),
  };
}

/** FNV-1a of the names and the indices, twice with other starts: 64 bits. */
function fingerprint({ classes, count }: ClassPool, episodes: readonly Episode[]): string {
  const hashes = [0x811c9dc5, 0x2f0b4f1d].map((start) => {
    let hash = start;
    const add = (value: number) => {
      hash = Math.imul(hash ^ value, 0x01000193);
      hash ^= hash >>> 15;
    };
    for (const unit of classes.join('\n')) add(unit.codePointAt(0)!);
    add(count);
    for (const each of episodes)
      for (const indices of [each.classes, each.support, each.query]) for (const index of indices) add(index);
    return (hash >>> 0).toString(16).padStart(8, '0');
  });
  return hashes.join('');
}
