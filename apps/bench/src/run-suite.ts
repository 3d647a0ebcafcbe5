/** Runs a suite in this process. */
import { NeusimError } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import { type Engines, startEngines } from './engines';
import { measure, median } from './measure';
import { benchPeers } from './peers';
import { currentLoad, describeMachine, type Findings, type ProcessReport } from './report';
import type { Suite, SuiteOptions } from './suite';
import { benchCifar } from './suites/cifar';
import { benchConvolutions } from './suites/convolutions';
import { benchFewShot } from './suites/few-shot';
import { benchGemm } from './suites/gemm';
import { benchGrowth } from './suites/growth';
import { benchMemory } from './suites/memory';
import { operatorParts } from './suites/operators';
import { benchOverhead } from './suites/overhead';
import { pageSuite } from './suites/page';
import { benchVgg } from './suites/vgg';
import { benchWorkers } from './suites/workers';
import { webgpuSuite } from './webgpu/suite';

const onWasm = { start: startEngines, reference: timeReference };
const cpuSuite: Suite<Engines> = {
  ...onWasm,
  parts: {
    gemm: benchGemm,
    conv: benchConvolutions,
    vgg: benchVgg,
    cifar: benchCifar,
    overhead: benchOverhead,
    growth: benchGrowth,
    peers: benchPeers,
  },
};
const memorySuite: Suite<Engines> = { ...onWasm, parts: { memory: benchMemory } };
const operatorsSuite: Suite<Engines> = { ...onWasm, parts: operatorParts };
const fewShotSuite: Suite<Engines> = { ...onWasm, parts: { episodes: benchFewShot } };
const workersSuite: Suite<Engines> = {
  ...onWasm,
  parts: {
    workers(engines, quick) {
      engines.use('neusim');
      return benchWorkers(quick);
    },
  },
};

/** With the type of its engines hidden. */
interface AnySuite {
  readonly parts: readonly string[];
  run(name: string, options: SuiteOptions): Promise<ProcessReport>;
}

const hide = <E>(suite: Suite<E>): AnySuite => ({
  parts: Object.keys(suite.parts),
  run: (name, options) => run(name, suite, options),
});

const suites: Readonly<Record<string, AnySuite>> = {
  cpu: hide(cpuSuite),
  memory: hide(memorySuite),
  operators: hide(operatorsSuite),
  'few-shot': hide(fewShotSuite),
  workers: hide(workersSuite),
  webgpu: hide(webgpuSuite),
  page: hide(pageSuite),
};

export const suiteNames = Object.keys(suites);

/** @throws NeusimError BENCH_UNKNOWN for a suite or a part that is not known. */
export function partsOf(suite: string, only?: readonly string[]): readonly string[] {
  const { parts } = suiteOf(suite);
  for (const part of only ?? []) if (!parts.includes(part)) throw unknown('part', part, parts);
  return parts.filter((name) => !only || only.includes(name));
}

/** @throws NeusimError BENCH_UNKNOWN for a suite or a part that is not known, and what the parts throw. */
export async function runSuite(suite: string, options: SuiteOptions): Promise<ProcessReport> {
  partsOf(suite, options.only);
  return suiteOf(suite).run(suite, options);
}

async function run<E>(name: string, suite: Suite<E>, options: SuiteOptions): Promise<ProcessReport> {
  const { quick, onProgress = () => {} } = options;
  const engines = await suite.start(options);
  const found: (Findings & { part: string })[] = [];
  const failed: string[] = [];
  const references = [await suite.reference(engines, quick)];
  for (const part of partsOf(name, options.only)) {
    onProgress(part);
    try {
      found.push({ part, ...(await suite.parts[part]?.(engines, quick)) } as Findings & { part: string });
    } catch (error) {
      if (!suite.recover) throw error;
      failed.push(`${part}: ${(error as Error).message}`);
      await suite.recover(engines);
    }
    references.push(await suite.reference(engines, quick));
  }
  const notes = [...new Set(found.flatMap(({ notes = [] }) => notes))];
  const each = Object.assign({}, ...found.map(({ each }) => each));
  return {
    suite: name,
    quick,
    machine: { ...describeMachine(), ...suite.describe?.(engines) },
    reference: median(references),
    load: currentLoad(),
    rows: found.flatMap(({ part, rows }) => rows.map((row) => ({ part, ...row }))),
    ratios: Object.assign({}, ...found.map(({ ratios }) => ratios)),
    notRun: found.flatMap(({ notRun = [] }) => notRun),
    ...(notes.length > 0 ? { notes } : {}),
    ...(Object.keys(each).length > 0 ? { each } : {}),
    ...(failed.length > 0 ? { failed } : {}),
    ...(suite.seeds ? { seeds: suite.seeds } : {}),
  };
}

/** Milliseconds of XNNPACK's matrix product of 512³. */
function timeReference(engines: Engines, quick: boolean): number {
  const side = quick ? 64 : 512;
  const a = tf.randomNormal<tf.Rank.R2>([side, side]);
  const run = () => tf.dispose(tf.matMul(a, a));
  const { times } = measure(engines, { stock: { engine: 'stock', run } }, 5).stock;
  a.dispose();
  return median(times);
}

function suiteOf(name: string): AnySuite {
  const suite = suites[name];
  if (!suite) throw unknown('suite', name, suiteNames);
  return suite;
}

function unknown(what: string, met: string, known: readonly string[]): NeusimError {
  return new NeusimError('BENCH_UNKNOWN', `no ${what} '${met}'`, {
    data: { [what]: met, known },
    hint: `Known: ${known.join(', ')}.`,
  });
}
