// Grey with a probability (torchvision's RandomGrayscale): all three channels become the luma.

import * as v from 'valibot';
import { uniform } from '../draws';
import { type ByteOp, luma } from './byte-op';
import { chance } from './schemas';

export interface Grayscale {
  /** Default 0.1. */
  readonly p?: number | undefined;
}

export const grayscaleSchema = v.strictObject({ p: v.optional(chance, 0.1) });

/** For images of three channels. */
export function grayscaleOp({ p = 0.1 }: Grayscale): ByteOp {
  return (image, next) => {
    if (uniform(next) >= p) return;
    for (let i = 0; i < image.length; i += 3) {
      const grey = luma(image[i]!, image[i + 1]!, image[i + 2]!);
      image[i] = grey;
      image[i + 1] = grey;
      image[i + 2] = grey;
    }
  };
}
