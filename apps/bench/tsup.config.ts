import { app } from '../../tools/tsup.base';

export default app('src/main.ts', 'src/parity.ts', 'src/train-worker.ts', 'src/train-process.ts');
