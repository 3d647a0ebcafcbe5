// Confusion without its empty cells: what a whole matrix would count, and how much it takes of many classes.
import { type ClassPool, type Episode, random, uniformInt } from '@neusim/datasets';
import { expect, test } from 'vitest';
import { judgeEpisodes } from './episode-evaluation';

/** Episodes of `way` classes, each query answered at random; -1 where `isMute`. */
function made(classes: number, episodes: number, way: number, query: number, isMute: (i: number) => boolean) {
  const draw = random(5, 1, 0);
  const pool = {
    classes: Array.from({ length: classes }, (_, label) => `an alphabet/character ${label}`),
    count: classes * 20,
  } as unknown as ClassPool;
  const drawn = Array.from({ length: episodes }, (): Episode => {
    const chosen = new Set<number>();
    while (chosen.size < way) chosen.add(uniformInt(draw, classes));
    const labels = Uint32Array.from(chosen);
    return { classes: labels, support: labels, query: new Uint32Array(way * query) };
  });
  const predicted = Int32Array.from({ length: episodes * way * query }, (_, i) =>
    isMute(i) ? -1 : uniformInt(draw, way),
  );
  const scores = [{ predicted, losses: new Float64Array(episodes).fill(1) }];
  return { drawn, predicted, found: judgeEpisodes(pool, drawn, { way, shot: 1, query }, scores) };
}

test('6 classes, 30 episodes: the cells of a whole matrix that are not 0, row by row', () => {
  const { drawn, predicted, found } = made(6, 30, 4, 3, (i) => i % 7 === 0);
  const whole = Array.from({ length: 6 }, () => new Array<number>(6).fill(0));
  const asked = new Array<number>(6).fill(0);
  for (const [episode, { classes }] of drawn.entries())
    for (const [place, label] of classes.entries())
      for (let query = 0; query < 3; query++) {
        const answer = predicted[episode * 12 + place * 3 + query]!;
        asked[label]!++;
        if (answer >= 0) whole[label]![classes[answer]!]!++;
      }
  const cells: number[][] = [];
  for (let label = 0; label < 6; label++)
    for (let other = 0; other < 6; other++)
      if (whole[label]![other]! > 0) cells.push([label, other, whole[label]![other]!]);
  expect(found.confusion).toEqual(cells);
  expect(found.classAccuracies).toEqual(whole.map((row, label) => (100 * row[label]!) / asked[label]!));
});

test('of 1,692 classes and 600 episodes, all guessed, it takes less than 600 kB of JSON', () => {
  const { found } = made(1692, 600, 5, 15, () => false);
  expect(JSON.stringify(found.confusion).length).toBeLessThan(600_000);
  expect(found.confusion.reduce((sum, [, , queries]) => sum + queries, 0)).toBe(600 * 5 * 15);
});
