/** tfjs's plain JavaScript backend: the oracle of the tests, and the last resort. */
import { define, NeusimError, noOptions } from '@neusim/registry';
import type { Backend } from './backend';

const load = () => import('@tensorflow/tfjs-backend-cpu');

export const cpu: Backend = {
  priority: 0,
  async probe() {
    try {
      await load();
      return { available: true, adapter: 'JavaScript', reason: 'runs everywhere, slowly' };
    } catch {
      return { available: false, adapter: '', reason: 'install @tensorflow/tfjs-backend-cpu' };
    }
  },
  async start() {
    try {
      await load();
    } catch (cause) {
      throw new NeusimError('BACKEND_MISSING', 'the package @tensorflow/tfjs-backend-cpu is not installed', {
        data: { backend: 'cpu', package: '@tensorflow/tfjs-backend-cpu' },
        hint: 'npm install @tensorflow/tfjs-backend-cpu',
        cause,
      });
    }
  },
};

export default define({
  kind: 'backend',
  name: 'cpu',
  version: '1.0.0',
  summary: 'plain JavaScript: the oracle and the last resort',
  options: noOptions,
  load: () => () => cpu,
});
