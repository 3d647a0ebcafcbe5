// A run that is killed at random moments loses nothing:
//   node tools/prove-kills.mjs [--kills 20] [--interrupts 14] [--seed 1] [--steps 2000] [--preset cnn-digits] [--data DIR] [--set key=value …]
// `neusim train` runs once to its end; then again, struck by SIGKILL at seeded moments (and by SIGTERM at every fifth),
// each time resumed; then again, killed while it writes each of its files, and while it measures. After every strike all files that bear their names are decoded; at the end no part of a file is left, and the
// curve, the weights, events.jsonl and the TensorBoard files are those of the run that was left alone, to the bit.
// Ctrl-C (SIGINT) at moments of every phase: exit code 130, and the command that it prints goes on to the equal end.
// --data and --set dataset=… take it to other data sets, and into their opening: kills fall there too.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { faultsIn, filesBelow, lastStep, runOnce, seededRandom, traceOf } from './kills.mjs';
import { build } from './setup.mjs';
import { root } from './shell.mjs';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    interrupts: { type: 'string', default: '14' },
    steps: { type: 'string', default: '2000' },
    preset: { type: 'string', default: 'cnn-digits' },
    data: { type: 'string' },
    set: { type: 'string', multiple: true, default: [] },
    keep: { type: 'boolean', default: false },
  },
});
const failed = await build('neusim');
if (failed) process.exit(failed);

const built = (path) => import(new URL(path, `file://${root}/packages/`).href);
const [{ decodeCheckpoint }, { readEventFile }, { modelFile }] = await Promise.all(
  ['train/dist/checkpoint/format.js', 'export/dist/index.js', 'platform/dist/node.js'].map(built),
);
const readers = { decodeCheckpoint, readEventFile, loadModel: (folder) => modelFile(folder).load() };

const folder = mkdtempSync(join(tmpdir(), 'neusim-kills-'));
const main = join(root, 'apps/cli/bin/neusim.js');
const settings = [
  `steps=${values.steps}`,
  'log.every=1',
  'checkpoint.every=40',
  'checkpoint.seconds=0.15',
  'evaluation.every=250',
  ...values.set,
].flatMap((each) => ['--set', each]);
const argsFor = (out, resume) => [
  'train',
  values.preset,
  ...settings,
  ...(values.data ? ['--data', values.data] : []),
  ...['--backend', 'wasm', '--workers', '1', '--seed', values.seed, '--out', out, '--tensorboard'],
  ...(resume ? ['--resume'] : []),
];

const faults = [];
const fault = (text) => {
  faults.push(text);
  console.log(`    NOT ${text}`);
};
const partials = (out) => filesBelow(out).filter((name) => name.endsWith('.partial'));

/** Strikes a run as often as `plan` has entries, then lets it end. @returns the table's rows. */
async function strike(out, plan) {
  const rows = [];
  for (const kill of [...plan, undefined]) {
    const before = lastStep(out);
    const old = partials(out);
    const { code, signal, ms, err, out: said } = await runOnce(main, argsFor(out, before > 0), kill);
    const step = lastStep(out);
    const how = signal ?? `exit ${code}`;
    const left = partials(out);
    rows.push({ how, ms, before, step, left: left.length });
    console.log(
      `${String(rows.length).padStart(4)}  ${how.padEnd(8)} ${String(ms).padStart(6)} ms  step ${String(before).padStart(6)} → ${String(step).padStart(6)}  ${filesBelow(out).length} files  ${left.join(' ')}  ${kill?.name ?? ''}`,
    );
    for (const each of await faultsIn(out, readers)) fault(each);
    if (step < before) fault(`step ${step} after ${before}`);
    const wanted = kill?.signal === 'SIGTERM' ? [143, 0] : [0];
    if (signal === null && !wanted.includes(code))
      fault(`exit ${code}: ${err.split('\n').slice(-4).join(' / ')}`);
    if (code === 143 && !/Go on with:|Stopped before|Stopped while/.test(said))
      fault('no word of how to go on');
    const swept = /going on from|\d+\/\d+/.test(err);
    if (swept) for (const name of old) if (left.includes(name)) fault(`${name} is still there`);
  }
  if (rows.at(-1).left > 0) fault(`left at the end: ${partials(out).join(', ')}`);
  return rows;
}

/** The run that is left alone, and what it leaves. */
const whole = join(folder, 'whole');
const alone = await runOnce(main, argsFor(whole, false));
if (alone.code !== 0) {
  console.error(alone.err);
  process.exit(1);
}
for (const each of await faultsIn(whole, readers)) fault(each);
const wanted = traceOf(whole, readEventFile);
console.log(`left alone: ${alone.ms} ms, ${values.steps} steps`);

function compare(title, out) {
  const met = traceOf(out, readEventFile);
  for (const [what, digest] of Object.entries(wanted)) {
    const equal = met[what] === digest;
    if (equal) console.log(`ok  ${title}: ${what} equal, ${digest.slice(0, 12)}`);
    else fault(`${title}: ${what} differ`);
  }
}

const random = seededRandom(Number(values.seed));
const count = Number(values.kills);
console.log(`\n${count} random moments`);
// Late enough that each run gets on, so that the moments spread over the whole of it.
const share = (2 * alone.ms) / count;
const atRandom = Array.from({ length: count }, (_, index) => ({
  signal: index % 5 === 4 ? 'SIGTERM' : 'SIGKILL',
  after: 200 + Math.round(random() * (900 + share)),
}));
const struck = join(folder, 'struck');
const rows = await strike(struck, atRandom);
compare('random', struck);

console.log('\nwithin the writing of each file, and while measuring');
const late = join(folder, 'late');
const last = `step-${String(values.steps).padStart(8, '0')}`;
const files = [
  /config\.json/,
  /events\.jsonl/,
  /tfevents/,
  /step-\d+\.neusim/,
  new RegExp(last),
  /model.weights/,
  /model.model\.json/,
  /result\.json/,
  /folded.weights/,
  /folded.model\.json/,
  /results\.json/,
  /report\.html/,
];
const inFiles = files.flatMap((file) =>
  // Event files grow, and are never renamed.
  (file.source === 'tfevents' ? ['write'] : ['write', 'rename']).map((where) => ({
    name: `${where} of ${file.source}`,
    file,
    where,
  })),
);
const measuring = ['SIGKILL', 'SIGTERM'].map((signal) => ({
  name: 'measuring',
  at: /Measuring/,
  signal,
  after: 300 * random(),
}));
const lateRows = await strike(late, [...inFiles, ...measuring]);
compare('late', late);

const interrupts = Number(values.interrupts);
console.log(`\nCtrl-C at ${interrupts} moments, each in a folder of its own`);
const phases = [
  undefined,
  /, engine wasm/,
  / starting/,
  / training| loss /,
  /testing/,
  /test error/,
  /Measuring/,
];
for (let index = 0; index < interrupts; index++) {
  const out = join(folder, `interrupted-${index}`);
  const at = phases[index % phases.length];
  const after = Math.round(random() * (at ? 400 : 1200));
  const {
    code,
    signal,
    ms,
    out: said,
    err,
  } = await runOnce(main, argsFor(out, false), {
    signal: 'SIGINT',
    after,
    ...(at && { at }),
  });
  const told = said.trim().split('\n')[0];
  console.log(
    `${(signal ?? `exit ${code}`).padStart(10)} ${String(ms).padStart(6)} ms  ${at?.source ?? 'from the start'} + ${after} ms: ${told.slice(0, 110)}`,
  );
  for (const each of await faultsIn(out, readers)) fault(each);
  if (partials(out).length > 0) fault(`left: ${partials(out).join(', ')}`);
  if (signal === 'SIGINT') {
    // Before it listens: nothing is begun.
    if (filesBelow(out).length > 0) fault('ended by the signal, with files');
    continue;
  }
  if (code === 0) continue;
  if (code !== 130) fault(`exit ${code}: ${err.split('\n').slice(-4).join(' / ')}`);
  const command = /Go on with: npx neusim (.*)$/m.exec(said)?.[1];
  if (command === undefined) {
    if (lastStep(out) > 0) fault('a checkpoint, and no word of how to go on');
    continue;
  }
  const resumed = await runOnce(main, command.split(' '));
  if (resumed.code !== 0) fault(`resumed: exit ${resumed.code}`);
  else compare(`  ${at?.source ?? 'from the start'}`, out);
}

const met = (table) => table.filter(({ how }) => how !== 'exit 0').length;
const parts = [...rows, ...lateRows].reduce((sum, { left }) => sum + left, 0);
console.log(
  `\n${met(rows)} of ${count} random strikes and ${met(lateRows)} of ${lateRows.length - 1} within files met the run alive; they left ${parts} parts of files; ${faults.length} faults`,
);
if (values.keep) console.log(folder);
else rmSync(folder, { recursive: true });
process.exitCode = faults.length > 0 ? 1 : 0;
