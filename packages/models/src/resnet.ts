/**
 * Residual networks (He et al. 2016) whose 3×3 convolutions have a neural similarity. `depth` says which:
 *
 * - 20, 32, 44, 56, 110 (6n + 2): CIFAR's, three stages of n blocks, 16/32/64.
 * - 10, 18, 34: ImageNet's, four stages of one or more blocks, 64/128/256/512, behind a root of 7×7 and a max-pool, both of
 *   stride 2; for images of under 96 pixels behind a 3×3 root.
 * - 12: few-shot's (Oreshkin et al. 2018, TADAM; Lee et al. 2019, MetaOptNet): four blocks of three convolutions, leaky ReLU
 *   of slope 0.1 and a 2×2 max-pool after each; 64/160/320/640, or TADAM's `widths: [64, 128, 256, 512]`.
 *
 * A block's first convolution has the stride; its predictor works on the grid of what it gives. Root, shortcuts and
 * score are plain. The averaged last map is the layer `embedding`.
 */
import { strictOptions } from '@neusim/core';
import { define } from '@neusim/registry';
import { input, type LayersModel, layers, model, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import * as v from 'valibot';
import { type Activation, activate, convolutionBlock, type Parts } from './convolution';
import { applyHead } from './head';
import { modelOf, partsOf } from './make-model';
import { commonEntries, headEntries, partEntries, widthsEntry } from './options';
import { requireSize, requireStages } from './staged';
import type { ImageShape } from './types';

/** How deep a network is built. */
interface Plan {
  /** Blocks of each stage. */
  readonly blocks: readonly number[];
  readonly widths: readonly number[];
  /** Convolutions of a block. */
  readonly convolutions: number;
  readonly activation: Activation;
  /** A 2×2 max-pool after each block in place of a stride. */
  readonly pools: boolean;
  readonly shortcut: 'A' | 'B';
}

const cifar = (n: number): Plan => ({
  blocks: [n, n, n],
  widths: [16, 32, 64],
  convolutions: 2,
  activation: 'relu',
  pools: false,
  shortcut: 'A',
});
const imagenet = (...blocks: number[]): Plan => ({
  ...cifar(0),
  blocks,
  widths: [64, 128, 256, 512],
  shortcut: 'B',
});
const plans = {
  10: imagenet(1, 1, 1, 1),
  12: {
    ...imagenet(1, 1, 1, 1),
    widths: [64, 160, 320, 640],
    convolutions: 3,
    activation: 'leaky-relu',
    pools: true,
  },
  18: imagenet(2, 2, 2, 2),
  20: cifar(3),
  32: cifar(5),
  34: imagenet(3, 4, 6, 3),
  44: cifar(7),
  56: cifar(9),
  110: cifar(18),
} as const satisfies Record<number, Plan>;

type Depth = keyof typeof plans;
const depths = Object.keys(plans).map(Number) as Depth[];

/** From this side on, an image goes through the root of stride 4 (ours: He et al. have 224×224 and 32×32 alone). */
const LARGE = 96;

export const nsnResnet = define({
  kind: 'model',
  name: 'nsn-resnet',
  version: '1.0.0',
  summary: 'residual networks (ResNet-10 to -110) with a neural similarity in their 3×3 convolutions',
  options: strictOptions({
    ...commonEntries({ inputShape: [32, 32, 3], normDecay: 0.99 }),
    depth: v.optional(v.picklist(depths), 20),
    /** Filters of each stage, in place of those of the depth; as many numbers. */
    widths: widthsEntry,
    /**
     * Where a block changes the map's size or channels: `A` adds zeros for the new channels, `B` has a 1×1 convolution with
     * batch norm. Default: `A` for CIFAR's depths, else `B`.
     */
    shortcut: v.optional(v.picklist(['A', 'B'])),
    /** `small`: a 3×3 convolution; `large`: 7×7 of stride 2 and a max-pool. Depth 12 has none. */
    root: v.optional(v.picklist(['small', 'large'])),
    ...partEntries('dynamic-dns'),
    ...headEntries('average'),
  }),
  requires: ['similarity:inner-product', 'shape:full'],
  load: () => (options, registry) => {
    const parts = partsOf(registry, options);
    return modelOf('nsn-resnet', options, () => build(options, parts()));
  },
});

interface Options {
  readonly depth: Depth;
  readonly inputShape: ImageShape;
  readonly widths?: readonly number[] | undefined;
  readonly shortcut?: 'A' | 'B' | undefined;
  readonly root?: 'small' | 'large' | undefined;
  readonly classes: number;
  readonly normDecay: number;
  readonly seed: number;
  readonly pooling: 'flatten' | 'average';
  readonly head: 'linear' | 'none';
}

function build(options: Options, parts: Parts): LayersModel {
  const plan: Plan = plans[options.depth];
  const { inputShape, widths = plan.widths, shortcut = plan.shortcut } = options;
  requireStages(`ResNet-${options.depth}`, plan.widths.length, widths);
  const isLarge = plan.widths.length === 4 && Math.min(inputShape[0], inputShape[1]) >= LARGE;
  const { root = isLarge ? 'large' : 'small' } = options;
  const factor = plan.pools ? 2 ** widths.length : 1;
  requireSize(`ResNet-${options.depth}`, inputShape, factor, widths.length);

  const net: Net = { ...options, ...plan, widths, shortcut, parts };
  const images = input({ name: 'image', shape: [...inputShape] });
  let x = plan.pools ? images : rootOf(images, root, net);
  for (const [i, filters] of widths.entries())
    for (let k = 1; k <= (plan.blocks[i] as number); k++)
      x = block(x, `stage${i + 1}_block${k}`, filters, i > 0 && k === 1 && !plan.pools ? 2 : 1, net);
  return model({ name: `nsn-resnet-${options.depth}`, inputs: images, outputs: applyHead(x, options) });
}

type Net = Options & Omit<Plan, 'blocks'> & { readonly parts: Parts };

function rootOf(
  x: SymbolicTensor,
  root: 'small' | 'large',
  { widths, normDecay, seed }: Net,
): SymbolicTensor {
  const filters = widths[0] as number;
  if (root === 'small')
    return convolutionBlock(x, { name: 'root', filters, kernelSize: [3, 3], seed }, normDecay);
  const conv = { name: 'root', filters, kernelSize: [7, 7], stride: 2, seed } as const;
  const pool = layers.maxPooling2d({ name: 'root_pool', poolSize: 3, strides: 2, padding: 'same' });
  return pool.apply(convolutionBlock(x, conv, normDecay)) as SymbolicTensor;
}

/** activation(convolutions(x) + shortcut(x)), then the pool where there is one. */
function block(x: SymbolicTensor, name: string, filters: number, stride: number, net: Net): SymbolicTensor {
  const { convolutions, activation, normDecay, seed, parts, pools } = net;
  const residual = Array.from({ length: convolutions }, (_, k) => k).reduce((from, k) => {
    const conv = {
      name: `${name}_conv${k + 1}`,
      filters,
      kernelSize: [3, 3],
      stride: k === 0 ? stride : 1,
      seed,
      // The last one is activated with the shortcut added.
      activation: k === convolutions - 1 ? 'none' : activation,
      ...parts,
    } as const;
    return convolutionBlock(from, conv, normDecay);
  }, x);
  const added = layers
    .add({ name: `${name}_add` })
    .apply([residual, shortcutOf(x, name, filters, stride, net)]);
  const y = activate(added as SymbolicTensor, activation, name);
  return pools ? (layers.maxPooling2d({ name: `${name}_pool`, poolSize: 2 }).apply(y) as SymbolicTensor) : y;
}

function shortcutOf(
  x: SymbolicTensor,
  name: string,
  filters: number,
  stride: number,
  net: Net,
): SymbolicTensor {
  const channels = x.shape[3] as number;
  if (stride === 1 && channels === filters) return x;
  if (net.shortcut === 'B' || channels > filters) {
    const conv = { name: `${name}_shortcut`, filters, kernelSize: [1, 1], stride, seed: net.seed } as const;
    return convolutionBlock(x, { ...conv, activation: 'none' }, net.normDecay);
  }
  const pick = layers.averagePooling2d({ name: `${name}_pick`, poolSize: 1, strides: stride });
  const picked = stride === 1 ? x : (pick.apply(x) as SymbolicTensor);
  if (channels === filters) return picked;
  const before = (filters - channels) >> 1;
  // Read as a map of [W,C], so that the layer of tfjs pads the channels.
  const pad = layers.zeroPadding2d({
    name: `${name}_shortcut`,
    padding: [
      [0, 0],
      [before, filters - channels - before],
    ],
    dataFormat: 'channelsFirst',
  });
  return pad.apply(picked) as SymbolicTensor;
}
