// `neusim data info`: what a data set holds, where it lies, and on which terms.

import { computeStatistics, type Dataset, type Split } from '@neusim/datasets';
import * as platform from '@neusim/platform';
import type { AnyRegistry } from '@neusim/registry';
import { dataFolder, trainCommand } from '../run/data-folder';
import { type FoundData, findData } from '../run/find-data';
import { folderBytes } from '../run/folder-bytes';
import { unlessStopped } from '../run/measure';
import { openData } from '../run/open-data';
import { stoppedOutcome } from '../run/stopped';
import type { Outcome, Terminal } from '../terminal/terminal';
import { textTable } from '../terminal/text-table';

/** @throws NeusimError what finding and opening the data set throws */
export async function info(
  terminal: Terminal,
  registry: AnyRegistry,
  word: string,
  options: { readonly data?: string },
): Promise<Outcome> {
  const found = await findData(registry, word, dataFolder(terminal, options.data));
  const signal = terminal.interrupted;
  const { dataset, folder } = found;
  const config = { dataset: { ...dataset.options, name: dataset.name } };
  const outcome = await unlessStopped(signal, async () => {
    const opened = await openData(terminal, config, { registry, folder });
    return tell(found, opened, signal).finally(() => opened.close?.());
  });
  return outcome ?? stoppedOutcome(signal, 'Stopped.');
}

interface ClassCount {
  readonly name: string;
  readonly train: number;
  readonly test: number;
}

async function tell(
  { dataset, where, publication }: FoundData,
  opened: Dataset,
  signal: AbortSignal,
): Promise<Outcome> {
  const { shape, train, test } = opened;
  const classes = countClasses(opened);
  const counts = classes.map((each) => each.train);
  const [smallest, largest] = [Math.min(...counts), Math.max(...counts)];
  const { mean, std } = opened.statistics ?? (await computeStatistics(train, { signal }));
  const cacheFolder = platform.joinPath(platform.cacheFolder(), 'datasets');
  const json = {
    name: publication?.name ?? opened.name,
    reader: dataset.name,
    folder: where ?? null,
    shape,
    images: { train: train.count, test: test.count },
    classes,
    classImages: { smallest, largest },
    bytes: where === undefined ? null : await folderBytes(where, signal),
    statistics: { mean, std },
    cache: { folder: cacheFolder, bytes: await folderBytes(cacheFolder, signal) },
    terms: publication?.terms ?? null,
    citation: publication?.citation ?? null,
    homepage: publication?.homepage ?? null,
    train: publication && where !== undefined ? trainCommand(publication, where) : null,
  };
  return { json, text: textOf(json, publication?.summary) };
}

function countClasses({ classes, train, test }: Dataset): ClassCount[] {
  const count = ({ labels }: Split) => {
    const counts = new Array<number>(classes.length).fill(0);
    for (const label of labels) counts[label]!++;
    return counts;
  };
  const [inTrain, inTest] = [count(train), count(test)];
  return classes.map((name, label) => ({ name, train: inTrain[label]!, test: inTest[label]! }));
}

const number = (value: number) => value.toLocaleString('en-US');
const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
const digits = (values: readonly number[]) => values.map((value) => value.toFixed(2)).join(', ');

/** As much of a long list as one looks at. */
const SHOWN = 10;

interface Facts {
  readonly name: string;
  readonly reader: string;
  readonly folder: string | null;
  readonly shape: readonly number[];
  readonly images: { readonly train: number; readonly test: number };
  readonly classes: readonly ClassCount[];
  readonly classImages: { readonly smallest: number; readonly largest: number };
  readonly bytes: number | null;
  readonly statistics: { readonly mean: readonly number[]; readonly std: readonly number[] };
  readonly cache: { readonly folder: string; readonly bytes: number };
  readonly terms: { readonly text: string; readonly url?: string | undefined } | null;
  readonly citation: string | null;
  readonly homepage: string | null;
  readonly train: string | null;
}

function textOf(facts: Facts, summary: string | undefined): string {
  const { classes, classImages, images, statistics, cache, terms } = facts;
  const { smallest, largest } = classImages;
  const ratio = smallest > 0 ? `, the largest ${(largest / smallest).toFixed(2)} times the smallest` : '';
  const each = smallest === largest ? number(largest) : `${number(smallest)} to ${number(largest)}`;
  const rows: readonly (readonly [string, string | null | undefined])[] = [
    ['name', summary ? `${facts.name}: ${summary}` : facts.name],
    ['reader', facts.reader],
    ['folder', facts.folder],
    ['images', `${number(images.train)} for training, ${number(images.test)} for testing`],
    ['shape', facts.shape.join('×')],
    [
      'classes',
      `${number(classes.length)}, each of ${each} training images${smallest === largest ? '' : ratio}`,
    ],
    ['on disk', facts.bytes === null ? null : megabytes(facts.bytes)],
    ['mean', `${digits(statistics.mean)} (0..255)`],
    ['deviation', digits(statistics.std)],
    ['cache', `${cache.folder}, ${megabytes(cache.bytes)} of all data sets`],
    ['terms', terms && (terms.url ? `${terms.text} (${terms.url})` : terms.text)],
    ['cite', facts.citation],
    ['home page', facts.homepage],
    ['train', facts.train],
  ];
  const lines = rows.flatMap(([name, value]) => (value ? [`${name.padEnd(9)}  ${value}`] : []));
  return `${lines.join('\n')}\n\n${classTable(classes)}`;
}

/** The first and the last few. */
function classTable(classes: readonly ClassCount[]): string {
  const left = classes.length - 2 * SHOWN;
  const shown = left > 1 ? [...classes.slice(0, SHOWN), null, ...classes.slice(-SHOWN)] : classes;
  return textTable(
    [{ title: 'class' }, { title: 'train', align: 'right' }, { title: 'test', align: 'right' }],
    shown.map((each) =>
      each ? [each.name, number(each.train), number(each.test)] : [`… ${number(left)} more`, '…', '…'],
    ),
  );
}
