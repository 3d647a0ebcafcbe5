// A worker of the suite `workers`.
import { startBackend } from '@neusim/core';
import { port } from '@neusim/platform';
import { serveTasks, trainTasks } from '@neusim/train';
import { enableProdMode } from '@tensorflow/tfjs-core';
import { registry } from './registry';

enableProdMode();
serveTasks(await port(), trainTasks(registry, { start: (backend) => startBackend(registry, backend) }));
