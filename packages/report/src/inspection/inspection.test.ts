import { parseHTML } from 'linkedom';
import { describe, expect, test } from 'vitest';
import { frameAt, positionAt, tapPlaces } from '../places';
import { placesAt } from '../places-view';
import type { SamplingPlaces } from '../types';
import { inspection, network, predicted } from './inspection.fixture';
import { inspectionPage } from './page';

const empty = () => parseHTML('<html><body></body></html>').document as unknown as Document;
const draw = (given = inspection()) => {
  const text = inspectionPage(given, empty());
  return { text, document: parseHTML(text).document as unknown as Document };
};

/** The page's own script, run as the page would. */
function run(document: Document): void {
  const script = document.querySelector('body > script')?.textContent as string;
  new Function('document', script)(document);
}

const press = (target: Element, key: string) => {
  const event = new (target.ownerDocument.defaultView as unknown as { Event: typeof Event }).Event('keydown');
  target.dispatchEvent(Object.assign(event, { key, preventDefault() {} }));
};

describe('a place of the image', () => {
  test.each([
    [0, 0, { row: 0, column: 0, index: 0 }],
    [0.5, 0.5, { row: 3, column: 2, index: 14 }],
    [0.9999, 0.9999, { row: 5, column: 3, index: 23 }],
    [-1, 2, { row: 0, column: 3, index: 3 }],
  ])('(%d, %d) of 6×4 positions', (down, along, found) => {
    expect(positionAt({ positions: [6, 4], step: 1, height: 6, width: 4 }, down, along)).toEqual(found);
  });

  test('where every 3rd of 7×5 is kept, the middle of its three', () => {
    const grid = { positions: [7, 5], step: 3, height: 3, width: 2 } as const;
    expect(positionAt(grid, 0, 0)).toEqual({ row: 1, column: 1, index: 0 });
    expect(positionAt(grid, 0.99, 0.99)).toEqual({ row: 6, column: 4, index: 5 });
  });

  test('taps of a strided, padded, dilated lattice, with offsets, in shares of the image', () => {
    const places = {
      kernel: [1, 2],
      input: [10, 20],
      output: [5, 7],
      strides: [2, 3],
      pad: [1, 0],
      dilations: [1, 4],
      groups: 2,
      mask: [1, 0.5],
    } as const;
    const found = tapPlaces(places, 1, 2, [0.5, -1, 0, 0, 0, 0, 2, 2], [1, 0.5, 0.25, 1]);
    expect(found).toHaveLength(4);
    // Row 1·2 − 1 = 1, columns 2·3 = 6 and 6 + 4 = 10; a place is the middle of an element.
    expect(found[0]).toEqual({
      tap: 0,
      group: 0,
      y: (1 + 0.5 + 0.5) / 10,
      x: (6 - 1 + 0.5) / 20,
      latticeY: 1.5 / 10,
      latticeX: 6.5 / 20,
      factor: 1,
    });
    expect(found[1]).toMatchObject({ tap: 1, group: 0, x: 10.5 / 20, factor: 0.25 });
    expect(found[3]).toMatchObject({ tap: 1, group: 1, y: 3.5 / 10, x: 12.5 / 20, factor: 0.5 });
  });

  test('a picture of 5 elements around a position: the tap of the middle is in its middle', () => {
    const places = {
      kernel: [3, 3],
      input: [10, 20],
      output: [10, 20],
      strides: [1, 1],
      pad: [1, 1],
      dilations: [1, 1],
      groups: 1,
      mask: null,
    } as const;
    const { left, top, width, height } = frameAt(places, 4, 7, 5);
    const [middle] = tapPlaces(places, 4, 7, null, null).filter(({ tap }) => tap === 4);
    expect(left + width * (middle?.x ?? 0)).toBeCloseTo(0.5);
    expect(top + height * (middle?.y ?? 0)).toBeCloseTo(0.5);
    expect(frameAt(places, 4, 7, 20)).toEqual({ left: 0, top: 0.25, width: 1, height: 0.5 });
  });
});

describe('the page', () => {
  test('has a row and a section a layer, names escaped, and nothing from elsewhere', () => {
    const { text, document } = draw();
    expect([...document.querySelectorAll('summary h2')].map((title) => title.textContent)).toEqual(
      network.layers.map(({ layer }) => layer),
    );
    // Within the quotes of an attribute `<` is a letter.
    const outside = text.replaceAll(/aria-label="[^"]*"/g, '');
    expect(outside).not.toMatch(/<title>a <|static<1>|class <3>|<wasm>|<image>|<b>\.png/);
    expect(text).not.toMatch(/(?:src|href)="(?!data:|#)/);
    expect(text.match(/<\/script>/g)).toHaveLength(1);
    for (const link of document.querySelectorAll<HTMLAnchorElement>('.contents a')) {
      const id = link.getAttribute('href')?.slice(1) as string;
      expect(document.getElementById(id)).not.toBeNull();
    }
  });

  test('tells costs and their shares, those of predictors too', () => {
    const { document } = draw();
    const rows = [...document.querySelectorAll('.contents tr')].map((row) =>
      [...row.children].map((cell) => cell.textContent),
    );
    expect(rows[2]?.slice(0, 7)).toEqual([
      'dynamic',
      'dynamic-dns · predictor sphere',
      '6×4×4',
      '200',
      '9.5 %',
      '1,000',
      '16.7 %',
    ]);
    expect(rows[3]?.[0]).toBe('dynamic_predictor_m1');
    expect(rows.at(-2)).toEqual(['predictors', '', '300', '14.3 %', '1,000', '16.7 %', '']);
    expect(rows.at(-1)).toEqual(['all', '', '2,100', '', '6,000', '', '']);
  });

  test('without its script it shows the middle of the image', () => {
    const { document } = draw();
    const viewer = document.querySelector('[data-name="dynamic"]') as Element;
    expect(viewer.querySelector('.position')?.textContent).toBe('row 4, column 3 of 6×4');
    // M − 1 of tap 0 is i = 3.
    expect(viewer.querySelector('.at-position text')?.textContent).toBe('3.00');
    expect(viewer.querySelector('.hint')?.hasAttribute('hidden')).toBe(true);
    expect(viewer.querySelectorAll('.map')).toHaveLength(9);
  });

  test('its script, by the keys of an arrow: M, its colour and its names, and the taps of every layer', () => {
    const { document } = draw();
    run(document);
    const viewer = document.querySelector('[data-name="dynamic"]') as Element;
    const moved = document.querySelector('[data-name="moved"]') as Element;
    const picker = viewer.querySelector('.pick') as HTMLElement;
    expect(viewer.querySelector('.hint')?.hasAttribute('hidden')).toBe(false);
    press(picker, 'ArrowDown');
    press(picker, 'ArrowRight');
    expect(viewer.querySelector('.position')?.textContent).toBe('row 5, column 4 of 6×4');
    const texts = [...viewer.querySelectorAll('.at-position text')].map((text) => Number(text.textContent));
    expect(texts[0]).toBeCloseTo(4, 1);
    expect(texts[8]).toBeCloseTo(-0.3, 2);
    const rects = [...viewer.querySelectorAll<SVGRectElement>('.at-position rect')];
    expect(rects[0]?.querySelector('title')?.textContent).toMatch(/^tap −1,−1: [45]\./);
    expect(rects[8]?.getAttribute('style')).toContain('var(--below)');
    expect(document.querySelector('.spoken')?.textContent).toBe('dynamic: row 5, column 4 of 6×4');
    // The same place of the other layer: dy = 0.4, dx = −0.3, from row 2·4 − 1 of 12 on.
    const [dot] = moved.querySelectorAll('.reads');
    expect(Number.parseFloat(dot?.getAttribute('cy') ?? '')).toBeCloseTo((100 * (7 + 0.4 + 0.5)) / 12, 1);
    expect(Number.parseFloat(dot?.getAttribute('cx') ?? '')).toBeCloseTo((100 * (5 - 0.3 + 0.5)) / 8, 1);
    press(picker, 'Home');
    expect(viewer.querySelector('.position')?.textContent).toBe('row 1, column 1 of 6×4');
    press(picker, 'ArrowUp');
    expect(viewer.querySelector('.position')?.textContent).toBe('row 1, column 1 of 6×4');
  });

  test('where taps read is told at its own position, whatever grid M has: one for the image, or thinned', () => {
    const layer = (name: string) => network.layers.find((each) => each.layer === name)!;
    const both = (height: number, width: number) => ({
      ...layer('moved'),
      similarity: {
        ...layer('moved').similarity!,
        form: 'diagonal' as const,
        predicted: { ...predicted(height, width), spread: layer('dynamic').similarity!.predicted!.spread },
      },
    });
    const { document } = draw(inspection({ ...network, layers: [both(1, 1)] }));
    run(document);
    const viewer = document.querySelector('[data-name="moved"]') as Element;
    const picker = viewer.querySelector('.pick') as HTMLElement;
    expect(viewer.querySelector('.position')?.textContent).toBe('row 4, column 3 of 6×4');
    press(picker, 'ArrowDown');
    expect(viewer.querySelector('.position')?.textContent).toBe('row 5, column 3 of 6×4');
    const [dot] = viewer.querySelectorAll('.reads');
    expect(Number.parseFloat(dot?.getAttribute('cy') ?? '')).toBeCloseTo((100 * (7 + 0.4 + 0.5)) / 12, 1);
  });

  test('offsets and their factors are those of one position, where maps are thinned', () => {
    const [height, width] = [44, 44];
    const map = (depth: number) => ({
      height,
      width,
      values: Array.from({ length: height * width * depth }, (_, at) => Math.floor(at / depth / width) / 100),
    });
    const moved = network.layers.find(({ layer }) => layer === 'moved')!;
    const sampling = {
      ...moved.similarity!.sampling!,
      output: [44, 44],
      offsets: map(18),
      modulation: map(9),
    } as const;
    const given = inspection({
      ...network,
      layers: [{ ...moved, similarity: { ...moved.similarity!, sampling } }],
    });
    const { offsets, modulation } = given.layers[0]!.similarity!.sampling!;
    expect(offsets?.step).toBeGreaterThan(1);
    expect(modulation).toMatchObject({ step: offsets?.step, height: offsets?.height, width: offsets?.width });
  });

  test('a name may be anything', () => {
    const names = ['x" onload="alert(1)', "y' <script>", '\ud800 lone'];
    const layers = names.map((name) => ({
      ...network.layers[3]!,
      layer: name,
      similarity: { ...network.layers[3]!.similarity!, layer: name },
    }));
    const { document, text } = draw(
      inspection({
        layers,
        costs: network.costs.slice(0, 3).map((cost, i) => ({ ...cost, name: names[i]! })),
      }),
    );
    expect(document.querySelectorAll('[onload]')).toHaveLength(0);
    expect(text.match(/<script/g)!.filter((each) => each)).toHaveLength(
      1 + (text.match(/aria-label="[^"]*<script/g) ?? []).length,
    );
    for (const link of document.querySelectorAll<HTMLAnchorElement>('.contents a'))
      expect(document.getElementById(link.getAttribute('href')!.slice(1))).not.toBeNull();
  });

  test('maps of a large layer are thinned, and the page stays small', () => {
    const [first] = network.layers;
    const dynamic = network.layers[1] as (typeof network.layers)[number];
    const layers = Array.from({ length: 40 }, (_, index) => ({
      ...dynamic,
      layer: `dynamic${index}`,
      similarity: {
        ...(dynamic.similarity as NonNullable<typeof dynamic.similarity>),
        predicted: { ...predicted(112, 90), spread: { layer: '', positions: 0, images: 0, fromIdentity: 0 } },
      },
    }));
    const given = inspection({ ...network, layers: first ? [first, ...layers] : layers });
    const kept = given.layers[1]?.similarity?.dynamic;
    expect(kept).toMatchObject({ positions: [112, 90], step: 4, height: 28, width: 23 });
    // Position (1, 2) of what is kept is (6, 10) of the map.
    expect(kept?.values[(1 * 23 + 2) * 9]).toBe(7);
    expect(draw(given).text.length).toBeLessThan(5e6);
  });

  test('a network of which no image was seen, and one of plain layers alone', () => {
    const [, , , , plain] = network.layers;
    const { document, text } = draw({ ...inspection({ layers: [plain!], costs: [] }), sample: null });
    expect(text).not.toContain('--sample: url');
    expect(document.querySelector('details')?.hasAttribute('open')).toBe(true);
    expect(document.querySelector('details')?.textContent).toContain('too large');
  });
});

test('placesAt: of offsets that are the same everywhere, the lattice moves with the position', () => {
  const places: SamplingPlaces = {
    layer: 'active',
    kernel: [1, 1],
    input: [4, 4],
    output: [4, 4],
    strides: [1, 1],
    pad: [0, 0],
    dilations: [1, 1],
    groups: 1,
    offsets: { positions: [1, 1], step: 1, height: 1, width: 1, values: [0.5, -0.5] },
    modulation: null,
    mask: null,
  };
  expect(placesAt(places, 0.5, 0.5)[0]).toMatchObject({ y: 3 / 4, x: 2 / 4, latticeY: 2.5 / 4 });
  expect(placesAt(places, 0, 0)[0]).toMatchObject({ y: 1 / 4, x: 0 });
});
