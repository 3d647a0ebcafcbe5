// Figures of a test: how much they take, and what a program may rely on.
import type { EpisodeEvaluation } from '@neusim/fewshot';
import { expect, test } from 'vitest';
import { figuresOf, poolText } from './few-shot-figures';

/** Every class is taken for `rivals` others. */
function evaluation(classes: number, rivals: number): EpisodeEvaluation {
  return {
    ...{ way: 5, shot: 1, query: 15, episodes: 600, drawn: '0123456789abcdef' },
    ...{ accuracy: 100 / 3, interval: 1 / 3, loss: Number.NaN },
    accuracies: Float32Array.from({ length: 600 }, (_, index) => (100 * (index % 76)) / 75),
    classes: Array.from({ length: classes }, (_, label) => `Alphabet_of_the_Magi/character${label}/rot090`),
    candidates: classes,
    confusion: Array.from({ length: classes }, (_, label) =>
      Array.from({ length: rivals }, (_, rival) => [label, (label + 61 * rival) % classes, 1] as const),
    ).flat(),
    classAccuracies: new Array<number>(classes).fill(100 / rivals),
  };
}

const subject = { name: 'proto-net', dataset: 'omniglot', part: 'test', facts: [] } as const;

test('of 1,692 classes, each taken for 20 others, they are less than 1 MB', () => {
  const figures = figuresOf(subject, evaluation(1692, 20), { backend: 'wasm', seed: 1 });
  expect(JSON.stringify(figures).length).toBeLessThan(1_000_000);
  expect(figures.classes[7]).toMatchObject({ accuracy: 5, queries: 20 });
  expect(figures.confused).toHaveLength(20);
  expect(figures).toMatchObject({ loss: null, folder: null });
});

test('the data are what one calls them', () => {
  const words = (dataset: string, folder?: string) =>
    poolText(figuresOf({ ...subject, dataset, folder }, evaluation(6, 2), { backend: 'wasm', seed: 1 }));
  expect(words('omniglot', '/data')).toBe('omniglot, test classes (6)');
  expect(words('image-folder', 'my/photos/')).toBe('photos (image-folder), test classes (6)');
  expect(words('image-folder', '/')).toBe('image-folder, test classes (6)');
  expect(words('idx', 'letters')).toBe('letters (idx), test classes (6)');
  expect(words('npz')).toBe('npz, test classes (6)');
});

test('of classes that are left out, how many are left', () => {
  const few = { ...evaluation(6, 2), candidates: 4 };
  const words = (part: 'test' | 'all') =>
    poolText(figuresOf({ ...subject, part }, few, { backend: 'wasm', seed: 1 }));
  expect(words('test')).toBe('omniglot, 4 of 6 test classes');
  expect(words('all')).toBe('omniglot, 4 of 6 classes');
});
