/** Whole training steps and forward passes of the networks. */
import { ratio } from '../../measure';
import type { Findings } from '../../report';
import type { GpuEngineName, GpuEngines } from '../engines';
import { type GpuVariant, measureGpu } from '../measure';
import {
  cnnCifar,
  gflopAStep,
  type Network,
  nsnCifar,
  nsnCifarPlain,
  nsnCifarUns,
  vgg,
  workloads,
} from '../networks';
import { networkRow } from '../rows';
import { batchFor, sizesNote } from '../speed';

interface Plan {
  readonly network: Network;
  readonly batches: readonly number[];
  /** Beside `neusim` and `stock`, at the first batch. */
  readonly besides?: readonly GpuEngineName[];
  /** Name of the speed-up of its training step over `stock`, at the first batch. */
  readonly ratio: string;
}

export const batches = [128, 512] as const;

const plans: readonly Plan[] = [
  { network: cnnCifar, batches, ratio: 'trainStepVsStock' },
  { network: nsnCifar, batches, besides: ['composed', 'authors'], ratio: 'nsnTrainStepVsStock' },
  { network: nsnCifarPlain, batches, ratio: 'nsnPlainTrainStepVsStock' },
  { network: nsnCifarUns, batches: [128], ratio: 'unsTrainStepVsStock' },
  { network: vgg, batches: [128], ratio: 'vggTrainStepVsStock' },
];

export async function benchNetworks(engines: GpuEngines): Promise<Findings> {
  const found = [];
  for (const plan of plans) found.push(await benchNetwork(engines, plan));
  return {
    rows: found.flatMap(({ rows }) => rows),
    ratios: Object.assign({}, ...found.map(({ ratios }) => ratios)),
    notes: sizesNote(engines.speed),
  };
}

async function benchNetwork(engines: GpuEngines, { network, batches, besides = [], ratio: name }: Plan) {
  const { speed, facts } = engines;
  const gflop = gflopAStep(network, speed.quick);
  const sizes = [...new Set(batches.map((batch) => batchFor(speed, batch, gflop)))];
  const rows: Findings['rows'][number][] = [];
  const ratios: Record<string, number> = {};
  for (const batch of sizes) {
    const nets = workloads(network, batch, speed.quick);
    const isFirst = batch === sizes[0];
    const on = (engine: GpuEngineName, what: 'step' | 'infer'): GpuVariant => ({
      engine,
      prepare: () => ({ run: nets.current()[what] }),
    });
    const rounds = speed.quick ? 1 : speed.software ? 2 : 7;
    const all = ['stock', 'neusim', ...(isFirst ? besides : [])] as const;
    const each = <T>(of: (engine: GpuEngineName) => T) =>
      Object.fromEntries(all.map((engine) => [engine, of(engine)])) as Record<GpuEngineName, T>;
    const train = await measureGpu(
      engines,
      each((engine) => on(engine, 'step')),
      rounds,
    );
    const forward = await measureGpu(
      engines,
      { stock: on('stock', 'infer'), neusim: on('neusim', 'infer') },
      rounds,
    );
    nets.each((net) => net.dispose());
    const title = (what: string) => `${network.name} ${what}, batch ${batch}`;
    const tflop = (batch * gflop) / 1000;
    rows.push(
      ...all.map((engine) => networkRow(facts, title('train'), train[engine], batch, tflop)),
      networkRow(facts, title('forward'), forward.stock, batch, tflop / 3),
      networkRow(facts, title('forward'), forward.neusim, batch, tflop / 3),
    );
    if (isFirst) ratios[name] = ratio(train.stock, train.neusim);
  }
  return { rows, ratios };
}
