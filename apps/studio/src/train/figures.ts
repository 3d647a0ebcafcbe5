// The figures of a run, kept up as its messages come, and shown at most once a frame.
import { element } from '../parts/dom';
import { bytes, duration, percent, small, whole } from '../parts/numbers';

const labels = {
  loss: 'Loss',
  testError: 'Test error',
  imagesPerSecond: 'Images a second',
  compilation: 'Compiling ahead',
  firstStep: 'First step',
  step: 'A step after that',
  bytes: 'Held on the device',
  parameters: 'Parameters',
} as const;

const show = {
  loss: small,
  testError: percent,
  imagesPerSecond: whole,
  compilation: duration,
  firstStep: duration,
  step: duration,
  bytes,
  parameters: whole,
} as const satisfies Record<keyof typeof labels, (value: number) => string>;

export type Figures = { -readonly [name in keyof typeof labels]?: number };

export interface FiguresView {
  /** Forgets all figures. */
  clear(): void;
  /** Changes some. */
  set(figures: Figures): void;
}

export function figuresView(list: HTMLElement): FiguresView {
  const cells = new Map<string, HTMLElement>();
  for (const [name, text] of Object.entries(labels)) {
    const cell = element('dd', { text: '–' });
    cell.id = `figure-${name}`;
    cells.set(name, cell);
    list.append(element('div', {}, element('dt', { text }), cell));
  }
  let known: Figures = {};
  let isDue = false;
  const draw = () => {
    if (isDue) return;
    isDue = true;
    requestAnimationFrame(() => {
      isDue = false;
      for (const [name, cell] of cells) {
        const value = known[name as keyof Figures];
        const text = value === undefined ? '–' : show[name as keyof Figures](value);
        if (cell.textContent !== text) cell.textContent = text;
      }
    });
  };
  return {
    clear() {
      known = {};
      draw();
    },
    set(figures) {
      known = { ...known, ...figures };
      draw();
    },
  };
}
