// What a page does when a place of the image is chosen: M and the taps of that place are shown, layer by layer. A page that
// stands alone has the text of these functions in it, so they call nothing but the language's own, the page's, and
// `tools`; without them the page shows the middle of the image.

import type { frameAt, positionAt, tapPlaces } from '../places';

/** What `activate` calls: given, as its text stands alone in a page. */
export interface ActivateTools {
  readonly positionAt: typeof positionAt;
  readonly tapPlaces: typeof tapPlaces;
  readonly frameAt: typeof frameAt;
  /** Opacity of a value whose full colour stands for ±most. */
  opacity(value: number, most: number): number;
  formatSmall(value: number): string;
  /** Opacity of a tap with a factor. */
  visible(factor: number): number;
}

/** Packed by `packed`: 16 bits a value, ±32767 for ±most. */
export interface PackedGrid {
  readonly positions: readonly [number, number];
  readonly step: number;
  readonly height: number;
  readonly width: number;
  readonly most: number;
  readonly base64: string;
}

/** @param root holds elements with `data-viewer`; whatever page it is of. */
export function activate(root: ParentNode, tools: ActivateTools): void {
  const { positionAt, tapPlaces, frameAt, opacity, formatSmall, visible } = tools;
  const unpack = ({ base64, most }: PackedGrid) => {
    const bytes = atob(base64);
    const values = new Float32Array(bytes.length / 2);
    for (let i = 0; i < values.length; i++) {
      const bits = bytes.charCodeAt(2 * i) | (bytes.charCodeAt(2 * i + 1) << 8);
      values[i] = (((bits << 16) >> 16) * most) / 32767;
    }
    return values;
  };
  const reader = (grid: PackedGrid | null) => {
    let values: Float32Array | undefined;
    return (down: number, along: number) => {
      if (!grid) return null;
      values ??= unpack(grid);
      const depth = values.length / (grid.height * grid.width);
      const { index } = positionAt(grid, down, along);
      return values.subarray(index * depth, (index + 1) * depth);
    };
  };
  const percent = (share: number) => `${(100 * share).toFixed(2)}%`;
  const viewers = [...root.querySelectorAll<HTMLElement>('[data-viewer]')].map((element) => {
    const { grid, taps, matrix, places, offsets, modulation, span } = JSON.parse(
      element.dataset.viewer as string,
    );
    const [matrixAt, offsetsAt, modulationAt] = [reader(matrix), reader(offsets), reader(modulation)];
    const picker = element.querySelector('.pick') as HTMLElement;
    const marker = element.querySelector('.marker') as HTMLElement;
    const caption = element.querySelector('.position') as HTMLElement;
    const rects = [...element.querySelectorAll('.at-position rect')] as SVGRectElement[];
    const texts = [...element.querySelectorAll('.at-position text:not(.axis):not(.axis-name)')];
    const frame = element.querySelector('.places') as HTMLElement | null;
    const dots = [...element.querySelectorAll('.places .reads')];
    const rings = [...element.querySelectorAll('.places .lattice')];
    const lines = [...element.querySelectorAll('.places line')];
    const side = Math.round(Math.sqrt(rects.length));
    const isDiagonal = texts.length > 0;
    const showMatrix = (values: Float32Array) => {
      for (const [index, rect] of rects.entries()) {
        const value = values[index] as number;
        rect.style.fill = value < 0 ? 'var(--below)' : 'var(--above)';
        rect.style.fillOpacity = opacity(value, matrix.most).toFixed(3);
        const whole = value + (isDiagonal || Math.floor(index / side) === index % side ? 1 : 0);
        const title = rect.querySelector('title');
        if (title)
          title.textContent = `${(title.textContent ?? '').replace(/: [^:]*$/, '')}: ${whole.toFixed(4)}`;
        const text = texts[index];
        if (text) text.textContent = formatSmall(value);
      }
    };
    const place = (node: Element | undefined, names: Readonly<Record<string, number>>) => {
      for (const [name, share] of Object.entries(names)) node?.setAttribute(name, percent(share));
    };
    const showTaps = (down: number, along: number) => {
      const { row, column } = positionAt(taps, down, along);
      const { left, top } = frameAt(places, row, column, span);
      frame?.style.setProperty('left', percent(left));
      frame?.style.setProperty('top', percent(top));
      const found = tapPlaces(places, row, column, offsetsAt(down, along), modulationAt(down, along));
      for (const [index, { x, y, latticeX, latticeY, factor }] of found.entries()) {
        place(dots[index], { cx: x, cy: y });
        place(rings[index], { cx: latticeX, cy: latticeY });
        place(lines[index], { x1: latticeX, y1: latticeY, x2: x, y2: y });
        (dots[index] as SVGElement | undefined)?.style.setProperty('opacity', visible(factor).toFixed(2));
      }
    };
    const show = (down: number, along: number) => {
      const { row, column } = positionAt(grid, down, along);
      const [height, width] = grid.positions as [number, number];
      caption.textContent = `row ${row + 1}, column ${column + 1} of ${height}×${width}`;
      marker.style.top = percent((row + 0.5) / height);
      marker.style.left = percent((column + 0.5) / width);
      const values = matrixAt(down, along);
      if (values) showMatrix(values);
      if (places) showTaps(down, along);
    };
    return { element, picker, grid, caption, show };
  });
  const spoken = root.querySelector('.spoken');
  let [down, along] = [0.5, 0.5];
  const choose = (toDown: number, toAlong: number, viewer: (typeof viewers)[number]) => {
    // Below 1: that is the next image's first row.
    down = Math.min(0.9999, Math.max(0, toDown));
    along = Math.min(0.9999, Math.max(0, toAlong));
    for (const each of viewers) each.show(down, along);
    if (spoken) spoken.textContent = `${viewer.element.dataset.name}: ${viewer.caption.textContent}`;
  };
  const keys: Readonly<Record<string, readonly [number, number]>> = {
    ArrowUp: [-1, 0],
    ArrowDown: [1, 0],
    ArrowLeft: [0, -1],
    ArrowRight: [0, 1],
  };
  for (const viewer of viewers) {
    const { element, picker, grid } = viewer;
    picker.tabIndex = 0;
    picker.setAttribute('role', 'application');
    picker.setAttribute('aria-roledescription', 'place in the image');
    const [height, width] = [grid.height as number, grid.width as number];
    const rows = (grid.positions[0] as number) / grid.step;
    const columns = (grid.positions[1] as number) / grid.step;
    picker.addEventListener('keydown', (event) => {
      const move = keys[event.key];
      const end = { Home: 0, End: 1 }[event.key];
      if (!move && end === undefined) return;
      event.preventDefault();
      if (end !== undefined) return choose(end, end, viewer);
      const [y, x] = move as readonly [number, number];
      const at = (share: number, count: number, kept: number, by: number) =>
        (Math.min(kept - 1, Math.max(0, Math.min(kept - 1, Math.floor(share * count)) + by)) + 0.5) / count;
      choose(at(down, rows, height, y), at(along, columns, width, x), viewer);
    });
    for (const target of [picker, ...element.querySelectorAll('.map')])
      target.addEventListener('click', (event) => {
        const box = target.getBoundingClientRect();
        const { clientX, clientY } = event as MouseEvent;
        choose((clientY - box.top) / box.height, (clientX - box.left) / box.width, viewer);
      });
    for (const hint of element.querySelectorAll<HTMLElement>('.hint')) hint.hidden = false;
  }
}
