import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as platform from '@neusim/platform';
import type { EventSink } from '@neusim/train';
import { expect, onTestFinished, test } from 'vitest';
import { readEventFile } from './read';
import { createTensorBoardSink, type RunEvent } from './sink';

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'neusim-export-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const start = (step: number): RunEvent => ({
  type: 'start',
  config: {
    seed: 3,
    model: { name: 'nsn-digits', widths: [4, 8] },
    name: undefined,
    flip: true,
    text: 'a|b',
  },
  backend: 'wasm',
  step,
  resumedFrom: step === 0 ? null : `checkpoints/step-${step}`,
});
const stepAt = (step: number): RunEvent => ({
  type: 'step',
  step,
  loss: 1 / step,
  learningRate: 0.1,
  imagesPerSecond: 1234.5,
  loading: 0.25,
});
const evaluationAt = (step: number): RunEvent => ({
  type: 'evaluation',
  step,
  testError: 12.5,
  top5Error: null,
  loss: 1e39,
});

async function write(folder: string, events: readonly RunEvent[], now = () => 1_700_000_000_500) {
  const sink: EventSink & { add(event: RunEvent): Promise<void> } = await createTensorBoardSink(
    platform,
    folder,
    now,
  );
  for (const event of events) await sink.add(event);
}

const read = (folder: string, name: string) => readEventFile(readFileSync(join(folder, name)), name);

test('a run as an event file: version, session start, config, hparams, scalars by their tags, warnings', async () => {
  const folder = join(temporaryFolder(), 'tensorboard');
  const warning: RunEvent = { type: 'warning', step: 20, message: 'the loss stands still' };
  await write(folder, [
    start(0),
    { type: 'progress' },
    stepAt(10),
    { ...(stepAt(20) as Extract<RunEvent, { type: 'step' }>), bytesInGPU: 4096 },
    { ...(evaluationAt(20) as Extract<RunEvent, { type: 'evaluation' }>), interval: 0.5 },
    { type: 'checkpoint' },
    warning,
    { type: 'end', step: 20 },
  ]);
  expect(readdirSync(folder)).toEqual(['events.out.tfevents.1700000000.neusim.0000']);
  const { events, cutShort } = read(folder, 'events.out.tfevents.1700000000.neusim.0000');
  expect(cutShort).toBe(0);
  expect(events.map(({ wallTime }) => wallTime)).toEqual(events.map(() => 1_700_000_000.5));
  expect(events.map(({ step }) => step)).toEqual([0, 0, 0, 10, 20, 20, 20, 20]);
  expect(events[0]?.fileVersion).toBe('brain.Event:2');
  expect(events[1]?.start).toBe(true);
  expect(events[2]?.texts.config?.split('\n')).toEqual([
    '| key | value |',
    '| --- | --- |',
    '| seed | `3` |',
    '| model.name | `nsn-digits` |',
    '| model.widths | `[4,8]` |',
    '| flip | `true` |',
    '| text | `a\\|b` |',
    '| backend | `wasm` |',
  ]);
  expect(events[2]?.plugins).toEqual({ '_hparams_/session_start_info': 'hparams' });
  expect(events[3]?.scalars).toEqual({
    'train/loss': Math.fround(0.1),
    'train/learning_rate': Math.fround(0.1),
    'train/images_per_second': 1234.5,
    'train/loading_share': 0.25,
  });
  expect(events[4]?.scalars['train/gpu_bytes']).toBe(4096);
  // A float holds no 1e39.
  expect(events[5]?.scalars).toEqual({
    'test/error_top1': 12.5,
    'test/error_interval': 0.5,
    'test/loss': Number.POSITIVE_INFINITY,
  });
  expect(events[6]?.texts).toEqual({ warnings: 'the loss stands still' });
  expect(events[7]?.plugins).toEqual({ '_hparams_/session_end_info': 'hparams' });
});

test('each event is on the disk when add returns, and one cut short is told', async () => {
  const folder = temporaryFolder();
  const sink = await createTensorBoardSink(platform, folder);
  await sink.add(start(0));
  const [name = ''] = readdirSync(folder);
  await sink.add(stepAt(1));
  const size = readFileSync(join(folder, name)).length;
  expect(read(folder, name).events.at(-1)?.step).toBe(1);
  await sink.add(stepAt(2));
  truncateSync(join(folder, name), size + 30);
  expect(read(folder, name)).toMatchObject({ cutShort: 30, events: { length: 4 } });
});

test('a resumed run writes a file that sorts after all earlier ones, the clock set back too, and takes back step 8 on', async () => {
  const folder = temporaryFolder();
  await write(folder, [start(0), stepAt(7), stepAt(9)]);
  await write(folder, [start(7), stepAt(8)]);
  await write(folder, [start(7)], () => 1_600_000_000_000);
  await write(folder, [start(7)], () => 1_700_000_001_000);
  const names = readdirSync(folder).sort();
  expect(names.map((name) => name.slice(-22))).toEqual([
    '1700000000.neusim.0000',
    '1700000000.neusim.0001',
    '1700000000.neusim.0002',
    '1700000001.neusim.0000',
  ]);
  for (const name of names.slice(1)) {
    const session = read(folder, name).events.find((event) => event.start);
    expect(session?.step).toBe(8);
  }
});

test('a file in place of a folder is refused before the run begins: EXPORT_BAD_FOLDER', async () => {
  const path = join(temporaryFolder(), 'file');
  writeFileSync(path, '');
  await expect(createTensorBoardSink(platform, path)).rejects.toMatchObject({
    code: 'EXPORT_BAD_FOLDER',
    data: { folder: path },
  });
  const below = await createTensorBoardSink(platform, join(path, 'below'));
  await expect(below.add(start(0))).rejects.toMatchObject({ code: 'PLATFORM_WRITE_FAILED' });
});

test('a record that is no event is told by its place', async () => {
  const { frameRecord } = await import('../tfrecord');
  const wrong = frameRecord(Uint8Array.of(255, 255, 255));
  expect(() => readEventFile(wrong, 'x')).toThrow(/x: record 0 is no event of TensorBoard/);
});
