/** The functions that a response is made of, by their names alone: what they compute is loaded when one is made. */

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
