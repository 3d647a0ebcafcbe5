// `neusim fewshot compare <run|method …>`: several learners on the same episodes, and what they differ by.

import { compareEpisodes, type NamedEvaluation, parseFewShotConfig } from '@neusim/fewshot';
import { splitPart } from '@neusim/models';
import { exists, joinPath } from '@neusim/platform';
import { NeusimError } from '@neusim/registry';
import type { NamedData } from '../run/few-shot-data';
import {
  comparisonText,
  figuresOf,
  formText,
  poolText,
  type TestFigures,
  warningsOf,
  writeTests,
} from '../run/few-shot-figures';
import { dataName, reportName } from '../run/few-shot-files';
import { askedOf } from '../run/few-shot-form';
import { requireMethods } from '../run/few-shot-names';
import { configOf } from '../run/find-model';
import { hearWarnings, tellingOnce } from '../run/hear-warnings';
import { unlessStopped } from '../run/measure';
import { seenIn, whatIsNew } from '../run/seen-classes';
import { type SharedPools, sharedPools } from '../run/shared-pools';
import { stoppedOutcome } from '../run/stopped';
import { type EpisodesAsked, testSubject } from '../run/test-subject';
import { shellCommand } from '../terminal/shell-command';
import type { Outcome, Terminal } from '../terminal/terminal';
import { openRegistryFor, openSubject, startFor, type TestOptions, wordsOf } from './fewshot-eval';

export interface CompareOptions extends TestOptions {
  readonly against: 'each' | 'first';
}

/**
 * @param words folders of runs, names of methods, or METHOD=BACKBONE; two or more.
 * @throws NeusimError CLI_USAGE, FEWSHOT_OTHER_EPISODES, and what opening each of them and testing throw
 */
export function compareFewShot(
  terminal: Terminal,
  words: readonly string[],
  options: CompareOptions,
): Promise<Outcome> {
  const pools = sharedPools();
  return compare(tellingOnce(terminal), words, options, pools.open).finally(pools.close);
}

async function compare(
  terminal: Terminal,
  words: readonly string[],
  options: CompareOptions,
  open: SharedPools['open'],
): Promise<Outcome> {
  if (words.length < 2)
    throw new NeusimError('CLI_USAGE', `learners named: ${words.length}; wanted: two or more`, {
      data: { words },
      hint: 'name folders of runs, methods (proto-net), or methods with a network each (proto-net=runs/mine)',
    });
  const started = performance.now();
  const folders: string[] = [];
  for (const word of words) if (await exists(joinPath(word, 'config.json'))) folders.push(word);
  const { registry, urls } = await openRegistryFor(terminal, folders, options);
  const methods = words.filter((word) => !folders.includes(word)).map((word) => splitOnce(word)[0]);
  await requireMethods(registry, methods);
  const engine = await startFor(registry, options);
  const choose = folders.length > 0 ? whatIsNew(await seenInAll(folders)) : undefined;
  const named = options.dataset === undefined ? await dataOfRun(terminal, folders[0], options) : undefined;
  const names = namesOf(words);
  const signal = terminal.interrupted;
  const evaluations: NamedEvaluation[] = [];
  const tests: TestFigures[] = [];
  let form: EpisodesAsked | undefined;
  for (const [index, word] of words.entries()) {
    const isRun = folders.includes(word);
    const [method, backbone] = isRun ? [word] : splitOnce(word);
    const name = names[index] as string;
    const own = {
      ...options,
      choose,
      ...(backbone !== undefined && { backbone }),
      ...(isRun ? { backbone: undefined, base: undefined } : { named }),
      open,
    };
    const heard = hearWarnings(terminal);
    const subject = { ...(await openSubject(heard.terminal, registry, method, isRun, own)), name };
    try {
      terminal.err(`Testing ${name} on ${dataName(subject)}, ${subject.part} classes, engine ${engine.name}`);
      form ??= askedOf(terminal, subject.pool, options);
      const pass = { ...form, jobs: options.jobs, plugins: urls };
      const evaluation = await unlessStopped(signal, () => testSubject(terminal, subject, pass));
      if (!evaluation)
        return stoppedOutcome(signal, 'Stopped; of a comparison that is not whole nothing is kept.');
      evaluations.push({ name, evaluation });
      const { warnings } = heard;
      tests.push(figuresOf(subject, evaluation, { backend: engine.name, seed: options.seed, warnings }));
      // Now, rather than after all of them were tested.
      if (index > 0) compareEpisodes([evaluations[0] as NamedEvaluation, { name, evaluation }]);
    } finally {
      await subject.close();
    }
  }
  const comparison = compareEpisodes(evaluations, { against: options.against });
  const [first] = tests as [TestFigures];
  const { dataset, folder, part } = first;
  const command = ['npx', 'neusim', 'fewshot', 'compare', ...words, ...wordsOf(terminal, options)];
  const json = {
    ...comparison,
    seed: options.seed,
    dataset,
    folder,
    part,
    warnings: warningsOf(tests),
    tests,
    command: shellCommand(command),
  };
  const written = await writeTests(options.out ?? joinPath('runs', 'fewshot-compare'), reportName(first), {
    title: `${names.length} learners on ${dataName(first)}`,
    json,
    tests,
    pairs: comparison.pairs,
    engine,
    seconds: (performance.now() - started) / 1000,
  });
  return {
    json: { ...json, files: written },
    text: `${poolText(first)}\n${formText(first)}\n\n${comparisonText(comparison)}\n\nReport: ${written.page}\nFigures: ${written.json}`,
  };
}

/** What methods are tested on beside a run: its data. */
async function dataOfRun(
  { env }: Terminal,
  run: string | undefined,
  { data }: CompareOptions,
): Promise<NamedData | undefined> {
  if (run === undefined) return undefined;
  const { dataset, division } = parseFewShotConfig(await configOf(run));
  const { name, options } = splitPart(dataset);
  return { name, options, folder: data ?? env.NEUSIM_DATA, division };
}

/** What the networks of runs have seen together; undefined where one does not tell. */
async function seenInAll(runs: readonly string[]) {
  const seen = await Promise.all(runs.map(seenIn));
  return seen.every((each) => each !== undefined) ? seen.flat() : undefined;
}

function splitOnce(word: string): [string, string?] {
  const at = word.indexOf('=');
  return at < 0 ? [word] : [word.slice(0, at), word.slice(at + 1)];
}

/** The last part of a run's folder, or the method; the whole word where that is another's too. */
function namesOf(words: readonly string[]): string[] {
  const short = words.map(
    (word) =>
      splitOnce(word)[0]
        .replace(/[\\/]+$/, '')
        .split(/[\\/]/)
        .at(-1) ?? word,
  );
  const names = short.map((name, index) =>
    short.indexOf(name) === short.lastIndexOf(name) ? name : words[index]!,
  );
  return names.map((name, index) => (names.indexOf(name) === index ? name : `${name} (${index + 1})`));
}
