import { expect, test } from 'vitest';
import { learnedOf } from './learned';
import { entriesOf } from './matrix';
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

test('each group of channels has a matrix of its own, eight at most', () => {
  const matrix = Array.from({ length: 10 * 81 }, (_, index) => Math.floor(index / 81) + (index % 10 ? 0 : 1));
  const { matrices } = learnedOf({
    layers: [{ ...layer, form: 'grouped', matrix, predicted: null }],
    sample,
  });
  expect(matrices.map(({ note, form, values }) => [note, form, values[0], values.length])).toEqual(
    Array.from({ length: 8 }, (_, i) => [`channel group ${i + 1} of 10`, 'full', matrix[i * 81], 81]),
  );
});

test('of a matrix between all taps and channels the means within channels and within taps are drawn', () => {
  // Entry (k·C + c, s·C + d) is 1000k + 100c + 10s + d, for 2 taps and 3 channels.
  const pair = (value: number) => [Math.floor(value / 3), value % 3] as const;
  const matrix = Array.from({ length: 36 }, (_, index) => {
    const [[k, c], [s, d]] = [pair(Math.floor(index / 6)), pair(index % 6)];
    return 1000 * k + 100 * c + 10 * s + d;
  });
  const of = { ...layer, kernel: [1, 2], form: 'bilinear', predicted: null } as const;
  const { matrices } = learnedOf({ layers: [{ ...of, matrix }], sample });
  expect(matrices.map(({ form, values }) => [form, values])).toEqual([
    // The mean over c = 0, 1, 2 of 101c is 101.
    ['full', [101, 111, 1101, 1111]],
    // The mean over k = 0, 1 of 1010k is 505.
    ['channels', [505, 506, 507, 605, 606, 607, 705, 706, 707]],
  ]);
  const [section] = learnedSections('net', learnedOf({ layers: [{ ...of, matrix }], sample }));
  expect(section?.text).toContain('kernel channel 3, input channel 1: 705.0000');
  expect(section?.text).toContain('<small>channels, mean over taps with themselves</small>');
});

test('of 40 channels 32 are drawn, and M − I of the identity is zero', () => {
  const matrix = Array.from({ length: 1600 }, (_, index) => (index % 41 ? 0 : 1));
  const of = { ...layer, kernel: [1, 1], form: 'bilinear', predicted: null } as const;
  const channels = learnedOf({ layers: [{ ...of, matrix }], sample }).matrices[1];
  expect(channels?.values).toHaveLength(32 * 32);
  expect(channels?.note).toContain('the first 32 of 40');
  expect(entriesOf(channels!, 'M − I').every((value) => value === 0)).toBe(true);
});
