// The kinds of thing a plug-in may define. The list is closed: a new kind is a new word in the house, and
// every command that lists, saves or draws definitions has to know it.

/** Every kind, in the order in which the house speaks of them. */
export const kinds = [
  'similarity',
  'shape',
  'predictor',
  'operator',
  'dataset',
  'model',
  'method',
  'backend',
] as const;

/** What a definition defines: one of {@link kinds}. */
export type Kind = (typeof kinds)[number];

/** Whether `value` is one of {@link kinds}; narrows text that came from a command line or a file. */
export function isKind(value: unknown): value is Kind {
  return (kinds as readonly unknown[]).includes(value);
}
