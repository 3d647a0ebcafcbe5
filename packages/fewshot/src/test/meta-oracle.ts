/**
 * The inner loop on a tiny CNN-4 with static unconstrained similarities, in float64 and plain loops: stages of convolution
 * with MᵀW, batch norm of the batch, ReLU and 2×2 max-pool, then a linear head and cross-entropy.
 */
import {
  batchNormForward,
  batchNormGradients,
  convolutionForward,
  convolutionGradients,
  crossEntropyForward,
  crossEntropyGradients,
  maxPoolForward,
  maxPoolGradient,
  type NdArray,
  ndArray,
} from '@neusim/testing';

const conv = { strides: [1, 1], pad: 'same', dilations: [1, 1] } as const;
const pool = { window: [2, 2], strides: [2, 2], pad: 'valid' } as const;
const EPSILON = 1e-3;
/** kernel, M, γ, β. */
const PER_STAGE = 4;

export interface OracleExamples {
  readonly x: NdArray;
  readonly labels: Int32Array;
}

/** Kernel, M, γ and β of each stage, then the head's kernel and bias: a model's trainable weights in their order. */
export type OracleWeights = readonly NdArray[];

/** The logits [n,way] of a network, its loss, and the gradient by each weight. */
export function lossAndGradients(weights: OracleWeights, { x, labels }: OracleExamples) {
  const stages = Math.floor(weights.length / PER_STAGE);
  const [headKernel, headBias] = weights.slice(stages * PER_STAGE) as [NdArray, NdArray];
  const trace: { input: NdArray; w: NdArray; y: NdArray; normed: NdArray; rectified: NdArray }[] = [];
  let map = x;
  for (let s = 0; s < stages; s++) {
    const [kernel, m, gamma, beta] = weights.slice(s * PER_STAGE) as [NdArray, NdArray, NdArray, NdArray];
    const w = folded(kernel, m);
    const y = convolutionForward({ x: map, w, m: null, dy: null } as never, conv);
    const normed = batchNormForward(y, gamma, beta, EPSILON).y;
    const rectified = ndArray(
      normed.shape,
      normed.data.map((value) => Math.max(0, value)),
    );
    trace.push({ input: map, w, y, normed, rectified });
    map = maxPoolForward(rectified, pool);
  }
  const [count, way] = [labels.length, headBias.data.length];
  const features = map.data.length / count;
  const logits = ndArray([count, way]);
  for (let n = 0; n < count; n++)
    for (let c = 0; c < way; c++) {
      let sum = headBias.data[c]!;
      for (let f = 0; f < features; f++) sum += map.data[n * features + f]! * headKernel.data[f * way + c]!;
      logits.data[n * way + c] = sum;
    }
  const target = ndArray([count, way]);
  for (const [n, label] of labels.entries()) target.data[n * way + label] = 1;
  const loss = crossEntropyForward(target, logits, {});
  const { dlogits } = crossEntropyGradients(target, logits, {});
  const [dHead, dBias, dMap] = [ndArray(headKernel.shape), ndArray([way]), ndArray(map.shape)];
  for (let n = 0; n < count; n++)
    for (let c = 0; c < way; c++) {
      const slope = dlogits.data[n * way + c]!;
      dBias.data[c]! += slope;
      for (let f = 0; f < features; f++) {
        dHead.data[f * way + c]! += map.data[n * features + f]! * slope;
        dMap.data[n * features + f]! += headKernel.data[f * way + c]! * slope;
      }
    }
  const grads: NdArray[] = [dHead, dBias];
  let dy = dMap;
  for (let s = stages - 1; s >= 0; s--) {
    const [kernel, m, gamma] = weights.slice(s * PER_STAGE) as [NdArray, NdArray, NdArray];
    const { input, w, y, normed, rectified } = trace[s]!;
    const dRectified = maxPoolGradient(rectified, dy, pool);
    const dNormed = ndArray(
      normed.shape,
      dRectified.data.map((value, i) => (normed.data[i]! > 0 ? value : 0)),
    );
    const { dx: dConvolved, dgamma, dbeta } = batchNormGradients(y, gamma, EPSILON, dNormed);
    const { dx, dw } = convolutionGradients({ x: input, w, m: null, dy: dConvolved }, conv);
    grads.unshift(...unfolded(kernel, m, dw), dgamma, dbeta);
    dy = dx;
  }
  return { logits, loss, grads };
}

/** Weights after so many steps on the support. @param rates of each weight, or of each of its values; 0 keeps it. */
export function innerLoop(
  weights: OracleWeights,
  support: OracleExamples,
  rates: readonly (number | Float64Array)[],
  steps: number,
): OracleWeights {
  let at = weights;
  for (let step = 0; step < steps; step++) {
    const { grads } = lossAndGradients(at, support);
    at = at.map(({ shape, data }, i) => {
      const rate = rates[i]!;
      const of = (k: number) => (typeof rate === 'number' ? rate : rate[k]!);
      return ndArray(
        shape,
        data.map((value, k) => value - of(k) * grads[i]!.data[k]!),
      );
    });
  }
  return at;
}

/** W_eff[s,c,f] = Σ_k M[k,s]·W[k,c,f]. */
function folded(kernel: NdArray, m: NdArray): NdArray {
  const [taps, row] = sizes(kernel, m);
  const w = ndArray(kernel.shape);
  for (let k = 0; k < taps; k++)
    for (let s = 0; s < taps; s++)
      for (let i = 0; i < row; i++) w.data[s * row + i]! += m.data[k * taps + s]! * kernel.data[k * row + i]!;
  return w;
}

/** Gradients by kernel and M of that by W_eff. */
function unfolded(kernel: NdArray, m: NdArray, dw: NdArray): [NdArray, NdArray] {
  const [taps, row] = sizes(kernel, m);
  const [dKernel, dM] = [ndArray(kernel.shape), ndArray(m.shape)];
  for (let k = 0; k < taps; k++)
    for (let s = 0; s < taps; s++)
      for (let i = 0; i < row; i++) {
        dKernel.data[k * row + i]! += m.data[k * taps + s]! * dw.data[s * row + i]!;
        dM.data[k * taps + s]! += kernel.data[k * row + i]! * dw.data[s * row + i]!;
      }
  return [dKernel, dM];
}

const sizes = (kernel: NdArray, m: NdArray) => {
  const taps = m.shape[0]!;
  return [taps, kernel.data.length / taps] as const;
};
