/** Whoever opens a data set closes it; what waiting for its images costs is told. */
import type { Dataset, DatasetSource } from '@neusim/datasets';
import { define, plugin } from '@neusim/registry';
import * as v from 'valibot';
import { beforeEach, expect, test } from 'vitest';
import { start } from '../../../tools/engines';
import { patterns } from './test/patterns';
import { collect, ofType, registry, small, temporaryFolder } from './test/setup';

beforeEach(() => start('cpu'));

/** Patterns that lie elsewhere and take a moment to come. */
function stored() {
  const counts = { reads: 0, closed: 0 };
  const { images } = patterns.train;
  const pixels = images.length / patterns.train.count;
  const dataset: Dataset = {
    ...patterns,
    train: {
      ...patterns.train,
      images: {
        async read(indices) {
          counts.reads++;
          await new Promise((resolve) => setTimeout(resolve));
          const found = new Uint8Array(indices.length * pixels);
          for (let i = 0; i < indices.length; i++) {
            const from = indices[i]! * pixels;
            found.set(images.subarray(from, from + pixels), i * pixels);
          }
          return found;
        },
      },
    },
    close: async () => void counts.closed++,
  };
  const definition = define({
    kind: 'dataset',
    name: 'stored',
    version: '1.0.0',
    summary: 'patterns that are read',
    options: v.strictObject({}),
    load: () => (): DatasetSource => ({ open: async () => dataset }),
  });
  return { counts, dataset, registry: registry.fork(plugin('stored', '1.0.0', [definition])) };
}

test('one that the run opened is closed at its end, once; the curve is that of images in memory', async () => {
  const { counts, registry } = stored();
  const events = await collect(small({ dataset: 'stored' }), { registry, dataset: undefined });
  expect(counts.closed).toBe(1);
  const [end] = ofType(events, 'end');
  const [wanted] = ofType(await collect(small()), 'end');
  expect(end?.result.history).toEqual(wanted?.result.history);
  expect(counts.reads).toBe(12);
  for (const { loading } of ofType(events, 'step')) {
    expect(loading).toBeGreaterThanOrEqual(0);
    expect(loading).toBeLessThanOrEqual(1);
  }
  expect(end?.result.loadingShare).toBeGreaterThan(0);
  expect(end?.result.loadingShare).toBeLessThan(1);
});

test('one that was given stays open', async () => {
  const { counts, dataset } = stored();
  await collect(small(), { dataset });
  expect(counts.closed).toBe(0);
});

test('closed where the run is refused, and where its reader leaves', async () => {
  const { counts, registry } = stored();
  const config = small({ dataset: 'stored', model: { name: 'nsn-digits', classes: 7 } });
  await expect(collect(config, { registry, dataset: undefined })).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
  });
  expect(counts.closed).toBe(1);
  const { train } = await import('./index');
  const out = temporaryFolder();
  const context = { registry, out, resume: false };
  for await (const event of train(small({ dataset: 'stored' }), context)) if (event.type === 'step') break;
  expect(counts.closed).toBe(2);
});
