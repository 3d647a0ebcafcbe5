/**
 * A suite in several processes, one after another. How V8 compiles and what else the machine does differ from process
 * to process more than from round to round; every figure is the median of the processes'.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NeusimError } from '@neusim/registry';
import { median } from './measure';
import type { ProcessReport, Report, Row } from './report';

/** A process whose reference is this much slower or faster than the middle one of all is dropped. */
const FAR = 1.25;
/** Exit code of a process some of whose parts failed: its report holds the others. */
export const PARTS_FAILED = 3;
/** Run in place of those dropped, at most. */
const SPARE = 2;

/**
 * @param runOne runs the suite in one process.
 * @param onProgress told which process runs next, and which is dropped.
 */
export async function runProcesses(
  count: number,
  runOne: () => Promise<ProcessReport>,
  onProgress: (what: string) => void = () => {},
): Promise<Report> {
  const all: ProcessReport[] = [];
  let kept: readonly ProcessReport[] = [];
  while (kept.length < count && all.length < count + SPARE) {
    if (count > 1) onProgress(`process ${all.length + 1} of ${Math.max(count, all.length + 1)}`);
    all.push(await runOne());
    kept = usual(all);
    const dropped = all.length - kept.length;
    if (dropped > 0)
      onProgress(`${dropped} of ${all.length} dropped: the machine ran far off its usual speed`);
  }
  return summarize(all, kept);
}

function usual(reports: readonly ProcessReport[]): readonly ProcessReport[] {
  // Of two, nobody knows which is the usual one.
  if (reports.length < 3) return reports;
  const sorted = reports.map(({ reference }) => reference).sort((a, b) => a - b);
  const middle = sorted[(sorted.length - 1) >> 1] as number;
  return reports.filter(({ reference }) => Math.max(reference / middle, middle / reference) < FAR);
}

/** The medians of what the processes kept found. */
export function summarize(
  all: readonly ProcessReport[],
  kept: readonly ProcessReport[] = all,
  date = new Date(),
): Report {
  const first = kept[0] as ProcessReport;
  const valuesOf = (name: string) => kept.flatMap(({ ratios }) => ratios[name] ?? []);
  const names = Object.keys(first.ratios);
  const perRatio = <T>(of: (values: readonly number[]) => T) =>
    Object.fromEntries(names.map((name) => [name, of(valuesOf(name))]));
  const failed = [...new Set(all.flatMap(({ failed = [] }) => failed))];
  return {
    ...first,
    ...(failed.length > 0 ? { failed } : {}),
    date: date.toISOString(),
    reference: median(kept.map(({ reference }) => reference)),
    load: median(kept.map(({ load }) => load)),
    rows: first.rows.map((row) =>
      medianRow(kept.flatMap(({ rows }) => rows.filter((other) => keyOf(other) === keyOf(row)))),
    ),
    ratios: perRatio(median),
    spread: perRatio((values) => ({ smallest: Math.min(...values), largest: Math.max(...values) })),
    processes: all.map((each) => ({
      reference: each.reference,
      load: each.load,
      dropped: !kept.includes(each),
      ratios: each.ratios,
    })),
  };
}

const keyOf = ({ part, name, engine }: Row) => [part, name, engine].join('\n');

/** What a row may tell besides its time. */
const told = ['peakBytes', 'heapBytes', 'error', 'share', 'threadMilliseconds', 'gpuMilliseconds'] as const;
type Told = (typeof told)[number];

function medianRow(rows: readonly Row[]): Row {
  const values = (of: (row: Row) => number | undefined) => rows.flatMap((row) => of(row) ?? []);
  const medianOf = (key: Told) => {
    const found = values((row) => row[key]);
    return found.length > 0 ? { [key]: median(found) } : {};
  };
  return {
    ...(rows[0] as Row),
    milliseconds: median(values((row) => row.milliseconds)),
    fastest: Math.min(...values((row) => row.fastest)),
    slowest: Math.max(...values((row) => row.slowest)),
    rounds: values((row) => row.rounds).reduce((a, b) => a + b, 0),
    rate: median(values((row) => row.rate)),
    ...Object.assign({}, ...told.map(medianOf)),
  };
}

/**
 * Runs this program in a child process, with `--json` to a file that is read back. A signal that ends this process
 * ends the child.
 * @throws NeusimError BENCH_PROCESS_FAILED where the child ends with another code than 0 and PARTS_FAILED.
 */
export async function runChild(args: readonly string[]): Promise<ProcessReport> {
  const folder = await mkdtemp(join(tmpdir(), 'neusim-bench-'));
  const file = join(folder, 'report.json');
  try {
    await run([...process.execArgv, process.argv[1] as string, ...args, '--processes', '1', '--json', file]);
    return JSON.parse(await readFile(file, 'utf8')) as ProcessReport;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function run(args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const stop = (signal: NodeJS.Signals) => void child.kill(signal);
  process.on('SIGINT', stop).on('SIGTERM', stop);
  try {
    await new Promise<void>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code, signal) => {
        if (code === 0 || code === PARTS_FAILED) return resolve();
        reject(
          new NeusimError(
            'BENCH_PROCESS_FAILED',
            `a process of the suite ended with ${signal ?? `code ${code}`}`,
            {
              data: { code, signal },
              hint: signal ? 'It was stopped.' : 'Its message stands above; --processes 1 runs it alone.',
            },
          ),
        );
      });
    });
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
}
