// What the trained network learned besides kernels: M and D, drawn as reports draw them.
import { learnedOf, learnedSections, viewStyle } from '@neusim/report';
import type { LearnedParts } from '@neusim/train';
import { element } from '../parts/dom';

/** Fills and shows the card; a plain network has nothing to show. @param name of the network. */
export function showLearned(card: HTMLElement, name: string, parts: LearnedParts): void {
  const sections = learnedSections(name, learnedOf(parts));
  card.hidden = sections.length === 0;
  // The view escapes every text in it.
  card.innerHTML = sections.map(({ text }) => text).join('');
  card.prepend(element('style', { text: viewStyle }));
}
