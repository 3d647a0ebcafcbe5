/** Runs a suite by name. */
import { NeusimError } from '@neusim/registry';
import { type Engines, startEngines } from './engines';
import { describeMachine, type Findings, type Report } from './report';
import { benchConvolutions } from './suites/convolutions';
import { benchMemory } from './suites/memory';
import { benchNsnCifar } from './suites/nsn-cifar';
import { benchVgg } from './suites/vgg';
import { benchWorkers } from './suites/workers';

type Bench = (engines: Engines, quick: boolean) => Findings | Promise<Findings>;

const suites: Readonly<Record<string, Readonly<Record<string, Bench>>>> = {
  cpu: { vgg: benchVgg, 'nsn-cifar': benchNsnCifar, conv: benchConvolutions },
  memory: { memory: benchMemory },
  workers: { workers: (_, quick) => benchWorkers(quick) },
};

export interface SuiteOptions {
  /** Tiny sizes and two rounds. */
  readonly quick: boolean;
  /** The parts of the suite to run; all where absent. */
  readonly only?: readonly string[] | undefined;
  /** Told what runs next. */
  readonly onProgress?: (what: string) => void;
}

/** @throws NeusimError BENCH_UNKNOWN for a suite or a part that is not known. */
export async function runSuite(
  suite: string,
  { quick, only, onProgress = () => {} }: SuiteOptions,
): Promise<Report> {
  const benches = suites[suite];
  if (!benches) throw unknown('suite', suite, Object.keys(suites));
  for (const part of only ?? []) if (!benches[part]) throw unknown('part', part, Object.keys(benches));
  const engines = await startEngines();
  const found: Findings[] = [];
  for (const [name, bench] of Object.entries(benches)) {
    if (only && !only.includes(name)) continue;
    onProgress(name);
    found.push(await bench(engines, quick));
  }
  return {
    suite,
    quick,
    machine: describeMachine(),
    rows: found.flatMap(({ rows }) => rows),
    ratios: Object.assign({}, ...found.map(({ ratios }) => ratios)),
  };
}

function unknown(what: string, met: string, known: readonly string[]): NeusimError {
  return new NeusimError('BENCH_UNKNOWN', `no ${what} '${met}'`, {
    data: { [what]: met, known },
    hint: `Known: ${known.join(', ')}.`,
  });
}
