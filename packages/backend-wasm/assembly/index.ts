/** What the JavaScript side calls: `Exports` in src/native/native.ts. */
export { similarityBackward, similarityForward } from './convolution';
export { binary, reluGradient } from './elementwise';
export { finish, matMul } from './gemm';
export { affine, moments, normInputGradient, normSums } from './norm';
export { averagePoolGradient, maxPoolGradient } from './pool';
export { sum } from './reduce';
export { updateAdam, updateSgd } from './update';
export { winogradFilterGradient, winogradForward } from './winograd';
