// `neusim doctor`: what this machine has, what it lacks, and what to do about it.

import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { freemem, totalmem } from 'node:os';
import { getHeapStatistics } from 'node:v8';
import type { Backend, Probe } from '@neusim/core';
import type { DatasetSource } from '@neusim/datasets';
import { listPublications } from '@neusim/datasets/pull';
import * as platform from '@neusim/platform';
import { type AnyRegistry, NeusimError } from '@neusim/registry';
import { folderOf } from '../run/data-folder';
import type { Outcome } from '../terminal/terminal';

interface Check {
  readonly name: string;
  /** `missing` is something one may do without. */
  readonly status: 'ok' | 'missing' | 'failed';
  readonly found: string;
  /** What to do, or ''. */
  readonly advice: string;
  /** Limits and features of an engine's adapter, for `--json`. */
  readonly details?: Probe['details'];
}

const SET = 'data set ';
const marks = { ok: '✓', missing: '–', failed: '✗' } as const;
const gigabytes = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GB`;

/** Probes everything; exits with 1 where nothing could be trained here, with 2 where the folder that is named is none. */
export async function doctor(registry: AnyRegistry, dataFolder: string | undefined): Promise<Outcome> {
  const engines = await Promise.all(registry.list('backend').map(({ name }) => checkEngine(registry, name)));
  const sets: Check[] = [];
  for (const { name } of registry.list('dataset')) sets.push(await checkDataset(registry, name, dataFolder));
  const folder = await checkFolder(dataFolder);
  const pulled = await checkPulled(registry, dataFolder ?? 'data');
  const checks = [checkNode(), checkWorkers(), ...checkMemory(), ...engines, folder, pulled, ...sets];
  const ok =
    engines.some(({ status }) => status === 'ok') && checks.every(({ status }) => status !== 'failed');
  const shown = withoutMissingSets(checks);
  const width = Math.max(...shown.map(({ name }) => name.length));
  const lines = shown.map(({ name, status, found, advice }) => {
    const line = `${marks[status]} ${name.padEnd(width)}  ${found}`;
    const steps = advice ? advice.split('; ').map((step) => `\n  ${' '.repeat(width)}  → ${step}`) : [];
    return line + steps.join('');
  });
  const verdict = ok
    ? 'Ready: `npx neusim demo` runs here. What is marked – is not needed for it.'
    : 'Not ready: see the lines marked ✗.';
  const exitCode = ok ? 0 : folder.status === 'failed' ? 2 : 1;
  return { json: { ok, checks }, text: [...lines, '', verdict].join('\n'), exitCode };
}

/** Data sets that nobody has asked for are one line, not one each. */
function withoutMissingSets(checks: readonly Check[]): Check[] {
  const isMissingSet = ({ name, status }: Check) => name.startsWith(SET) && status === 'missing';
  const names = checks.filter(isMissingSet).map(({ name }) => name.slice(SET.length));
  if (names.length === 0) return [...checks];
  const line: Check = {
    name: 'other data sets',
    status: 'missing',
    found: names.join(', '),
    advice: 'to train on one, give its folder by --data: `npx neusim list dataset` says what each is',
  };
  return [...checks.filter((check) => !isMissingSet(check)), line];
}

function checkNode(): Check {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const fits = major > 20 || (major === 20 && minor >= 19);
  return {
    name: 'Node',
    status: fits ? 'ok' : 'failed',
    found: `${process.versions.node} on ${process.platform}-${process.arch}, ${platform.cores()} cores`,
    advice: fits ? '' : 'install Node 20.19 or newer',
  };
}

function checkWorkers(): Check {
  const cores = platform.cores();
  return {
    name: 'workers',
    status: cores > 1 ? 'ok' : 'missing',
    found:
      cores > 1
        ? `${cores}: a large network's batches are shared among them`
        : 'one core: there is no other to share a batch with',
    advice: '',
  };
}

function checkMemory(): Check[] {
  const heap = getHeapStatistics().heap_size_limit;
  const free = freemem();
  return [
    {
      name: 'memory',
      status: free > 2 ** 30 ? 'ok' : 'missing',
      found: `${gigabytes(free)} free of ${gigabytes(totalmem())}; JavaScript may take ${gigabytes(heap)}`,
      advice: free > 2 ** 30 ? '' : 'close other programs, or train with a smaller batch',
    },
  ];
}

async function checkEngine(registry: AnyRegistry, name: string): Promise<Check> {
  await registry.ready(`backend:${name}`);
  const { available, adapter, reason, details } = await (registry.make('backend', name) as Backend).probe();
  return {
    name: `engine ${name}`,
    status: available ? 'ok' : 'missing',
    found: available ? `${adapter} (${reason})` : 'not available',
    advice: available ? '' : reason,
    ...(details && { details }),
  };
}

async function checkFolder(folder: string | undefined): Promise<Check> {
  const name = 'data folder';
  const advice =
    'set NEUSIM_DATA (or --data) to the folder that holds cifar-10-batches-bin, cifar-100-binary or mnist';
  if (!folder) return { name, status: 'missing', found: 'none is named', advice };
  const readable = await access(folder, constants.R_OK).then(
    () => true,
    () => false,
  );
  return readable
    ? { name, status: 'ok', found: folder, advice: '' }
    : { name, status: 'failed', found: `${folder} cannot be read`, advice };
}

/** Those that tell by their files' names whether they are there are not read: `neusim data verify` does that. */
async function checkDataset(registry: AnyRegistry, name: string, folder: string | undefined): Promise<Check> {
  await registry.ready(`dataset:${name}`);
  const check = (status: Check['status'], found: string, advice = ''): Check => ({
    name: `${SET}${name}`,
    status,
    found,
    advice,
  });
  try {
    const source = registry.make('dataset', name) as DatasetSource;
    if (folder !== undefined && source.detect) {
      const found = await source.detect(platform, folder);
      return found && !found.isGuess ? check('ok', `in ${found.folder}`) : check('missing', 'not found');
    }
    const dataset = await source.open(platform, folder);
    await dataset.close?.();
    const { shape, classes, train, test } = dataset;
    return check(
      'ok',
      `${train.count} + ${test.count} images of ${shape.join('×')}, ${classes.length} classes`,
    );
  } catch (error) {
    if (!(error instanceof NeusimError)) throw error;
    // Features are no images, and are opened for episodes alone.
    const absent = ['DATASET_NO_FOLDER', 'DATASET_NOT_FOUND', 'CONFIG_INVALID', 'EPISODE_FEATURES'];
    const isMissing = absent.includes(error.code);
    return isMissing ? check('missing', 'not found', error.hint) : check('failed', error.message, error.hint);
  }
}

/** Published data sets that lie where they are looked for; `neusim data verify` checks them. */
async function checkPulled(registry: AnyRegistry, folder: string): Promise<Check> {
  const found: string[] = [];
  for (const publication of await listPublications(registry))
    if ((await folderOf(publication, folder)) !== undefined) found.push(publication.name);
  return {
    name: 'data found',
    status: found.length > 0 ? 'ok' : 'missing',
    found: found.length > 0 ? `${found.join(', ')} in ${folder}` : `none in ${folder}`,
    advice: found.length > 0 ? '' : '`npx neusim data pull` lists what can be fetched',
  };
}
