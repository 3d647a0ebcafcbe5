/** What the JavaScript side calls: `Exports` in src/native/native.ts. */
export { sampledBackward, sampledForward, similarityBackward, similarityForward } from './convolution';
export { depthwiseFilterGradient, depthwiseInputGradient } from './depthwise';
export { binary, reluGradient, squaredNorms } from './elementwise';
export { finish, matMul } from './gemm';
export { affine, moments, normInputGradient, normSums } from './norm';
export { averagePoolGradient, maxPoolGradient } from './pool';
export { sum } from './reduce';
export { samplePatches, samplePatchesBackward } from './sampling';
export { updateAdam, updateSgd } from './update';
export { winogradFilterGradient, winogradForward } from './winograd';
