import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { writePhotos } from '../test/photos';
import { neusim, temporaryFolder } from '../test/terminal';

/** A folder to work in, with classes of so many pictures, and an empty cache. */
function setup(counts: readonly number[] = [4, 4]) {
  const home = temporaryFolder();
  const [photos, cache] = [join(home, 'photos'), join(home, 'cache')];
  vi.stubEnv('NEUSIM_CACHE', cache);
  writePhotos(photos, counts);
  const told = async (...words: string[]) => {
    const { code, err } = await neusim(['fewshot', ...words, '--backend', 'cpu']);
    expect(code).toBe(2);
    return err;
  };
  const isUnread = () => !readdirSync(home).includes('cache');
  return { home, photos, told, isUnread };
}

const ofPixels = ['--backbone', 'identity', '--set', 'dataset={"size":12,"channels":1}'];
const small = [
  'dataset={"size":12,"channels":1}',
  'backbone={"name":"cnn-4","widths":[4,4]}',
  'normalize=unit',
  'steps=2',
].flatMap((each) => ['--set', each]);

describe('names are told before any data is looked at', () => {
  test.each([
    ['proto-net-omniglt', 'PRESET_UNKNOWN', 'did you mean "proto-net-omniglot"?'],
    ['proto-nett', 'PRESET_UNKNOWN', 'did you mean "proto-net"?'],
    ['proto', 'PRESET_UNKNOWN', 'did you mean "proto-net"?'],
    ['squiggles', 'PRESET_UNKNOWN', 'hint: `npx neusim list preset` and `npx neusim list method` name all'],
  ])('fewshot train %s', async (word, code, hint) => {
    const { told } = setup();
    const err = await told('train', word, '--data', 'no-such-folder');
    expect(err).toContain(`[${code}]`);
    expect(err).toContain(hint);
  });

  test('of a config: the method, the backbone, the steps', async () => {
    const { photos, told, isUnread } = setup();
    const train = (...set: string[]) =>
      told('train', 'proto-net', '--data', photos, ...set.flatMap((each) => ['--set', each]));
    expect(await train('steps=2', 'method=proto-nett')).toMatch(/is no method.*\n.*"proto-net"/);
    expect(await train('steps=2', 'backbone=cnn-5')).toMatch(/is no model.*\n.*"cnn-4"/);
    const steps = await train();
    expect(steps).toContain('config: steps: missing; it says how long proto-net is trained [CONFIG_INVALID]');
    expect(steps).toMatch(/--set steps=N.*proto-net-omniglot, proto-net-cifar-fs/);
    expect(isUnread()).toBe(true);
  });

  test('of methods that are tested, of all that are compared', async () => {
    const { photos, told, isUnread } = setup();
    const words = ['--data', photos, ...ofPixels];
    expect(await told('eval', '--method', 'proto-nett', ...words)).toMatch(/is no method.*\n.*"proto-net"/);
    expect(await told('compare', 'proto-net', 'nearest-neighbor', ...words)).toMatch(
      /is no method.*\n.*"nearest-neighbour"/,
    );
    expect(isUnread()).toBe(true);
  });

  test('what is no run: a path that leads nowhere, a method', async () => {
    const { home, photos, told } = setup();
    const nowhere = join(home, 'runs', 'nosuch');
    const err = await told('eval', nowhere, '--data', photos);
    expect(err).toContain(`there is no folder ${nowhere} [CLI_NOT_A_RUN]`);
    expect(err).not.toContain('ENOENT');
    expect(await told('eval', join(home, 'photo'), '--data', photos)).toContain(`did you mean "${photos}"?`);
    expect(await told('eval', 'proto-net', '--data', photos)).toContain('--method proto-net');
    expect(await told('compare', nowhere, 'proto-net', '--data', photos)).toContain('[CLI_NOT_A_RUN]');
  });
});

describe('data that is not there, or in no folders of classes', () => {
  test('paths that lead nowhere, with what is near', async () => {
    const { home, photos, told } = setup();
    const data = (word: string, ...more: string[]) =>
      told('eval', '--method', 'proto-net', ...ofPixels, '--data', word, ...more);
    const near = await data(join(home, 'phottos'));
    expect(near).toContain('[DATASET_NOT_FOUND]');
    expect(near).toContain(`did you mean "${photos}"?`);
    expect(await data(join(home, 'elsewhere'))).toContain(`there is no folder ${join(home, 'elsewhere')} [`);
    expect(await data('elsewhere')).toMatch(
      /no folder elsewhere, and no data set of that name.*\n.*omniglot/,
    );
    expect(await data('omniglott')).toContain('did you mean "omniglot"?');
    expect(await data(join(home, 'phottos'), '--dataset', 'image-folder')).toContain('[DATASET_NOT_FOUND]');
    const preset = await told('train', 'proto-net-omniglot', '--data', join(home, 'phottos'));
    expect(preset).toContain(`did you mean "${photos}"?`);
  });

  test('a flat folder, one class, a folder above', async () => {
    const { home, photos, told } = setup();
    const [flat, one, empty] = ['flat', 'one', 'empty'].map((name) => join(home, 'other', name));
    for (const folder of [flat, join(one!, 'cats'), empty]) mkdirSync(folder!, { recursive: true });
    for (const name of ['1.png', '2.jpg', 'notes.txt']) writeFileSync(join(flat!, name), 'x');
    writeFileSync(join(one!, 'cats', '1.png'), 'x');
    const data = (word: string) => told('eval', '--method', 'proto-net', ...ofPixels, '--data', word);
    const told1 = await data(flat!);
    expect(told1).toContain(`${flat} holds 2 images that are in no folder of a class [DATA_UNKNOWN_FORMAT]`);
    expect(told1).toContain(join(flat!, 'cats', '1.png'));
    expect(await data(one!)).toMatch(/holds images of one class, cats; two or more are wanted/);
    expect(await data(home)).toContain(`did you mean "${photos}"?`);
    expect(await data(empty!)).toMatch(/empty is empty \[.*\n.*images lie in a folder for each class/);
    const file = join(flat!, '1.png');
    expect(await data(file)).toMatch(/1\.png is no folder \[.*\n.*name the folder that holds the data/);
  });
});

test('a network that is not there, with the folder beside it', async () => {
  const { home, photos, told } = setup();
  const runs = join(home, 'runs');
  mkdirSync(join(runs, 'letters'), { recursive: true });
  const words = ['eval', '--method', 'proto-net', '--data', photos, '--backbone'];
  const near = await told(...words, join(runs, 'leters'));
  expect(near).toContain(`there is no folder ${join(runs, 'leters')} [CLI_NOT_A_RUN]`);
  expect(near).toContain(`did you mean "${join(runs, 'letters')}"?`);
  expect(await told(...words, join(runs, 'letters'))).toContain('holds no trained network');
});

test.each([
  ['--shot', 'abc', 'from 1'],
  ['--shot', '0', 'from 1'],
  ['--seed', '-1', 'from 0'],
])('%s %s: wanted is a whole number %s', async (option, value, wanted) => {
  const { photos, told } = setup();
  const err = await told('eval', '--method', 'proto-net', '--data', photos, `${option}=${value}`);
  expect(err).toContain(`wanted: a whole number ${wanted}.`);
});

test('nothing is named to test: a network need not be', async () => {
  const { photos, told } = setup();
  expect(await told('eval', '--data', photos)).toMatch(
    /nothing is named.*\n.*--method NAME with --data FOLDER; --backbone FOLDER names/,
  );
});

describe('small classes', () => {
  test('the shot alone is lowered where that is enough; a class of one image is left out', async () => {
    const { photos, told } = setup(Array(5).fill(4));
    const words = ['eval', '--method', 'proto-net', '--data', photos, ...ofPixels];
    expect(await told(...words, '--shot', '4')).toMatch(/hint: ask for fewer images: --shot 3; or add/);
    rmSync(join(photos, 'class-2'), { recursive: true });
    writePhotos(join(photos, '..', 'one'), [1]);
    renameSync(join(photos, '..', 'one', 'class-0'), join(photos, 'lonely'));
    expect(await told(...words)).toMatch(/every class of fewer: --min-images 2 --way 4; or add images/);
    const left = ['--min-images', '2', '--way', '4', '--episodes', '4', '--out', join(photos, '..', 'out')];
    expect((await neusim(['fewshot', ...words, ...left, '--backend', 'cpu'])).code).toBe(0);
  });

  test('to train: the keys to lower, each with the largest number that works', async () => {
    const { photos, told } = setup([8, 8, 8, 5, 8, 8]);
    const forms = ['episodes={"way":2,"query":7}', 'evaluation={"way":2,"query":7,"episodes":4}'].flatMap(
      (each) => ['--set', each],
    );
    const train = (...more: string[]) =>
      neusim([
        ...['fewshot', 'train', 'proto-net', '--data', photos, '--backend', 'cpu'],
        ...['--out', join(photos, '..', 'out'), ...small, ...forms, ...more],
      ]);
    const { err } = await train();
    expect(err).toMatch(/(training|validation|test) classes: class "class-3" has 5 images/);
    const [, key] = /--set (episodes|evaluation)\.query=4/.exec(err) ?? [];
    expect(key).toBeDefined();
    expect((await train('--set', `${key}.query=5`)).err).toContain('[EPISODE_TOO_FEW_IMAGES]');
    expect((await train('--set', `${key}.query=4`)).code).toBe(0);
    expect(
      await told('eval', '--method', 'proto-net', '--data', photos, '--query', '15', ...ofPixels),
    ).toMatch(/hint: ask for fewer images: --query 4; or add images/);
  });

  test('--min-images: how many classes are left is told', async () => {
    const { home, photos } = setup([6, 6, 3, 6, 6, 3, 6]);
    const words = ['fewshot', 'eval', '--method', 'nearest-neighbour', '--data', photos, ...ofPixels];
    const more = ['--backend', 'cpu', '--query', '2', '--episodes', '4', '--out', join(home, 'out')];
    const { out } = await neusim([...words, ...more, '--min-images', '6']);
    expect(out).toMatch(/^nearest-neighbour on .*, 5 of 7 classes$/m);
    expect((await neusim([...words, ...more])).out).toMatch(/^nearest-neighbour on .*, all classes \(7\)$/m);
  });
});

test('a corrupt image is told once, with one hint', async () => {
  const { photos, told } = setup(Array(5).fill(4));
  writeFileSync(join(photos, 'class-3', '2.png'), 'no picture');
  const err = await told('eval', '--method', 'proto-net', '--data', photos, '--query', '2', ...ofPixels);
  expect(err.match(/beginning with/g)).toHaveLength(1);
  expect(err.match(/hint:/g)).toHaveLength(1);
});

test.each([
  ['static-nsn', 'static-uns'],
  ['meta-static-nsn', 'static-uns'],
  ['dynamic-nsn', 'dynamic-dns'],
])('%s without a similarity says how to train such a network', async (method, similarity) => {
  const { home, photos, told } = setup(Array(6).fill(4));
  const forms = ['batchSize=4', 'evaluation={"way":2,"query":1}', 'episodes={"way":2,"query":1}'];
  const settings = [...small, ...forms.flatMap((each) => ['--set', each])];
  const err = await told('train', method, '--data', photos, ...settings, '--out', join(home, 'out'));
  expect(err).toContain('[FEWSHOT_BACKBONE]');
  expect(err).toContain(`npx neusim fewshot train ${method}-omniglot`);
  expect(err).toContain(`--set backbone.similarity=${similarity}`);
});

test('a method by its name: what is set of its network is set of the default one', async () => {
  const { home, photos, told } = setup(Array(6).fill(4));
  const words = ['train', 'static-nsn', '--data', photos, '--out', join(home, 'out')];
  const settings = [
    'steps=2',
    'dataset.size=12',
    'backbone.similarity=static-uns',
    'evaluation={"way":2,"query":1}',
  ];
  // Told of images that the network of four stages is too large for: so that is the one it is.
  expect(
    await told(...words, ...settings.flatMap((each) => ['--set', each]), '--set', 'batchSize=4'),
  ).toMatch(/cnn-4 with 4 stages/);
});
