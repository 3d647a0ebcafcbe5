import type { Role, Weight } from '../parts';

/** What a weight is for, and how it is trained. */
export interface WeightDescription {
  readonly role: Role;
  readonly l2?: number;
  readonly orthogonality?: number;
  readonly learningRateScale?: number;
}

/** What a layer tells of a weight that a part has asked for. */
export function descriptionOf({ role, l2, orthogonality, learningRateScale }: Weight): WeightDescription {
  return {
    role,
    ...(l2 === undefined ? {} : { l2 }),
    ...(orthogonality === undefined ? {} : { orthogonality }),
    ...(learningRateScale === undefined ? {} : { learningRateScale }),
  };
}
