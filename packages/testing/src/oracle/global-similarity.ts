/**
 * Global neural similarity in float64 loops, position by position:
 *
 *     M[p,q] = softmax_q Σ_i a[p,i]·b[q,i],   y[p] = x[p] + γ Σ_q M[p,q]·v[q]
 *
 * with a, b and v the cosines between a pixel and each filter, 1e-4 under every root, and a rectified on request.
 */
import { dimensions4, type NdArray, ndArray } from './array';
import { softmaxForward } from './cross-entropy';

/** @param x [B,H,W,C]. @param query @param key [1,1,C,A]. @param value [1,1,C,C]. @param gamma one number. */
export function globalSimilarityForward(
  x: NdArray,
  query: NdArray,
  key: NdArray,
  value: NdArray,
  gamma: NdArray,
  relu: boolean,
): NdArray {
  const [batch, height, width, channels] = dimensions4('x', x.shape);
  const positions = height * width;
  const y = ndArray(x.shape, x.data);
  for (let b = 0; b < batch; b++) {
    const pixels = Array.from({ length: positions }, (_, p) => {
      const start = (b * positions + p) * channels;
      return x.data.subarray(start, start + channels);
    });
    const rows = (w: NdArray) => pixels.map((pixel) => cosines(pixel, w));
    const [as, bs, vs] = [rows(query), rows(key), rows(value)] as const;
    for (let p = 0; p < positions; p++) {
      const a = as[p]!.map((each) => (relu ? Math.max(0, each) : each));
      const logits = bs.map((other) => other.reduce((sum, each, i) => sum + each * a[i]!, 0));
      const m = softmaxForward(ndArray([1, positions], logits)).data;
      for (let c = 0; c < channels; c++) {
        const read = vs.reduce((sum, v, q) => sum + m[q]! * v[c]!, 0);
        y.data[(b * positions + p) * channels + c]! += gamma.data[0]! * read;
      }
    }
  }
  return y;
}

const norm = (values: readonly number[]) =>
  Math.sqrt(values.reduce((sum, each) => sum + each * each, 0) + 1e-4);

/** The cosine between a pixel and each filter of w [1,1,C,F]. */
function cosines(pixel: Float64Array, w: NdArray): number[] {
  const filters = w.shape[3]!;
  return Array.from({ length: filters }, (_, f) => {
    const filter = Array.from(pixel, (_, c) => w.data[c * filters + f]!);
    const dot = filter.reduce((sum, each, c) => sum + each * pixel[c]!, 0);
    return dot / norm(filter) / norm([...pixel]);
  });
}
