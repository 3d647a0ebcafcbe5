/** A run that is killed while it writes: the short form of `node tools/prove-kills.mjs`. */
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readEventFile } from '@neusim/export';
import { modelFile } from '@neusim/platform';
import { beforeAll, expect, test } from 'vitest';
import { bundleWorker } from '../../../tools/bundle-worker';
import { faultsIn, filesBelow, lastStep, runOnce, traceOf } from '../../../tools/kills.mjs';
import { temporaryFolder } from './test/terminal';

let main = '';
beforeAll(async () => {
  main = fileURLToPath(await bundleWorker(new URL('./main.ts', import.meta.url)));
  // The program reads its version one folder up.
  writeFileSync(join(dirname(main), '../package.json'), '{ "version": "0.0.0" }');
});

const readers = {
  // Its checksum is checked when the run goes on from it.
  decodeCheckpoint: () => {},
  readEventFile,
  loadModel: (folder: string) => modelFile(folder).load(),
};
const settings = [
  'dataset={"name":"digits","limit":{"train":64,"test":32}}',
  'model={"name":"nsn-digits","similarity":"static-uns","width":4}',
  ...['steps=12', 'batchSize=8', 'log.every=1', 'checkpoint.every=3', 'evaluation.every=6'],
].flatMap((each) => ['--set', each]);

test('SIGKILL within a checkpoint, the model and the report, each resumed: equal to a run left alone, no part of a file left', async () => {
  const folder = temporaryFolder();
  const args = (out: string) => [
    'train',
    'cnn-digits',
    ...settings,
    '--backend',
    'wasm',
    '--out',
    out,
    '--tensorboard',
  ];
  const [whole, struck] = [join(folder, 'whole'), join(folder, 'struck')];
  expect(await runOnce(main, args(whole))).toMatchObject({ code: 0 });

  const kills = [
    { file: /step-00000006/, where: 'write' },
    { file: /model.model\.json/, where: 'rename' },
    { file: /report\.html/, where: 'write' },
  ] as const;
  const steps: number[] = [];
  for (const kill of kills) {
    const more = lastStep(struck) > 0 ? ['--resume'] : [];
    expect(await runOnce(main, [...args(struck), ...more], kill)).toMatchObject({ signal: 'SIGKILL' });
    expect(await faultsIn(struck, readers)).toEqual([]);
    steps.push(lastStep(struck));
  }
  expect(steps).toEqual([3, 12, 12]);
  expect(filesBelow(struck).filter((name) => name.endsWith('.partial'))).toHaveLength(1);
  expect(await runOnce(main, [...args(struck), '--resume'])).toMatchObject({ code: 0 });
  expect(filesBelow(struck).filter((name) => name.endsWith('.partial'))).toEqual([]);
  expect(traceOf(struck, readEventFile)).toEqual(traceOf(whole, readEventFile));
});
