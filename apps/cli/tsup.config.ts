import { app } from '../../tools/tsup.base';

export default app('src/main.ts', 'src/job-worker.ts', 'src/train-worker.ts', 'src/decode-worker.ts');
