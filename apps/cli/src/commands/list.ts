// `neusim list <kind>`: what can be named in a config.

import { type AnyRegistry, kinds, NeusimError, suggest } from '@neusim/registry';
import { listPresets } from '../presets';
import type { Outcome } from '../terminal/terminal';
import { textTable } from '../terminal/text-table';

const columns = [{ title: 'name' }, { title: 'version' }, { title: 'plug-in' }, { title: 'what it is' }];

/** Kinds of the registry, and `preset`. */
export const listable: readonly string[] = [...kinds, 'preset'];

/** @throws NeusimError `CLI_UNKNOWN_KIND` */
export function list(registry: AnyRegistry, kind: string): Outcome {
  const known = listable.find((each) => each === kind || `${each}s` === kind);
  if (!known) {
    const nearest = suggest(kind, listable);
    throw new NeusimError('CLI_UNKNOWN_KIND', `"${kind}" is no kind; known: ${listable.join(', ')}`, {
      data: { kind, known: listable, nearest },
      hint: nearest ? `did you mean "${nearest}"?` : 'for example `npx neusim list similarity`',
    });
  }
  const found = known === 'preset' ? listPresets() : registry.list(known as (typeof kinds)[number]);
  const rows = found.map(({ name, version, plugin, summary }) => ({ name, version, plugin, summary }));
  const text = rows.length
    ? textTable(
        columns,
        rows.map(({ name, version, plugin, summary }) => [name, version, plugin, summary]),
      )
    : `Nothing of kind ${known} is known here.`;
  return { json: rows, text };
}
