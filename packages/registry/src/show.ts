// Values as they appear in messages: JSON where there is one, and never longer than a line bears.

/** `value` as text of at most 80 characters; its type where JSON knows none (a function, a cycle). */
export function show(value: unknown): string {
  let text: string = typeof value;
  try {
    text = text === 'number' ? `${value}` : (JSON.stringify(value) ?? text);
  } catch {
    // A message must not fail for want of JSON.
  }
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
