// Data that several learners want are opened once, however they are named.

import { join } from 'node:path';
import datasets from '@neusim/datasets';
import { createRegistry } from '@neusim/registry';
import { expect, test, vi } from 'vitest';
import type { Terminal } from '../terminal/terminal';
import { writePhotos } from '../test/photos';
import { temporaryFolder } from '../test/terminal';
import { sharedPools } from './shared-pools';

test('the same for the same data, another for others', async () => {
  const home = temporaryFolder();
  vi.stubEnv('NEUSIM_CACHE', join(home, 'cache'));
  const folder = join(home, 'photos');
  writePhotos(folder, [2, 2]);
  const registry = createRegistry(datasets);
  const terminal = { err() {}, interrupted: new AbortController().signal, env: {} } as unknown as Terminal;
  const { open, close } = sharedPools();
  const name = 'image-folder';
  const first = await open(terminal, registry, { name, options: { size: 6, channels: 1 }, folder }, 'all');
  await first.close();
  const again = await open(terminal, registry, { folder, options: { channels: 1, size: 6 }, name }, 'all');
  expect(again.pool).toBe(first.pool);
  const other = await open(terminal, registry, { name, options: { size: 7, channels: 1 }, folder }, 'all');
  expect(other.pool.shape).toEqual([7, 7, 1]);
  await close();
});
