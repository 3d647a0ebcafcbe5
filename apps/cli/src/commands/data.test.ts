import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { packTar } from 'modern-tar';
import { beforeAll, describe, expect, test } from 'vitest';
import { bundleWorker } from '../../../../tools/bundle-worker';
import { md5, publishingPlugin, type Serve, sendRange, startServer } from '../test/data-server';
import { neusim, temporaryFolder } from '../test/terminal';

const bytes = Uint8Array.from({ length: 200_000 }, (_, i) => (i * 37) % 251);
const file = { path: 'a.bin', bytes: bytes.length, md5: md5(bytes) };

/** A data set of one file at `url`. */
const sourcesOf = (url: string) => ({
  sources: [{ from: 'url', files: [{ name: 'a.bin', urls: [url], bytes: bytes.length, md5: md5(bytes) }] }],
});
const oneFile = (url: string) => publishingPlugin({ files: [file], ...sourcesOf(url) });

const pulling = (plugin: string, data: string, ...more: string[]) => [
  'data',
  'pull',
  'their-set',
  '--plugin',
  plugin,
  '--data',
  data,
  ...more,
];

describe('neusim data pull', () => {
  test('without a name lists what can be pulled, with sizes and terms', async () => {
    const { code, out } = await neusim(['data', 'pull', '--json']);
    expect(code).toBe(0);
    const rows = JSON.parse(out);
    expect(rows.map(({ name }: { name: string }) => name)).toEqual([
      'cifar-10',
      'cifar-100',
      'mnist',
      'fashion-mnist',
      'omniglot',
      'tiny-imagenet-200',
    ]);
    expect(rows[0]).toMatchObject({ bytes: 170_052_171, from: ['url', 'npm'], acceptTerms: false });
    const text = (await neusim(['data', 'pull'])).out;
    expect(text).toMatch(/^omniglot +16 +url .* MIT$/m);
  });

  test('fetches a file of a plug-in’s data set, and tells how to train on it', async () => {
    const data = temporaryFolder();
    const url = await startServer({ '/a.bin': bytes });
    const { code, out } = await neusim(pulling(oneFile(`${url}/a.bin`), data));
    expect(code).toBe(0);
    const folder = join(data, 'their-set');
    expect(out).toContain(`Train on it: npx neusim train nsn-cifar --dataset theirs --data ${folder}`);
    expect(readdirSync(folder)).toEqual(['a.bin']);
    expect(Buffer.compare(readFileSync(join(folder, 'a.bin')), bytes)).toBe(0);
  });

  test('what is there and whole is not asked for again', async () => {
    const data = temporaryFolder();
    const asked: string[] = [];
    const plugin = oneFile(`${await startServer({ '/a.bin': bytes }, asked)}/a.bin`);
    await neusim(pulling(plugin, data));
    const { code, out } = await neusim(pulling(plugin, data, '--json'));
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ name: 'their-set', from: null });
    expect(asked).toEqual(['/a.bin']);
  });

  test('a redirect is followed', async () => {
    const data = temporaryFolder();
    const redirect: Serve = (_, response) => void response.writeHead(302, { location: '/b' }).end();
    const url = await startServer({ '/a.bin': redirect, '/b': bytes });
    expect((await neusim(pulling(oneFile(`${url}/a.bin`), data))).code).toBe(0);
  });

  test('a connection that breaks after 120,000 bytes is gone on with', async () => {
    const data = temporaryFolder();
    const asked: string[] = [];
    let requests = 0;
    const breaking: Serve = (request, response) =>
      sendRange(bytes, request, response, requests++ === 0 ? 120_000 : bytes.length);
    const url = await startServer({ '/a.bin': breaking }, asked);
    expect((await neusim(pulling(oneFile(`${url}/a.bin`), data))).code).toBe(0);
    expect(asked).toHaveLength(2);
    expect(asked[1]).toMatch(/^\/a\.bin bytes=[1-9]\d*-$/);
  });

  const wrong = Uint8Array.from(bytes, (byte) => byte ^ 1);
  const short = bytes.subarray(0, 1000);
  test.each<[string, Record<string, Uint8Array>, string, RegExp]>([
    ['404', {}, 'DATA_HTTP', /HTTP 404/],
    ['another length', { '/a.bin': short }, 'DATA_WRONG_LENGTH', /has 1000 bytes; wanted: 200000/],
    [
      'another content',
      { '/a.bin': wrong },
      'DATA_WRONG_CHECKSUM',
      new RegExp(`${md5(wrong)}; wanted: ${md5(bytes)}`),
    ],
  ])('%s is told, and nothing is left', async (_, served, code, message) => {
    const data = temporaryFolder();
    const url = await startServer(served);
    const told = await neusim(pulling(oneFile(`${url}/a.bin`), data));
    expect(told.code).toBe(2);
    expect(told.out).toBe('');
    expect(told.err).toContain(`[${code}]`);
    expect(told.err).toMatch(message);
    expect(readdirSync(join(data, 'their-set'))).toEqual([]);
  });

  test('where no server answers: which file to put where', async () => {
    const data = temporaryFolder();
    const url = 'http://no-such-host.invalid/a.bin';
    const told = await neusim(pulling(oneFile(url), data, '--json'));
    expect(told.code).toBe(2);
    const { error } = JSON.parse(told.out);
    const put = join(data, 'their-set', 'a.bin');
    expect(error).toMatchObject({
      code: 'DATA_OFFLINE',
      data: { files: [{ url, put, checksum: `MD5 ${md5(bytes)}` }] },
    });
    expect(error.hint).toContain(put);
    // As one is told, so it works.
    writeFileSync(put, bytes);
    expect((await neusim(pulling(oneFile(url), data))).code).toBe(0);
  });

  test('Ctrl-C in a slow download keeps the part, and says how to go on', async () => {
    const data = temporaryFolder();
    const slow: Serve = (request, response) => {
      const from = Number(/\d+/.exec(request.headers.range ?? '0')?.[0]);
      if (from > 0) return sendRange(bytes, request, response);
      // The rest never comes.
      response.writeHead(200, { 'content-length': bytes.length }).write(bytes.subarray(0, 50_000));
    };
    const asked: string[] = [];
    const plugin = oneFile(`${await startServer({ '/a.bin': slow }, asked)}/a.bin`);
    const told = await neusim(
      pulling(plugin, data),
      (line, interrupt) => /0\.1\/0\.2/.test(line) && interrupt(),
    );
    expect(told.code).toBe(130);
    expect(told.out).toContain(
      `Go on with: npx neusim data pull their-set --data ${data} --plugin ${plugin}`,
    );
    const part = join(data, 'their-set', 'a.bin.partial');
    const kept = statSync(part).size;
    expect(kept).toBe(50_000);
    expect((await neusim(pulling(plugin, data))).code).toBe(0);
    expect(asked).toEqual(['/a.bin', `/a.bin bytes=${kept}-`]);
  });

  test('terms that ask for it are to be accepted first', async () => {
    const data = temporaryFolder();
    const told = await neusim(['data', 'pull', 'tiny-imagenet-200', '--data', data]);
    expect(told.code).toBe(2);
    expect(told.err).toMatch(/research and education.*\[DATA_TERMS\]\n +hint: .*--accept-terms/s);
    expect(readdirSync(data)).toEqual([]);
  });

  test.each([
    [['pull', 'cifar-01'], 'DATA_UNKNOWN_SET', 'did you mean "cifar-10"?'],
    [['pull', 'mnist', '--from', 'npm'], 'DATA_NO_SOURCE', 'it comes from url'],
    [['pull', 'mnist', '--from', 'cd'], 'CLI_USAGE', 'npx neusim data pull --help'],
    [['verify', 'mnist'], 'DATASET_NOT_FOUND', 'npx neusim data pull mnist'],
    [['info', 'mnits'], 'DATA_UNKNOWN_SET', 'did you mean "mnist"?'],
  ])('data %j: %s', async (argv, code, hint) => {
    const told = await neusim(['data', ...argv, '--data', temporaryFolder()]);
    expect(told.code).toBe(2);
    expect(told.err).toContain(`[${code}]`);
    expect(told.err).toContain(hint);
  });
});

/** A data set of one .tar.gz that holds `root/a.bin`. */
async function archived(entries: Readonly<Record<string, Uint8Array<ArrayBuffer>>>, more: object = {}) {
  const packed = await packTar(
    Object.entries(entries).map(([name, body]) => ({ header: { name, size: body.length }, body })),
  );
  const archive = Uint8Array.from(gzipSync(packed));
  const url = await startServer({ '/a.tar.gz': archive });
  const download = { name: 'a.tar.gz', urls: [`${url}/a.tar.gz`], bytes: archive.length, md5: md5(archive) };
  return publishingPlugin({
    files: [file],
    sources: [{ from: 'url', archives: [download], root: 'root', unpackedBytes: 300_000, ...more }],
  });
}

describe('neusim data pull of an archive', () => {
  test('is unpacked, and its folder takes its place whole; the archive goes', async () => {
    const data = temporaryFolder();
    const plugin = await archived({
      'root/a.bin': bytes,
      'root/more/b.txt': bytes.slice(0, 3),
      other: bytes.slice(0, 3),
    });
    expect((await neusim(pulling(plugin, data))).code).toBe(0);
    expect(readdirSync(data)).toEqual(['their-set']);
    expect(readdirSync(join(data, 'their-set'))).toEqual(['a.bin', 'more']);
    expect(readFileSync(join(data, 'their-set', 'more', 'b.txt'))).toHaveLength(3);
  });

  test('--keep keeps the archive; one that was put there by hand stays, and is used', async () => {
    const data = temporaryFolder();
    const plugin = await archived({ 'root/a.bin': bytes });
    expect((await neusim(pulling(plugin, data, '--keep'))).code).toBe(0);
    expect(readdirSync(data)).toEqual(['a.tar.gz', 'their-set']);
    expect((await neusim(pulling(plugin, data, '--replace'))).code).toBe(0);
    expect(readdirSync(data)).toEqual(['a.tar.gz', 'their-set']);
  });

  test.each<[string, Record<string, Uint8Array<ArrayBuffer>>, object, string]>([
    ['an entry that leaves its folder', { 'root/../../../evil': bytes }, {}, 'ARCHIVE_UNSAFE_ENTRY'],
    ['more than is allowed', { 'root/a.bin': bytes, 'root/b': bytes }, {}, 'ARCHIVE_TOO_LARGE'],
    ['another folder', { 'a.bin': bytes }, {}, 'DATA_BAD_ARCHIVE'],
    ['a file that is another', { 'root/a.bin': bytes.slice(1) }, {}, 'DATA_DAMAGED'],
  ])('%s: nothing is put in its place', async (_, entries, more, code) => {
    const data = temporaryFolder();
    const told = await neusim(pulling(await archived(entries, more), data));
    expect(told.code).toBe(2);
    expect(told.err).toContain(`[${code}]`);
    expect(readdirSync(data)).toEqual(['a.tar.gz']);
    expect(existsSync(join(data, '..', 'evil'))).toBe(false);
  });

  test('a folder that holds something else is left alone, unless it shall be replaced', async () => {
    const data = temporaryFolder();
    mkdirSync(join(data, 'their-set'));
    writeFileSync(join(data, 'their-set', 'mine.txt'), 'mine');
    const plugin = await archived({ 'root/a.bin': bytes });
    const told = await neusim(pulling(plugin, data));
    expect(told.code).toBe(2);
    expect(told.err).toContain('[DATA_TAKEN]');
    expect(told.err).toContain('--replace');
    expect(readdirSync(join(data, 'their-set'))).toEqual(['mine.txt']);
    expect((await neusim(pulling(plugin, data, '--replace'))).code).toBe(0);
    expect(readdirSync(join(data, 'their-set'))).toEqual(['a.bin']);
  });
});

describe('neusim data pull as a process', () => {
  let program: URL;
  beforeAll(async () => {
    program = await bundleWorker(new URL('../test/pull-process.ts', import.meta.url));
  });

  test('killed in the middle, the next goes on with what has arrived', async () => {
    const data = temporaryFolder();
    const asked: string[] = [];
    const serve: Serve = (request, response) => {
      if (request.headers.range) return sendRange(bytes, request, response);
      response.writeHead(200, { 'content-length': bytes.length }).write(bytes.subarray(0, 100_000));
    };
    const url = `${await startServer({ '/a.bin': serve }, asked)}/a.bin`;
    const part = join(data, 'their-set', 'a.bin.partial');
    const publication = { name: 'their-set', files: [file], ...sourcesOf(url) };
    const child = spawn(process.execPath, [fileURLToPath(program), JSON.stringify(publication), data]);
    const ended = new Promise((resolve) => child.on('exit', (_, signal) => resolve(signal)));
    await expect.poll(() => existsSync(part) && statSync(part).size, { timeout: 60_000 }).toBe(100_000);
    child.kill('SIGKILL');
    expect(await ended).toBe('SIGKILL');
    expect((await neusim(pulling(oneFile(url), data))).code).toBe(0);
    expect(asked).toEqual(['/a.bin', '/a.bin bytes=100000-']);
    expect(Buffer.compare(readFileSync(join(data, 'their-set', 'a.bin')), bytes)).toBe(0);
  });
});

describe('neusim data verify', () => {
  const verifying = (plugin: string, data: string) => [
    'data',
    'verify',
    'their-set',
    '--json',
    '--plugin',
    plugin,
    '--data',
    data,
  ];

  test.each<[string, (path: string) => void, string]>([
    ['ok', (path) => writeFileSync(path, bytes), 'ok'],
    [
      'damaged in one byte',
      (path) =>
        writeFileSync(
          path,
          bytes.map((byte, i) => (i === 9 ? byte ^ 1 : byte)),
        ),
      'damaged',
    ],
    ['short', (path) => writeFileSync(path, bytes.subarray(1)), 'damaged'],
    ['missing', () => {}, 'missing'],
  ])('a file that is %s', async (_, write, state) => {
    const data = temporaryFolder();
    mkdirSync(join(data, 'their-set'));
    write(join(data, 'their-set', 'a.bin'));
    const { code, out } = await neusim(verifying(oneFile('http://no-such-host.invalid/'), data));
    const told = JSON.parse(out);
    expect(told).toMatchObject({
      set: 'their-set',
      whole: state === 'ok',
      files: [{ path: 'a.bin', state }],
    });
    expect(code).toBe(state === 'ok' ? 0 : 2);
  });

  test('one that is not whole: the command that fetches it again is told, wherever it lies', async () => {
    const data = temporaryFolder();
    mkdirSync(join(data, 'their-set'));
    const words = verifying(oneFile('http://no-such-host.invalid/'), data).filter(
      (word) => word !== '--json',
    );
    const told = await neusim(words);
    expect(told.out).toContain(`\`npx neusim data pull their-set --data ${data} --replace --plugin `);
    writeFileSync(join(data, 'their-set', 'train-images-idx3-ubyte.gz'), 'cut');
    const found = await neusim(['data', 'verify', join(data, 'their-set')]);
    expect(found.code).toBe(2);
    expect(found.out).not.toContain('data pull /');
    expect(found.out).toContain('data pull mnist');
  });

  test.each([
    ['whole', 2, true],
    ['less than was published', 3, false],
  ])('a set without checksums is read by its reader: %s', async (_, images, whole) => {
    const data = temporaryFolder();
    mkdirSync(join(data, 'their-set'));
    writeFileSync(join(data, 'their-set', 'a.bin'), bytes);
    const plugin = publishingPlugin({ images, sources: [{ from: 'url', files: [] }] });
    const { code, out } = await neusim(verifying(plugin, data));
    expect(JSON.parse(out)).toMatchObject({ whole, images: 2, wanted: images });
    expect(code).toBe(whole ? 0 : 2);
  });

  test('a folder is named once, however it is written', async () => {
    const data = temporaryFolder();
    for (const name of ['a', 'b']) {
      mkdirSync(join(data, name));
      writeFileSync(join(data, name, '1.png'), 'no image');
    }
    for (const word of [data, `${data}/`]) {
      const { code, out } = await neusim(['data', 'verify', word]);
      expect(code).toBe(2);
      expect(out.startsWith(`${word} is not whole: `)).toBe(true);
    }
  });

  test('a fault that the reader meets is told, with its code', async () => {
    const data = temporaryFolder();
    mkdirSync(join(data, 'their-set'));
    const plugin = publishingPlugin({ sources: [{ from: 'url', files: [] }] });
    const { code, out } = await neusim(verifying(plugin, data));
    expect(code).toBe(2);
    expect(JSON.parse(out)).toMatchObject({ whole: false, fault: { code: 'PLATFORM_FILE_MISSING' } });
  });
});

describe('neusim data info', () => {
  test('digits: images, shape, classes with their counts, mean and deviation', async () => {
    const { code, out } = await neusim(['data', 'info', 'digits', '--json']);
    expect(code).toBe(0);
    const told = JSON.parse(out);
    expect(told).toMatchObject({
      name: 'digits',
      reader: 'digits',
      folder: null,
      shape: [28, 28, 1],
      images: { train: 8000, test: 2000 },
      bytes: null,
    });
    expect(told.classes).toHaveLength(10);
    expect(told.classes.reduce((sum: number, { train }: { train: number }) => sum + train, 0)).toBe(8000);
    expect(told.statistics.mean[0]).toBeCloseTo(33.46, 1);
    expect((await neusim(['data', 'info', 'digits'])).out).toMatch(
      /^images +8,000 for training, 2,000 for testing$/m,
    );
  });

  test('a folder: its format is told by its files', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'a.bin'), bytes);
    const plugin = publishingPlugin({ files: [file], sources: [{ from: 'url', files: [] }] });
    const { code, out } = await neusim(['data', 'info', folder, '--json', '--plugin', plugin]);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      name: 'their-set',
      reader: 'theirs',
      folder,
      bytes: 200_000,
      classes: [{ name: 'one', train: 1, test: 1 }],
      statistics: { mean: [3], std: [0] },
      terms: { text: 'MIT' },
    });
  });

  test('a folder of no format that is known', async () => {
    const told = await neusim(['data', 'info', temporaryFolder()]);
    expect(told.code).toBe(2);
    expect(told.err).toContain('[DATA_UNKNOWN_FORMAT]');
  });
});
