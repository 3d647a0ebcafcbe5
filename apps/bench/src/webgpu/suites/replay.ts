/** The JavaScript thread's time until `submit` returns: a replayed step of `nsn-cifar` against an eager one. */
import { median } from '../../measure';
import type { Findings } from '../../report';
import { captureStep, type Replay } from '../capture';
import type { GpuEngines } from '../engines';
import { measureGpu } from '../measure';
import { nsnCifar, workloads } from '../networks';
import { gpuRow } from '../rows';

/** The thread's work does not depend on it; the smallest leaves the thread alone with it. */
const BATCH = 2;

export async function benchReplay(engines: GpuEngines): Promise<Findings> {
  if (typeof captureStep !== 'function')
    return { rows: [], ratios: {}, notRun: [`replayCpuVsEager: ${captureStep.missing}`] };
  await engines.use('neusim');
  const nets = workloads(nsnCifar, BATCH, engines.speed.quick);
  nets.current().step();
  const replay: Replay = await captureStep(nets.current());
  const { eager, replayed } = await measureGpu(
    engines,
    {
      eager: { engine: 'neusim', prepare: () => ({ run: nets.current().step }) },
      replayed: { engine: 'neusim', prepare: () => ({ run: replay.run }) },
    },
    engines.speed.quick ? 2 : 15,
  );
  replay.dispose();
  nets.each((net) => net.dispose());
  const rounds = replayed.threadTimes.map((time, i) => time / (eager.threadTimes[i] as number));
  return {
    rows: [
      gpuRow(`${nsnCifar.name} train, batch ${BATCH}`, eager, BATCH, 'images/s'),
      gpuRow(`${nsnCifar.name} train, batch ${BATCH}, replayed`, replayed, BATCH, 'images/s'),
    ],
    ratios: { replayCpuVsEager: median(rounds) },
  };
}
