/**
 * Hyperspherical and decoupled convolution by the formulas of their papers (Liu et al. 2017, Liu et al. 2018), in float64:
 *
 *     θ = arccos(⟨w, patch⟩ / (‖w‖·‖patch‖)),  ‖v‖ = √(Σ v² + ε),  y = weight(‖w‖) · h(‖patch‖) · g(θ)
 *
 * with D in every product: ⟨a, b⟩ = Σ d[tap]·a·b.
 */
import { type NdArray, ndArray } from './array';
import { type ConvolutionOptions, convolutionGeometry } from './convolution';

export interface ResponseSpec {
  readonly angle: 'cosine' | 'linear' | 'sigmoid' | 'learned-sigmoid' | 'square-cosine';
  readonly magnitude: 'sphere' | 'ball' | 'tanh' | 'linear' | 'seg' | 'log' | 'mix';
  readonly alpha: number;
  readonly beta: number;
  /** Of the sigmoids: one, or one for each filter. */
  readonly k: number | ArrayLike<number>;
  /** ρ: one, or one for each filter. */
  readonly radius: number | ArrayLike<number>;
  readonly weighted: false | 'linear' | 'tanh';
  readonly kernelRadius: number;
  readonly epsilon: number;
}

export interface ResponseArguments {
  /** What the taps read, [B,H',W',K,C]. */
  readonly patches: NdArray;
  /** [kh,kw,C,F]. */
  readonly w: NdArray;
  /** D, [K]; default ones. */
  readonly mask?: ArrayLike<number> | undefined;
}

/** What the taps of a window of w's size read from x [B,H,W,C]: [B,H',W',K,C], zeros outside. */
export function patchesOf(x: NdArray, w: NdArray, options: ConvolutionOptions): NdArray {
  const { batch, rows, columns, channels, taps } = convolutionGeometry(x.shape, w.shape, options);
  const patches = ndArray([batch, rows.out, columns.out, taps, channels]);
  let at = 0;
  for (let b = 0; b < batch; b++)
    for (let i = 0; i < rows.out; i++)
      for (let j = 0; j < columns.out; j++)
        for (let s = 0; s < taps; s++) {
          const row = rows.read(i, Math.floor(s / columns.taps));
          const column = columns.read(j, s % columns.taps);
          const inside = row >= 0 && row < rows.size && column >= 0 && column < columns.size;
          for (let c = 0; c < channels; c++, at++)
            if (inside)
              patches.data[at] = x.data[((b * rows.size + row) * columns.size + column) * channels + c]!;
        }
  return patches;
}

/** ‖patch‖ at every position, [B,H',W']. */
export function patchNorms({ patches, mask }: Omit<ResponseArguments, 'w'>, epsilon: number): NdArray {
  const [taps, channels] = patches.shape.slice(3) as [number, number];
  const norms = ndArray(patches.shape.slice(0, 3));
  for (let p = 0; p < norms.data.length; p++) {
    let sum = epsilon;
    for (let v = 0; v < taps * channels; v++)
      sum += (mask?.[Math.floor(v / channels)] ?? 1) * patches.data[p * taps * channels + v]! ** 2;
    norms.data[p] = Math.sqrt(sum);
  }
  return norms;
}

/** y [B,H',W',F]. */
export function responseForward({ patches, w, mask }: ResponseArguments, spec: ResponseSpec): NdArray {
  const [taps, channels] = patches.shape.slice(3) as [number, number];
  const filters = w.shape[3]!;
  const norms = patchNorms({ patches, mask }, spec.epsilon).data;
  const y = ndArray([...patches.shape.slice(0, 3), filters]);
  for (let f = 0; f < filters; f++) {
    let kernelSum = spec.epsilon;
    for (let v = 0; v < taps * channels; v++)
      kernelSum += (mask?.[Math.floor(v / channels)] ?? 1) * w.data[v * filters + f]! ** 2;
    const kernelNorm = Math.sqrt(kernelSum);
    for (let p = 0; p < norms.length; p++) {
      let dot = 0;
      for (let v = 0; v < taps * channels; v++)
        dot +=
          (mask?.[Math.floor(v / channels)] ?? 1) *
          w.data[v * filters + f]! *
          patches.data[p * taps * channels + v]!;
      const theta = Math.acos(Math.max(-1, Math.min(1, dot / (kernelNorm * norms[p]!))));
      y.data[p * filters + f] =
        weightOf(kernelNorm, spec) * magnitudeOf(norms[p]!, spec, f) * angularOf(theta, spec, f);
    }
  }
  return y;
}

const ofFilter = (value: number | ArrayLike<number>, filter: number): number =>
  typeof value === 'number' ? value : value[filter]!;

function weightOf(norm: number, { weighted, kernelRadius }: ResponseSpec): number {
  if (weighted === false) return 1;
  return weighted === 'linear' ? norm : Math.tanh(norm / kernelRadius);
}

function magnitudeOf(n: number, { magnitude, alpha, beta, radius }: ResponseSpec, filter: number): number {
  const rho = ofFilter(radius, filter);
  switch (magnitude) {
    case 'sphere':
      return alpha;
    case 'ball':
      return (alpha * Math.min(n, rho)) / rho;
    case 'tanh':
      return alpha * Math.tanh(n / rho);
    case 'linear':
      return alpha * n;
    case 'seg':
      return n <= rho ? alpha * n : beta * n + rho * (alpha - beta);
    case 'log':
      return alpha * Math.log(1 + n);
    case 'mix':
      return alpha * n + beta * Math.log(1 + n);
  }
}

function angularOf(theta: number, { angle, k: given }: ResponseSpec, filter: number): number {
  const k = ofFilter(given, filter);
  switch (angle) {
    case 'cosine':
      return Math.cos(theta);
    case 'linear':
      return 1 - (2 * theta) / Math.PI;
    case 'square-cosine':
      return Math.sign(Math.cos(theta)) * Math.cos(theta) ** 2;
    default: {
      const half = Math.exp(-Math.PI / (2 * k));
      const turned = Math.exp(theta / k - Math.PI / (2 * k));
      return (((1 + half) / (1 - half)) * (1 - turned)) / (1 + turned);
    }
  }
}
