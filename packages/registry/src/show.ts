// Values as they appear in messages: JSON where possible, and never longer than a line bears.

/** `value` as text for a message, at most 80 characters. */
export function show(value: unknown): string {
  let text: string | undefined;
  try {
    text = typeof value === 'number' ? String(value) : JSON.stringify(value);
  } catch {
    // A cycle or a BigInt: the plain text below is still better than a second error.
  }
  text ??= typeof value === 'function' ? 'a function' : String(value);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
