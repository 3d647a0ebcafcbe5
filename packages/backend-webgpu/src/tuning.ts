/** What a tuning command needs: the tiles of the convolution kernels, and the table of those chosen. */
export { adapterKey, candidates, tuningKey, watchProblems, withTile } from './kernels/conv/tiles';
export { tuned } from './kernels/conv/tuned';
