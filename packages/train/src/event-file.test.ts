// events.jsonl of a run that was killed, stopped or made longer is that of a run that was not.

import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startBackend } from '@neusim/core';
import { beforeAll, expect, test } from 'vitest';
import { type TrainConfigInput, type TrainEvent, train } from './index';
import { patterns } from './test/patterns';
import { collect, ofType, registry, small, temporaryFolder } from './test/setup';

beforeAll(async () => void (await startBackend(registry, 'cpu')));

const config = (changes: Partial<TrainConfigInput> = {}) =>
  small({ log: { every: 2 }, checkpoint: { every: 3, keep: 9, seconds: 0 }, ...changes });
const fileOf = (out: string) => join(out, 'events.jsonl');
const eventsIn = (out: string): TrainEvent[] => {
  const lines = readFileSync(fileOf(out), 'utf8').split('\n');
  expect(lines.pop()).toBe('');
  return lines.map((line) => JSON.parse(line));
};
/** Without speeds and folders. */
const deterministic = (events: readonly TrainEvent[]) =>
  events.map((event) => {
    if (event.type === 'step') return { ...event, imagesPerSecond: 0, loading: 0 };
    if (event.type === 'checkpoint') return { ...event, path: '' };
    return event.type === 'end'
      ? { ...event, result: { ...event.result, trainImagesPerSecond: 0, loadingShare: 0, model: '' } }
      : event;
  });

/** Reads a run's events until `enough` of one, then leaves. */
async function readUntil(out: string, resume: boolean, enough: (event: TrainEvent) => boolean) {
  for await (const event of train(config(), { registry, dataset: patterns, out, resume }))
    if (enough(event)) return;
}

test('holds every event but progress, a line each', async () => {
  const out = temporaryFolder();
  const told = await collect(config(), { out });
  expect(ofType(told, 'progress').filter(({ phase }) => phase === 'training')).toHaveLength(config().steps);
  expect(eventsIn(out)).toEqual(told.filter(({ type }) => type !== 'progress'));
});

test('killed twice and resumed: as if it had not been', async () => {
  const [whole, parts] = [temporaryFolder(), temporaryFolder()];
  await collect(config(), { out: whole });
  await readUntil(parts, false, (event) => event.type === 'step' && event.step === 8);
  expect(eventsIn(parts).at(-1)).toMatchObject({ type: 'step', step: 8 });
  await readUntil(parts, true, (event) => event.type === 'evaluation' && event.step === 10);
  // A line that another program, or a failing disk, left unfinished.
  appendFileSync(fileOf(parts), '{"type":"st');
  await collect(config(), { out: parts, resume: true });
  expect(deterministic(eventsIn(parts))).toEqual(deterministic(eventsIn(whole)));
});

test('at a checkpoint the file has all that led to it', async () => {
  const out = temporaryFolder();
  for await (const event of train(config({ evaluation: {} }), { registry, dataset: patterns, out })) {
    if (event.type !== 'checkpoint') continue;
    const steps = eventsIn(out).filter(({ type }) => type === 'step');
    expect(steps.length).toBe(Math.floor(event.step / 2));
    expect(eventsIn(out).at(-1)).toEqual(event);
  }
});

test('stopped by its signal and made longer: no trace of either end', async () => {
  const [whole, parts] = [temporaryFolder(), temporaryFolder()];
  const withoutCheckpoints = (out: string) =>
    deterministic(eventsIn(out)).filter(({ type }) => type !== 'checkpoint');
  await collect(config(), { out: whole });
  await collect(config(), { out: parts, signal: AbortSignal.abort() });
  expect(eventsIn(parts).map(({ type }) => type)).toEqual(['start', 'aborted']);
  await collect(config({ steps: 5 }), { out: parts });
  expect(eventsIn(parts).at(-1)).toMatchObject({ type: 'end', step: 5 });
  await collect(config(), { out: parts, resume: true });
  expect(withoutCheckpoints(parts)).toEqual(withoutCheckpoints(whole));
});

test("another run's lines are not taken over; without any, the file begins where the run goes on", async () => {
  const [own, other] = [temporaryFolder(), temporaryFolder()];
  await collect(config({ steps: 6 }), { out: own });
  const resume = join(own, 'checkpoints', 'step-00000003.neusim');
  writeFileSync(fileOf(other), '{"type":"step","step":2,"loss":0.123}\nnot an event\n');
  await collect(config({ steps: 6 }), { out: other, resume });
  const [start, next] = eventsIn(other);
  expect(start).toMatchObject({ type: 'start', step: 3, resumedFrom: resume });
  expect(next).toMatchObject({ type: 'step', step: 4 });
});
