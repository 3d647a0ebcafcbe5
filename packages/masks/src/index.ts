// @neusim/masks: kernel shapes that are learned.
import { plugin } from '@neusim/registry';
import { activeDefinition, deformableDefinition, learnedDilationDefinition } from './definitions';
import learnedBinary from './learned-binary';

export { type ActiveOptions, active } from './active';
export { type DeformableOptions, deformable } from './deformable';
export { binaryMask, type LearnedBinaryOptions, learnedBinary } from './learned-binary';
export { type LearnedDilationOptions, learnedDilation } from './learned-dilation';
export { maskOf } from './mask-of';

export default /* @__PURE__ */ plugin('@neusim/masks', '0.1.0', [
  learnedBinary,
  deformableDefinition,
  activeDefinition,
  learnedDilationDefinition,
]);
