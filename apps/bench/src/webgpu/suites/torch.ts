/**
 * The same work in PyTorch on the same GPU: cuDNN, channels_last, float32 with TF32 off and on, torch.compile off and
 * on. Our steps are timed before and after it, so that the ratios are of one run.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { NeusimError } from '@neusim/registry';
import { median } from '../../measure';
import { type Findings, row, type Unit } from '../../report';
import { gflop, nameOf } from '../../suites/shapes';
import type { GpuEngines } from '../engines';
import { measureGpu } from '../measure';
import { cnnCifar, gflopAStep, type Network, nsnCifar, nsnCifarPlain, workloads } from '../networks';
import { gpuRow } from '../rows';
import { batchFor, convShapesFor } from '../speed';
import { batches } from './networks';

const execute = promisify(execFile);

/** Beside `src` and `dist`; a bundle sets NEUSIM_TORCH_BENCH. */
const script = () =>
  process.env.NEUSIM_TORCH_BENCH ?? fileURLToPath(new URL('../peers/torch_bench.py', import.meta.url));

/** What torch_bench.py prints. */
interface TorchReport {
  readonly torch: string;
  readonly device: string;
  readonly isGpu: boolean;
  readonly rows: readonly TorchRow[];
  /** What failed, such as a compilation. */
  readonly notRun: readonly string[];
}

interface TorchRow {
  readonly name: string;
  readonly tf32: boolean;
  readonly compiled: boolean;
  /** Milliseconds of each round. */
  readonly times: readonly number[];
  readonly work: number;
  readonly unit: Unit;
}

const networks: readonly (readonly [network: Network, ratio: string])[] = [
  [cnnCifar, 'trainStepVsTorch'],
  [nsnCifar, 'nsnTrainStepVsTorch'],
  [nsnCifarPlain, 'nsnPlainTrainStepVsTorch'],
];

export async function benchTorch(engines: GpuEngines): Promise<Findings> {
  const python = process.env.NEUSIM_PYTHON ?? 'python3';
  const { quick, software } = engines.speed;
  const absent = await whyNot(python, quick);
  if (absent) return { rows: [], ratios: {}, notRun: [`trainStepVsTorch: ${absent}`] };
  const batch = batchFor(engines.speed, 128, gflopAStep(nsnCifar, engines.speed.quick));
  const before = await timeSteps(engines, batch);
  const report = await runScript(python, {
    quick: quick || software,
    convolutions: convShapesFor(engines.speed).map((shape) => ({
      ...shape,
      name: nameOf(shape),
      tflop: gflop(shape) / 1000,
    })),
    batches: quick || software ? [batch] : batches,
  });
  const after = await timeSteps(engines, batch);
  const ours = networks.map(([network, ratio], i) => {
    const title = trainingOf(network, batch);
    const times = [...before, ...after]
      .filter(({ name }) => name === title)
      .flatMap((each) => each.sample.times);
    const theirs = report.rows.filter(({ name, tf32 }) => name === title && !tf32);
    const best = Math.min(...theirs.map((each) => median(each.times)));
    const first = before[i] as (typeof before)[number];
    return {
      row: gpuRow(title, { ...first.sample, times }, batch, 'images/s'),
      ratios: report.isGpu && Number.isFinite(best) ? { [ratio]: median(times) / best } : {},
    };
  });
  return {
    rows: [
      ...ours.map(({ row }) => row),
      ...report.rows.map((each) =>
        row(each.name, { engine: engineOf(report, each), times: each.times }, each.work, each.unit),
      ),
    ],
    ratios: Object.assign({}, ...ours.map(({ ratios }) => ratios)),
    notRun: [...report.notRun, ...(report.isGpu ? [] : ['trainStepVsTorch: PyTorch ran on the processor'])],
    notes: [`PyTorch ${report.torch} on ${report.device}`],
  };
}

const trainingOf = ({ name }: Network, batch: number) => `${name} train, batch ${batch}`;

const engineOf = ({ isGpu }: TorchReport, { tf32, compiled }: TorchRow) =>
  ['PyTorch', isGpu ? '' : 'cpu', tf32 ? 'TF32' : '', compiled ? 'compiled' : ''].filter(Boolean).join(' ');

async function timeSteps(engines: GpuEngines, batch: number) {
  const found = [];
  for (const [network] of networks) {
    const nets = workloads(network, batch, engines.speed.quick);
    const { neusim } = await measureGpu(
      engines,
      { neusim: { engine: 'neusim', prepare: () => ({ run: nets.current().step }) } },
      engines.speed.software ? 1 : 5,
    );
    nets.each((net) => net.dispose());
    found.push({ name: trainingOf(network, batch), sample: neusim });
  }
  return found;
}

/** Why PyTorch is left out; undefined where it is not. On the processor it runs with --quick alone. */
async function whyNot(python: string, quick: boolean): Promise<string | undefined> {
  try {
    const { stdout } = await execute(python, ['-c', 'import torch; print(torch.cuda.is_available())']);
    return stdout.trim() === 'True' || quick ? undefined : `PyTorch of ${python} has no GPU`;
  } catch {
    return `${python} has no torch; NEUSIM_PYTHON names another Python`;
  }
}

async function runScript(python: string, work: object): Promise<TorchReport> {
  try {
    const { stdout } = await execute(python, [script(), JSON.stringify(work)], { maxBuffer: 2 ** 26 });
    return JSON.parse(stdout) as TorchReport;
  } catch (cause) {
    throw new NeusimError('BENCH_PEER_FAILED', `PyTorch's script failed: ${(cause as Error).message}`, {
      data: { python, script: script() },
      hint: 'Run it by hand, or leave the part out with --only.',
      cause,
    });
  }
}
