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

  test('of groups there is a grid each, without what the identity has', () => {
    const values = [...identity, ...identity.map((value, at) => (at === 5 ? 0.25 : value))];
    const grouped = { ...full, form: 'grouped', values } as const;
    expect(entriesOf(grouped, 'M − I').filter((value) => value !== 0)).toEqual([0.25]);
    const view = matrixView(grouped, 'M − I', 1).text;
    expect(view.match(/<svg/g)).toHaveLength(2);
    expect(view).toContain('aria-label="M − I of conv, group 2"');
    expect(view).toContain('kernel tap −1,−1, input tap 0,+1: 0.2500');
  });

  test('M of all values of a patch is a picture; a few of them are cells with channels', () => {
    const of = (side: number) =>
      ({
        layer: 'conv',
        kernel: [1, 2],
        form: 'bilinear',
        values: Array.from({ length: side * side }, (_, at) => (at % (side + 1) === 0 ? 1 : 0)),
      }) as const;
    expect(entriesOf(of(40), 'M − I').every((value) => value === 0)).toBe(true);
    const large = matrixView(of(40), 'M', 1).text;
    expect(large).toMatch(/<img alt="M of conv" src="data:image\/png/);
    expect(large).not.toContain('<rect');
    expect(matrixView(of(4), 'M', 1).text).toContain('kernel 0,+1 channel 1, input 0,0 channel 0: 0.0000');
  });

  test('axes name the taps, and D between 0 and 1 has its values', () => {
    const view = matrixView(full, 'M', 1).text;
    expect(view.match(/class="axis"/g)).toHaveLength(18);
    expect(view).toContain('>kernel tap</text>');
    const shape = shapeView({ layer: 'conv', kernel: [1, 2], mask: [0.25, 1] }).text;
    expect(shape).toContain('0,0: 0.25');
    expect(shape).toContain('>0.25</text>');
  });
});
