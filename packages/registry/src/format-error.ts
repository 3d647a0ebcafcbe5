// An error as the few lines a person reads in a terminal: no stack, the cause where there is one.

const text = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  // By shape, not by class: a page or a tree of modules may hold two copies of this package.
  const { code } = error as { code?: unknown };
  const plain = error.name === 'NeusimError' || error.name === 'Error' ? '' : `${error.name}: `;
  return `${plain}${error.message}${typeof code === 'string' ? ` [${code}]` : ''}`;
};

/** `message [CODE]`, then indented lines for the hint and for each cause; any thrown value is accepted. */
export function formatError(error: unknown): string {
  const lines = [text(error)];
  const { hint } = (error ?? {}) as { hint?: unknown };
  if (typeof hint === 'string' && hint) lines.push(`  hint: ${hint}`);
  let cause = (error as { cause?: unknown } | null | undefined)?.cause;
  // Five is more than any chain of ours, and ends one that runs in a circle.
  for (let depth = 0; cause !== undefined && depth < 5; depth++) {
    lines.push(`  cause: ${text(cause)}`);
    cause = (cause as { cause?: unknown } | null)?.cause;
  }
  return lines.join('\n');
}
