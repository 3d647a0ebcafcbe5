/**
 * Several learners on the same episodes. Episodes differ more from each other than learners do: what two learners differ
 * by is therefore taken episode by episode, which leaves that out.
 */
import { NeusimError } from '@neusim/registry';
import type { EpisodeEvaluation } from './episode-evaluation';
import { meanInterval } from './mean-interval';

/** An evaluation and what it is called. */
export interface NamedEvaluation {
  readonly name: string;
  readonly evaluation: EpisodeEvaluation;
}

/** What one learner's accuracy is above another's, on the same episodes. */
export interface PairedDifference {
  readonly a: string;
  readonly b: string;
  /** Mean over the episodes of b's accuracy minus a's, in points. */
  readonly difference: number;
  /** Half of its 95 % interval: 1.96·std/√episodes of the differences. */
  readonly interval: number;
  /** Episodes in which b has the higher accuracy, and in which a has. */
  readonly higher: number;
  readonly lower: number;
}

export interface EpisodeComparison {
  readonly episodes: number;
  readonly way: number;
  readonly shot: number;
  readonly query: number;
  /** As `EpisodeEvaluation` has them. */
  readonly rows: readonly {
    readonly name: string;
    readonly accuracy: number;
    readonly interval: number;
    readonly loss: number;
  }[];
  readonly pairs: readonly PairedDifference[];
}

/**
 * @param evaluations two or more, of the same episodes: one pool, seed and form.
 * @param against which pairs: `each`, or every other against the `first`. Default `each`.
 * @throws NeusimError FEWSHOT_OTHER_EPISODES where two were tested on other episodes; FEWSHOT_NOTHING_TO_COMPARE
 */
export function compareEpisodes(
  evaluations: readonly NamedEvaluation[],
  { against = 'each' }: { readonly against?: 'each' | 'first' | undefined } = {},
): EpisodeComparison {
  const [first] = evaluations;
  if (!first || evaluations.length < 2)
    throw new NeusimError(
      'FEWSHOT_NOTHING_TO_COMPARE',
      `${evaluations.length} evaluations; wanted: 2 or more`,
      {
        data: { evaluations: evaluations.length },
        hint: 'evaluate several learners on the same episodes',
      },
    );
  for (const other of evaluations)
    if (other.evaluation.drawn !== first.evaluation.drawn) throw others(first, other);
  const { episodes, way, shot, query } = first.evaluation;
  const starts = against === 'first' ? [first] : evaluations;
  return {
    episodes,
    way,
    shot,
    query,
    rows: evaluations.map(({ name, evaluation: { accuracy, interval, loss } }) => ({
      name,
      accuracy,
      interval,
      loss,
    })),
    pairs: starts.flatMap((a, index) => evaluations.slice(index + 1).map((b) => paired(a, b))),
  };
}

function paired(a: NamedEvaluation, b: NamedEvaluation): PairedDifference {
  // In float64: half of a difference may be lost to float32 percentages.
  const differences = Array.from(b.evaluation.accuracies, (value, i) => value - a.evaluation.accuracies[i]!);
  const { mean: difference, interval } = meanInterval(differences);
  const count = (is: (value: number) => boolean) => differences.filter(is).length;
  return {
    a: a.name,
    b: b.name,
    difference,
    interval,
    higher: count((value) => value > 0),
    lower: count((value) => value < 0),
  };
}

function others(a: NamedEvaluation, b: NamedEvaluation): NeusimError {
  const form = ({ evaluation: { episodes, way, shot, query } }: NamedEvaluation) =>
    `${episodes} ${way}-way ${shot}-shot episodes with ${query} queries a class`;
  const differ = form(a) === form(b) ? 'of another seed, or of another pool' : `${form(a)}, ${form(b)}`;
  return new NeusimError(
    'FEWSHOT_OTHER_EPISODES',
    `"${a.name}" and "${b.name}" were tested on different episodes: ${differ}`,
    {
      data: { names: [a.name, b.name], drawn: [a.evaluation.drawn, b.evaluation.drawn] },
      hint: 'test both on one pool, with the same way, shot, query, episodes and seed',
    },
  );
}
