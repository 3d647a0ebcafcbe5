// What few-shot learning reads: images of classes that are seen in training, and of others that are not.

import type { ImageShape, Split, Statistics } from '../images';

/** Labelled images, or features made of them beforehand, of some classes. */
export interface ClassPool extends Omit<Split, 'images'> {
  /** A label is an index into these. */
  readonly classes: readonly string[];
  /** Of each class the group that it belongs to, where the data set has such groups: an alphabet, a superclass. */
  readonly groups?: readonly string[] | undefined;
  /** Bytes, as a split has them; or features [count, n] with the shape [1, 1, n], which no network has to embed. */
  readonly images: Split['images'] | Float32Array;
}

/** A pool of features. */
export type FeaturePool = ClassPool & { readonly images: Float32Array };

/** The parts of few-shot data. */
export type FewShotPart = 'train' | 'validation' | 'test';

/** Three pools that have no class in common. */
export interface FewShotDataset {
  readonly name: string;
  readonly shape: ImageShape;
  readonly train: ClassPool;
  readonly validation: ClassPool;
  readonly test: ClassPool;
  /** Mean and deviation of the training classes' images, where they are known already. */
  readonly statistics?: Statistics | undefined;
  /** Whether a draw has divided its classes: else its authors have, or whoever named the classes. */
  readonly isDrawn?: boolean | undefined;
  /** Divides the same images anew, where that has rules of its own: rotations of a character stay together. */
  divideAgain?(division: Division): FewShotDataset;
  close?(): Promise<void>;
}

/** The form of a task. */
export interface EpisodeOptions {
  /** Classes in an episode, from 2. */
  readonly way: number;
  /** Images of each class that are learned from, from 1. */
  readonly shot: number;
  /** Other images of each class that are asked for, from 1. */
  readonly query: number;
  /** 0..2^53 - 1. */
  readonly seed: number;
  /** All classes of an episode of one group (an alphabet), each group that has `way` classes as often as another. */
  readonly within?: 'group' | undefined;
  /** Classes of fewer images are left out. Default: none is, and one of fewer than shot + query is an error. */
  readonly minImages?: number | undefined;
}

/** One task: a class's place in `classes` is its label in the episode. */
export interface Episode {
  /** [way], indices into the pool's classes, none twice. */
  readonly classes: Uint32Array;
  /** [way·shot], indices of images, class by class. */
  readonly support: Uint32Array;
  /** [way·query], indices of other images, class by class. */
  readonly query: Uint32Array;
}

/** Names of classes; or how many, from 1; or their share of all classes, above 0 and below 1. */
export type ClassPart = readonly string[] | number;

/** Which classes are for what. Parts that are left out share the classes that are left, 64 : 16 : 20. */
export interface Division {
  /** `group`: whole groups of classes (alphabets) are named, counted and drawn. Default `class`. */
  readonly by?: 'class' | 'group' | undefined;
  readonly train?: ClassPart | undefined;
  readonly validation?: ClassPart | undefined;
  readonly test?: ClassPart | undefined;
  /** Of what is not named: 0..2^53 - 1, default 0. */
  readonly seed?: number | undefined;
}
