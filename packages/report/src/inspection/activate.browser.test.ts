// The page in a real browser: a click in the image, and in a map of a tap, shows M there.

import { expect, test } from 'vitest';
import { inspection } from './inspection.fixture';
import { inspectionPage } from './page';

test('a click shows M at that place in every layer', async () => {
  const frame = document.createElement('iframe');
  frame.style.cssText = 'width: 1000px; height: 800px';
  frame.srcdoc = inspectionPage(inspection(), document);
  const loaded = new Promise((resolve) => frame.addEventListener('load', resolve, { once: true }));
  document.body.append(frame);
  await loaded;
  const page = frame.contentDocument as Document;
  const viewer = page.querySelector('[data-name="dynamic"]') as HTMLElement;
  const clickAt = (target: Element, down: number, along: number) => {
    const box = target.getBoundingClientRect();
    const [clientX, clientY] = [box.left + along * box.width, box.top + down * box.height];
    target.dispatchEvent(new MouseEvent('click', { clientX, clientY, bubbles: true }));
  };
  const position = () => viewer.querySelector('.position')?.textContent;
  const picker = viewer.querySelector('.pick') as HTMLElement;
  expect(picker.tabIndex).toBe(0);
  expect(picker.getBoundingClientRect().width).toBeGreaterThan(100);
  clickAt(picker, 0.9, 0.1);
  expect(position()).toBe('row 6, column 1 of 6×4');
  expect(viewer.querySelector('.at-position text')?.textContent).toBe('5.00');
  expect(page.querySelector('[data-name="moved"] .position')?.textContent).toBe('row 6, column 1 of 6×4');
  clickAt(viewer.querySelectorAll('.map')[4] as Element, 0.1, 0.6);
  expect(position()).toBe('row 1, column 3 of 6×4');
  const { top, left } = (viewer.querySelector('.marker') as HTMLElement).style;
  expect([top, left]).toEqual(['8.33%', '62.5%']);
});
