/** The same work in PyTorch on the CPU, with one thread and with all; where Python has it. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { NeusimError } from '@neusim/registry';
import { type Findings, row, type Unit } from '../report';
import { convShape, gflop, nameOf, ratioShapes } from '../suites/shapes';

const run = promisify(execFile);

interface Line {
  readonly name: string;
  readonly threads: number;
  readonly times: readonly number[];
  readonly work: number;
  readonly unit: Unit;
}

/** `NEUSIM_PYTHON` names the Python that has torch, `python3` where it is not set. */
export async function benchPytorch(quick: boolean, script: string): Promise<Findings> {
  const python = process.env.NEUSIM_PYTHON ?? 'python3';
  try {
    await run(python, ['-c', 'import torch']);
  } catch {
    return { rows: [], ratios: {}, notRun: [`PyTorch: ${python} has no torch`] };
  }
  const convolutions = quick ? [convShape(2, 4, 4, 4)] : ratioShapes;
  const given = convolutions.map((shape) => ({ ...shape, name: nameOf(shape), gflop: gflop(shape) }));
  try {
    const { stdout } = await run(python, [script, JSON.stringify({ quick, convolutions: given })]);
    const lines = JSON.parse(stdout) as Line[];
    return {
      rows: lines.map(({ name, threads, times, work, unit }) =>
        row(name, { engine: `PyTorch, ${threads} thread${threads === 1 ? '' : 's'}`, times }, work, unit),
      ),
      ratios: {},
    };
  } catch (cause) {
    throw new NeusimError('BENCH_PEER_FAILED', `PyTorch's script failed: ${(cause as Error).message}`, {
      data: { python, script },
      hint: 'Run it by hand, or leave the part out with --only.',
      cause,
    });
  }
}
