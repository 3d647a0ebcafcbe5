// What few-shot commands print and write of a test: figures, a table of Markdown, a page.

import { cpus } from 'node:os';
import { resolve } from 'node:path';
import type { ConfusedQueries, EpisodeComparison, EpisodeEvaluation, RunsEvaluation } from '@neusim/fewshot';
import { joinPath, makeFolder, writeAtomic } from '@neusim/platform';
import { classFigures, confusedPairs, episodesPage, plusMinus, signed, verdictOf } from '@neusim/report';
import { packageVersion } from '../package-version';
import { textTable } from '../terminal/text-table';
import type { PartName } from './few-shot-data';
import { dataName, freeName, type Origin } from './few-shot-files';
import type { Subject } from './few-shot-subject';

/** Rows of a table that one looks at. */
const MOST = 20;

/** One test, for a program. */
export interface TestFigures {
  readonly name: string;
  readonly facts: Readonly<Record<string, string>>;
  readonly dataset: string;
  /** Whole path of the data; null where the reader knew it. */
  readonly folder: string | null;
  readonly part: PartName;
  readonly backend: string;
  readonly way: number;
  readonly shot: number;
  readonly query: number;
  readonly episodes: number;
  /** Of the episodes; null where their authors have fixed them. */
  readonly seed: number | null;
  readonly drawn: string;
  /** How many of `classes` episodes are drawn from. */
  readonly candidates: number;
  /** Percent, and half of its 95 % interval; of official runs its ends. */
  readonly accuracy: number;
  readonly interval: number | readonly [number, number];
  readonly loss: number | null;
  readonly accuracies: readonly number[];
  readonly classes: readonly {
    readonly name: string;
    readonly accuracy: number | null;
    readonly queries: number;
  }[];
  readonly confused: readonly {
    readonly label: string;
    readonly predicted: string;
    readonly images: number;
  }[];
  /** What there is to know before one believes them, in sentences. */
  readonly warnings: readonly string[];
  /** By class, then by what its queries were read as; indices of `classes`. */
  readonly confusion: readonly ConfusedQueries[];
}

export function figuresOf(
  { name, dataset, folder, part, facts }: Pick<Subject, 'name' | 'dataset' | 'folder' | 'part' | 'facts'>,
  evaluation: EpisodeEvaluation | RunsEvaluation,
  {
    backend,
    seed,
    warnings = [],
  }: {
    readonly backend: string;
    readonly seed: number | null;
    readonly warnings?: readonly string[] | undefined;
  },
): TestFigures {
  const { way, shot, query, episodes, drawn, accuracy, interval, loss, accuracies } = evaluation;
  const { classes, candidates, classAccuracies, confusion } = evaluation;
  return {
    name,
    facts: Object.fromEntries(facts),
    dataset,
    folder: folder ? resolve(folder) : null,
    part,
    backend,
    way,
    shot,
    query,
    episodes,
    seed,
    drawn,
    candidates,
    accuracy,
    interval,
    loss: Number.isFinite(loss) ? loss : null,
    accuracies: [...accuracies],
    classes: classFigures(classes, confusion).map(({ name, images }, label) => ({
      name,
      accuracy: classAccuracies[label] ?? null,
      queries: images,
    })),
    confused: confusedPairs(classes, confusion),
    warnings: [...warnings],
    confusion,
  };
}

/** Those of all tests, each once. */
export const warningsOf = (tests: readonly TestFigures[]) => [
  ...new Set(tests.flatMap(({ warnings }) => warnings)),
];

/** `54.21 ± 0.87 %`, or `93.50 %, 90.63 to 95.53`. */
const accuracyText = ({ accuracy, interval }: Pick<TestFigures, 'accuracy' | 'interval'>) =>
  typeof interval === 'number'
    ? `${plusMinus(accuracy, interval)} %`
    : `${accuracy.toFixed(2)} % (95 %: ${interval[0].toFixed(2)} to ${interval[1].toFixed(2)})`;

/** The form of the episodes, in words. */
export function formText({ way, shot, query, episodes, seed }: TestFigures): string {
  const count = episodes.toLocaleString('en-US');
  return seed === null
    ? `the ${count} official ${way}-way ${shot}-shot runs`
    : `${count} episodes, ${way}-way ${shot}-shot, ${query} ${query === 1 ? 'query' : 'queries'} a class, seed ${seed}`;
}

/** Of which classes. */
export function poolText(figures: TestFigures): string {
  const { dataset, part, classes, candidates } = figures;
  const name = dataName(figures);
  const data = name === dataset ? name : `${name} (${dataset})`;
  if (candidates === classes.length) return `${data}, ${part} classes (${classes.length})`;
  return `${data}, ${candidates} of ${classes.length} ${part === 'all' ? '' : `${part} `}classes`;
}

export function testText(figures: TestFigures): string {
  const { name, loss, confused } = figures;
  const asked = figures.classes.filter(({ queries }) => queries > 0);
  const hardest = asked.toSorted((a, b) => (a.accuracy ?? 0) - (b.accuracy ?? 0)).slice(0, MOST);
  const classTable = textTable(
    [{ title: 'class' }, { title: 'queries', align: 'right' }, { title: 'accuracy %', align: 'right' }],
    hardest.map((each) => [each.name, String(each.queries), each.accuracy?.toFixed(2) ?? null]),
  );
  const pairs = textTable(
    [{ title: 'is' }, { title: 'read as' }, { title: 'queries', align: 'right' }],
    confused.slice(0, MOST / 2).map(({ label, predicted, images }) => [label, predicted, String(images)]),
  );
  return [
    `${name} on ${poolText(figures)}\n${formText(figures)}\n\naccuracy  ${accuracyText(figures)}\nloss      ${loss?.toFixed(4) ?? '–'}`,
    hardest.length < asked.length
      ? `The ${MOST} hardest of ${asked.length} classes:\n${classTable}`
      : classTable,
    ...(confused.length > 0 ? [`Most often confused:\n${pairs}`] : []),
  ].join('\n\n');
}

export function comparisonText({ rows, pairs }: EpisodeComparison): string {
  const right = 'right' as const;
  return [
    textTable(
      [{ title: 'name' }, { title: 'accuracy %', align: right }, { title: 'loss', align: right }],
      rows.map(({ name, accuracy, interval, loss }) => [
        name,
        plusMinus(accuracy, interval),
        Number.isFinite(loss) ? loss.toFixed(4) : null,
      ]),
    ),
    textTable(
      [
        { title: 'difference of' },
        { title: 'points', align: right },
        { title: 'higher in', align: right },
        { title: 'lower in', align: right },
        { title: 'verdict' },
      ],
      pairs.map(({ a, b, difference, interval, higher, lower }) => [
        `${b} − ${a}`,
        `${signed(difference)} ± ${interval.toFixed(2)}`,
        String(higher),
        String(lower),
        verdictOf({ a, b, difference, interval }),
      ]),
    ),
  ].join('\n\n');
}

export interface Written {
  readonly json: string;
  readonly page: string;
  readonly markdown: string;
}

export interface ToWrite {
  readonly title: string;
  /** For a program: the whole of `base.json`. Its `command` makes it again. */
  readonly json: Origin;
  readonly tests: readonly TestFigures[];
  readonly pairs: EpisodeComparison['pairs'];
  readonly engine: { readonly name: string; readonly adapter: string };
  readonly seconds: number;
}

/** Writes BASE.json, BASE.html and BASE.md into `out`; with a number behind BASE, where that has figures of other settings. */
export async function writeTests(out: string, base: string, given: ToWrite): Promise<Written> {
  const { title, json, tests, pairs, engine, seconds } = given;
  const { command } = json;
  const [first] = tests as [TestFigures];
  const facts: [string, string][] = [
    ['data', poolText(first)],
    ...factsOf(tests),
    ['engine', `${engine.name} (${engine.adapter})`],
    ['processor', `${cpus()[0]?.model.trim() ?? 'unknown'}, ${cpus().length} cores`],
    ['Node', process.versions.node],
    ['neusim', packageVersion()],
    ['time', `${seconds.toFixed(1)} s`],
    ['date', new Date().toISOString().slice(0, 10)],
  ];
  const evaluations = tests.map((test) => ({ ...test, classes: test.classes.map(({ name }) => name) }));
  await makeFolder(out);
  const name = await freeName(out, base, json);
  const written = {
    json: joinPath(out, `${name}.json`),
    page: joinPath(out, `${name}.html`),
    markdown: joinPath(out, `${name}.md`),
  };
  const [summary, warnings, { way }] = [formText(first), warningsOf(tests), first];
  const report = { title, summary, facts, warnings, way, evaluations, pairs, command };
  await writeAtomic(written.page, episodesPage(report));
  await writeAtomic(written.markdown, markdownOf({ ...given, facts, summary }));
  // The last: where it is, the others are.
  await writeAtomic(written.json, `${JSON.stringify(json)}\n`);
  return written;
}

/** Of what is not the same of all it says whose it is: `backbone of proto-net`. */
function factsOf(tests: readonly TestFigures[]): [string, string][] {
  const owners = new Map<string, string[]>();
  for (const { name, facts } of tests)
    for (const fact of Object.entries(facts)) {
      const key = JSON.stringify(fact);
      owners.set(key, [...(owners.get(key) ?? []), name]);
    }
  return [...owners].map(([key, names]) => {
    const [what, value] = JSON.parse(key) as [string, string];
    return [names.length === tests.length ? what : `${what} of ${names.join(', ')}`, value];
  });
}

function markdownOf({
  title,
  summary,
  tests,
  pairs,
  facts,
  json: { command },
}: ToWrite & { readonly summary: string; readonly facts: readonly (readonly [string, string])[] }): string {
  const warnings = warningsOf(tests);
  const row = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  const table = (heads: readonly string[], rows: readonly (readonly string[])[]) =>
    [row(heads), row(heads.map(() => '---')), ...rows.map(row)].join('\n');
  const classRows = tests.flatMap(({ name, classes }) =>
    classes
      .filter(({ queries }) => queries > 0)
      .map((each) => [name, each.name, String(each.queries), each.accuracy?.toFixed(2) ?? '']),
  );
  return `${[
    `# ${title}`,
    ...(warnings.length > 0 ? [warnings.map((each) => `- ${each}`).join('\n')] : []),
    `\`${command}\``,
    `${summary}; ${facts.map(([what, value]) => `${what}: ${value}`).join('; ')}`,
    table(
      ['name', 'accuracy', 'loss'],
      tests.map((each) => [`\`${each.name}\``, accuracyText(each), each.loss?.toFixed(4) ?? '']),
    ),
    ...(pairs.length > 0
      ? [
          table(
            ['difference of', 'points', 'higher in', 'lower in', 'verdict'],
            pairs.map((pair) => [
              `${pair.b} − ${pair.a}`,
              `${signed(pair.difference)} ± ${pair.interval.toFixed(2)}`,
              String(pair.higher),
              String(pair.lower),
              verdictOf(pair),
            ]),
          ),
        ]
      : []),
    table(['name', 'class', 'queries', 'accuracy %'], classRows),
  ].join('\n\n')}\n`;
}
