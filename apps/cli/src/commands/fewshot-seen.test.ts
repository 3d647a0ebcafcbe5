// What `neusim fewshot` knows of the classes that a network has seen, and of base classes.

import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { saveBackbone, writePhotos } from '../test/photos';
import { neusim, temporaryFolder } from '../test/terminal';

/** A folder of seven classes of six pictures, and another of as many others. */
function folders() {
  const home = temporaryFolder();
  vi.stubEnv('NEUSIM_CACHE', join(home, 'cache'));
  const [photos, others] = [join(home, 'photos'), join(home, 'others')];
  writePhotos(photos, Array(7).fill(6));
  writePhotos(others, Array(14).fill(6));
  for (let label = 0; label < 7; label++) rmSync(join(others, `class-${label}`), { recursive: true });
  return { home, photos, others };
}

const episodes = ['--way', '2', '--query', '2', '--episodes', '5', '--backend', 'cpu'];

/** A run of the folder's own division: 3, 2 and 2 of its classes. */
async function trained(data: string, out: string, ...more: string[]) {
  const settings = [
    'dataset={"size":12,"channels":1}',
    'backbone={"name":"cnn-4","widths":[4,4]}',
    'steps=1',
    'episodes={"way":2,"query":2}',
    'evaluation={"way":2,"query":2,"episodes":5}',
    'normalize=unit',
  ].flatMap((each) => ['--set', each]);
  const words = ['fewshot', 'train', 'proto-net', '--data', data, '--backend', 'cpu', '--out', out];
  const { code, err } = await neusim([...words, ...settings, ...more]);
  expect(err).toContain('proto-net on ');
  expect(code).toBe(0);
  return JSON.parse(readFileSync(join(out, 'classes.json'), 'utf8')) as {
    seen: { train: string[]; validation: string[] }[];
  };
}

const tested = async (...words: string[]) => {
  const { code, out, err } = await neusim(['fewshot', ...words, ...episodes, '--json']);
  return { code, err, found: JSON.parse(out || 'null') };
};

describe('classes that a network has seen', () => {
  test('a run keeps their names; tests of a network say which of them they have', async () => {
    const { home, photos, others } = folders();
    const run = join(home, 'run');
    const { seen } = await trained(photos, run);
    expect(seen).toHaveLength(1);
    expect(seen[0]).toMatchObject({ dataset: 'image-folder', folder: 'photos' });
    const { train, validation } = seen[0]!;
    expect([train.length, validation.length]).toEqual([3, 2]);

    const out = ['--out', join(home, 'tested')];
    const method = ['eval', '--method', 'proto-net', '--backbone', run, ...out];
    const all = await tested(...method, '--data', photos);
    expect(all.found.part).toBe('all');
    expect(all.err).toMatch(/Warning: 3 of the 7 classes tested bear names .*was trained on \(image-folder/);
    expect(all.err).toContain(`folder "photos"): ${train.join(', ')}.`);
    expect(all.err).toContain('--split test tests none of them');
    expect(all.found.warnings).toEqual([expect.stringMatching(/^3 of the 7 classes tested bear names/)]);
    for (const more of [
      ['--data', photos, '--split', 'test'],
      ['--data', others],
    ])
      expect((await tested(...method, ...more)).err).not.toMatch(/Warning/);

    // The run itself: the classes that it has not seen, whatever the folder.
    const own = await tested('eval', run, '--data', photos, ...out);
    expect([own.found.part, own.found.classes.length]).toEqual(['test', 2]);
    const other = await tested('eval', run, '--data', others, ...out);
    expect([other.found.part, other.found.classes.length]).toEqual(['all', 7]);
    expect(`${own.err}${other.err}`).not.toMatch(/Warning/);
    // Another division of the same folder: what the run has seen is told.
    const moved = JSON.stringify({ test: train.slice(0, 2) });
    const again = await tested('eval', run, '--data', photos, '--set', `division=${moved}`, ...out);
    expect(again.found.part).toBe('test');
    expect(again.err).toMatch(/Warning: 2 of the 2 classes tested bear/);
    expect((await tested('eval', run, '--data', photos, '--split', 'all', ...out)).err).toMatch(
      /Warning: 3 of the 7 classes/,
    );

    // One of its checkpoints has seen the same, and its report lies with the run.
    const [checkpoint] = readdirSync(join(run, 'checkpoints'));
    const kept = await tested('eval', join(run, 'checkpoints', checkpoint!), '--data', others);
    expect([kept.code, kept.found.part]).toEqual([0, 'all']);
    expect(dirname(kept.found.files.json)).toBe(run);

    // Methods beside a run are tested on the same.
    const compared = await tested('compare', run, 'nearest-neighbour=identity', '--data', others, ...out);
    expect([compared.code, compared.found.part]).toEqual([0, 'all']);
  });

  test('where a run does not tell, the format alone is a reason to ask; a file of something else is refused', async () => {
    const { home, photos } = folders();
    const run = join(home, 'run');
    await trained(photos, run);
    const words = ['eval', '--data', photos, '--out', join(home, 'tested')];
    writeFileSync(join(run, 'classes.json'), '{"format":"neusim-classes","version":1,"seen":"photos"}');
    const refused = await tested(...words, '--method', 'proto-net', '--backbone', run);
    expect([refused.code, refused.found.error.code]).toEqual([2, 'CLASSES_INVALID']);
    rmSync(join(run, 'classes.json'));
    const { err } = await tested(...words, '--method', 'proto-net', '--backbone', run);
    expect(err).toMatch(/Warning: .*was trained on image-folder data, and does not tell on which classes/);
    const own = await tested('eval', run, '--data', photos);
    expect(own.found.part).toBe('test');
    expect(own.err).not.toMatch(/Warning/);
    expect((await tested('eval', run, '--data', photos, '--split', 'train')).err).toMatch(
      /does not tell on which classes/,
    );
  });

  test('a run of a division by names is tested on a folder that has none of them', async () => {
    const { home, photos, others } = folders();
    const run = join(home, 'run');
    const division =
      '{"train":["class-0","class-1"],"validation":["class-2","class-3"],"test":["class-4","class-5"]}';
    await trained(photos, run, '--set', `division=${division}`);
    const { code, found } = await tested('eval', run, '--data', others, '--out', join(home, 'tested'));
    expect([code, found.part]).toEqual([0, 'all']);
    // What is divided on purpose is divided, or told.
    const asked = await tested('eval', run, '--data', others, '--set', `division=${division}`);
    expect(asked.found.error.code).toBe('DATASET_UNKNOWN_CLASS');
  });
});

describe('queries', () => {
  test('as many as the smallest class allows, where nobody says how many', async () => {
    const { home, photos } = folders();
    const backbone = join(home, 'backbone');
    await saveBackbone(backbone);
    rmSync(join(photos, 'class-3', '5.png'));
    const words = ['fewshot', 'eval', '--method', 'proto-net', '--backbone', backbone, '--data', photos];
    const more = ['--episodes', '5', '--backend', 'cpu', '--out', join(home, 'tested'), '--json'];
    const asked = async (...given: string[]) => {
      const { out, err } = await neusim([...words, ...more, ...given]);
      return { query: JSON.parse(out).query, err };
    };
    const lowered = await asked();
    expect(lowered.query).toBe(4);
    expect(lowered.err).toMatch(/Note: 15 queries .*\(class-3\) has 5 images: 4 are asked\.$/m);
    expect((await asked('--min-images', '6')).query).toBe(5);
    const said = await asked('--query', '3');
    expect(said.query).toBe(3);
    expect(said.err).not.toContain('Note');
    expect((await neusim([...words, ...more, '--query', '15'])).err).toContain('[EPISODE_TOO_FEW_IMAGES]');
    rmSync(join(photos, 'class-3'), { recursive: true });
    expect((await neusim([...words, ...more, '--shot', '6'])).err).toMatch(
      /6 to learn from and 1 to ask for/,
    );
  });
});

describe('base classes', () => {
  async function setup() {
    const { home, photos, others } = folders();
    const backbone = join(home, 'backbone');
    await saveBackbone(backbone);
    const run = (method: string, ...more: string[]) =>
      tested(
        ...['eval', '--method', method, '--backbone', backbone, '--data', photos],
        ...['--out', join(home, 'tested'), ...more],
      );
    return { home, photos, others, backbone, run };
  }

  test('of a folder of their own: a mean, and a prior', async () => {
    const { photos, others, run } = await setup();
    const [without, with_] = [await run('simple-shot'), await run('simple-shot', '--base', others)];
    expect(without.err).toMatch(/Warning: simple-shot wants to know base classes.*--base FOLDER/);
    expect(with_.err).not.toMatch(/Warning/);
    expect(with_.found.loss).not.toBe(without.found.loss);
    expect(with_.found.facts).toMatchObject({ 'base classes': '7 of others' });

    const refused = await run('discriminative-k-shot');
    expect([refused.code, refused.found.error.code]).toEqual([2, 'CLI_NO_BASE']);
    expect(refused.found.error.hint).toMatch(/--base FOLDER.*neusim fewshot train discriminative-k-shot/);
    const prior = await run('discriminative-k-shot', '--base', others);
    expect(prior.code).toBe(0);
    expect(prior.found.facts).toMatchObject({ 'base classes': '7 of others' });
    // The data's own classes to train on, where they are not tested.
    const divided = await run('discriminative-k-shot', '--split', 'test');
    expect(divided.found.facts).toMatchObject({ 'base classes': '3 of photos' });

    expect((await run('simple-shot', '--base', photos)).err).toMatch(
      /Warning: 7 of the 7 classes tested bear names of base classes/,
    );
    const idle = await run('proto-net', '--base', others);
    expect(idle.err).toMatch(/Note: proto-net learns nothing of base classes/);
    expect(idle.found.facts).not.toHaveProperty('base classes');
  });

  test('in a comparison, beside a run, and of a folder that is not there', async () => {
    const { home, photos, others, backbone, run } = await setup();
    const own = join(home, 'run');
    await trained(photos, own);
    const words = ['compare', own, 'simple-shot', 'discriminative-k-shot', '--backbone', backbone];
    const { code, found } = await tested(
      ...words,
      ...['--data', photos, '--base', others, '--out', join(home, 'compared')],
    );
    expect([code, found.part]).toEqual([0, 'test']);
    expect(found.tests.map(({ facts }: { facts: object }) => 'base classes' in facts)).toEqual([
      false,
      true,
      true,
    ]);
    expect((await tested('eval', own, '--data', photos, '--base', others)).found.error.code).toBe(
      'CLI_USAGE',
    );
    expect((await run('simple-shot', '--base', join(home, 'nowhere'))).code).toBe(2);
    // The digits are grey.
    const colours = ['--backbone', 'identity', '--set', 'dataset.size=12', '--set', 'dataset.channels=3'];
    const refused = await run('simple-shot', ...colours, '--base', 'digits');
    expect(refused.found.error).toMatchObject({
      code: 'CLI_BASE_MISMATCH',
      message: 'the images of --base digits are 12×12×1; those tested are 12×12×3',
    });
  });
});
