/** A check of the parity run: it has a name and throws where it fails. */
export interface Check {
  readonly name: string;
  readonly run: () => Promise<unknown>;
}

/** Every `n`th, beginning with the first: a sample that still has all kinds in it where `n` is no divisor. */
export const everyNth = <T>(all: readonly T[], n: number): readonly T[] => all.filter((_, i) => i % n === 0);
