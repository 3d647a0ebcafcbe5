/**
 * Batch normalisation in training, over all axes but the last, in float64:
 *
 *     y = gamma · x̂ + beta,  x̂ = (x - mean) / sqrt(variance + epsilon)
 *
 * with the batch's mean and biased variance. An empty batch has mean 0 and variance 0.
 */
import { type NdArray, ndArray } from './array';

/** y in x's shape; mean and variance [C]. x: [..., C], gamma and beta: [C]. */
export function batchNormForward(x: NdArray, gamma: NdArray, beta: NdArray, epsilon: number) {
  const channels = gamma.data.length;
  const { mean, variance, normal } = normalise(x, channels, epsilon);
  const y = ndArray(x.shape);
  for (let i = 0; i < y.data.length; i++) {
    const c = i % channels;
    y.data[i] = gamma.data[c]! * normal.data[i]! + beta.data[c]!;
  }
  return { y, mean, variance };
}

/**
 * Gradients of Σ y · dy: dx in x's shape, dgamma and dbeta [C]. With sums over the N rows of a channel,
 * dx = gamma / sqrt(variance + epsilon) · (dy - Σdy/N - x̂ · Σ(dy·x̂)/N).
 */
export function batchNormGradients(x: NdArray, gamma: NdArray, epsilon: number, dy: NdArray) {
  const channels = gamma.data.length;
  const rows = x.data.length / channels;
  const { variance, normal } = normalise(x, channels, epsilon);
  const dgamma = ndArray([channels]);
  const dbeta = ndArray([channels]);
  for (let i = 0; i < dy.data.length; i++) {
    dgamma.data[i % channels]! += dy.data[i]! * normal.data[i]!;
    dbeta.data[i % channels]! += dy.data[i]!;
  }
  const dx = ndArray(x.shape);
  for (let i = 0; i < dx.data.length; i++) {
    const c = i % channels;
    const centred = dy.data[i]! - dbeta.data[c]! / rows - (normal.data[i]! * dgamma.data[c]!) / rows;
    dx.data[i] = (gamma.data[c]! / Math.sqrt(variance.data[c]! + epsilon)) * centred;
  }
  return { dx, dgamma, dbeta };
}

function normalise(x: NdArray, channels: number, epsilon: number) {
  const rows = Math.max(1, x.data.length / channels);
  const mean = ndArray([channels]);
  const variance = ndArray([channels]);
  for (let i = 0; i < x.data.length; i++) mean.data[i % channels]! += x.data[i]! / rows;
  for (let i = 0; i < x.data.length; i++)
    variance.data[i % channels]! += (x.data[i]! - mean.data[i % channels]!) ** 2 / rows;
  const normal = ndArray(
    x.shape,
    x.data.map((value, i) => {
      const c = i % channels;
      return (value - mean.data[c]!) / Math.sqrt(variance.data[c]! + epsilon);
    }),
  );
  return { mean, variance, normal };
}
