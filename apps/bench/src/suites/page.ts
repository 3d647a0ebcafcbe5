/**
 * The training page in a real Chromium: the first step after opening it, all pipelines compiled, and the long tasks on
 * its main thread while it trains. `apps/studio/tools/measure.mjs` measures; nothing here depends on it.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { NeusimError } from '@neusim/registry';
import { type Findings, row } from '../report';
import type { Suite } from '../suite';

/** From `dist`. */
const script = fileURLToPath(new URL('../../studio/tools/measure.mjs', import.meta.url));

interface Measured {
  readonly browser: string;
  readonly engine: string;
  readonly firstStepMs: number;
  readonly startToFirstStepMs: number;
  readonly runMs: number;
  readonly longTasks: readonly { readonly ms: number }[];
  readonly longestTaskMs: number;
}

export const pageSuite: Suite<string> = {
  start: async () => script,
  // Processes are not compared by their speed: the page's engine is another's.
  reference: () => 1,
  parts: { page: benchPage },
};

async function benchPage(script: string, quick: boolean): Promise<Findings> {
  if (!existsSync(script)) return { rows: [], ratios: {}, notRun: [`page: there is no ${script}`] };
  const steps = quick ? 3 : 30;
  const found = await measure(script, steps);
  const engine = `${found.browser}, ${found.engine}`;
  const timed = (name: string, milliseconds: number, steps: number) =>
    row(name, { engine, times: [milliseconds] }, steps, 'steps/s');
  return {
    rows: [
      timed('from opening the page to the end of the first step', found.firstStepMs, 1),
      timed('from the button to the end of the first step', found.startToFirstStepMs, 1),
      timed(`the run of ${steps} steps`, found.runMs, steps),
    ],
    ratios: {},
    notes: [
      `${found.longTasks.length} tasks of 50 ms or more on the main thread, the longest ${found.longestTaskMs} ms`,
    ],
  };
}

async function measure(script: string, steps: number): Promise<Measured> {
  const args = [script, '--engine', 'webgpu', '--steps', String(steps)];
  try {
    const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 2 ** 24 });
    return JSON.parse(stdout.slice(stdout.indexOf('{'))) as Measured;
  } catch (cause) {
    throw new NeusimError('BENCH_PAGE_FAILED', `the page was not measured: ${(cause as Error).message}`, {
      data: { script },
      hint: 'Run the script by hand; it wants Chromium.',
      cause,
    });
  }
}
