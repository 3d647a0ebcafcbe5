/** The real machine's side: packages made for the test, looked at in a process of their own. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { thisMachine } from './host';

const folder = mkdtempSync(join(tmpdir(), 'neusim-native-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function fakePackage(name: string, source: string): string {
  const path = join(folder, `${name}.cjs`);
  writeFileSync(path, source);
  return path;
}

const backend = (gpu: boolean) =>
  `exports.backend = () => ({ binding: { TF_Version: '2.9.1' }, isUsingGpuDevice: ${gpu} });`;

describe('inspect', () => {
  test('a package that works, whatever it prints; the card is read from its log', async () => {
    const log =
      'Created device /device:GPU:0 with 38000 MB memory:  -> device: 0, name: NVIDIA A100, pci bus id: 0';
    const path = fakePackage('works', `console.log('Hi there'); console.error('${log}'); ${backend(true)}`);
    expect(await thisMachine.inspect(path, [])).toEqual({
      loaded: { tensorflow: '2.9.1', gpu: true },
      error: '',
      missing: [],
      device: 'NVIDIA A100',
    });
  });

  test('one that throws', async () => {
    const path = fakePackage(
      'throws',
      `throw new Error('libtensorflow.so.2: cannot open shared object file')`,
    );
    expect(await thisMachine.inspect(path, [])).toMatchObject({
      loaded: null,
      error: 'libtensorflow.so.2: cannot open shared object file',
    });
  });

  test.each([
    [`process.kill(process.pid, 'SIGILL')`, /SIGILL: this processor lacks instructions/],
    [`process.abort()`, /ended the process \((SIGABRT|exit code \d+)\)/],
    ['process.exit(3)', /ended the process \(exit code 3\)/],
  ])('one that takes its process down: %s', async (source, told) => {
    const path = fakePackage('dies', source.includes('SIGILL') ? `${source}; for (;;);` : source);
    const seen = await thisMachine.inspect(path, []);
    expect(seen.loaded).toBeNull();
    expect(seen.error).toMatch(told);
  });

  test('libraries that the loader does not find, without a package', async () => {
    const here = process.platform === 'win32' ? 'kernel32.dll' : process.execPath;
    const seen = await thisMachine.inspect(null, ['libneusim-nowhere.so.7', here]);
    expect(seen).toMatchObject({ loaded: null, error: '' });
    expect(seen.missing).toContain('libneusim-nowhere.so.7');
  });
});

test('resolve finds what is installed, and answers null to what is not', () => {
  expect(thisMachine.resolve('@tensorflow/tfjs-core')).toMatch(/tf-core/);
  expect(thisMachine.resolve('@tensorflow/tfjs-nowhere')).toBeNull();
});

test('load throws what the package throws', () => {
  const path = fakePackage('broken', `throw new Error('bad addon')`);
  expect(() => thisMachine.load(path)).toThrow('bad addon');
});
