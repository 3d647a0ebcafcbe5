// Killing a real `neusim train` at chosen moments, and judging what it left: for tools/prove-kills.mjs and its short form
// in the tests. What decodes the files is passed in, as one reads the build and the other the source.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Seeded numbers in [0, 1): mulberry32. */
export function seededRandom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Runs the command once.
 * @param kill `{ signal, after }`, milliseconds from the start, or, with `at`, from when standard error fits that
 *   expression; or `{ file, where }`: SIGKILL within the writing of a file whose path fits (kill-while-writing.mjs). Left
 *   out, it runs to its end.
 * @returns `{ code, signal, ms, out, err }`
 */
export function runOnce(main, args, kill) {
  const started = Date.now();
  const inFile = kill?.file !== undefined;
  const hook = inFile ? ['--import', new URL('kill-while-writing.mjs', import.meta.url).href] : [];
  const child = spawn(process.execPath, [...hook, main, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      CI: '1',
      ...(inFile && { NEUSIM_KILL: kill.file.source, NEUSIM_KILL_AT: kill.where }),
    },
  });
  const timers = [];
  const texts = { out: '', err: '' };
  const strike = () => timers.push(setTimeout(() => child.kill(kill.signal), kill.after));
  let waits = kill?.at !== undefined;
  if (kill && !inFile && !waits) strike();
  const meet = () => {
    waits = false;
    strike();
  };
  if (typeof kill?.at === 'string') timers.push(setInterval(() => waits && existsSync(kill.at) && meet(), 1));
  for (const [name, stream] of [
    ['out', child.stdout],
    ['err', child.stderr],
  ])
    stream.setEncoding('utf8').on('data', (text) => {
      texts[name] += text;
      if (waits && kill.at.test(texts.err)) meet();
    });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      for (const timer of timers) clearTimeout(timer);
      resolve({ code, signal, ms: Date.now() - started, ...texts });
    });
  });
}

/** Every file below a folder, as paths from it. */
export function filesBelow(folder, path = '') {
  if (!existsSync(folder)) return [];
  return readdirSync(join(folder, path), { withFileTypes: true }).flatMap((entry) => {
    const below = path ? `${path}/${entry.name}` : entry.name;
    return entry.isDirectory() ? filesBelow(folder, below) : [below];
  });
}

const linesOf = (path) =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

/**
 * What is wrong in a run's folder at this moment: every file that bears its name has to be whole.
 * @param readers `{ decodeCheckpoint(path, bytes), readEventFile(bytes, path), loadModel(folder) }`
 */
export async function faultsIn(out, readers) {
  const faults = [];
  const check = async (file, read) => {
    try {
      await read();
    } catch (error) {
      faults.push(`${file}: ${error.message}`);
    }
  };
  const bytes = (file) => readFileSync(join(out, file));
  for (const file of filesBelow(out)) {
    if (file.endsWith('.partial')) continue;
    if (file.endsWith('.neusim')) await check(file, () => readers.decodeCheckpoint(file, bytes(file)));
    else if (file.endsWith('events.jsonl')) await check(file, () => linesOf(join(out, file)));
    else if (file.endsWith('/model.json')) await check(file, () => readers.loadModel(join(out, file, '..')));
    else if (file.endsWith('.json')) await check(file, () => JSON.parse(bytes(file).toString()));
    else if (file.includes('tfevents')) await check(file, () => readers.readEventFile(bytes(file), file));
    else if (file.endsWith('.html'))
      await check(file, () => {
        if (!bytes(file).toString().trimEnd().endsWith('</html>')) throw new Error('it is cut short');
      });
  }
  return faults;
}

/** Steps done, by the newest checkpoint; 0 where there is none. */
export function lastStep(out) {
  const names = filesBelow(join(out, 'checkpoints')).filter((name) => name.endsWith('.neusim'));
  return Math.max(0, ...names.map((name) => Number(/(\d+)\.neusim$/.exec(name)?.[1])));
}

const digest = (value) => createHash('sha256').update(value).digest('hex');
const withoutSpeeds = ({ imagesPerSecond, loading, bytesInGPU, ...rest }) => rest;

/** What has to be equal between a run that was killed and one that was not, each as a digest. */
export function traceOf(out, readEventFile) {
  const result = JSON.parse(readFileSync(join(out, 'result.json'), 'utf8'));
  const rows = JSON.parse(readFileSync(join(out, 'results.json'), 'utf8')).rows;
  const weights = filesBelow(join(out, 'model')).filter((name) => name.endsWith('.bin'));
  const told = linesOf(join(out, 'events.jsonl')).filter(({ type }) =>
    ['step', 'evaluation', 'end'].includes(type),
  );
  const curve = told.map((event) =>
    event.type === 'end' ? { type: 'end', step: event.step } : withoutSpeeds(event),
  );
  return {
    'history of result.json': digest(JSON.stringify(result.history)),
    'weights of the model': digest(weights.map((name) => readFileSync(join(out, 'model', name))).join()),
    'test error of results.json': digest(JSON.stringify(rows.map(({ testError }) => testError))),
    'curve of events.jsonl': digest(JSON.stringify(curve)),
    'curve in TensorBoard': digest(JSON.stringify(tensorBoardCurve(out, readEventFile))),
  };
}

/** Losses by their steps, as TensorBoard puts them together: a session's start takes back what is later. */
function tensorBoardCurve(out, readEventFile) {
  const folder = join(out, 'tensorboard');
  const points = new Map();
  for (const name of filesBelow(folder).sort())
    for (const event of readEventFile(readFileSync(join(folder, name)), name).events) {
      if (event.start)
        for (const key of points.keys()) if (points.get(key).step >= event.step) points.delete(key);
      for (const tag of ['train/loss', 'test/error_top1', 'test/loss'])
        if (tag in event.scalars)
          points.set(`${tag} ${event.step}`, { step: event.step, value: event.scalars[tag] });
    }
  return [...points].map(([key, { value }]) => [key, value]);
}
