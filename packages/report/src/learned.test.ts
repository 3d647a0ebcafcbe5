import { expect, test } from 'vitest';
import { learnedOf } from './learned';
import { learnedSections } from './sections/learned';

const sample = { shape: [2, 2, 1], pixels: [0, 1, 2, 255], label: '1', predicted: '<7>' } as const;
const spread = { layer: 'conv', positions: 0.1, images: 0, fromIdentity: 0.2 };
const layer = { layer: 'conv', kernel: [3, 3], matrix: null, mask: null } as const;

test('of a full predicted M the row of the centre is kept, less the identity', () => {
  const values = Array.from({ length: 81 }, (_, index) => index / 100 + (index % 10 === 0 ? 1 : 0));
  const predicted = { height: 1, width: 1, values, spread };
  const [kept] = learnedOf({ layers: [{ ...layer, form: 'full', predicted }], sample }).dynamic;
  expect(kept?.values).toEqual([0.36, 0.37, 0.38, 0.39, 0.4, 0.41, 0.42, 0.43, 0.44]);
});

test('100×50 positions become 25×13, means of neighbours', () => {
  const values = Array.from({ length: 100 * 50 * 9 }, (_, index) => 1 + Math.floor(index / 9 / 50 / 4));
  const predicted = { height: 100, width: 50, values, spread };
  const [kept] = learnedOf({ layers: [{ ...layer, form: 'diagonal', predicted }], sample }).dynamic;
  expect(kept).toMatchObject({ height: 25, width: 13, positions: [100, 50] });
  expect(kept?.values.length).toBe(25 * 13 * 9);
  expect([kept?.values[0], kept?.values.at(-1)]).toEqual([0, 24]);
});

test('M, D, predictions and spread have a section each; a plain network has none; names are escaped', () => {
  const ones = Array(9).fill(1);
  const learned = learnedOf({
    layers: [
      { ...layer, form: 'diagonal', matrix: ones, mask: [1, 0, 1, 0, 0, 0, 0, 0, 0], predicted: null },
      { ...layer, form: 'diagonal', predicted: { height: 1, width: 1, values: ones, spread } },
    ],
    sample,
  });
  const text = learnedSections('<net>', learned).map((section) => section.text);
  expect(text.map((each) => /<h2>(.*?) ·/.exec(each)?.[1])).toEqual([
    'Learned M',
    'Learned D',
    'Predicted M over an image',
    'Does M depend on what it sees?',
  ]);
  expect(text.join('')).not.toMatch(/<net>|<7>/);
  expect(learnedSections('net', learnedOf({ layers: [], sample }))).toEqual([]);
});

test('where taps read has a section, with offsets of bounded number; a report from before has none', () => {
  const values = Array.from({ length: 40 * 30 * 18 }, (_, at) => (at % 2 === 0 ? 0.5 : -0.25));
  const lattice = {
    input: [40, 30],
    output: [40, 30],
    strides: [1, 1],
    pad: [1, 1],
    dilations: [1, 1],
  } as const;
  const sampling = { ...lattice, groups: 1, offsets: { height: 40, width: 30, values }, modulation: null };
  const learned = learnedOf({ layers: [{ ...layer, form: 'none', sampling, predicted: null }], sample });
  const [places] = learned.sampling ?? [];
  expect(places?.offsets).toMatchObject({ positions: [40, 30], step: 4, height: 10, width: 8 });
  expect(places?.offsets?.values).toHaveLength(10 * 8 * 18);
  const [section] = learnedSections('net', learned).map(({ text }) => text);
  expect(section).toContain('Where taps read');
  expect(section?.match(/class="reads"/g)).toHaveLength(9);
  expect(section).toContain('moved by 0.56 elements in the mean, up to 0.56');
  expect(learnedSections('net', { ...learned, sampling: undefined as never })).toEqual([]);
});
