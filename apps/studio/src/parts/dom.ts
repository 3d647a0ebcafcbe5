// The few things that the pages do with elements.

/** The element of an id, of the class it must have. */
export function byId<E extends HTMLElement>(id: string, kind: abstract new () => E): E {
  const found = document.getElementById(id);
  if (found instanceof kind) return found;
  throw new TypeError(`the page has no ${kind.name} #${id}`);
}

export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  { text, className }: { readonly text?: string; readonly className?: string } = {},
  ...children: readonly Node[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (className !== undefined) made.className = className;
  made.append(...children);
  return made;
}

/** Fills a select. @param options values and what is shown for them. */
export function fill(select: HTMLSelectElement, options: Readonly<Record<string, string>>): void {
  select.replaceChildren(...Object.entries(options).map(([value, text]) => new Option(text, value)));
}
