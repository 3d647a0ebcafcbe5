/** The options of responses, and their functions by name alone: what they compute is loaded when one is made. */

export const ANGLES = ['cosine', 'linear', 'sigmoid', 'learned-sigmoid', 'square-cosine'] as const;

/**
 * `cosine` cos θ; `linear` 1 − 2θ/π; `sigmoid` (1 + e^(−π/2k))/(1 − e^(−π/2k)) · (1 − e^(θ/k − π/2k))/(1 + e^(θ/k − π/2k)),
 * which is tanh((π/2 − θ)/2k)/tanh(π/4k); `learned-sigmoid` the same with a k for each filter; `square-cosine`
 * cos θ·|cos θ|.
 */
export type Angle = (typeof ANGLES)[number];

/**
 * `sphere` α; `ball` α·min(n, ρ)/ρ; `tanh` α·tanh(n/ρ); `linear` α·n; `seg` α·n up to ρ, and β·n + ρ(α − β) beyond; `log`
 * α·log(1 + n); `mix` α·n + β·log(1 + n).
 */
export const MAGNITUDES = ['sphere', 'ball', 'tanh', 'linear', 'seg', 'log', 'mix'] as const;
export type Magnitude = (typeof MAGNITUDES)[number];

/** Those with an operator radius ρ. */
export const WITH_RADIUS: readonly Magnitude[] = ['ball', 'tanh', 'seg'];
/** Those with a second factor β. */
export const WITH_BETA: readonly Magnitude[] = ['seg', 'mix'];

/** What every response has. */
export interface ResponseOptions {
  /** Default `cosine`. */
  readonly angle: Angle;
  /** k of the angle `sigmoid`, above 0; default 0.3. */
  readonly k?: number | undefined;
  /** ε of the norms √(Σv² + ε), from 1e-8; default 1e-4. */
  readonly epsilon: number;
  /**
   * λ of the penalty λ/2‖WᵀW − I‖² on the kernel, which then has no L2; default 0. 2e-4 in the code of SphereNet, 1e-5 in
   * that of DCNets.
   */
  readonly orthogonality: number;
}

export interface HypersphericalOptions extends ResponseOptions {}

export interface DecoupledOptions extends ResponseOptions {
  /** Default `tanh`. */
  readonly magnitude: Magnitude;
  /** α, above 0; default 1. */
  readonly alpha: number;
  /** β of `seg` and `mix`; default 0.5, the slope beyond the radius in the code of DCNets. */
  readonly beta?: number | undefined;
  /** ρ of `ball`, `tanh` and `seg`: a number above 0, or `learned` (default), one for each filter. */
  readonly radius?: number | 'learned' | undefined;
  /** What ‖w‖ counts as: nothing (default), itself, or tanh(‖w‖/ρ_w). */
  readonly weighted: false | 'linear' | 'tanh';
  /** ρ_w of `weighted: 'tanh'`, above 0; default 1. */
  readonly kernelRadius?: number | undefined;
}
