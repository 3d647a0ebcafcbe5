import { describe, expect, test } from 'vitest';
import { entriesOf, matrixView, shapeView, tapMaps } from './matrix';
import { pictureOf } from './picture';

const identity = Array.from({ length: 81 }, (_, index) => (index % 10 === 0 ? 1 : 0));
const full = { layer: 'conv', kernel: [3, 3], form: 'full', values: identity } as const;

describe('the view of M and D', () => {
  test('M − I is zero at the identity', () => {
    expect(entriesOf(full, 'M − I').every((value) => value === 0)).toBe(true);
    const diagonal = { ...full, form: 'diagonal', values: [1, 2, 0.5] } as const;
    expect(entriesOf(diagonal, 'M − I')).toEqual([0, 1, -0.5]);
  });

  test('a full M has a cell for each pair of taps, told by name', () => {
    const svg = matrixView(full, 'M', 1).text;
    expect(svg.match(/<title>/g)).toHaveLength(81);
    expect(svg).toContain('kernel tap −1,−1, input tap +1,+1: 0.0000');
  });

  test('D shows which taps are left out', () => {
    const svg = shapeView({ layer: 'conv', kernel: [2, 3], mask: [1, 0, 1, 0, 0, 0] }).text;
    expect(svg.match(/: used/g)).toHaveLength(2);
    expect(svg.match(/: left out/g)).toHaveLength(4);
  });

  test('a predicted M has a map for each tap, in the shape of the window', () => {
    const sample = { picture: pictureOf([0, 255, 0, 9], [2, 2, 1]), label: '1', predicted: '1' };
    const values = Array.from({ length: 2 * 2 * 6 }, (_, index) => index / 10);
    const size = { height: 2, width: 2, positions: [2, 2] } as const;
    const matrix = { layer: 'conv', kernel: [2, 3], form: 'diagonal', ...size, values } as const;
    const { view, most } = tapMaps(matrix, sample);
    expect(view.text.match(/class="map"/g)).toHaveLength(6);
    expect(view.text).toContain('--columns: 3');
    expect(most).toBeCloseTo(2.3);
  });
});
