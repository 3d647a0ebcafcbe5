/** The JavaScript thread's time until `submit` returns: a replayed step of `nsn-cifar` against an eager one. */
import { type CapturedStep, captureStep, eagerStep } from '@neusim/core';
import * as tf from '@tensorflow/tfjs-core';
import { median } from '../../measure';
import type { Findings } from '../../report';
import type { Recordable } from '../../training-step';
import type { GpuEngines } from '../engines';
import { type GpuSample, measureGpu, type Prepared } from '../measure';
import { gflopAStep, nsnCifar, workloads } from '../networks';
import { gpuRow, networkRow } from '../rows';
import { batchFor } from '../speed';

/** The thread's work does not depend on the batch: this one leaves it alone with it. */
const SMALL = 2;
/** Runs after which a step that can be recorded is. */
const SETTLED = 6;

export async function benchReplay(engines: GpuEngines): Promise<Findings> {
  const { quick } = engines.speed;
  const small = await benchBatch(engines, SMALL);
  if ('missing' in small) return { rows: [], ratios: {}, notRun: [`replayCpuVsEager: ${small.missing}`] };
  const { eager, replayed } = small;
  const title = (batch: number) => `${nsnCifar.name} train, batch ${batch}`;
  const rows = [
    gpuRow(title(SMALL), eager, SMALL, 'images/s'),
    gpuRow(`${title(SMALL)}, replayed`, replayed, SMALL, 'images/s'),
  ];
  const gflop = gflopAStep(nsnCifar, quick);
  const batch = batchFor(engines.speed, 128, gflop);
  const large = batch > SMALL ? await benchBatch(engines, batch) : undefined;
  if (large && 'eager' in large) {
    const tflop = (batch * gflop) / 1000;
    rows.push(
      networkRow(engines.facts, `${title(batch)}, handed over`, large.eager, batch, tflop),
      networkRow(engines.facts, `${title(batch)}, replayed`, large.replayed, batch, tflop),
    );
  }
  const ratios = replayed.threadTimes.map((time, i) => time / (eager.threadTimes[i] as number));
  return { rows, ratios: { replayCpuVsEager: median(ratios) } };
}

async function benchBatch(
  engines: GpuEngines,
  batch: number,
): Promise<{ eager: GpuSample; replayed: GpuSample } | { missing: string }> {
  await engines.use('neusim');
  const nets = workloads(nsnCifar, batch, engines.speed.quick);
  const { recordable } = nets.current();
  const captured = captureStep(recordable.step, recordable.state);
  try {
    for (let i = 0; i < SETTLED && captured.mode !== 'replay'; i++)
      tf.dispose(await captured.run(recordable.inputs));
    if (captured.mode !== 'replay') return { missing: captured.reason ?? 'the step was not recorded' };
    const plain = eagerStep(recordable.step, 'asked for');
    const variant = (step: CapturedStep) => ({
      engine: 'neusim' as const,
      prepare: () => runs(step, recordable),
    });
    const rounds = engines.speed.quick ? 2 : 9;
    return await measureGpu(engines, { eager: variant(plain), replayed: variant(captured) }, rounds);
  } finally {
    captured.dispose();
    nets.each((net) => net.dispose());
  }
}

const runs = (step: CapturedStep, { inputs }: Recordable): Prepared => ({
  run: async () => void tf.dispose(await step.run(inputs)),
});
