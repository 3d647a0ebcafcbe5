#!/usr/bin/env node
// Whether an engine computes right, without a test runner: convolutions, kernels, layers and networks against float64
// loops and tfjs's backend `cpu`. Exit code 1 where a check fails.
//   node parity.js [--backend webgpu] [--quick] [--json FILE]
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { startBackend } from '@neusim/core';
import { formatError } from '@neusim/registry';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-layers';
import { env } from '@tensorflow/tfjs-core';
import type { Check } from './parity/checks';
import { convolutionChecks } from './parity/convolutions';
import { kernelChecks } from './parity/kernels';
import { layerChecks } from './parity/layers';
import { networkChecks } from './parity/networks';
import { samplingChecks } from './parity/sampling';
import { registry } from './registry';

const { values } = parseArgs({
  options: {
    backend: { type: 'string', default: 'webgpu' },
    quick: { type: 'boolean', default: false },
    json: { type: 'string' },
  },
});

async function main(): Promise<number> {
  const { adapter, reason } = await startBackend(registry, values.backend);
  await registry.ready();
  // tfjs would compute small tensors that were never uploaded on the processor: here the GPU is asked.
  if (values.backend === 'webgpu') env().set('WEBGPU_CPU_FORWARD', false);
  process.stdout.write(`parity on ${values.backend}: ${adapter} (${reason})\n`);
  const checks = [kernelChecks, convolutionChecks, samplingChecks, layerChecks, networkChecks].flatMap((of) =>
    of(values.quick),
  );
  const failed: { name: string; message: string }[] = [];
  const started = performance.now();
  for (const [i, { name, run }] of checks.entries()) {
    const message = await failureOf(run);
    if (message !== undefined) failed.push({ name, message });
    process.stdout.write(`${message === undefined ? 'ok ' : 'NOT'} ${i + 1}/${checks.length} ${name}\n`);
    if (message !== undefined) process.stdout.write(`${message.replaceAll(/^/gm, '    ')}\n`);
  }
  const seconds = (performance.now() - started) / 1000;
  const passed = checks.length - failed.length;
  process.stdout.write(`${passed} passed, ${failed.length} failed in ${seconds.toFixed(1)} s\n`);
  if (values.json) {
    const report = { backend: values.backend, adapter, reason, quick: values.quick, passed, failed, seconds };
    await writeFile(values.json, `${JSON.stringify(report, null, 2)}\n`);
  }
  return failed.length > 0 ? 1 : 0;
}

/** A device that has failed throws from then on: it is started again. */
async function failureOf(run: Check['run']): Promise<string | undefined> {
  try {
    await run();
    return undefined;
  } catch (error) {
    await startBackend(registry, values.backend);
    return formatError(error);
  }
}

const code = await main().catch((error) => {
  process.stderr.write(`${formatError(error)}\n`);
  return 2;
});
// Dawn keeps the process alive.
process.exit(code);
