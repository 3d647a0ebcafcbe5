// What a run had to say on its way, from its events.jsonl.

import { exists, joinPath, readText } from '@neusim/platform';
import type { RunNote } from '@neusim/report';

/** A log of a million steps has some 200 MB; a larger one is not read for its few notes. */
const MOST_BYTES = 2 ** 28;

export async function notesOf(folder: string): Promise<RunNote[]> {
  const path = joinPath(folder, 'events.jsonl');
  if (!(await exists(path))) return [];
  const text = await readText(path, MOST_BYTES).catch(() => '');
  return text.split('\n').flatMap((line) => {
    if (!line.startsWith('{"type":"warning"')) return [];
    const { step, message } = JSON.parse(line);
    return [{ step, text: message }];
  });
}
