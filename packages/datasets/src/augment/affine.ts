// A random rotation, shift, scale and shear (torchvision's RandomAffine): one matrix, one sampling,
//
//     input = center + T·(output - center - shift),   T = (rotation · shear · scale)⁻¹,
//
// about the middle of the image. What lies outside it is black. Positions are whole numbers of 2^-16, as Pillow's.

import * as v from 'valibot';
import { between } from '../draws';
import type { Random } from '../random';
import type { ImageShape } from '../types';
import { type ByteOp, bytesOf } from './byte-op';
import { amountSchema, chance, rangeSchema } from './schemas';

export interface Affine {
  /** Turned by an angle in ±degrees; default 0. */
  readonly degrees?: number | undefined;
  /** Shifted by up to these shares of width and height, 0..1; default none. */
  readonly translate?: readonly [x: number, y: number] | undefined;
  /** Default [1, 1]. */
  readonly scale?: readonly [number, number] | undefined;
  /** Sheared along x by an angle in ±shear degrees; default 0. */
  readonly shear?: number | undefined;
  /** Default `bilinear`. */
  readonly interpolation?: Interpolation | undefined;
}

export type Interpolation = 'nearest' | 'bilinear';

export const interpolationSchema = v.picklist(['nearest', 'bilinear']);

const angle = (most: number) => v.optional(v.pipe(amountSchema, v.maxValue(most)), 0);

export const affineSchema = v.strictObject({
  degrees: angle(180),
  translate: v.optional(v.tuple([chance, chance]), [0, 0]),
  scale: v.optional(rangeSchema, [1, 1]),
  shear: angle(89),
  interpolation: v.optional(interpolationSchema, 'bilinear'),
});

/** [a, b, c, d, e, f]: output (x, y) reads (a·x + b·y + c, d·x + e·y + f). */
export type Matrix = readonly [number, number, number, number, number, number];

export interface Motion {
  /** Clockwise, in degrees. */
  readonly angle?: number;
  /** In pixels. */
  readonly translate?: readonly [x: number, y: number];
  readonly scale?: number;
  /** In degrees. */
  readonly shear?: readonly [x: number, y: number];
  /** What stays in its place: (x, y). */
  readonly center: readonly [x: number, y: number];
}

const radians = (degrees: number) => (degrees * Math.PI) / 180;

/** Where outputs of a motion read (torchvision's `_get_inverse_affine_matrix`). */
export function readingMatrix({
  angle = 0,
  translate: [tx, ty] = [0, 0],
  scale = 1,
  shear: [shearX, shearY] = [0, 0],
  center: [cx, cy],
}: Motion): Matrix {
  const [turn, sx, sy] = [radians(angle), radians(shearX), radians(shearY)];
  const a = Math.cos(turn - sy) / Math.cos(sy);
  const b = -a * Math.tan(sx) - Math.sin(turn);
  const c = Math.sin(turn - sy) / Math.cos(sy);
  const d = -c * Math.tan(sx) + Math.cos(turn);
  const [m0, m1, m3, m4] = [d / scale, -b / scale, -c / scale, a / scale];
  const [dx, dy] = [-cx - tx, -cy - ty];
  return [m0, m1, m0 * dx + m1 * dy + cx, m3, m4, m3 * dx + m4 * dy + cy];
}

/** Writes what outputs read of `image` to `out`. */
export type Sampler = (image: Uint8Array, matrix: Matrix, out: Uint8Array) => void;

const ONE = 1 << 16;
const fixed = (value: number) => Math.floor(value * ONE + 0.5);

/** @param shape of the image and of the result. */
export function sampler(shape: ImageShape, interpolation: Interpolation): Sampler {
  return interpolation === 'nearest' ? nearest(shape) : bilinear(shape);
}

function nearest([height, width, channels]: ImageShape): Sampler {
  return (image, [a, b, c, d, e, f], out) => {
    const [ax, dx] = [fixed(a), fixed(d)];
    let to = 0;
    for (let y = 0; y < height; y++) {
      let px = fixed(a * 0.5 + b * 0.5 + c) + y * fixed(b);
      let py = fixed(d * 0.5 + e * 0.5 + f) + y * fixed(e);
      for (let x = 0; x < width; x++, px += ax, py += dx) {
        const [fromX, fromY] = [px >> 16, py >> 16];
        if (fromX < 0 || fromX >= width || fromY < 0 || fromY >= height) {
          for (let k = 0; k < channels; k++) out[to++] = 0;
          continue;
        }
        const from = (fromY * width + fromX) * channels;
        for (let k = 0; k < channels; k++) out[to++] = image[from + k]!;
      }
    }
  };
}

function bilinear([height, width, channels]: ImageShape): Sampler {
  const line = width * channels;
  return (image, [a, b, c, d, e, f], out) => {
    let to = 0;
    for (let y = 0; y < height; y++) {
      let px = a * 0.5 + b * (y + 0.5) + c;
      let py = d * 0.5 + e * (y + 0.5) + f;
      for (let x = 0; x < width; x++, px += a, py += d) {
        if (px < 0 || px >= width || py < 0 || py >= height) {
          for (let k = 0; k < channels; k++) out[to++] = 0;
          continue;
        }
        // The four pixels around; at the image's edge the edge stands for what is beyond.
        const [left, top] = [Math.floor(px - 0.5), Math.floor(py - 0.5)];
        const [shareX, shareY] = [px - 0.5 - left, py - 0.5 - top];
        const x0 = Math.max(left, 0) * channels;
        const x1 = Math.min(left + 1, width - 1) * channels;
        const y0 = Math.max(top, 0) * line;
        const y1 = Math.min(top + 1, height - 1) * line;
        for (let k = 0; k < channels; k++) {
          const above = image[y0 + x0 + k]! * (1 - shareX) + image[y0 + x1 + k]! * shareX;
          const below = image[y1 + x0 + k]! * (1 - shareX) + image[y1 + x1 + k]! * shareX;
          out[to++] = above + (below - above) * shareY + 0.5;
        }
      }
    }
  };
}

export function drawMotion(
  next: Random,
  [height, width]: ImageShape,
  { degrees = 0, translate: [x, y] = [0, 0], scale = [1, 1], shear = 0 }: Affine,
): Motion {
  const turn = between(next, [-degrees, degrees]);
  const shift = (most: number) => Math.round(between(next, [-most, most]));
  const translate = [shift(x * width), shift(y * height)] as const;
  const size = between(next, scale);
  const sheared = between(next, [-shear, shear]);
  return { angle: turn, translate, scale: size, shear: [sheared, 0], center: [width / 2, height / 2] };
}

export function affineOp(shape: ImageShape, options: Affine): ByteOp {
  const sample = sampler(shape, options.interpolation ?? 'bilinear');
  const before = new Uint8Array(bytesOf(shape));
  return (image, next) => {
    before.set(image);
    sample(before, readingMatrix(drawMotion(next, shape, options)), image);
  };
}
