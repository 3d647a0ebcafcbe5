// A worker of `neusim train`: takes its part of each batch, with the same plug-ins as the command.

import { port } from '@neusim/platform';
import { serveTasks, trainTasks } from '@neusim/train';
import { makeRegistry } from './registry';
import { startEngine } from './run/train-job';

serveTasks(await port(), trainTasks(makeRegistry(), { start: startEngine }));
