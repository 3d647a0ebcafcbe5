/** What the JavaScript side calls: `Exports` in src/native/native.ts. */
export { similarityBackward, similarityForward } from './convolution';
export { depthwiseFilterGradient, depthwiseInputGradient } from './depthwise';
export { binary, reluGradient, squaredNorms } from './elementwise';
export { finish, matMul } from './gemm';
export { affine, moments, normInputGradient, normSums } from './norm';
export { averagePoolGradient, maxPoolGradient } from './pool';
export { sum } from './reduce';
export { updateAdam, updateSgd } from './update';
export { winogradFilterGradient, winogradForward } from './winograd';
