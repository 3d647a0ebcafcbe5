import { fewShotPresets } from '@neusim/fewshot';
import { kinds } from '@neusim/registry';
import { presets } from '@neusim/train';
import { describe, expect, test } from 'vitest';
import { neusim } from './test/terminal';

describe('neusim list', () => {
  test.each(kinds)(
    'list %s --json prints one array of names, versions, plug-ins and summaries',
    async (kind) => {
      const { code, out } = await neusim(['list', kind, '--json']);
      expect(code).toBe(0);
      const rows = JSON.parse(out);
      for (const row of rows) {
        expect(Object.keys(row)).toEqual(['name', 'version', 'plugin', 'summary']);
        expect(Object.values(row).every((value) => typeof value === 'string' && value !== '')).toBe(true);
      }
    },
  );

  test('list preset --json says besides what one chooses by: data set, network, steps, batch', async () => {
    const rows = JSON.parse((await neusim(['list', 'preset', '--json'])).out);
    expect(rows).toContainEqual({
      name: 'nsn-digits-static-uns',
      version: '0.1.0',
      plugin: '@neusim/train',
      summary: 'the small network, static unconstrained similarity',
      dataset: 'digits',
      network: 'nsn-digits static-uns',
      steps: 400,
      batchSize: 64,
    });
  });

  test('list alone lists the kinds, preset and config among them, with how many there are', async () => {
    const rows = JSON.parse((await neusim(['list', '--json'])).out);
    expect(rows.map(({ kind }: { kind: string }) => kind)).toEqual([...kinds, 'preset', 'config']);
    const similarities = JSON.parse((await neusim(['list', 'similarity', '--json'])).out);
    expect(similarities.map(({ name }: { name: string }) => name)).toContain('dynamic-psd');
    expect(rows.find(({ kind }: { kind: string }) => kind === 'similarity').known).toBe(similarities.length);
    expect((await neusim(['list'])).out).toMatch(
      new RegExp(`^preset +${presets.length + fewShotPresets.length} `, 'm'),
    );
  });

  test('list config: every key with default and type, those of each optimizer and schedule', async () => {
    const rows = JSON.parse((await neusim(['list', 'config', '--json'])).out);
    const of = (key: string) => rows.find((row: { key: string }) => row.key === key);
    expect(of('optimizer.learningRate')).toMatchObject({ default: 0.1, type: 'number above 0' });
    expect(of('optimizer.beta1').summary).toContain('(optimizer adam)');
    expect(of('schedule.at').summary).toContain('(schedule step)');
    expect(of('optimizer.name')).toMatchObject({ default: 'sgd', values: ['sgd', 'adam'] });
  });

  test('list config --preset: its values; --preset of another kind is refused', async () => {
    const rows = JSON.parse((await neusim(['list', 'config', '--preset', 'nsn-digits', '--json'])).out);
    const of = (key: string) => rows.find((row: { key: string }) => row.key === key);
    expect(of('batchSize')).toMatchObject({ default: 128, value: 64 });
    expect(of('model.similarity')).toMatchObject({ value: 'dynamic-dns' });
    expect(await neusim(['list', 'shape', '--preset', 'nsn-digits'])).toMatchObject({ code: 2 });
  });

  test('knows the parts, the digits and the presets', async () => {
    const names = async (kind: string) =>
      JSON.parse((await neusim(['--json', 'list', kind])).out).map((row: { name: string }) => row.name);
    expect(await names('similarity')).toEqual(
      expect.arrayContaining(['inner-product', 'static-dns', 'static-uns', 'dynamic-dns', 'dynamic-uns']),
    );
    expect(await names('dataset')).toContain('digits');
    expect(await names('preset')).toContain('nsn-cifar');
  });

  test('without --json it is a table', async () => {
    const { out } = await neusim(['list', 'similarity']);
    expect(out.split('\n')[0]).toMatch(/^name +version +plug-in +what it is$/);
  });
});

describe('what goes wrong', () => {
  test.each([
    [['list', 'similarty'], 'CLI_UNKNOWN_KIND', /"similarty" is no kind; known: similarity,/],
    [['trian'], 'CLI_USAGE', /unknown command 'trian'/],
    [['demo', '--seed', 'x'], 'CLI_USAGE', /a whole number from 0/],
    [['demo', '--workers', '0'], 'CLI_USAGE', /a whole number from 1/],
    [['train'], 'CLI_USAGE', /missing required argument/],
    [['train', 'cnn-digits', '--steps', '3'], 'CLI_USAGE', /a key of the config is set by --set KEY=VALUE/],
    [['list', 'shape', '--nope'], 'CLI_USAGE', /unknown option '--nope'/],
    [['train', 'nsn-cifra'], 'PRESET_UNKNOWN', /nsn-cifra/],
    [['train', 'nowhere/config.json'], 'PLATFORM_FILE_MISSING', /nowhere/],
    [['train', 'cnn-digits', '--set', 'steps'], 'CLI_BAD_SET', /wanted key=value/],
    [['train', 'cnn-digits', '--backend', 'cuda'], 'BACKEND_UNKNOWN', /cuda/],
    [['train', 'cnn-cifar'], 'DATASET_NO_FOLDER', /no folder is given/],
    [['eval', 'nowhere'], 'CLI_NOT_A_RUN', /there is no folder nowhere/],
    [['eval', 'nowhere', '--split', 'all'], 'CLI_USAGE', /test, train/],
    [['fold'], 'CLI_USAGE', /missing required argument/],
    [['report', 'nowhere'], 'CLI_NO_REPORT', /nowhere/],
    [['compare', 'cnn-digits', '--seeds', 'x'], 'CLI_BAD_SEEDS', /how many/],
    [['compare', 'cnn-digits', '--vary', 'steps'], 'CLI_BAD_VARY', /key=value,value/],
    [['compare', 'cnn-digits', 'cnn-cifar'], 'CLI_OTHER_DATASET', /cifar-10/],
  ])('%j is told without a stack and exits with 2', async (argv, code, message) => {
    const told = await neusim(argv);
    expect(told.code).toBe(2);
    expect(told.out).toBe('');
    expect(told.err).toMatch(message);
    expect(told.err).toContain(`[${code}]`);
    expect(told.err).toContain('hint: ');
    expect(told.err).not.toMatch(/^\s+at /m);
  });

  test('under --json it is one object on standard output', async () => {
    const told = await neusim(['train', 'cnn-digits', '--set', 'optimizer.momentum=2', '--json']);
    expect(told.code).toBe(2);
    const { error } = JSON.parse(told.out);
    expect(error).toMatchObject({ code: 'CONFIG_INVALID', data: { path: 'optimizer.momentum', met: 2 } });
  });

  test.each([[['--json']], [['--json', '--debug']]])('%j alone: no command is given', async (argv) => {
    const told = await neusim(argv);
    expect(told.code).toBe(2);
    expect(JSON.parse(told.out).error).toMatchObject({
      code: 'CLI_USAGE',
      message: 'no command is given',
      hint: 'see `npx neusim --help`',
    });
    expect(told.err).not.toContain('outputHelp');
  });

  test('an unknown key of a config is named, with its place', async () => {
    const told = await neusim(['train', 'cnn-digits', '--set', 'schedule.wramup=3', '--json']);
    expect(JSON.parse(told.out).error.data.path).toBe('schedule.wramup');
  });

  test('--debug shows where it happened', async () => {
    expect((await neusim(['list', 'nope', '--debug'])).err).toMatch(/^\s+at /m);
  });
});

describe('help', () => {
  test.each(['demo', 'train', 'compare', 'eval', 'fold', 'report', 'data', 'list', 'doctor', 'completion'])(
    '%s --help has examples',
    async (command) => {
      const { code, out } = await neusim([command, '--help']);
      expect(code).toBe(0);
      expect(out).toContain(`Examples:\n  $ npx neusim ${command}`);
      expect(out).toContain('--json');
    },
  );

  test('nothing typed, --help and --version are no errors', async () => {
    expect((await neusim(['--help'])).out).toContain('Commands:');
    expect(await neusim(['--version'])).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^\d+\.\d+\.\d+$/),
    });
    expect(await neusim([])).toMatchObject({ code: 0, out: expect.stringContaining('Commands:') });
  });
});

test('doctor probes every engine and says what to do about what is missing', async () => {
  const { code, out } = await neusim(['doctor', '--json']);
  expect(code).toBe(0);
  const { ok, checks } = JSON.parse(out);
  expect(ok).toBe(true);
  const named = (name: string) => checks.find((check: { name: string }) => check.name === name);
  expect(named('engine wasm').status).toBe('ok');
  expect(named('engine cpu').status).toBe('ok');
  expect(named('data set digits').status).toBe('ok');
  expect(named('data found')).toMatchObject({
    status: 'missing',
    advice: expect.stringContaining('npx neusim data pull'),
  });
  expect(named('data folder')).toMatchObject({
    status: 'missing',
    advice: expect.stringContaining('NEUSIM_DATA'),
  });
});

test('doctor tells what the native engines lack and what to do, each by its name', async () => {
  const { code, out } = await neusim(['doctor']);
  expect(code).toBe(0);
  for (const engine of ['node-gpu', 'node']) {
    const line = new RegExp(`^(✓|–) engine ${engine} +(\\S.*)\\n(?: +→ (.*))?`, 'm').exec(out);
    // Where the package is installed, its library; elsewhere, what to install.
    if (line?.[1] === '✓') expect(line[2]).toMatch(/libtensorflow 2\./);
    else expect(line?.[3]).toMatch(/tfjs-node/);
  }
});

test('doctor: data sets that are not here are one line, and no fault', async () => {
  const { code, out } = await neusim(['doctor']);
  expect(code).toBe(0);
  expect(out).not.toContain('not found');
  expect(out).toMatch(/^– other data sets +cifar-10, .*parquet.*\n +→ .*npx neusim list dataset/m);
  expect(out).toMatch(/^✓ data set digits/m);
  expect(out).toContain('What is marked – is not needed for it.');
});

test('doctor: a folder that was named and is not there is to be corrected', async () => {
  const { code, out } = await neusim(['doctor', '--data', '/nowhere']);
  expect(code).toBe(2);
  expect(out).toMatch(/^✗ data folder +\/nowhere/m);
});

test.each([
  [['list', 'simlarity'], 'similarity'],
  [['train', 'nsn-digit'], 'nsn-digits'],
  [['train', 'cnn-digits', '--set', 'stpes=3'], 'steps'],
  [['train', 'cnn-digits', '--set', 'schedule.wramup=3'], 'schedule.warmup'],
  [['train', 'cnn-digits', '--set', 'dataset.limit.trian=3'], 'dataset.limit.train'],
  [['trian', 'cnn-digits'], 'train'],
  [['train', 'cnn-digits', '--dataset', 'cifar-01'], 'cifar-10'],
  [['train', 'cnn-digits', '--backend', 'wsam'], 'wasm'],
  [['train', 'cnn-digits', '--reusme'], '--resume'],
  [['list', 'config', '--preset', 'nsn-digit'], 'nsn-digits'],
])('%j: did you mean', async (argv, meant) => {
  expect((await neusim(argv)).err).toMatch(new RegExp(`did you mean "?${meant}"?\\?`));
});

test.each([
  [['train', 'cnn-cifar'], '--data DIR'],
  [['train', 'cnn-digits', '--backend', 'cuda'], '--backend takes auto, node-gpu, webgpu, node, wasm, cpu'],
  [['train', 'cnn-digits', '--backend', 'cpu', '--precision', 'fast'], 'add --backend wasm'],
  [['train', 'cnn-digits', '--backend', 'auto', '--precision', 'fast'], 'add --backend wasm'],
  [['train', 'cnn-digits', '--resume', '--out', '/nowhere'], 'leave out --resume'],
])('%j: the hint names options', async (argv, hint) => {
  expect((await neusim(argv)).err).toContain(hint);
});

test('help is for the command that was typed, whatever other commands its arguments are called like', async () => {
  const told = await neusim(['report', 'demo', '--bad']);
  expect(told).toMatchObject({ code: 2, err: expect.stringContaining('npx neusim report --help') });
});
