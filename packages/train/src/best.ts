/** The weights that were tested best so far, kept beside those that training goes on with. */
import type { WeightInfo } from '@neusim/core';
import type { StoredTensor } from './checkpoint/format';
import { readState, restoreState } from './checkpoint/state';
import type { History } from './events';

const SUFFIX = ':best';

/** A checkpoint's tensors: those of the run, and the best weights under their own names; none where none are kept. */
export function splitBest(tensors: readonly StoredTensor[]): {
  readonly run: readonly StoredTensor[];
  readonly best: readonly StoredTensor[];
} {
  const isBest = ({ name }: StoredTensor) => name.endsWith(SUFFIX);
  return {
    run: tensors.filter((each) => !isBest(each)),
    best: tensors.filter(isBest).map((each) => ({ ...each, name: each.name.slice(0, -SUFFIX.length) })),
  };
}

/** Copies outside the engine: a recorded step may write over a tensor's memory. */
export class Best {
  private kept: readonly StoredTensor[] = [];

  /** @param weights all of the model's. */
  constructor(private readonly weights: readonly WeightInfo[]) {}

  /** For a checkpoint. */
  get stored(): StoredTensor[] {
    return this.kept.map((each) => ({ ...each, name: each.name + SUFFIX }));
  }

  /** Keeps the weights of now. */
  async keep(): Promise<void> {
    this.kept = await readState(this.weights, { slots: [] });
  }

  /** Takes over what a checkpoint has. */
  load(kept: readonly StoredTensor[]): void {
    this.kept = kept;
  }

  /** Puts what was kept into the model. @param from file of it, for the message. */
  restore(from = 'the best weights'): void {
    if (this.kept.length > 0) restoreState(from, this.kept, this.weights, { slots: [] });
  }

  /** Changes what is kept: the model has it while `work` lasts, and then its own weights again. Yields what `work` does. */
  async *settle<T>(work: AsyncGenerator<T, void>): AsyncGenerator<T, void> {
    const own = await readState(this.weights, { slots: [] });
    this.restore();
    try {
      yield* work;
      await this.keep();
    } finally {
      restoreState('the last weights', own, this.weights, { slots: [] });
    }
  }
}

/** The first of those with the lowest error; undefined before the first of all. */
export function bestOf(evaluations: History['evaluations']): History['evaluations'][number] | undefined {
  return evaluations.reduce<History['evaluations'][number] | undefined>(
    (best, each) => (best && best.testError <= each.testError ? best : each),
    undefined,
  );
}
