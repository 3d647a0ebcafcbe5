// A worker of `neusim train`: takes its part of each batch, with the same plug-ins as the command.

import { port } from '@neusim/platform';
import { poolData, serveTasks, trainTasks } from '@neusim/train';
import { openRegistry } from './registry';
import { startEngine } from './run/train-job';

const own = await port();
const registry = await openRegistry(poolData(own) as readonly string[]);
serveTasks(own, trainTasks(registry, { start: (name, options) => startEngine(name, options, registry) }));
