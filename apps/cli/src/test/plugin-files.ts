/** Plug-ins of someone else's as files, which only tests name: written where Node finds tfjs, and gone with the test. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const cache = fileURLToPath(new URL('../../../../node_modules/.cache/neusim/', import.meta.url));

/** A new folder with these files, by their paths in it. */
export function projectFolder(files: Readonly<Record<string, string>>): string {
  mkdirSync(cache, { recursive: true });
  const folder = realpathSync(mkdtempSync(join(cache, 'project-')));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

/** package.json of an ES module whose entry is for `import` alone. */
export const packageJson = (name: string, version: string) =>
  JSON.stringify({ name, version, type: 'module', exports: { '.': { import: './index.js' } } });

/**
 * A plug-in that imports nothing of ours, as no package of ours is built when tests run: a similarity M = c·I with a
 * learned c, a shape of the window's left column, and a data set of 8×8 images, half of them bright.
 */
export const pluginSource = ({ name = 'theirs', similarity = 'scaled', version = '1.2.0' } = {}) => `
import * as tf from '@tensorflow/tfjs-core';

const options = { '~standard': { version: 1, vendor: 'test', validate: () => ({ value: {} }) } };
const define = (kind, name, make) => ({ kind, name, version: '${version}', summary: name, options, load: () => make });

const scaled = () => ({
  name: '${similarity}',
  options: {},
  form: 'diagonal',
  source: 'parameter',
  weights: () => [{ name: 'similarity', shape: [1], init: { apply: (shape) => tf.ones(shape) }, role: 'similarity' }],
  channels: () => 0,
  toM: (z, { taps }) => tf.tile(z, [taps]),
});
const left = () => ({
  name: 'left-column',
  options: {},
  weights: () => [],
  taps: (_, { taps, kernelWidth }) => ({
    mask: tf.tensor1d(Array.from({ length: taps }, (_, t) => (t % kernelWidth === 0 ? 1 : 0))),
  }),
});
const split = (count) => ({
  count,
  shape: [8, 8, 1],
  images: Uint8Array.from({ length: count * 64 }, (_, i) => (Math.floor(i / 64) % 2) * 200 + (i % 7)),
  labels: Int32Array.from({ length: count }, (_, i) => i % 2),
});
const lamps = () => ({
  open: async () => ({ name: 'lamps', shape: [8, 8, 1], classes: ['off', 'on'], train: split(64), test: split(20) }),
});

export default {
  name: '${name}',
  version: '2.0.1',
  definitions: [define('similarity', '${similarity}', scaled), define('shape', 'left-column', left), define('dataset', 'lamps', lamps)],
};
`;
