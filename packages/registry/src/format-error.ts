// An error as the few lines a person reads in a terminal: no stack, but the causes.

/** What any thrown value may bear. By shape, not by class: a page may hold two copies of this package. */
interface Thrown {
  readonly message?: string;
  readonly code?: string;
  readonly hint?: string;
  readonly cause?: unknown;
}

/**
 * `message [CODE]`, then indented lines for the hint and for the cause, but where the message has all that the cause says; any
 * thrown value is accepted.
 */
export function formatError(error: unknown): string {
  const { message = String(error), code, hint, cause } = Object(error) as Thrown;
  let text = message;
  if (code) text += ` [${code}]`;
  if (hint) text += `\n  hint: ${hint}`;
  const said = (Object(cause) as Thrown).message;
  if (cause && !(said && message.includes(said))) text += `\n  cause: ${formatError(cause)}`;
  return text;
}
