import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readEventFile } from '@neusim/export';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { buildWorker } from '../test/build-worker';
import { neusim, temporaryFolder } from '../test/terminal';
import { tiny } from '../test/tiny';

// The command runs from its source here; its worker is bundled.
const worker = vi.hoisted((): { url: URL | undefined } => ({ url: undefined }));
vi.mock('../run/worker-url', () => ({
  get trainWorkerUrl() {
    return worker.url;
  },
}));

const read = (folder: string, file: string) => JSON.parse(readFileSync(join(folder, file), 'utf8'));

describe('neusim train', () => {
  test('trains, writes its results and a report, and prints one object under --json', async () => {
    const out = join(temporaryFolder(), 'run');
    const options = ['--seed', '3', '--backend', 'wasm', '--out', out, '--json'];
    const told = await neusim(['train', 'cnn-digits', ...tiny, ...options]);
    expect(told.code).toBe(0);
    const results = JSON.parse(told.out);
    expect(results).toEqual(read(out, 'results.json'));
    expect(results).toMatchObject({
      seed: 3,
      backend: 'wasm',
      dataset: 'digits',
      rows: [{ name: 'cnn-digits', similarity: 'static-uns', shape: 'full', predictor: null }],
    });
    expect(results.rows[0].foldDifference).toBeLessThan(1e-5);
    expect(read(out, 'config.json')).toMatchObject({ seed: 3, steps: 12, schedule: { warmup: 2 } });
    const page = readFileSync(join(out, 'report.html'), 'utf8');
    expect(page).toContain('Learned M');
    expect(page).toContain('Worst mistakes');
    const [row] = results.rows;
    const [run] = read(out, 'report.json').runs;
    expect(row).toMatchObject({ seed: 3, testError: run.evaluation.error, testLoss: run.evaluation.loss });
    expect(run.evaluation.wrong).toHaveLength(Math.round((32 * row.testError) / 100));
    expect(run.evaluation.mistakes).toHaveLength(Math.min(24, run.evaluation.wrong.length));
    expect(run.learningRate).toHaveLength(12);

    const again = await neusim(['train', 'cnn-digits', ...tiny, '--out', out]);
    expect(again).toMatchObject({ code: 2, err: expect.stringContaining('CLI_OUT_TAKEN') });
    const demo = await neusim(['demo', '--quick', '--out', out]);
    expect(demo).toMatchObject({ code: 2, err: expect.stringContaining('CLI_OUT_TAKEN') });
    expect(read(out, 'results.json')).toEqual(results);
    const inFile = await neusim(['demo', '--quick', '--out', join(out, 'config.json')]);
    expect(inFile).toMatchObject({ code: 2, out: '', err: expect.stringContaining('CLI_OUT_NOT_FOLDER') });
  });

  test('--tensorboard writes an event file into the run, or into a folder named; the resume command keeps it', async () => {
    const folder = temporaryFolder();
    const [own, other] = [join(folder, 'run'), join(folder, 'logs')];
    expect((await neusim(['train', 'cnn-digits', ...tiny, '--out', own, '--tensorboard'])).code).toBe(0);
    const [name = '', ...more] = readdirSync(join(own, 'tensorboard'));
    expect(more).toEqual([]);
    const { events } = readEventFile(readFileSync(join(own, 'tensorboard', name)));
    expect(events.flatMap(({ step, scalars }) => ('train/loss' in scalars ? [step] : []))).toEqual(
      Array.from({ length: 12 }, (_, index) => index + 1),
    );

    const args = ['train', 'cnn-digits', ...tiny, '--out', join(folder, 'cut'), '--tensorboard', other];
    const stopped = await neusim(args, (line, interrupt) => {
      if (/ 5\/12 /.test(line)) interrupt();
    });
    expect(stopped.out).toContain(`--tensorboard ${other} --resume`);
    expect(readdirSync(other)).toHaveLength(1);
  });

  test('the command that a report gives to train it again has the data and the engine that were given', async () => {
    const out = join(temporaryFolder(), 'run');
    await neusim(['train', 'cnn-digits', ...tiny, '--out', out, '--data', '/my data', '--backend', 'wasm']);
    const { command } = JSON.parse(readFileSync(join(out, 'report.json'), 'utf8'));
    expect(command).toContain(`--out ${out}-again --data '/my data' --backend wasm`);
  });

  test('--tensorboard with a file in place of a folder: exit code 2, and nothing is written', async () => {
    const folder = temporaryFolder();
    const [out, file] = [join(folder, 'run'), join(folder, 'file')];
    writeFileSync(file, '');
    const told = await neusim(['train', 'cnn-digits', ...tiny, '--out', out, '--tensorboard', file]);
    expect(told).toMatchObject({ code: 2, err: expect.stringContaining('EXPORT_BAD_FOLDER') });
    expect(existsSync(out)).toBe(false);
  });

  test('--precision is of wasm: another engine, or a name that is none, is refused', async () => {
    const out = join(temporaryFolder(), 'run');
    const train = (...more: string[]) => neusim(['train', 'cnn-digits', ...tiny, '--out', out, ...more]);
    const unknown = await train('--precision', 'half');
    expect(unknown).toMatchObject({ code: 2, err: expect.stringContaining('exact') });
    const other = await train('--precision', 'fast', '--backend', 'cpu');
    expect(other).toMatchObject({ code: 2, err: expect.stringContaining('precision') });
    expect(existsSync(out)).toBe(false);
    expect(await train('--precision', 'fast')).toMatchObject({ code: 0 });
  });

  test('Ctrl-C writes a checkpoint and says how to go on; the resumed run ends as the uninterrupted one', async () => {
    const folder = temporaryFolder();
    const [whole, cut] = [join(folder, 'whole'), join(folder, 'cut')];
    await neusim(['train', 'cnn-digits', ...tiny, '--out', whole]);

    const stopped = await neusim(['train', 'cnn-digits', ...tiny, '--out', cut], (line, interrupt) => {
      if (/ 5\/12 /.test(line)) interrupt();
    });
    expect(stopped.code).toBe(130);
    const resume = /Go on with: npx neusim (.*)$/m.exec(stopped.out)?.[1] ?? '';
    expect(resume).toBe(`train ${cut}/config.json --out ${cut} --resume`);
    expect(existsSync(join(cut, 'results.json'))).toBe(false);

    const resumed = await neusim(resume.split(' '));
    expect(resumed.code).toBe(0);
    expect(resumed.err).toContain('going on from');
    const [expected, met] = [read(whole, 'result.json'), read(cut, 'result.json')];
    expect(met.history).toEqual(expected.history);
    const weights = (run: string) => read(join(run, 'model'), 'model.json').weightsManifest[0].paths;
    expect(weights(cut)).toEqual(weights(whole));
  });

  test('Ctrl-C while measuring keeps the network; the command it prints, spaces and all, makes the report', async () => {
    const out = join(temporaryFolder(), 'my run');
    const stopped = await neusim(['train', 'cnn-digits', ...tiny, '--out', out], (line, interrupt) => {
      if (line.startsWith('Measuring')) interrupt();
    });
    expect(stopped.code).toBe(130);
    expect(stopped.out).toContain(`The trained network is kept in ${join(out, 'model')}`);
    expect(stopped.out).toContain(
      `Go on with: npx neusim train '${out}/config.json' --out '${out}' --resume`,
    );
    expect([existsSync(join(out, 'model')), existsSync(join(out, 'results.json'))]).toEqual([true, false]);

    const resumed = await neusim(['train', join(out, 'config.json'), '--out', out, '--resume']);
    expect(resumed.code).toBe(0);
    expect(existsSync(join(out, 'report.html'))).toBe(true);
  });

  describe('--workers 2', () => {
    beforeAll(async () => {
      worker.url = await buildWorker();
    });

    test('shares each batch; stopped and resumed it ends as the uninterrupted one', async () => {
      const folder = temporaryFolder();
      const [whole, cut] = [join(folder, 'whole'), join(folder, 'cut')];
      const told = await neusim(['train', 'cnn-digits', ...tiny, '--workers', '2', '--out', whole]);
      expect(told).toMatchObject({ code: 0, err: expect.stringContaining('2 workers share each batch') });
      expect(read(whole, 'config.json').workers).toBe(2);
      expect(read(whole, 'results.json').rows).toHaveLength(1);

      const args = ['train', 'cnn-digits', ...tiny, '--workers', '2', '--out', cut];
      const stopped = await neusim(args, (line, interrupt) => {
        if (/ 5\/12 /.test(line)) interrupt();
      });
      expect(stopped.code).toBe(130);
      const resume = /Go on with: npx neusim (.*)$/m.exec(stopped.out)?.[1] ?? '';
      expect((await neusim(resume.split(' '))).code).toBe(0);
      expect(read(cut, 'result.json').history).toEqual(read(whole, 'result.json').history);
    });

    test('a worker that does not start fails the run with exit code 1', async () => {
      worker.url = new URL('./missing.mjs', worker.url);
      const out = join(temporaryFolder(), 'run');
      const told = await neusim(['train', 'cnn-digits', ...tiny, '--workers', '2', '--out', out]);
      expect(told).toMatchObject({ code: 1, err: expect.stringContaining('POOL_WORKER_DIED') });
    });
  });

  test('more workers than images in a batch: exit code 2', async () => {
    const told = await neusim(['train', 'cnn-digits', ...tiny, '--workers', '9', '--json']);
    expect(told.code).toBe(2);
    expect(JSON.parse(told.out).error).toMatchObject({ code: 'CONFIG_INVALID', data: { path: 'workers' } });
  });

  test('a run whose loss is no number any more failed: exit code 1', async () => {
    const out = join(temporaryFolder(), 'run');
    const diverging = ['--set', 'optimizer.learningRate=1e30', '--set', 'schedule.warmup=0'];
    const told = await neusim(['train', 'cnn-digits', ...tiny, ...diverging, '--out', out]);
    expect(told).toMatchObject({ code: 1, err: expect.stringContaining('TRAIN_NON_FINITE') });
  });
});
