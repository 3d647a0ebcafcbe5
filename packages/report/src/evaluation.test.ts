import { describe, expect, test } from 'vitest';
import { cellsOf, classFigures, confusedPairs, evaluationReport } from './evaluation';
import { evaluated } from './run.fixture';

describe('what a report keeps of a pass', () => {
  test('3 classes of 4 images, one of each wrong', async () => {
    const found = await evaluationReport(evaluated(3, 4));
    expect(found).toMatchObject({ images: 12, wrong: [0, 4, 8], error: 25, top5Error: null, loss: 0.5 });
    expect(found.classes).toEqual(
      [0, 1, 2].map((n) => ({ name: `class ${n}`, images: 4, wrong: 1, predicted: 4 })),
    );
    expect(found.confusion).toEqual({
      perCell: 1,
      counts: [
        [3, 1, 0],
        [0, 3, 1],
        [1, 0, 3],
      ],
    });
    expect(
      found.mistakes.map(({ index, file, label, predicted, loss }) => [index, file, label, predicted, loss]),
    ).toEqual([
      [8, 'class/8.png', 'class 2', 'class 0', 0.8],
      [4, 'class/4.png', 'class 1', 'class 2', 0.4],
      [0, 'class/0.png', 'class 0', 'class 1', 0],
    ]);
  });

  test('250 classes of photographs of 500×375: 84×84 cells, 24 pictures, under 2 MB', async () => {
    const found = await evaluationReport(evaluated(250, 2, [375, 500, 3]));
    expect(found.confusion.perCell).toBe(3);
    expect(found.confusion.counts).toHaveLength(84);
    expect(found.confusion.counts.flat().reduce((sum, count) => sum + count)).toBe(500);
    expect(found.mistakes).toHaveLength(24);
    expect(found.mistakes[0]?.picture).toMatchObject({ width: 84, height: 63 });
    expect(JSON.stringify(found).length).toBeLessThan(2e6);
  });

  test('labels in another order are another test set; the same are the same', async () => {
    const [one, same] = [await evaluationReport(evaluated(3, 4)), await evaluationReport(evaluated(3, 4))];
    const given = evaluated(3, 4);
    const other = await evaluationReport({ ...given, labels: [...(given.labels as Int32Array)].reverse() });
    expect(same.labels).toBe(one.labels);
    expect(other.labels).not.toBe(one.labels);
  });

  test('a loss that is no number is null, and such images come first', async () => {
    const given = evaluated(3, 4);
    const loss = Float32Array.from(given.predictions.loss, (value, index) =>
      index === 4 ? Number.NaN : value,
    );
    const predictions = { ...given.predictions, loss };
    const found = await evaluationReport({ ...given, loss: Number.NaN, predictions });
    expect(found.loss).toBeNull();
    expect(found.mistakes[0]?.index).toBe(4);
  });
});

test('pairs: most first, none of the diagonal', () => {
  const cells = cellsOf([
    [5, 1, 0],
    [3, 9, 2],
    [0, 0, 4],
  ]);
  expect(cells.map(String)).toEqual(['0,0,5', '0,1,1', '1,0,3', '1,1,9', '1,2,2', '2,2,4']);
  expect(confusedPairs(['a', 'b', 'c'], cells, 2)).toEqual([
    { label: 'b', predicted: 'a', images: 3 },
    { label: 'b', predicted: 'c', images: 2 },
  ]);
  expect(classFigures(['a', 'b', 'c'], cells)[1]).toEqual({
    name: 'b',
    images: 14,
    wrong: 5,
    predicted: 10,
  });
});
