#!/usr/bin/env node
// The command `neusim`.

import { run } from './program';
import { nodeTerminal } from './terminal/node-terminal';

process.exitCode = await run(process.argv.slice(2), nodeTerminal());
