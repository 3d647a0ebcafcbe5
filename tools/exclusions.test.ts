/** Nothing is switched off that docs/exclusions.md does not list, and it lists nothing that is on. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
// `reader.skip` is protobuf's, and passes over a field.
const switches =
  /(?<!\breader)\.(skip|skipIf|runIf|todo|fails|only)\b(?=[(.`])|(onEachEngineBut|leaveOut)\(|(biome-ignore|@ts-ignore|@ts-nocheck)\b/g;

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return ['node_modules', 'dist'].includes(entry.name) ? [] : sources(path);
    return /\.(m?ts|mjs|js)$/.test(entry.name) && path !== 'tools/exclusions.test.ts' ? [path] : [];
  });
}

test('docs/exclusions.md lists what is switched off, each with its reason', () => {
  const found = ['packages', 'apps', 'examples', 'tools'].flatMap(sources).flatMap((path) => {
    const met = [...readFileSync(join(root, path), 'utf8').matchAll(switches)].map(
      ([, test, engine, rule]) => test ?? engine ?? rule,
    );
    return [...new Set(met)].map((name) => `${path} ${name} ×${met.filter((each) => each === name).length}`);
  });
  const rows = readFileSync(join(root, 'docs/exclusions.md'), 'utf8').matchAll(
    /^\| (\S+) \| `(\S+)` (×\d+) \| (.+) \|$/gm,
  );
  const listed = [...rows].map(
    ([, path, name, count, reason]) => [`${path} ${name} ${count}`, reason] as const,
  );
  expect(found.sort()).toEqual(listed.map(([what]) => what).sort());
  for (const [, reason] of listed) expect(reason?.length).toBeGreaterThan(20);
});
