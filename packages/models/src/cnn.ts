/**
 * The backbones of few-shot classification (method: §11), for images of 84×84×3. CNN-4 is four 3×3 convolutions of 64
 * filters (Vinyals et al. 2016; Chen et al. 2019, "A Closer Look at Few-shot Classification"), whose embedding has
 * 5·5·64 = 1600 features. CNN-9 is three groups of three convolutions, 64/128/256 as in Lin et al. 2018 ("Learning towards
 * Minimum Hyperspherical Energy"), or with `width: 32` as in the paper's CIFAR networks. A 2×2 max-pool follows each stage, or
 * the first `pools` of them: two of four in relation networks (Sung et al. 2018), which look at the map.
 * Plain by default; a similarity holds for all convolutions, the first included. The paper does not say which have it:
 * this choice is ours, and so are averaging CNN-9's last map and the decay of the running statistics.
 */
import { strictOptions } from '@neusim/core';
import { define, NeusimError } from '@neusim/registry';
import { input, type LayersModel, model } from '@tensorflow/tfjs-layers';
import * as v from 'valibot';
import { applyHead, type Head } from './head';
import { doubling, modelOf, type PlainOptions, partsOf } from './make-model';
import { commonEntries, headEntries, partEntries, stageEntries } from './options';
import { maxPool, requireSize, type StageOptions, stage } from './staged';

type Net = Omit<PlainOptions, 'widths'> &
  Head &
  StageOptions & { readonly name: string; readonly widths: readonly number[]; readonly pools: number };

const poolEntries = {
  /** How many stages, from the first, a max-pool follows; default all. */
  pools: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0))),
};

/** Mini-ImageNet's images and the number of its base classes. */
const common = commonEntries({ inputShape: [84, 84, 3], classes: 64, normDecay: 0.99 });
const requires = ['similarity:inner-product', 'shape:full'] as const;

export const cnn4 = define({
  kind: 'model',
  name: 'cnn-4',
  version: '1.0.0',
  summary: 'few-shot backbone: four convolutions of 64 filters, plain or with a neural similarity',
  options: strictOptions({
    ...common,
    ...stageEntries({ width: 64, depth: 1 }),
    ...poolEntries,
    ...partEntries('inner-product'),
    ...headEntries('flatten'),
  }),
  requires: [...requires],
  load: () => (options, registry) => {
    const parts = partsOf(registry, options);
    const widths = options.widths ?? Array<number>(4).fill(options.width);
    const pools = poolsOf('cnn-4', options.pools, widths);
    return modelOf('cnn-4', options, () =>
      build({ ...options, name: 'cnn-4', widths, pools, parts: parts() }),
    );
  },
});

export const cnn9 = define({
  kind: 'model',
  name: 'cnn-9',
  version: '1.0.0',
  summary: 'few-shot backbone: three times three convolutions, plain or with a neural similarity',
  options: strictOptions({
    ...common,
    ...stageEntries({ width: 64, depth: 3 }),
    ...poolEntries,
    ...partEntries('inner-product'),
    ...headEntries('average'),
  }),
  requires: [...requires],
  load: () => (options, registry) => {
    const parts = partsOf(registry, options);
    const widths = options.widths ?? doubling(options.width, 3);
    const pools = poolsOf('cnn-9', options.pools, widths);
    return modelOf('cnn-9', options, () =>
      build({ ...options, name: 'cnn-9', widths, pools, parts: parts() }),
    );
  },
});

/** @throws NeusimError CONFIG_INVALID for more pools than stages. */
function poolsOf(name: string, pools: number | undefined, widths: readonly number[]): number {
  if (pools === undefined) return widths.length;
  if (pools <= widths.length) return pools;
  throw new NeusimError(
    'CONFIG_INVALID',
    `${name} has ${widths.length} stages, but ${pools} pools are asked`,
    {
      data: { path: 'pools', met: pools, stages: widths.length },
      hint: `Give 0 to ${widths.length} pools, or leave them out for one after each stage.`,
    },
  );
}

function build(net: Net): LayersModel {
  const { name, inputShape, widths, pools } = net;
  requireSize(name, inputShape, 2 ** pools, widths.length);
  const images = input({ name: 'image', shape: [...inputShape] });
  const x = widths.reduce((from, filters, i) => {
    const y = stage(from, i + 1, filters, net);
    return i < pools ? maxPool(y, i + 1) : y;
  }, images);
  return model({ name, inputs: images, outputs: applyHead(x, net) });
}
