import { describe, expect, test } from 'vitest';
import { diagnose } from './diagnose';
import type { Host } from './host';
import { cpuPackage, gpuPackage } from './packages';
import { gpuName, machine, sound } from './test/fakes';

const cudaFiles = gpuPackage.libraries?.['linux-x64']?.flatMap(({ files }) => files) ?? [];
const inspect = (seen: object) => async () => ({ ...sound(true), ...seen });

describe('everything is there', () => {
  test('GPU: the card and the library are named', async () => {
    expect(await diagnose(gpuPackage, machine())).toEqual({
      available: true,
      adapter: 'NVIDIA A100',
      reason: 'libtensorflow 2.9.1 with CUDA',
    });
  });

  test('CPU: CUDA is not looked for', async () => {
    let asked: readonly string[] | undefined;
    const host = machine({
      inspect: async (_, libraries) => {
        asked = libraries;
        return sound(false);
      },
    });
    expect(await diagnose(cpuPackage, host)).toEqual({
      available: true,
      adapter: 'libtensorflow 2.9.1',
      reason: 'native, on all cores',
    });
    expect(asked).toEqual([]);
  });

  test.each([['20.19.0'], ['22.21.1']])('Node %s', async (node) => {
    expect((await diagnose(cpuPackage, machine({ node }))).available).toBe(true);
  });
});

describe('what is missing is named, with what to do', () => {
  const cases: [string, Partial<Host>, RegExp[]][] = [
    ['the package', { resolve: () => null }, [/npm install @tensorflow\/tfjs-node-gpu/]],
    ['an older Node', { node: '24.1.0' }, [/use Node 22 or older: tfjs-node does not run on 24\.1\.0/]],
    [
      'a library of the addon',
      { inspect: inspect({ loaded: null, error: 'libtensorflow.so.2: file too short\n at Module' }) },
      [/tfjs-node-gpu does not load \(libtensorflow\.so\.2: file too short\): npm rebuild @tensorflow/],
    ],
    [
      'one CUDA library',
      { inspect: inspect({ loaded: { tensorflow: '2.9.1', gpu: false }, missing: ['libcublas.so.11'] }) },
      [/install CUDA 11\.2, with its folder in LD_LIBRARY_PATH: the loader does not find libcublas\.so\.11;/],
    ],
    [
      'cuDNN and the driver',
      {
        inspect: inspect({
          loaded: { tensorflow: '2.9.1', gpu: false },
          missing: ['libcuda.so.1', 'libcudnn.so.8'],
        }),
      },
      [/install the NVIDIA driver .*libcuda\.so\.1/, /install cuDNN 8\.1 .*libcudnn\.so\.8/],
    ],
    [
      'the GPU itself',
      { inspect: inspect({ loaded: { tensorflow: '2.9.1', gpu: false } }) },
      [/^@tensorflow\/tfjs-node-gpu loads, but finds no GPU .* on the CPU without saying so/],
    ],
    [
      'everything at once',
      {
        node: '24.0.0',
        resolve: () => null,
        inspect: inspect({ loaded: null, missing: cudaFiles }),
      },
      [
        /use Node 22/,
        /npm install/,
        /NVIDIA driver/,
        /CUDA 11\.2/,
        ...cudaFiles.map((f) => new RegExp(`${f}\\b`)),
      ],
    ],
    [
      'a build for this platform',
      { platform: 'darwin-arm64' },
      [/no build for darwin-arm64: use the engine node/],
    ],
  ];
  test.each(cases)('%s', async (_, changes, told) => {
    const probe = await diagnose(gpuPackage, machine(changes));
    expect(probe).toMatchObject({ available: false, adapter: '' });
    for (const part of told) expect(probe.reason).toMatch(part);
  });

  test('a library is no matter where the GPU is in use', async () => {
    const host = machine({ inspect: inspect({ missing: ['libcusolver.so.11'] }) });
    expect((await diagnose(gpuPackage, host)).available).toBe(true);
  });

  test('without the package of the CPU, no process is started', async () => {
    const host = machine({ resolve: () => null, inspect: () => Promise.reject(new Error('started')) });
    expect(await diagnose(cpuPackage, host)).toEqual({
      available: false,
      adapter: '',
      reason: 'npm install @tensorflow/tfjs-node',
    });
  });

  test('an addon on a Node that is too new: the version is the advice, not a rebuild', async () => {
    const host = machine({
      node: '23.0.0',
      inspect: inspect({ loaded: null, error: 'isNullOrUndefined is not a function' }),
    });
    expect((await diagnose(gpuPackage, host)).reason).toBe(
      'use Node 22 or older: tfjs-node does not run on 23.0.0',
    );
  });

  test('the files of the GPU are those looked for', async () => {
    const asked: string[] = [];
    await diagnose(
      gpuPackage,
      machine({
        inspect: async (path, libraries) => {
          asked.push(path as string, ...libraries);
          return sound(true);
        },
      }),
    );
    expect(asked).toEqual([
      `/modules/${gpuName}/dist/index.js`,
      'libcuda.so.1',
      'libcudart.so.11.0',
      'libcublas.so.11',
      'libcublasLt.so.11',
      'libcufft.so.10',
      'libcurand.so.10',
      'libcusolver.so.11',
      'libcusparse.so.11',
      'libcudnn.so.8',
    ]);
  });
});
