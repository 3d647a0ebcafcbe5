// The way of one image from bytes as stored to the numbers that the network gets. What is only cropped and flipped is
// written at once; else it goes through bytes of its own, in the order of `index.ts`.

import { type Normalize, normalizeTable } from '../normalize';
import { type Random, type Stream, streams, uniformInt } from '../random';
import { type Transform, transformedShape, transformer } from '../transform';
import type { ImageShape } from '../types';
import { affineOp } from './affine';
import { type ByteOp, bytesOf, type FloatOp } from './byte-op';
import { colorJitterOp } from './color-jitter';
import { cutoutOp } from './cutout';
import { grayscaleOp } from './grayscale';
import { type Augment, inputShapeOf } from './index';
import { type Crop, cropWriter } from './pad-crop';
import { randAugmentOp } from './rand-augment';
import { randomErasingOp } from './random-erasing';
import { boxWriter, drawBox } from './random-resized-crop';

export interface PipelineOptions {
  readonly transform?: Transform | undefined;
  readonly augment?: Augment | undefined;
  readonly normalize?: Normalize | undefined;
}

/** An image's generator of one operation. */
export type Draws = (stream: Stream) => Random;

export interface Pipeline {
  /** Of what is written. */
  readonly shape: ImageShape;
  /**
   * Writes image `index` to `out` from `start` on.
   * @param crop null: not augmented at all
   */
  write(index: number, crop: Crop | null, draws: Draws | null, out: Float32Array, start: number): void;
}

/**
 * @param images [n, ...shape], bytes.
 * @throws NeusimError `DATASET_BAD_TRANSFORM`, `DATASET_BAD_AUGMENT`, `DATASET_BAD_NORMALIZE`
 */
export function createPipeline(
  images: Uint8Array,
  shape: ImageShape,
  { transform, augment = {}, normalize = 'none' }: PipelineOptions,
): Pipeline {
  const to = inputShapeOf(shape, transform, augment);
  const pixels = bytesOf(to);
  const table = normalizeTable(normalize, to[2]);
  const byteOps = byteOpsOf(to, augment);
  const floatOps = floatOpsOf(to, augment, normalize);
  const still: Crop = { down: 0, right: 0, flip: false };
  const isPlain = byteOps.length === 0 && !augment.randomResizedCrop && !transformer(shape, transform);
  const place = isPlain ? null : placer(images, shape, transform, augment);
  const fromStored = place ? null : cropWriter(images, shape, table, augment.padCrop?.mode);
  const image: Uint8Array | null = place ? new Uint8Array(pixels) : null;
  return {
    shape: to,
    write(index, crop, draws, out, start) {
      const flips = crop && augment.verticalFlip && draws ? turned(crop, draws) : crop;
      if (fromStored) fromStored(index, flips ?? still, out, start);
      else if (image && place) {
        place(index, flips, draws, image);
        if (draws) for (const [stream, op] of byteOps) op(image, draws(stream));
        writeNormalized(image, to[2], table, out, start);
      }
      if (!draws) return;
      const written = floatOps.length > 0 ? out.subarray(start, start + pixels) : out;
      for (const [stream, op] of floatOps) op(written, draws(stream));
    },
  };
}

/** @param table [channels, 256] */
function writeNormalized(
  image: Uint8Array,
  channels: number,
  table: Float32Array,
  out: Float32Array,
  start: number,
): void {
  const { length } = image;
  for (let c = 0; c < channels; c++) {
    const base = c << 8;
    for (let i = c; i < length; i += channels) out[start + i] = table[base + image[i]!]!;
  }
}

const turned = (crop: Crop, draws: Draws): Crop => ({
  ...crop,
  flipRows: uniformInt(draws(streams.verticalFlip), 2) === 1,
});

/** Writes an image in bytes: in its place and size. */
type Placer = (index: number, crop: Crop | null, draws: Draws | null, out: Uint8Array) => void;

function placer(
  images: Uint8Array,
  shape: ImageShape,
  transform: Transform | undefined,
  augment: Augment,
): Placer {
  const change = transformer(shape, transform);
  const to = transformedShape(shape, transform);
  const bytes: Uint8Array = Uint8Array.from({ length: to[2] * 256 }, (_, i) => i % 256);
  const mode = augment.padCrop?.mode;
  const full: Crop = { down: 0, right: 0, flip: false };
  const { randomResizedCrop, padCrop } = augment;
  const middle = new Uint8Array(bytesOf(to));
  const crops = cropWriter<Uint8Array>(change ? middle : images, to, bytes, mode);
  const plain: Placer = (index, crop, _, out) => {
    if (change) change(images, index, middle);
    crops(change ? 0 : index, crop ?? full, out, 0);
  };
  if (!randomResizedCrop) return plain;

  const padded = padCrop && new Uint8Array(bytesOf(shape));
  const pads = padded && cropWriter(images, shape, bytes, mode);
  const boxes = boxWriter(shape, to);
  return (index, crop, draws, out) => {
    if (!crop || !draws) return plain(index, crop, draws, out);
    if (padded && pads) pads(index, { ...crop, flip: false, flipRows: false }, padded, 0);
    const box = drawBox(draws(streams.randomResizedCrop), shape, randomResizedCrop);
    boxes(padded ?? images, padded ? 0 : index, box, crop, out);
  };
}

function byteOpsOf(shape: ImageShape, augment: Augment): [Stream, ByteOp][] {
  const { affine, randAugment, colorJitter, grayscale } = augment;
  const ops: [Stream, ByteOp][] = [];
  if (affine) ops.push([streams.affine, affineOp(shape, affine)]);
  if (randAugment) ops.push([streams.randAugment, randAugmentOp(shape, randAugment)]);
  if (colorJitter) ops.push([streams.colorJitter, colorJitterOp(shape, colorJitter)]);
  if (grayscale) ops.push([streams.grayscale, grayscaleOp(grayscale)]);
  return ops;
}

function floatOpsOf(
  shape: ImageShape,
  { cutout, randomErasing }: Augment,
  normalize: Normalize,
): [Stream, FloatOp][] {
  const ops: [Stream, FloatOp][] = [];
  if (cutout) ops.push([streams.cutout, cutoutOp(shape, cutout)]);
  if (randomErasing) ops.push([streams.randomErasing, randomErasingOp(shape, randomErasing, normalize)]);
  return ops;
}
