import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { suggest } from './suggest';

const letter = fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz-');
const word = fc.array(letter, { minLength: 3, maxLength: 14 }).map((letters) => letters.join(''));

describe('suggest', () => {
  test('finds a name after any one edit', () => {
    fc.assert(
      fc.property(
        word,
        fc.nat(),
        letter,
        fc.constantFrom(0, 1),
        fc.boolean(),
        (name, at, other, cut, add) => {
          const i = at % name.length;
          const typed = name.slice(0, i) + (add ? other : '') + name.slice(i + cut);
          expect(suggest(typed, [name])).toBe(name);
        },
      ),
    );
  });

  test('prefers one edit to two', () => {
    fc.assert(
      fc.property(word, (name) => {
        expect(suggest(`${name}x`, [`${name}xyz`, name])).toBe(name);
      }),
    );
  });

  test('two swapped letters', () => {
    expect(suggest('ocnv', ['sphere', 'conv'])).toBe('conv');
  });

  test('nothing for what is far, for a single letter, or where nothing is known', () => {
    expect(suggest('deformable', ['full', 'dilated'])).toBeUndefined();
    expect(suggest('x', ['y'])).toBeUndefined();
    expect(suggest('', ['a'])).toBeUndefined();
    expect(suggest('full', [])).toBeUndefined();
  });

  test('a very long word from a file costs nothing', () => {
    expect(suggest('a'.repeat(1_000_000), ['a'.repeat(30)])).toBeUndefined();
  });
});
