// `neusim data pull`: fetches a published data set.

import { findPublication, listPublications, type Publication, type Source } from '@neusim/datasets/pull';
import type { AnyRegistry } from '@neusim/registry';
import type { Outcome, Terminal } from '../terminal/terminal';
import { textTable } from '../terminal/text-table';

export interface PullOptions {
  readonly data?: string;
}

export async function pull(
  _terminal: Terminal,
  registry: AnyRegistry,
  name: string | undefined,
  _options: PullOptions,
): Promise<Outcome> {
  if (name === undefined) return listSets(await listPublications(registry));
  return listSets([await findPublication(registry, name)]);
}

/** Bytes to download; undefined where a file's are not known. */
function bytesOf(source: Source): number | undefined {
  if (source.from === 'npm') return source.bytes;
  const downloads = 'files' in source ? source.files : source.archives;
  return downloads.reduce<number | undefined>(
    (sum, { bytes }) => (sum === undefined || bytes === undefined ? undefined : sum + bytes),
    0,
  );
}

function listSets(publications: readonly Publication[]): Outcome {
  const rows = publications.map(({ name, summary, sources, terms }) => ({
    name,
    summary,
    bytes: bytesOf(sources[0]) ?? null,
    from: [...new Set(sources.map(({ from }) => from))],
    terms: terms.text,
    accept: terms.accept ?? false,
  }));
  const text = textTable(
    [
      { title: 'name' },
      { title: 'MB', align: 'right' },
      { title: 'from' },
      { title: 'what it is' },
      { title: 'terms' },
    ],
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
