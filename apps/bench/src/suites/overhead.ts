/** Where a training step's time goes: each kernel, and the share of all that is neither convolution nor GEMM. */
import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { Engines } from '../engines';
import { median } from '../measure';
import { type Profile, profile } from '../profile';
import { type Findings, row } from '../report';
import { workload } from '../training-step';
import { vggLike } from '../vgg';
import { nsnCifar } from './cifar';

/** tfjs's convolutions and matrix products, and the seam's: with a similarity, its weighting and gradients belong to them. */
const convolutionOrGemm = /Conv2[dD]|MatMul/;

export function benchOverhead(engines: Engines, quick: boolean): Findings {
  const vgg = profileSteps(engines, 'VGG-like', quick ? vggLike(8, 4) : vggLike(32, 64), quick);
  const nsn = profileSteps(engines, 'nsn-cifar dynamic-dns', nsnCifar('dynamic-dns', quick).build(), quick);
  return {
    rows: [...vgg.rows, ...nsn.rows],
    ratios: {
      overheadShare: Math.max(vgg.share, nsn.share),
      vggOverheadShare: vgg.share,
      nsnOverheadShare: nsn.share,
    },
  };
}

function profileSteps(engines: Engines, name: string, model: LayersModel, quick: boolean) {
  const net = workload(model, quick ? 2 : 32);
  engines.use('neusim');
  for (let i = 0; i < 2; i++) net.step();
  const profiles = Array.from({ length: quick ? 1 : 5 }, () => profile(net.step));
  net.dispose();
  const total = median(profiles.map(({ total }) => total));
  const kernels = [...new Set(profiles.flatMap(({ kernels }) => kernels.map(({ name }) => name)))];
  const rowOf = (what: string, times: readonly number[]) => ({
    ...row(`${name} train: ${what}`, { engine: 'neusim', times }, 0, '% of the step'),
    rate: (100 * median(times)) / total,
  });
  const rows = kernels.map((kernel) =>
    rowOf(
      kernel,
      profiles.map((each) => timeOf(each, (k) => k === kernel)),
    ),
  );
  const between = rowOf(
    'between the kernels',
    profiles.map((each) => each.total - timeOf(each, () => true)),
  );
  return {
    rows: [...rows, between].sort((a, b) => b.milliseconds - a.milliseconds),
    share: median(
      profiles.map((each) => 1 - timeOf(each, (kernel) => convolutionOrGemm.test(kernel)) / each.total),
    ),
  };
}

function timeOf({ kernels }: Profile, chosen: (kernel: string) => boolean): number {
  return kernels.reduce((sum, { name, milliseconds }) => sum + (chosen(name) ? milliseconds : 0), 0);
}
