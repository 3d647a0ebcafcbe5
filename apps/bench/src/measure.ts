/** Timing that survives a shared machine: what is compared runs in turn, round by round, and ratios are taken within a round. */

/** Milliseconds of each round. */
export type Times<Name extends string> = Readonly<Record<Name, readonly number[]>>;

export interface Rounds<Name extends string = string> {
  /** Rounds that count; before them each variant runs once uncounted. */
  readonly rounds: number;
  /** Runs before each variant, untimed. */
  readonly before?: (name: NoInfer<Name>) => void;
}

/** Runs every variant once a round. A variant leaves no tensors behind. */
export function measure<Name extends string>(
  variants: Readonly<Record<Name, () => void>>,
  { rounds, before = () => {} }: Rounds<NoInfer<Name>>,
): Times<Name> {
  const names = Object.keys(variants) as Name[];
  const times = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let round = -1; round < rounds; round++)
    for (const name of names) {
      before(name);
      const start = performance.now();
      variants[name]();
      if (round >= 0) times[name].push(performance.now() - start);
    }
  return times;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2;
}

/** Median over the rounds of the one's time over the other's. */
export function ratio(over: readonly number[], under: readonly number[]): number {
  return median(over.map((time, round) => time / (under[round] as number)));
}

export function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}
