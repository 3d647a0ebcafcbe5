import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Application, Converter, type DeclarationReflection } from 'typedoc';
import { expect, test } from 'vitest';
import { errorPage } from './error-page.mjs';
import { siteLinks } from './pages.mjs';
import { tidyDefaults, tidyReference } from './tidy-reference.mjs';

test('the page of error codes says something of each, and has nothing that is no code', () => {
  const { text, wrong } = errorPage();
  expect(wrong).toEqual([]);
  expect(text).not.toContain('BYTE_ARRAY');
  expect(sectionOf(text, 'REGISTRY_UNKNOWN_NAME')).toContain('known: …');
  // The text of a constant, and that of an object with a code.
  expect(sectionOf(text, 'DATASET_LONG_FILE')).toContain('after its last value');
  expect(sectionOf(text, 'LOSS_STANDS_STILL')).toContain('the loss has stood');
});

const sectionOf = (text: string, code: string) => text.split(`### ${code} `)[1]?.split('\n###')[0];

test.each([
  ['[it](../../docs/contracts.md#plugins-and---plugin)', '[it](/contracts.md#plugins-and-plugin)'],
  ['[core](../core/README.md)', '[core](/packages/core.md)'],
  ['[a file](src/main.ts)', 'a file (`apps/cli/src/main.ts`)'],
  ['[elsewhere](https://example.org/a--b#c--d)', '[elsewhere](https://example.org/a--b#c--d)'],
])('the link %s of a document', (link, wanted) => {
  expect(siteLinks(link, link.includes('core') ? 'packages/x/README.md' : 'apps/cli/README.md')).toBe(wanted);
});

test('a table says – where there is no default', () => {
  const table =
    '| Parameter | Type | Default value |\n| --- | --- | --- |\n| `x` | `undefined` | `undefined` |\n';
  expect(tidyDefaults(table)).toContain('| `x` | `undefined` | – |\n');
  const other = table.replace('Default value', 'Description');
  expect(tidyDefaults(other)).toBe(other);
});

test('the reference names configs, plug-ins and parameters as a reader would', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'neusim-reference-'));
  const entry = join(folder, 'index.ts');
  writeFileSync(
    entry,
    `
    interface Raw { dataset: string; model: string; steps: number; schedule?: string; checkpoint?: string }
    export type TrainConfigInput = { [K in keyof Raw]: Raw[K] };
    export interface TrainConfig { steps: number }
    export class Plugin<N extends string, D> { name!: N; definitions!: D }
    export const all: Plugin<'all', { much: number }> = new Plugin();
    export function train(config: { dataset: string; model: string; steps: number; schedule?: string; checkpoint?: string }): void {}
    export function rateAt({ steps }: TrainConfig, { every }: { every: number }): number { return steps * every; }
    class Layer { build(): void {} }
    export class Mine extends Layer { override build(): void {} other(): void {} }
  `,
  );
  writeFileSync(
    join(folder, 'tsconfig.json'),
    '{ "files": ["index.ts"], "compilerOptions": { "strict": true } }',
  );
  const app = await Application.bootstrap({
    entryPoints: [entry],
    tsconfig: join(folder, 'tsconfig.json'),
    logLevel: 'None',
    skipErrorChecking: true,
  });
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => tidyReference(project));
  const project = await app.convert();
  const child = (name: string) => project?.getChildByName(name) as DeclarationReflection;
  const parameters = (name: string) =>
    child(name).signatures?.[0]?.parameters?.map((each) => `${each.name}: ${each.type}`);
  expect(String(child('all').type)).toBe('Plugin<"all">');
  expect(parameters('train')).toEqual(['config: TrainConfigInput']);
  expect(parameters('rateAt')?.map((each) => each.split(':')[0])).toEqual(['config', 'options']);
  expect(child('Mine').getChildByName('build')).toBeUndefined();
  expect(child('Mine').getChildByName('other')).toBeDefined();
});
