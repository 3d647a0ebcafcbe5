/** A few-shot problem of a few milliseconds: noisy copies of random patterns, and a network for them. */
import core, { BatchNorm, neuralSimilarity } from '@neusim/core';
import { type ClassPool, random } from '@neusim/datasets';
import hypernet from '@neusim/hypernet';
import masks from '@neusim/masks';
import models from '@neusim/models';
import { createRegistry } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import {
  initializers,
  input,
  type LayersModel,
  layers,
  model,
  type SymbolicTensor,
} from '@tensorflow/tfjs-layers';
import type { Task } from '../types';

export const SIDE = 12;
const PIXELS = SIDE * SIDE;

export const parts = [core, masks, hypernet, models] as const;

/** So many images of each of so many classes, 12×12×1; other seeds are other classes. Neighbours are of different classes. */
export function tinyPool(classes = 8, perClass = 6, seed = 1, noise = 60): ClassPool {
  const patterns = Array.from({ length: classes }, (_, label) => bytes(seed, label, PIXELS));
  const count = classes * perClass;
  const images = new Uint8Array(count * PIXELS);
  const labels = Int32Array.from({ length: count }, (_, index) => index % classes);
  for (const [index, label] of labels.entries()) {
    const blur = bytes(seed, 1000 + index, PIXELS);
    for (let i = 0; i < PIXELS; i++) {
      const value = patterns[label]![i]! + (noise * (blur[i]! - 128)) / 128;
      images[index * PIXELS + i] = Math.max(0, Math.min(255, value));
    }
  }
  const names = Array.from({ length: classes }, (_, label) => `class${seed}-${label}`);
  return { classes: names, count, shape: [SIDE, SIDE, 1], images, labels };
}

const bytes = (seed: number, index: number, length: number) => {
  const next = random(seed, 99, index);
  return Uint8Array.from({ length }, () => next() & 255);
};

/** An episode of the pool's first `way` classes as tensors of images in 0..1; the caller disposes of them. */
export function tinyTask(pool: ClassPool, way = 3, shot = 2, query = 3): Task {
  const examples = (from: number, perClass: number) => {
    const chosen = Array.from({ length: way * perClass }, (_, i) => {
      const [label, nth] = [Math.floor(i / perClass), from + (i % perClass)];
      return nth * pool.classes.length + label;
    });
    const values = chosen.flatMap((index) =>
      Array.from((pool.images as Uint8Array).subarray(index * PIXELS, (index + 1) * PIXELS), (v) => v / 255),
    );
    return {
      x: tf.tensor4d(values, [chosen.length, SIDE, SIDE, 1]),
      labels: Int32Array.from(chosen, (index) => pool.labels[index]!),
    };
  };
  return { way, support: examples(0, shot), query: examples(shot, query) };
}

/** CNN-4 with two stages of 4 filters: embeddings [B,36]. @param options of the model `cnn-4` besides. */
export function tinyBackbone(options: Record<string, unknown> = {}): LayersModel {
  const small = { inputShape: [SIDE, SIDE, 1], widths: [4, 4], head: 'none', normDecay: 0.9, ...options };
  return createRegistry(...parts)
    .make('model', 'cnn-4', small as never)
    .build();
}

/** A network without kinks, for slopes that are measured: embeddings [B,36] of a map [3,3,4]. */
export function smoothBackbone(seed = 1): LayersModel {
  const images = input({ name: 'image', shape: [SIDE, SIDE, 1] });
  const kernelInitializer = initializers.randomNormal({ mean: 0, stddev: 0.35, seed });
  const convolved = neuralSimilarity(images, {
    name: 'conv',
    filters: 4,
    kernelSize: 4,
    strides: 4,
    kernelInitializer,
    useBias: false,
  });
  const normed = new BatchNorm({ name: 'bn', momentum: 0.9 }).apply(convolved);
  const curved = layers.activation({ name: 'tanh', activation: 'tanh' }).apply(normed);
  const embedding = layers.flatten({ name: 'embedding' }).apply(curved) as SymbolicTensor;
  return model({ name: 'smooth', inputs: images, outputs: embedding });
}

/** No network at all: an image's values are its embedding. */
export function bareBackbone(shape: readonly [number, number, number] = [1, 1, 2]): LayersModel {
  const images = input({ name: 'image', shape: [...shape] });
  return model({
    name: 'bare',
    inputs: images,
    outputs: layers.flatten({ name: 'embedding' }).apply(images) as SymbolicTensor,
  });
}
