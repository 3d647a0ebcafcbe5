// @neusim/masks: kernel shapes that are learned.
import { plugin } from '@neusim/registry';
import learnedBinary from './learned-binary';

export { binaryMask, type LearnedBinaryOptions, learnedBinary } from './learned-binary';
export { maskOf } from './mask-of';

export default /* @__PURE__ */ plugin('@neusim/masks', '0.1.0', [learnedBinary]);
