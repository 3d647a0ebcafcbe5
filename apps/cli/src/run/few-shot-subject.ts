// What is tested on episodes: a learner, the pool that it is tested on, and how images are read for it. It comes of a run, or
// of a method and a network.

import type { ClassPool, Episode, Normalize, Transform } from '@neusim/datasets';
import type { Learner, LearnerRecipe } from '@neusim/fewshot';
import type { DataOptions, NamedData, openPool, PartChoice, PartName } from './few-shot-data';

export interface SubjectOptions extends DataOptions {
  /** Of a method: the data of a run that it is compared with. */
  readonly named?: NamedData | undefined;
  /** Folder of a run or of a model. */
  readonly backbone?: string | undefined;
  /** The layer whose output is the embedding. */
  readonly layer?: string | undefined;
  readonly part?: PartName | undefined;
  /** In a comparison: what chooses the part for all, where `part` does not say it. */
  readonly choose?: PartChoice | undefined;
  /** Base classes, for methods that want to know some: a data set's name, or a folder. */
  readonly base?: string | undefined;
  /** Omniglot's official runs, in place of episodes that are drawn. */
  readonly runs?: boolean | undefined;
  readonly set?: readonly string[] | undefined;
  /** Opens the data; default `openPool`. */
  readonly open?: typeof openPool | undefined;
  readonly way: number;
  readonly seed: number;
}

export interface Subject {
  readonly name: string;
  readonly learner: Learner;
  /** Multiply-adds of the backbone for an image; 0 where that is open. */
  readonly cost: number;
  /** What a thread makes the same learner of. */
  readonly recipe: LearnerRecipe;
  readonly pool: ClassPool;
  readonly part: PartName;
  /** Classes of all parts of the data set. */
  readonly total: number;
  readonly runs?: readonly Episode[] | undefined;
  /** Name of the data set. */
  readonly dataset: string;
  /** Of the data set. */
  readonly folder?: string | undefined;
  readonly reading: { readonly transform?: Transform | undefined; readonly normalize: Normalize };
  /** Whether it has made something of base classes. */
  readonly usesBase: boolean;
  /** What it was made of, for who reads the figures. */
  readonly facts: readonly (readonly [what: string, value: string])[];
  /** Frees the learner and lets go of the data. */
  close(): Promise<void>;
}
