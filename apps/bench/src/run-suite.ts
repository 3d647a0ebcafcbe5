/** Runs a suite in this process. */
import { NeusimError } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import { type Engines, startEngines } from './engines';
import { measure, median } from './measure';
import { benchPeers } from './peers';
import { currentLoad, describeMachine, type Findings, type ProcessReport } from './report';
import { benchCifar } from './suites/cifar';
import { benchConvolutions } from './suites/convolutions';
import { benchGemm } from './suites/gemm';
import { benchGrowth } from './suites/growth';
import { benchMemory } from './suites/memory';
import { benchOverhead } from './suites/overhead';
import { benchVgg } from './suites/vgg';
import { benchWorkers } from './suites/workers';

type Bench = (engines: Engines, quick: boolean) => Findings | Promise<Findings>;

/** The parts of each suite, in the order of their runs. */
const suites: Readonly<Record<string, Readonly<Record<string, Bench>>>> = {
  cpu: {
    gemm: benchGemm,
    conv: benchConvolutions,
    vgg: benchVgg,
    cifar: benchCifar,
    overhead: benchOverhead,
    growth: benchGrowth,
    peers: benchPeers,
  },
  memory: { memory: benchMemory },
  workers: {
    workers(engines, quick) {
      engines.use('neusim');
      return benchWorkers(quick);
    },
  },
};

export const suiteNames = Object.keys(suites);

export interface SuiteOptions {
  /** Tiny sizes and two rounds. */
  readonly quick: boolean;
  /** The parts of the suite to run; all where absent. */
  readonly only?: readonly string[] | undefined;
  /** Told what runs next. */
  readonly onProgress?: (what: string) => void;
}

/** @throws NeusimError BENCH_UNKNOWN for a suite or a part that is not known. */
export function partsOf(suite: string, only?: readonly string[]): readonly (readonly [string, Bench])[] {
  const benches = suites[suite];
  if (!benches) throw unknown('suite', suite, suiteNames);
  for (const part of only ?? []) if (!benches[part]) throw unknown('part', part, Object.keys(benches));
  return Object.entries(benches).filter(([name]) => !only || only.includes(name));
}

/** @throws NeusimError BENCH_UNKNOWN for a suite or a part that is not known, and what the parts throw. */
export async function runSuite(
  suite: string,
  { quick, only, onProgress = () => {} }: SuiteOptions,
): Promise<ProcessReport> {
  const parts = partsOf(suite, only);
  const engines = await startEngines();
  const found: (Findings & { part: string })[] = [];
  const references = [timeReference(engines, quick)];
  for (const [part, bench] of parts) {
    onProgress(part);
    found.push({ part, ...(await bench(engines, quick)) });
    references.push(timeReference(engines, quick));
  }
  return {
    suite,
    quick,
    machine: describeMachine(),
    reference: median(references),
    load: currentLoad(),
    rows: found.flatMap(({ part, rows }) => rows.map((row) => ({ part, ...row }))),
    ratios: Object.assign({}, ...found.map(({ ratios }) => ratios)),
    notRun: found.flatMap(({ notRun = [] }) => notRun),
  };
}

/** Milliseconds of XNNPACK's matrix product of 512³: a processor that is slowed down shows here. */
function timeReference(engines: Engines, quick: boolean): number {
  const side = quick ? 64 : 512;
  const a = tf.randomNormal<tf.Rank.R2>([side, side]);
  const run = () => tf.dispose(tf.matMul(a, a));
  const { times } = measure(engines, { stock: { engine: 'stock', run } }, 5).stock;
  a.dispose();
  return median(times);
}

function unknown(what: string, met: string, known: readonly string[]): NeusimError {
  return new NeusimError('BENCH_UNKNOWN', `no ${what} '${met}'`, {
    data: { [what]: met, known },
    hint: `Known: ${known.join(', ')}.`,
  });
}
