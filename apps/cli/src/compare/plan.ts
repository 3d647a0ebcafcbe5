// What `neusim compare` trains: every variant with every seed, each a config and a folder of its own.

import { joinPath } from '@neusim/platform';
import { NeusimError } from '@neusim/registry';
import { parseConfig, setConfigValue, type TrainConfig } from '@neusim/train';

export interface PlannedRun {
  /** Of the variant. */
  readonly name: string;
  readonly seed: number;
  readonly config: TrainConfig;
  /** Folder. */
  readonly out: string;
}

/** A config as JSON, and what to call it. */
export interface Source {
  readonly name: string;
  readonly config: Record<string, unknown>;
}

export interface Vary {
  readonly path: string;
  readonly values: readonly string[];
}

const MOST_RUNS = 1000;

/**
 * `model.similarity=static-dns,dynamic-dns`. Values that are JSON keep their commas: `[1,2],[3,4]` are two.
 * @throws NeusimError CLI_BAD_VARY
 */
export function parseVary(assignment: string): Vary {
  const at = assignment.indexOf('=');
  const values = at < 1 ? [] : splitValues(assignment.slice(at + 1));
  if (values.length > 0 && values.every((value) => value !== '') && new Set(values).size === values.length)
    return { path: assignment.slice(0, at), values };
  throw new NeusimError(
    'CLI_BAD_VARY',
    `--vary ${assignment}: wanted key=value,value of values that differ`,
    {
      data: { assignment },
      hint: 'for example --vary model.similarity=static-dns,dynamic-dns',
    },
  );
}

/** At commas outside brackets and quotes. */
function splitValues(text: string): string[] {
  const values: string[] = [];
  let [value, depth, quoted] = ['', 0, false];
  for (const [index, letter] of [...text].entries()) {
    if (letter === '"' && text[index - 1] !== '\\') quoted = !quoted;
    if (!quoted && '[{'.includes(letter)) depth++;
    if (!quoted && ']}'.includes(letter)) depth--;
    if (letter === ',' && depth === 0 && !quoted) {
      values.push(value);
      value = '';
    } else value += letter;
  }
  return [...values, value];
}

/**
 * `3`: seeds 1, 2 and 3; `4,7`: these; `7,`: the one. Of too many, one more than `planRuns` takes.
 * @throws NeusimError CLI_BAD_SEEDS
 */
export function parseSeeds(text: string): number[] {
  const parts = text.split(',').filter((part, index, all) => part !== '' || index < all.length - 1);
  const numbers = parts.map((part) => (/^\d+$/.test(part.trim()) ? Number(part) : Number.NaN));
  const seeds = text.includes(',')
    ? numbers
    : Array.from({ length: Math.min(numbers[0] || 0, MOST_RUNS + 1) }, (_, i) => i + 1);
  if (seeds.length > 0 && seeds.every(Number.isSafeInteger) && new Set(seeds).size === seeds.length)
    return seeds;
  throw new NeusimError('CLI_BAD_SEEDS', `--seeds ${text}: wanted how many, or a list of whole numbers`, {
    data: { seeds: text },
    hint: '--seeds 3 takes 1, 2 and 3; --seeds 4,7 takes these two; --seeds 7, the one',
  });
}

/**
 * All runs, seed by seed, so that what is finished first can be compared.
 * @throws NeusimError CLI_SAME_VARIANT, CLI_OTHER_DATASET, CLI_TOO_MANY_RUNS, CONFIG_INVALID
 */
export function planRuns(
  sources: readonly Source[],
  varied: readonly Vary[],
  seeds: readonly number[],
  out: string,
): PlannedRun[] {
  let variants = sources.map(({ name, config }) => ({ names: sources.length > 1 ? [name] : [], config }));
  for (const { path, values } of varied)
    variants = variants.flatMap(({ names, config }) =>
      values.map((value) => ({ names: [...names, value], config: setConfigValue(config, path, value) })),
    );
  if (variants.length * seeds.length > MOST_RUNS)
    throw new NeusimError(
      'CLI_TOO_MANY_RUNS',
      `${variants.length} variants with ${seeds.length} seeds are ${variants.length * seeds.length} runs; allowed: ${MOST_RUNS}`,
      {
        data: { variants: variants.length, seeds: seeds.length, allowed: MOST_RUNS },
        hint: 'vary fewer things at a time',
      },
    );
  const named = variants.map(({ names, config }) => {
    const name = names.length > 0 ? names.join(' ') : (sources[0] as Source).name;
    return { name, folder: folderName(name), config };
  });
  const folders = named.map(({ folder }) => folder.toLowerCase());
  const twice = named.find(({ folder }, index) => folders.indexOf(folder.toLowerCase()) !== index);
  if (twice)
    throw new NeusimError('CLI_SAME_VARIANT', `two variants are called ${twice.name}`, {
      data: { name: twice.name },
      hint: 'give each config a name of its own (its key `name`), or vary it with --vary',
    });
  const runs = seeds.flatMap((seed) =>
    named.map(({ name, folder, config }) => ({
      name,
      seed,
      config: parseConfig({ ...config, name, seed }),
      out: joinPath(out, folder, `seed-${seed}`),
    })),
  );
  requireOneDataset(runs);
  return runs;
}

function requireOneDataset(runs: readonly PlannedRun[]): void {
  const of = ({ config }: PlannedRun) => JSON.stringify(config.dataset);
  const [first] = runs as [PlannedRun];
  const other = runs.find((run) => of(run) !== of(first));
  if (!other) return;
  throw new NeusimError(
    'CLI_OTHER_DATASET',
    `${first.name} is for ${of(first)}, ${other.name} for ${of(other)}`,
    {
      data: { first: first.config.dataset, other: other.config.dataset },
      hint: 'variants are compared on one data set: --dataset NAME sets it for all',
    },
  );
}

/** A name as a folder on every system. */
const folderName = (name: string) =>
  name
    .replaceAll(/[^\w.=-]+/g, '-')
    .replaceAll(/^[.-]+|[.-]+$/g, '')
    .slice(0, 80) || 'variant';
