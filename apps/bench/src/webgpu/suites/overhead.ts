/** Where the GPU's time of a training step goes, kernel by kernel, by its timestamps. */
import * as tf from '@tensorflow/tfjs-core';
import { median } from '../../measure';
import { type Findings, row } from '../../report';
import type { GpuEngines } from '../engines';
import { cnnCifar, gflopAStep, type Network, nsnCifar, workloads } from '../networks';
import { batchFor } from '../speed';

export async function benchGpuOverhead(engines: GpuEngines): Promise<Findings> {
  if (!engines.facts.timestamps)
    return { rows: [], ratios: {}, notRun: ['overhead: the adapter has no timestamps'] };
  const rows = [];
  for (const network of [cnnCifar, nsnCifar]) rows.push(...(await kernelRows(engines, network)));
  return { rows, ratios: {} };
}

async function kernelRows(engines: GpuEngines, network: Network) {
  await engines.use('neusim');
  const nets = workloads(
    network,
    batchFor(engines.speed, 128, gflopAStep(network, engines.speed.quick)),
    engines.speed.quick,
  );
  const { step } = nets.current();
  for (let i = 0; i < 2; i++) step();
  const profiles: ReadonlyMap<string, number>[] = [];
  for (let i = 0; i < (engines.speed.software ? 1 : 5); i++) profiles.push(await profile(step));
  nets.each((net) => net.dispose());
  const names = [...new Set(profiles.flatMap((each) => [...each.keys()]))];
  const total = median(profiles.map((each) => [...each.values()].reduce((a, b) => a + b, 0)));
  return names
    .map((name) => {
      const times = profiles.map((each) => each.get(name) ?? 0);
      return {
        ...row(`${network.name} train: ${name}`, { engine: 'neusim', times }, 0, '% of the step'),
        rate: (100 * median(times)) / total,
      };
    })
    .sort((a, b) => b.milliseconds - a.milliseconds);
}

/** Milliseconds of the GPU by kernel. */
async function profile(step: () => void): Promise<ReadonlyMap<string, number>> {
  const found = await tf.time(step);
  const { getExtraProfileInfo } = found as { getExtraProfileInfo?: () => string };
  const sums = new Map<string, number>();
  // tfjs hands the kernels over as one text: `Name: 0.1, Name: 0.2`.
  for (const [, name = '', time = '0'] of (getExtraProfileInfo?.() ?? '').matchAll(/([^,:]+): ([\d.e+-]+)/g))
    sums.set(name.trim(), (sums.get(name.trim()) ?? 0) + Number(time));
  return sums;
}
