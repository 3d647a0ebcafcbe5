/**
 * A plain network of ten 3×3 convolutions for ImageNet, 224×224×3 (Liu et al. 2019; method: §10). The paper gives the number
 * of parameters of its three networks and no more; this one has them: a 7×7 root of 64, convolutions 64 ×2, 128 ×1, 256 ×4,
 * 512 ×3, the average of the last map, fully connected 512 and 1000, batch norm everywhere, and predictors with 32 channels.
 *
 *     baseline                                8.90M (8,901,416)
 *     CNN++, `width: 67`                      9.71M (9,692,555)
 *     dynamic DNS                             9.61M (9,610,140)
 *
 * Where the map halves is inferred too, as the widths suggest: at the root and by a 3×3 max-pool after it (as the authors'
 * DCNets, 2018), then by a 2×2 max-pool between widths: 112, 56, 56, 28, 14, 7. 1.1G multiply-adds without predictors.
 */
import { strictOptions } from '@neusim/core';
import { define } from '@neusim/registry';
import { input, type LayersModel, layers, model, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import * as v from 'valibot';
import { convolutionBlock } from './convolution';
import { applyHead } from './head';
import { doubling, modelOf, partsOf } from './make-model';
import { commonEntries, partEntries, size, widthsEntry } from './options';
import { maxPool, requireSize, requireStages, type StageOptions, stage } from './staged';
import type { ImageShape } from './types';

/** Convolutions of each width. */
const depths = [2, 1, 4, 3];

export const nsnImagenet10 = define({
  kind: 'model',
  name: 'nsn-imagenet-10',
  version: '1.0.0',
  summary: 'ten convolutions for ImageNet, plain or with a neural similarity',
  options: strictOptions({
    ...commonEntries({ inputShape: [224, 224, 3], classes: 1000, normDecay: 0.99 }),
    /** Filters of the root and of the first two convolutions; three times doubled. */
    width: v.optional(size, 64),
    /** Filters of the four groups, in place of `width`. */
    widths: widthsEntry,
    /** Values of the embedding, the first fully connected layer. */
    features: v.optional(size, 512),
    /** `none`: the network gives the embedding [B,features] in place of logits. */
    head: v.optional(v.picklist(['linear', 'none']), 'linear'),
    ...partEntries('dynamic-dns'),
  }),
  requires: ['similarity:inner-product', 'shape:full'],
  load: () => (options, registry) => {
    const parts = partsOf(registry, options, { hidden: 32 });
    const { width, widths = doubling(width, depths.length) } = options;
    return modelOf('nsn-imagenet-10', options, () => build({ ...options, widths, parts: parts() }));
  },
});

interface Net extends Pick<StageOptions, 'normDecay' | 'seed' | 'parts'> {
  readonly inputShape: ImageShape;
  readonly classes: number;
  readonly widths: readonly number[];
  readonly features: number;
  readonly head: 'linear' | 'none';
}

function build(net: Net): LayersModel {
  const { inputShape, widths, features, head, classes, normDecay, seed } = net;
  const name = 'nsn-imagenet-10';
  requireStages(name, depths.length, widths);
  requireSize(name, inputShape, 32, depths.length);
  const images = input({ name: 'image', shape: [...inputShape] });
  const root = { name: 'root', filters: widths[0] as number, kernelSize: [7, 7], stride: 2, seed } as const;
  const pool = layers.maxPooling2d({ name: 'root_pool', poolSize: 3, strides: 2, padding: 'same' });
  let x = pool.apply(convolutionBlock(images, root, normDecay)) as SymbolicTensor;
  for (const [i, filters] of widths.entries()) {
    const options = { ...net, depth: depths[i] as number, kernelSize: 3 };
    x = stage(i === 0 ? x : maxPool(x, i), i + 1, filters, options);
  }
  const average = layers.globalAveragePooling2d({ name: 'average', dataFormat: 'channelsLast' });
  const pixel = layers.reshape({ name: 'fc_input', targetShape: [1, 1, x.shape[3] as number] });
  const fc = { name: 'fc', filters: features, kernelSize: [1, 1], seed } as const;
  const map = convolutionBlock(pixel.apply(average.apply(x)) as SymbolicTensor, fc, normDecay);
  const outputs = applyHead(map, { pooling: 'flatten', head, classes, seed });
  return model({ name, inputs: images, outputs });
}
