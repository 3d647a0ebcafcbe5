/** What the JavaScript side calls: `Exports` in src/native/native.ts. */
export { similarityBackward, similarityForward } from './convolution';
export { finish, matMul } from './gemm';
export { winogradFilterGradient, winogradForward } from './winograd';
