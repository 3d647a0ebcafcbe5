// neusim-plugin-ring: what a plug-in is made of, a small one of each kind that people write most. The default export is
// the plug-in; the parts can be imported by themselves too.
import { plugin } from '@neusim/registry';
import globalPool from './global-pool.js';
import ring from './ring.js';
import shapes from './shapes.js';
import staticToeplitz from './static-toeplitz.js';

export { globalPool, ring, shapes, staticToeplitz };

export default /* @__PURE__ */ plugin('neusim-plugin-ring', '0.1.0', [
  staticToeplitz,
  ring,
  globalPool,
  shapes,
]);
