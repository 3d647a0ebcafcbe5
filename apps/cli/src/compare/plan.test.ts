import { describe, expect, test } from 'vitest';
import { parseSeeds, parseVary, planRuns } from './plan';

const source = (name: string, more = {}) => ({
  name,
  config: { dataset: 'digits', model: { name: 'nsn-digits' }, steps: 3, ...more },
});

test.each([
  ['3', [1, 2, 3]],
  ['4,7', [4, 7]],
  ['7,', [7]],
])('--seeds %s', (text, seeds) => expect(parseSeeds(text)).toEqual(seeds));

test.each(['0', 'x', '', '1,1', '1,,2', '-1', '1.5'])('--seeds %j is refused', (text) => {
  expect(() => parseSeeds(text)).toThrow(expect.objectContaining({ code: 'CLI_BAD_SEEDS' }));
});

test.each([
  ['a.b=x,y', { path: 'a.b', values: ['x', 'y'] }],
  ['at=[1,2],[3,4]', { path: 'at', values: ['[1,2]', '[3,4]'] }],
  ['m={"name":"a,b"},c', { path: 'm', values: ['{"name":"a,b"}', 'c'] }],
])('--vary %s', (text, vary) => expect(parseVary(text)).toEqual(vary));

test.each(['a', '=x', 'a=', 'a=x,,y', 'a=x,x'])('--vary %j is refused', (text) => {
  expect(() => parseVary(text)).toThrow(expect.objectContaining({ code: 'CLI_BAD_VARY' }));
});

describe('a plan', () => {
  const similarity = { path: 'model.similarity', values: ['static-uns', 'dynamic-dns'] };

  test('one config varied: variants are called by their values, seed after seed', () => {
    const runs = planRuns([source('nsn')], [similarity], [1, 2], 'out');
    expect(runs.map(({ out }) => out)).toEqual([
      'out/static-uns/seed-1',
      'out/dynamic-dns/seed-1',
      'out/static-uns/seed-2',
      'out/dynamic-dns/seed-2',
    ]);
    expect(runs[3]?.config).toMatchObject({
      name: 'dynamic-dns',
      seed: 2,
      model: { similarity: 'dynamic-dns' },
    });
  });

  test('two configs, two things varied: all of them', () => {
    const steps = { path: 'steps', values: ['3', '4'] };
    const runs = planRuns([source('a'), source('b')], [similarity, steps], [1], 'out');
    expect(runs).toHaveLength(8);
    expect(runs[7]?.name).toBe('b dynamic-dns 4');
  });

  test.each([
    ['two of one name', [source('a'), source('a')], 'CLI_SAME_VARIANT'],
    ['two data sets', [source('a'), source('b', { dataset: 'cifar-10' })], 'CLI_OTHER_DATASET'],
  ])('%s: refused', (_, sources, code) => {
    expect(() => planRuns(sources, [], [1], 'out')).toThrow(expect.objectContaining({ code }));
  });

  test('no name leads out of the folder', () => {
    const [run] = planRuns([source('../../etc')], [], [1], 'out');
    expect(run?.out).toBe('out/etc/seed-1');
  });
});

test('--seeds 5000 is refused as too many runs, not cut to 1000', () => {
  const plan = () => planRuns([source('a')], [], parseSeeds('5000'), 'out');
  expect(plan).toThrow(expect.objectContaining({ code: 'CLI_TOO_MANY_RUNS' }));
});
