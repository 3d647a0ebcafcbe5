// `neusim data pull`: fetches a published data set, checked and unpacked, or lists them.

import {
  findPublication,
  listPublications,
  type Publication,
  pullDataset,
  type Source,
} from '@neusim/datasets/pull';
import * as platform from '@neusim/platform';
import { type AnyRegistry, NeusimError } from '@neusim/registry';
import { byteTicker } from '../run/byte-ticker';
import { dataFolder, trainCommand } from '../run/data-folder';
import { npmRegistry } from '../run/npm-registry';
import { exitCodes } from '../terminal/exit-codes';
import { createProgress } from '../terminal/progress';
import { shellCommand } from '../terminal/shell-command';
import type { Outcome, Terminal } from '../terminal/terminal';
import { textTable } from '../terminal/text-table';

export interface PullOptions {
  readonly data?: string;
  readonly from?: Source['from'];
  readonly acceptTerms?: true;
  readonly keep?: true;
  readonly replace?: true;
  readonly plugin?: readonly string[];
}

/** @throws NeusimError `DATA_UNKNOWN_SET`, `DATA_TERMS`, what `pullDataset` throws */
export async function pull(
  terminal: Terminal,
  registry: AnyRegistry,
  name: string | undefined,
  options: PullOptions,
): Promise<Outcome> {
  if (name === undefined) return listSets(await listPublications(registry));
  const publication = await findPublication(registry, name);
  const into = dataFolder(terminal, options.data);
  requireTerms(publication, options.acceptTerms ?? false);
  const { from, keep, replace } = options;
  const signal = terminal.interrupted;
  const progress = createProgress(terminal, [name]);
  const started = performance.now();
  try {
    const pulled = await pullDataset(platform, publication, {
      into,
      from,
      keep,
      replace,
      signal,
      npmRegistry: () => npmRegistry(terminal),
      onProgress: byteTicker(name, progress),
      onNote: (text) => progress.note(text),
    });
    return found(publication, pulled, (performance.now() - started) / 1000);
  } catch (error) {
    if (signal.aborted && error === signal.reason) return stopped(name, options, signal);
    throw error;
  } finally {
    progress.stop();
  }
}

function found(
  publication: Publication,
  { folder, from }: Awaited<ReturnType<typeof pullDataset>>,
  seconds: number,
): Outcome {
  const { name, terms, citation } = publication;
  const train = trainCommand(publication, folder);
  const first =
    from === null
      ? `${name} is in ${folder} already.`
      : `${name} is in ${folder} (from ${from}, ${seconds.toFixed(0)} s).`;
  const lines = [first, `Terms: ${terms.text}. Cite: ${citation}.`, `Train on it: ${train}`];
  return {
    json: { name, folder, from, seconds, train, terms: terms.text, citation },
    text: lines.join('\n'),
  };
}

function stopped(name: string, options: PullOptions, signal: AbortSignal): Outcome {
  const { data, from, plugin = [], acceptTerms, keep, replace } = options;
  const words = ['npx', 'neusim', 'data', 'pull', name];
  if (data !== undefined) words.push('--data', data);
  if (from !== undefined) words.push('--from', from);
  for (const each of plugin) words.push('--plugin', each);
  for (const [flag, isSet] of Object.entries({ 'accept-terms': acceptTerms, keep, replace }))
    if (isSet) words.push(`--${flag}`);
  const resume = shellCommand(words);
  return {
    json: { stopped: true, name, resume },
    text: `Stopped; what was downloaded is kept.\nGo on with: ${resume}`,
    exitCode: exitCodes[signal.reason] ?? 130,
  };
}

/** @throws NeusimError `DATA_TERMS` */
function requireTerms({ name, terms, homepage }: Publication, accepted: boolean): void {
  if (!terms.accept || accepted) return;
  throw new NeusimError('DATA_TERMS', `"${name}" is under ${terms.text} (${terms.url ?? homepage})`, {
    data: { name, terms },
    hint: 'read them; if you agree, add --accept-terms',
  });
}

/** Bytes to download; null where a file's are not known. */
function bytesOf(source: Source): number | null {
  if (source.from === 'npm') return source.bytes;
  let sum = 0;
  for (const { bytes } of 'files' in source ? source.files : source.archives) {
    if (bytes === undefined) return null;
    sum += bytes;
  }
  return sum;
}

const columns = [
  { title: 'name' },
  { title: 'MB', align: 'right' },
  { title: 'from' },
  { title: 'what it is' },
  { title: 'terms' },
] as const;

function listSets(publications: readonly Publication[]): Outcome {
  const rows = publications.map(({ name, summary, sources, terms }) => ({
    name,
    summary,
    bytes: bytesOf(sources[0]),
    from: [...new Set(sources.map(({ from }) => from))],
    terms: terms.text,
    acceptTerms: terms.accept ?? false,
  }));
  const text = textTable(
    columns,
    rows.map(({ name, bytes, from, summary, terms }) => [
      name,
      bytes === null ? null : (bytes / 1e6).toFixed(0),
      from.join(', '),
      summary,
      terms,
    ]),
  );
  return { json: rows, text: `${text}\n\nFetch one with \`npx neusim data pull NAME\`.` };
}
