// HTML as tagged templates: what is put in is escaped, unless it is HTML itself.

/** A piece of finished HTML. */
export class Html {
  constructor(readonly text: string) {}
}

type Part = Html | string | number | null | undefined | false | readonly Part[];

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function render(part: Part): string {
  if (part instanceof Html) return part.text;
  if (Array.isArray(part)) return part.map(render).join('');
  if (part === null || part === undefined || part === false) return '';
  return String(part).replaceAll(/[&<>"']/g, (character) => escapes[character] as string);
}

/** `` html`<p>${text}</p>` ``: strings and numbers are escaped, lists joined, null and false left out. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(strings.reduce((text, string, index) => text + render(parts[index - 1]) + string));
}

/** Text that is HTML already, such as an SVG that Plot drew. */
export function raw(text: string): Html {
  return new Html(text);
}
