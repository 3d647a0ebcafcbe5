// Damaged files against every reader: each is a coded error or a whole result, within a time and a memory that are
// bounded. Each format runs in a process of its own; what hangs, or falls, is saved with its seed.
//   node tools/fuzz.mjs [--format png,jpeg] [--files 2000] [--seed 1] [--save FOLDER]
import { fork } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
export const NAMES =
  'png jpeg webp cifar idx idx.gz tar tar.gz zip npz npy features parquet pickle csv model.json weights checkpoint'.split(
    ' ',
  );
/** Node's exit code where a promise is never kept. */
const UNSETTLED = 13;
/** Of one file; the slowest takes a hundredth of it. */
const SECONDS = 10;
const HEAP_MIB = 256;
/** How far the process may grow over all its files, garbage and all. */
const GROWTH_MIB = 256;

/** Bundles the child where it finds the repository's packages. @param folder to be removed afterwards. */
async function bundleChild(folder) {
  const outfile = join(folder, 'child.mjs');
  await build({
    entryPoints: [join(root, 'tools/fuzz/child.ts')],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'bundle',
    external: ['sharp', '@jsquash/*', '@tensorflow/*', 'hyparquet-compressors'],
    conditions: ['@neusim/source'],
    logLevel: 'error',
  });
  return outfile;
}

/** Runs a child over files `first` to `end`; resolves to what came of them, and where it stopped. */
function runChild(child, folder, { format, first, end, seed }) {
  return new Promise((done) => {
    const found = { codes: {}, read: 0, faults: [], badSeeds: [], base: 0, peak: 0, slowest: 0, next: first };
    const work = mkdtempSync(join(folder, 'work-'));
    const process_ = fork(child, [format, first, end, seed, work], {
      execArgv: [`--max-old-space-size=${HEAP_MIB}`],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    let [running, since, stderr, timer] = [-1, 0, '', undefined];
    const watch = () => {
      clearTimeout(timer);
      timer = setTimeout(() => process_.kill('SIGKILL'), (running < 0 ? 6 : 1) * SECONDS * 1000);
    };
    process_.stderr.on('data', (data) => {
      stderr = `${stderr}${data}`.slice(-2000);
    });
    process_.on('message', (message) => {
      watch();
      if (message.badSeed) found.badSeeds.push(message.badSeed);
      else if (message.ready) found.base = found.peak = message.rss;
      else if (message.rss === undefined) [running, since] = [message.index, performance.now()];
      else {
        found.slowest = Math.max(found.slowest, performance.now() - since);
        found.peak = Math.max(found.peak, message.rss);
        found.next = message.index + 1;
        running = -1;
        if (message.fault) found.faults.push({ index: message.index, what: message.fault });
        else if (message.code === '') found.read++;
        else found.codes[message.code] = (found.codes[message.code] ?? 0) + 1;
      }
    });
    process_.on('exit', (code, signal) => {
      clearTimeout(timer);
      rmSync(work, { recursive: true, force: true });
      if (running >= 0) {
        const what =
          signal === 'SIGKILL' || code === UNSETTLED
            ? `no answer${code === UNSETTLED ? ', ever' : ` in ${SECONDS} s`}`
            : `the process ended (${code ?? signal}): ${stderr}`;
        found.faults.push({ index: running, what });
        found.next = running + 1;
      } else if (found.next < end) {
        found.faults.push({ index: found.next, what: `the process ended (${code ?? signal}): ${stderr}` });
        found.next = end;
      }
      done(found);
    });
    watch();
  });
}

/** All files of one format. */
async function fuzzFormat(child, folder, { format, files, seed }) {
  const total = { format, files, read: 0, refused: 0, codes: {}, faults: [], grown: 0, slowest: 0 };
  for (let first = 0; first < files; ) {
    const part = await runChild(child, folder, { format, first, end: files, seed });
    total.read += part.read;
    for (const [code, count] of Object.entries(part.codes)) {
      total.codes[code] = (total.codes[code] ?? 0) + count;
      total.refused += count;
    }
    total.faults.push(
      ...part.faults,
      ...part.badSeeds.map((what) => ({ index: -1, what: `a valid file: ${JSON.stringify(what)}` })),
    );
    total.grown = Math.max(total.grown, (part.peak - part.base) / 1024);
    total.slowest = Math.max(total.slowest, part.slowest);
    if (part.next <= first) break;
    first = part.next;
  }
  if (total.grown > GROWTH_MIB)
    total.faults.push({ index: -1, what: `it grew by ${Math.round(total.grown)} MiB` });
  return total;
}

/** Writes the file of a fault, and gives its path. */
function saveFault(child, save, { format, index, seed }) {
  mkdirSync(save, { recursive: true });
  const path = join(save, `${format}-${seed}-${index}.bin`);
  return new Promise((done) => {
    fork(child, [format, index, index, seed, save, path], { stdio: 'ignore' }).on('exit', () => done(path));
  });
}

/**
 * Runs the formats one after the other.
 * @returns one row for each: how many files were read, how many refused, by which codes, and what went wrong
 */
export async function fuzz({ formats = NAMES, files = 2000, seed = 1, save, report = () => {} } = {}) {
  const cache = join(root, 'node_modules/.cache/neusim');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'fuzz-'));
  const rows = [];
  try {
    const child = await bundleChild(folder);
    for (const format of formats) {
      const row = await fuzzFormat(child, folder, { format, files, seed });
      if (save)
        for (const fault of row.faults)
          if (fault.index >= 0)
            fault.path = await saveFault(child, save, { format, index: fault.index, seed });
      rows.push(row);
      report(row);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return rows;
}

function printRow({ format, files, read, refused, codes, faults, grown, slowest }) {
  const cells = [
    format.padEnd(11),
    String(files).padStart(6),
    String(read).padStart(6),
    String(refused).padStart(8),
  ];
  cells.push(
    String(faults.length).padStart(7),
    `${Math.round(grown)} MiB`.padStart(9),
    `${Math.round(slowest)} ms`.padStart(9),
  );
  const byCount = Object.entries(codes).sort((a, b) => b[1] - a[1]);
  console.log(`${cells.join('')}  ${byCount.map(([code, count]) => `${code} ${count}`).join(', ')}`);
  for (const { index, what, path } of faults)
    console.log(`  file ${index}${path ? ` (${path})` : ''}: ${what}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: {
      format: { type: 'string' },
      files: { type: 'string' },
      seed: { type: 'string' },
      save: { type: 'string' },
    },
  });
  const formats = values.format?.split(',') ?? NAMES;
  const unknown = formats.find((name) => !NAMES.includes(name));
  if (unknown !== undefined) {
    console.error(`unknown format ${unknown}; known: ${NAMES.join(', ')}`);
    process.exit(2);
  }
  console.log('format      files   read refused  faults    grown  slowest  codes');
  const rows = await fuzz({
    formats,
    files: Number(values.files ?? 2000),
    seed: Number(values.seed ?? 1),
    save: values.save ?? join(root, 'node_modules/.cache/neusim/fuzz-faults'),
    report: printRow,
  });
  process.exitCode = rows.some(({ faults }) => faults.length > 0) ? 1 : 0;
}
