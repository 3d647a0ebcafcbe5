// One format, in a process of its own: reads damaged files one after the other and tells its parent of each, so that the
// parent knows which one hangs, or takes the process down. With `dump` it gives the bytes of one file instead.
// Arguments: format, first, end, seed, folder, dump?

import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NeusimError } from '@neusim/registry';
import { formats } from './formats';
import { generator, mutate } from './mutate';

const [name = '', first = '0', end = '0', seed = '0', folder = '', dump] = process.argv.slice(2);
const format = formats[name]!;
const seeds = await format.seeds();
const others = seeds.map(({ bytes }) => bytes);
const tell = (message: object) => new Promise((done) => process.send!(message, done));

async function damaged(index: number): Promise<Uint8Array> {
  const next = generator(Number(seed), index);
  const { bytes, wrap } = seeds[next() % seeds.length]!;
  const mutated = mutate(bytes, next, others);
  return wrap ? wrap(mutated) : mutated;
}

async function judge(bytes: Uint8Array): Promise<{ code: string } | { fault: string }> {
  const at = join(folder, 'file');
  await mkdir(at);
  try {
    await format.read(bytes, at);
    return { code: '' };
  } catch (error) {
    if (error instanceof NeusimError && /^[A-Z][A-Z0-9_]+$/.test(error.code)) return { code: error.code };
    return { fault: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  } finally {
    await rm(at, { recursive: true, force: true });
  }
}

if (dump) await writeFile(dump, await damaged(Number(first)));
else {
  // A valid seed is read, or the whole run would prove nothing.
  for (const { bytes, wrap } of seeds) {
    const judged = await judge(wrap ? await wrap(bytes) : bytes);
    if (!('code' in judged) || judged.code !== '') await tell({ badSeed: judged });
  }
  await tell({ ready: true, rss: process.resourceUsage().maxRSS });
  for (let index = Number(first); index < Number(end); index++) {
    await tell({ index });
    await tell({ index, ...(await judge(await damaged(index))), rss: process.resourceUsage().maxRSS });
  }
}
process.disconnect?.();
