/** The penalty on the kernels of responses (method: §12, §13): pairwise orthogonal filters of norm 1, in place of L2. */
import type { Similarity } from '../parts';

/** @param orthogonality λ of λ/2‖WᵀW − I‖²; with 0 the kernel has the penalties that the training config gives it. */
export const penalised = (orthogonality: number): NonNullable<Similarity['kernel']> =>
  orthogonality > 0 ? { orthogonality, l2: 0 } : {};
