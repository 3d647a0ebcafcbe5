// A worker of `neusim train` and `neusim fewshot`: takes its part of each batch, or of the episodes, with the same plug-ins as
// the command.

import { fewshotTasks } from '@neusim/fewshot';
import { port } from '@neusim/platform';
import { poolData, serveTasks, trainTasks } from '@neusim/train';
import { openRegistry } from './registry';
import { startEngine } from './run/train-job';

const own = await port();
const registry = await openRegistry(poolData(own) as readonly string[]);
const options = { start: (name: string, more?: object) => startEngine(name, more, registry) };
serveTasks(own, { ...trainTasks(registry, options), ...fewshotTasks(registry, options) });
