// Against Pillow and torchvision: values made once by tools/golden/augment.py, of two small synthetic images.

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { transformImages } from '../transform';
import type { ImageShape } from '../types';
import { type Interpolation, readingMatrix, sampler } from './affine';
import { brightness } from './brightness';
import { contrast } from './contrast';
import { grayscaleOp } from './grayscale';
import { hue } from './hue';
import { randAugmentOperations } from './rand-augment';
import { type Box, boxWriter } from './random-resized-crop';
import { saturation } from './saturation';
import { sharpness } from './sharpness';

interface Encoded {
  readonly shape: ImageShape;
  readonly bytes: string;
}
interface Case {
  readonly image: 'color' | 'grey';
  readonly operation: string;
  readonly options: any;
  readonly out: Encoded;
}

const golden: { readonly images: Record<string, Encoded>; readonly cases: readonly Case[] } = JSON.parse(
  readFileSync(new URL('../../../../tools/golden/augment.json', import.meta.url), 'utf8'),
);
const decode = ({ bytes }: Encoded) => Uint8Array.from(Buffer.from(bytes, 'base64'));

type Apply = (image: Uint8Array, shape: ImageShape, options: Case['options'], to: ImageShape) => Uint8Array;

const inPlace =
  (change: (image: Uint8Array, shape: ImageShape, options: Case['options']) => void): Apply =>
  (image, shape, options) => {
    change(image, shape, options);
    return image;
  };

const apply: Readonly<Record<string, Apply>> = {
  transform: (image, shape, options) => transformImages(image, shape, options).images,
  box(image, shape, { flip = false, flipRows, ...box }: Box & { flip?: boolean; flipRows?: boolean }, to) {
    const out = new Uint8Array(to[0] * to[1] * to[2]);
    boxWriter(shape, to)(image, 0, box, { flip, flipRows }, out);
    return out;
  },
  brightness: inPlace((image, _, { factor }) => brightness(image, factor)),
  contrast: inPlace((image, shape, { factor }) => contrast(image, shape[2], factor)),
  saturation: inPlace((image, _, { factor }) => saturation(image, factor)),
  sharpness: inPlace((image, shape, { factor }) => sharpness(image, shape, factor, image.slice())),
  grayscale: inPlace((image) => grayscaleOp({ p: 1 })(image, () => 0)),
  hue: inPlace((image, _, { shift }) => hue(image, shift)),
  affine(image, shape, { interpolation, ...motion }) {
    const out = new Uint8Array(image.length);
    const center = [shape[1] / 2, shape[0] / 2] as const;
    sampler(shape, interpolation as Interpolation)(image, readingMatrix({ ...motion, center }), out);
    return out;
  },
  randAugment: inPlace((image, shape, { operation, m, sign }) => {
    const own = `${operation[0].toLowerCase()}${operation.slice(1)}`;
    randAugmentOperations(shape, 'nearest')[own === 'autocontrast' ? 'autoContrast' : own]!(image, m, sign);
  }),
};

/**
 * Levels of 255. Pillow's are met exactly, but where it rounds down after bilinear sampling, or resizes rows before
 * columns; torchvision's hue is in float32.
 */
const within1 = ['hue', 'affine', 'transform', 'box'];
const tolerance = (operation: string) => (within1.includes(operation) ? 1 : 0);

describe.each(
  golden.cases.map((each) => [each.operation, JSON.stringify(each.options), each.image, each] as const),
)('%s %s, %s', (operation, _, image, { options, out }) => {
  test('is Pillow’s and torchvision’s', () => {
    const from = golden.images[image] as Encoded;
    const met = apply[operation]!(decode(from), from.shape, options, out.shape);
    const wanted = decode(out);
    expect(met.length).toBe(wanted.length);
    const most = Math.max(...met.map((value, i) => Math.abs(value - wanted[i]!)));
    expect(most).toBeLessThanOrEqual(tolerance(operation));
  });
});
