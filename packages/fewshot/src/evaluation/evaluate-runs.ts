/**
 * Testing on episodes that their authors have fixed: Omniglot's 20 one-shot runs of 20 classes, two drawings of each, that
 * everyone reports (Lake, Salakhutdinov and Tenenbaum, Human-level concept learning through probabilistic program
 * induction, 2015). So few trials are counted, not averaged: the interval is of a share.
 */
import type { ClassPool, Episode } from '@neusim/datasets';
import { NeusimError } from '@neusim/registry';
import type { EpisodeEvaluation } from './episode-evaluation';
import { type TestOptions, testEpisodes } from './evaluate-episodes';

export interface RunsEvaluation extends Omit<EpisodeEvaluation, 'interval'> {
  /** Queries of all runs together, and those of them that were read as their class. */
  readonly trials: number;
  readonly correct: number;
  /** 95 % interval of the accuracy, in percent: Wilson's score interval of `correct` of `trials`. */
  readonly interval: readonly [low: number, high: number];
}

/**
 * Tests a learner on each run, as `evaluateEpisodes` does on episodes that it draws.
 * @param runs of one form, each class having as many support images as any, and as many queries.
 * @param options `seed`: of what learning a run draws, default 1.
 * @throws NeusimError FEWSHOT_BAD_RUNS; what reading images throws, and `fit` of the learner; the signal's reason
 */
export async function evaluateRuns(
  learner: Parameters<typeof testEpisodes>[0],
  pool: ClassPool,
  runs: readonly Episode[],
  { seed = 1, ...options }: TestOptions & { readonly seed?: number | undefined } = {},
): Promise<RunsEvaluation> {
  const { way, shot, query } = formOf(runs);
  const evaluation = await testEpisodes(learner, pool, runs, { way, shot, query, seed }, options);
  const trials = runs.length * way * query;
  const correct = Math.round((evaluation.accuracy * trials) / 100);
  return { ...evaluation, trials, correct, interval: wilson(correct, trials) };
}

function formOf(runs: readonly Episode[]) {
  const forms = runs.map(({ classes, support, query }) => [
    classes.length,
    support.length / classes.length,
    query.length / classes.length,
  ]);
  const [form] = forms;
  if (form?.every(Number.isInteger) && forms.every((each) => String(each) === String(form)))
    return { way: form[0]!, shot: form[1]!, query: form[2]! };
  throw new NeusimError(
    'FEWSHOT_BAD_RUNS',
    `${runs.length} runs, of the forms ${[...new Set(forms.map(String))]}`,
    {
      data: { runs: runs.length, forms },
      hint: 'give one run or more, all with as many classes, support images and queries',
    },
  );
}

/** In percent (Wilson 1927): right near 0 and 100 % too, where so few trials lead. */
function wilson(counted: number, count: number): readonly [number, number] {
  const share = counted / count;
  const square = 1.96 ** 2 / count;
  const middle = (share + square / 2) / (1 + square);
  const reach = (1.96 / (1 + square)) * Math.sqrt((share * (1 - share)) / count + square / (4 * count));
  return [100 * Math.max(0, middle - reach), 100 * Math.min(1, middle + reach)];
}
