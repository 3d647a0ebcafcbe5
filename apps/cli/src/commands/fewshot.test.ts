import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import core, { loadModel } from '@neusim/core';
import datasets, { joinPools, openEpisodes, openOfficialRuns } from '@neusim/datasets';
import fewshot, { cutHead, evaluateEpisodes } from '@neusim/fewshot';
import models, { disposeModel } from '@neusim/models';
import * as platform from '@neusim/platform';
import { createRegistry } from '@neusim/registry';
import { parseHTML } from 'linkedom';
import { describe, expect, test, vi } from 'vitest';
import { saveBackbone, writeOfficialRuns, writePhotos } from '../test/photos';
import { neusim, temporaryFolder } from '../test/terminal';

/** Six classes of seven pictures, and a network. */
async function setup(counts: readonly number[] = Array(6).fill(7)) {
  const home = temporaryFolder();
  vi.stubEnv('NEUSIM_CACHE', join(home, 'cache'));
  const [photos, backbone] = [join(home, 'photos'), join(home, 'backbone')];
  writePhotos(photos, counts);
  await saveBackbone(backbone);
  const run = (method: string, ...more: string[]) =>
    neusim([
      ...[
        'fewshot',
        'eval',
        '--data',
        photos,
        '--method',
        method,
        '--backbone',
        backbone,
        '--backend',
        'cpu',
      ],
      ...['--query', '2', '--episodes', '20', '--out', join(home, 'out'), ...more],
    ]);
  return { home, photos, backbone, run };
}

describe('neusim fewshot eval', () => {
  test('a method on a person’s folder: accuracy, JSON, a page and a table', async () => {
    const { home, photos, backbone, run } = await setup();
    const { code, out } = await run('proto-net', '--json');
    expect(code).toBe(0);
    const found = JSON.parse(out);
    expect(found).toMatchObject({
      name: 'proto-net',
      dataset: 'image-folder',
      part: 'all',
      way: 5,
      shot: 1,
      query: 2,
      episodes: 20,
      seed: 1,
      backend: 'cpu',
    });
    expect(found.accuracy).toBeGreaterThan(30);
    expect(found.accuracies).toHaveLength(20);
    expect(found.classes).toHaveLength(6);
    const { json, page, markdown } = found.files;
    expect(json).toBe(join(home, 'out', '5-way-1-shot-all-photos.json'));
    const { files: _, ...printed } = found;
    expect(JSON.parse(readFileSync(json, 'utf8'))).toEqual(printed);
    expect(found.folder).toBe(photos);
    const { document } = parseHTML(readFileSync(page, 'utf8'));
    expect(document.querySelector('h1')!.textContent).toBe('proto-net on photos');
    expect(document.querySelector('.facts')!.textContent).toContain('photos (image-folder), all classes (6)');
    expect(document.querySelector('.histogram')).not.toBeNull();
    expect(readFileSync(markdown, 'utf8')).toContain(`${found.accuracy.toFixed(2)} ± `);

    // The tutorial's lines of code.
    const registry = createRegistry(core, datasets, models, fewshot);
    const images = registry.make('dataset', 'image-folder', { size: 12, channels: 1 });
    const { train, validation, test: rest } = await openEpisodes(images, platform, photos);
    const pool = joinPools([train, validation, rest]);
    const network = cutHead(await loadModel(registry, platform.modelFile(backbone) as never));
    const learner = registry
      .make('method', 'proto-net')
      .build({ backbone: network, classes: 6, way: 5, seed: 1 });
    const options = { query: 2, episodes: 20, normalize: 'unit' } as const;
    const same = await evaluateEpisodes(learner, pool, options);
    expect({ accuracy: same.accuracy, drawn: same.drawn }).toEqual({
      accuracy: found.accuracy,
      drawn: found.drawn,
    });
    disposeModel(learner.model);

    const text = await run('proto-net', '--shot', '5');
    expect(text.out).toMatch(
      /20 episodes, 5-way 5-shot, 2 queries a class, seed 1\n\naccuracy {2}\d+\.\d\d ± \d/,
    );
    expect(text.err).toMatch(/^Testing proto-net on photos, all classes, engine cpu/m);
  });

  test('a report of other settings takes a number, one of the same its own place', async () => {
    const { home, photos, run } = await setup();
    const [others, second] = [join(home, 'others'), join(home, 'second')];
    writePhotos(others, Array(6).fill(7));
    await saveBackbone(second, { seed: 2 });
    const name = async (...more: string[]) => {
      const { page } = JSON.parse((await run('proto-net', '--json', ...more)).out).files;
      return basename(page, '.html');
    };
    expect(await name()).toBe('5-way-1-shot-all-photos');
    const before = readFileSync(join(home, 'out', '5-way-1-shot-all-photos.json'), 'utf8');
    expect(await name('--seed', '2')).toBe('5-way-1-shot-all-photos-2');
    expect(await name('--set', 'normalize=none')).toBe('5-way-1-shot-all-photos-3');
    expect(await name('--backbone', second)).toBe('5-way-1-shot-all-photos-4');
    expect(await name('--query', '3')).toBe('5-way-1-shot-all-photos-5');
    expect(await name('--episodes', '21')).toBe('5-way-1-shot-all-photos-6');
    expect(await name('--seed', '2', '--jobs', '1')).toBe('5-way-1-shot-all-photos-2');
    expect(await name('--data', others)).toBe('5-way-1-shot-all-others');
    expect(readFileSync(join(home, 'out', '5-way-1-shot-all-photos.json'), 'utf8')).toBe(before);
    expect(await name('--data', photos)).toBe('5-way-1-shot-all-photos');
  });

  test('what warns is in the figures, on the page and in the table', async () => {
    const { run } = await setup();
    const { err, out } = await run('maml', '--set', 'method.testSteps=1', '--episodes', '2', '--json');
    const { warnings, files } = JSON.parse(out);
    expect(warnings).toHaveLength(1);
    // A head of 5 classes on 3×3×4 features, with a bias each.
    expect(warnings[0]).toMatch(/^maml has 185 weights besides the backbone's, which nothing has trained/);
    expect(err).toContain(`Warning: ${warnings[0]}`);
    const { document } = parseHTML(readFileSync(files.page, 'utf8'));
    expect(document.querySelector('header .notes li')!.textContent).toBe(warnings[0]);
    expect(readFileSync(files.markdown, 'utf8')).toContain(`\n- ${warnings[0]}\n`);
    const quiet = JSON.parse((await run('proto-net', '--json')).out);
    expect(quiet.warnings).toEqual([]);
    expect(readFileSync(quiet.files.page, 'utf8')).not.toContain('class="notes"');
  });

  test('what a test does not use is no choice of it; a division is', async () => {
    const { run } = await setup(Array(7).fill(7));
    const told = await run('proto-net', '--set', 'steps=3');
    expect(told.code).toBe(2);
    expect(told.err).toMatch(
      /--set steps=3 is no choice of a test .*\[CLI_USAGE\]\n.*reaches method, backbone/,
    );
    expect((await run('proto-net', '--set', 'metod.scale=3')).err).toContain('did you mean "method"?');
    const division = JSON.stringify({ test: ['class-1', 'class-4'] });
    const { out } = await run('proto-net', '--set', `division=${division}`, '--way', '2', '--json');
    expect(JSON.parse(out)).toMatchObject({
      part: 'test',
      classes: [{ name: 'class-1' }, { name: 'class-4' }],
    });
  });

  test('where a part has too few classes, all of them are offered', async () => {
    const { run } = await setup(Array(7).fill(7));
    const words = ['--way', '3', '--split', 'test'];
    expect((await run('proto-net', ...words)).err).toMatch(
      /hint: ask for fewer classes: --way 2; or test all classes: --split all; or add classes/,
    );
    expect((await run('proto-net', '--way', '8', '--split', 'test')).err).not.toContain('--split all');
    const { run: few } = await setup([7, 7]);
    expect((await few('proto-net', '--way', '2', '--split', 'test')).err).toMatch(
      /hint: test all classes: --split all; or add classes/,
    );
  });

  test('the official runs fix their form: it is told, and not part of the command', async () => {
    const { home, backbone } = await setup();
    const runs = join(home, 'runs');
    writeOfficialRuns(runs);
    // Decoded without the built worker, and kept.
    const { pool } = await openOfficialRuns(platform, runs, { size: [12, 12] });
    await pool.close?.();
    const words = ['--data', runs, '--method', 'nearest-neighbour', '--backbone', backbone, '--runs'];
    const more = ['--backend', 'cpu', '--jobs', '1', '--out', join(home, 'out'), '--json'];
    const test = (...given: string[]) => neusim(['fewshot', 'eval', ...words, ...more, ...given]);
    const { code, out, err } = await test('--way', '5', '--shot', '5', '--min-images', '3');
    expect(code).toBe(0);
    expect(err).toContain(
      'Note: the official runs fix their classes and images: --way, --shot, --min-images',
    );
    const found = JSON.parse(out);
    expect(found).toMatchObject({ way: 20, shot: 1, episodes: 20, seed: null });
    expect(found.command).not.toMatch(/--(way|shot|query|episodes|min-images|jobs)/);
    const plain = await test();
    expect(plain.err).not.toContain('official runs fix');
    expect(JSON.parse(plain.out).command).toBe(found.command);
    // A head of so many classes as a run has.
    const fixed = JSON.parse((await test('--method', 'maml', '--set', 'method.testSteps=1')).out);
    expect(fixed.warnings[0]).toMatch(/^maml has 740 weights/);
  });

  test('a method that wants base classes, where all are tested', async () => {
    const { run } = await setup();
    const without = await run('simple-shot');
    expect(without.code).toBe(0);
    expect(without.err).toMatch(
      /Warning: simple-shot wants to know base classes.*--base FOLDER.*--split test/,
    );
    expect((await run('proto-net')).err).not.toContain('base classes');
  });

  test('options of a method, a layer, and what is set of the images', async () => {
    const { run } = await setup();
    const figures = async (...more: string[]) =>
      JSON.parse((await run('proto-net', '--json', ...more)).out) as {
        accuracy: number;
        loss: number;
        facts: object;
      };
    const first = await figures();
    const euclidean = await figures('--set', 'method.scale=0.5');
    expect(euclidean.loss).not.toBe(first.loss);
    expect(euclidean.facts).toMatchObject({ options: '{"scale":0.5}' });
    expect((await figures('--layer', 'stage1_relu')).loss).not.toBe(first.loss);
    expect((await figures('--set', 'normalize=none')).loss).not.toBe(first.loss);
  });

  test('pixels alone: nearest neighbours of images as they are', async () => {
    const { photos } = await setup();
    const words = [
      'fewshot',
      'eval',
      '--data',
      photos,
      '--method',
      'nearest-neighbour',
      '--backbone',
      'identity',
    ];
    const more = [
      '--set',
      'dataset.size=12',
      '--backend',
      'cpu',
      '--query',
      '1',
      '--episodes',
      '10',
      '--json',
    ];
    const { code, out } = await neusim([...words, ...more, '--out', temporaryFolder()]);
    expect(code).toBe(0);
    expect(JSON.parse(out).accuracy).toBeGreaterThan(60);
  });

  test.each<[string, number[], string[], string, RegExp]>([
    [
      'two classes for a 5-way episode',
      [7, 7],
      [],
      'EPISODE_TOO_FEW_CLASSES',
      /2 classes; an episode of way = 5.*\n.*--way 2/,
    ],
    [
      'a class with one image',
      [7, 7, 1, 7, 7, 7],
      [],
      'EPISODE_TOO_FEW_IMAGES',
      /"class-2" has 1 image;.*\n.*--min-images 3/,
    ],
    [
      'more shots than a class has',
      Array(6).fill(4),
      ['--shot', '3'],
      'EPISODE_TOO_FEW_IMAGES',
      /has 4 images; 3 to learn from/,
    ],
    ['an unknown method', Array(6).fill(4), ['--method', 'proto-nett'], 'REGISTRY_UNKNOWN_NAME', /proto-net/],
    [
      'an unknown key',
      Array(6).fill(4),
      ['--set', 'method.sacle=2'],
      'CONFIG_INVALID',
      /did you mean "method.scale"/,
    ],
    ['an unknown layer', Array(6).fill(4), ['--layer', 'nowhere'], 'FEWSHOT_BACKBONE', /no layer 'nowhere'/],
  ])('%s is told', async (_, counts, more, code, message) => {
    const { run } = await setup(counts);
    const told = await run('proto-net', ...more);
    expect(told.err).toContain(`[${code}]`);
    expect(told.err).toMatch(message);
    expect(told.code).toBe(2);
  });

  test('a corrupt file is named, and left out where that is asked for', async () => {
    const { photos, run } = await setup();
    writeFileSync(join(photos, 'class-3', '5.png'), 'no picture');
    const told = await run('proto-net');
    expect(told.code).toBe(2);
    expect(told.err).toMatch(/class-3.5\.png.*\n.*dataset\.skipCorrupt=true/);
    const left = await run('proto-net', '--set', 'dataset.skipCorrupt=true');
    expect(left.code).toBe(0);
    expect(left.err).toMatch(/Warning: 1 of 42 images/);
  });

  test('no data, no network, nothing to test', async () => {
    const { photos, backbone } = await setup();
    const words = ['fewshot', 'eval'];
    const told = async (...more: string[]) => (await neusim([...words, ...more, '--backend', 'cpu'])).err;
    expect(await told()).toContain('[CLI_USAGE]');
    expect(await told(backbone, '--data', photos)).toMatch(/\[CLI_NOT_A_RUN\].*\n.*--backbone/);
    expect(await told('--method', 'proto-net', '--backbone', backbone)).toContain('[CLI_NO_DATA]');
    rmSync(backbone, { recursive: true });
    expect(await told('--method', 'proto-net', '--data', photos, '--backbone', backbone)).toContain(
      '[CLI_NOT_A_RUN]',
    );
  });
});

describe('neusim fewshot train', () => {
  /** Trains on the folder's own division: 3, 2 and 2 of its seven classes. */
  async function trained() {
    const home = temporaryFolder();
    vi.stubEnv('NEUSIM_CACHE', join(home, 'cache'));
    const [photos, out] = [join(home, 'photos'), join(home, 'run')];
    writePhotos(photos, Array(7).fill(6));
    const settings = [
      'dataset={"size":12,"channels":1}',
      'backbone={"name":"cnn-4","widths":[4,4]}',
      'steps=4',
      'episodes={"way":2,"query":2}',
      'evaluation={"way":2,"query":2,"episodes":10,"every":2}',
      'normalize=unit',
    ].flatMap((each) => ['--set', each]);
    const words = ['fewshot', 'train', 'proto-net', '--data', photos, '--backend', 'cpu', '--out', out];
    return { home, photos, out, train: (...more: string[]) => neusim([...words, ...settings, ...more]) };
  }

  test('a method from its name: trained, tested on other classes; the run is tested, compared and resumed', async () => {
    const { home, photos, out, train } = await trained();
    const { code, out: told, err } = await train('--json');
    expect(err).toMatch(/proto-net on photos, engine cpu/);
    expect(code).toBe(0);
    const found = JSON.parse(told);
    expect(found).toMatchObject({
      name: 'proto-net',
      part: 'test',
      run: out,
      steps: 4,
      way: 2,
      episodes: 10,
    });
    expect(found.evaluation).toMatchObject({ pool: 'validation' });
    expect(JSON.parse(readFileSync(join(out, 'config.json'), 'utf8'))).toMatchObject({
      method: 'proto-net',
      dataset: { name: 'image-folder', size: 12 },
    });

    const words = ['--data', photos, '--backend', 'cpu', '--way', '2', '--query', '2', '--episodes', '10'];
    expect(found.files.json).toBe(join(out, '2-way-1-shot-test-photos.json'));

    const again = await neusim(['fewshot', 'eval', out, ...words, '--json']);
    // What the run has of itself stays: it tells of the training too.
    expect(JSON.parse(again.out)).toMatchObject({
      accuracy: found.accuracy,
      drawn: found.drawn,
      part: 'test',
      files: { json: join(out, '2-way-1-shot-test-photos-2.json') },
    });
    const compared = await neusim([
      ...['fewshot', 'compare', out, 'nearest-neighbour=identity', ...words],
      ...['--out', join(home, 'compared'), '--json'],
    ]);
    expect(JSON.parse(compared.out).rows.map(({ name }: { name: string }) => name)).toEqual([
      'run',
      'nearest-neighbour',
    ]);
    expect(JSON.parse(compared.out).rows[0].accuracy).toBe(found.accuracy);

    expect((await train()).err).toMatch(/result\.json already \[CLI_OUT_TAKEN\]/);
    const longer = await train('--resume', '--set', 'steps=6', '--json');
    expect(JSON.parse(longer.out)).toMatchObject({ steps: 6, files: found.files });
    // By its folder, or its config: where it lies.
    for (const [index, word] of [out, join(out, 'config.json')].entries()) {
      const more = [
        '--data',
        photos,
        '--backend',
        'cpu',
        '--resume',
        '--set',
        `steps=${7 + index}`,
        '--json',
      ];
      const gone = await neusim(['fewshot', 'train', word, ...more]);
      expect(JSON.parse(gone.out)).toMatchObject({ run: out, steps: 7 + index });
    }
    const none = await neusim(['fewshot', 'train', home, '--resume']);
    expect(none.err).toMatch(/is a folder, and has no config\.json \[CLI_NOT_A_RUN\]/);
  });

  test('a folder whose config is damaged, and a run that is not finished as a backbone', async () => {
    const { photos, out, train } = await trained();
    const words = ['fewshot', 'eval', '--data', photos, '--backend', 'cpu'];
    const stopped = await train('--set', 'normalize=dataset', '--json');
    expect(stopped.err).toMatch(/measuring/);
    rmSync(join(out, 'model'), { recursive: true });
    expect((await neusim([...words, '--method', 'proto-net', '--backbone', out])).err).toMatch(
      /\[CLI_RUN_UNFINISHED\].*\n.*neusim fewshot train/,
    );
    writeFileSync(join(out, 'config.json'), '{');
    expect((await neusim([...words, out])).err).toContain('[CONFIG_NOT_JSON]');
  });

  test('what a run cannot be asked, and a division that leaves too few classes to test on', async () => {
    const { out, train } = await trained();
    const few = await train('--set', 'evaluation.way=3');
    expect(few.code).toBe(2);
    expect(few.err).toMatch(/\[EPISODE_TOO_FEW_CLASSES\]\n.*--set evaluation\.way=2/);
    expect((await train('--set', 'steps=2')).code).toBe(0);
    const told = await neusim(['fewshot', 'eval', out, '--set', 'method.scale=2', '--backend', 'cpu']);
    expect(told.err).toMatch(/--set reaches dataset, division, transform, normalize/);
  });
});

describe('neusim fewshot compare', () => {
  test('methods with a network each on the same episodes: accuracies, paired differences, a page', async () => {
    const { home, photos, backbone } = await setup();
    const words = ['fewshot', 'compare', 'proto-net', 'simple-shot', 'nearest-neighbour=identity'];
    const more = [
      '--data',
      photos,
      '--backbone',
      backbone,
      '--backend',
      'cpu',
      '--query',
      '2',
      '--episodes',
      '20',
    ];
    const only = ['--set', 'dataset.size=12', '--set', 'dataset.channels=1', '--out', join(home, 'compared')];
    const { code, out } = await neusim([...words, ...more, ...only, '--json']);
    expect(code).toBe(0);
    const found = JSON.parse(out);
    expect(found.rows.map(({ name }: { name: string }) => name)).toEqual([
      'proto-net',
      'simple-shot',
      'nearest-neighbour',
    ]);
    const [first, second, third] = found.pairs;
    expect([first.a, first.b, third.b]).toEqual(['proto-net', 'simple-shot', 'nearest-neighbour']);
    expect(second.difference).toBeCloseTo(found.rows[2].accuracy - found.rows[0].accuracy, 4);
    const { document } = parseHTML(readFileSync(found.files.page, 'utf8'));
    expect(document.querySelectorAll('.histogram')).toHaveLength(3);
    const facts = document.querySelector('.facts')!.textContent;
    expect(facts).toContain(`backbone of proto-net, simple-shot ${backbone}`);
    expect(facts).toContain('backbone of nearest-neighbour identity');
    const text = await neusim([...words, ...more, ...only, '--against', 'first']);
    expect(text.out).toMatch(/simple-shot − proto-net/);
    expect(text.out).not.toMatch(/nearest-neighbour − simple-shot/);
  });

  test('the data are opened, and what is to be said of them told, once', async () => {
    const { home, photos, backbone } = await setup();
    writeFileSync(join(photos, 'class-3', '5.png'), 'no picture');
    const { code, out, err } = await neusim([
      ...['fewshot', 'compare', 'proto-net', 'nearest-neighbour', 'nearest-neighbour=identity'],
      ...['--data', photos, '--backbone', backbone, '--backend', 'cpu', '--query', '2', '--episodes', '20'],
      ...['--set', 'dataset={"name":"image-folder","size":12,"channels":1,"skipCorrupt":true}'],
      ...['--out', join(home, 'compared'), '--json'],
    ]);
    expect(code).toBe(0);
    expect(JSON.parse(out).warnings).toEqual([expect.stringMatching(/^1 of 42 images/)]);
    expect(err.match(/Warning: 1 of 42 images/g)).toHaveLength(1);
    expect(err.match(/^data set +6\/6 +listing/gm)).toHaveLength(1);
    expect(err.match(/^Testing .* on photos/gm)).toHaveLength(3);
  });

  test('one learner is none to compare', async () => {
    expect((await neusim(['fewshot', 'compare', 'proto-net'])).err).toContain('[CLI_USAGE]');
  });
});
