// What can be wrong with the classes of few-shot data.

import { NeusimError } from '@neusim/registry';

export function mixedEpisode() {
  return new NeusimError(
    'DATASET_BAD_AUGMENT',
    'mixup and cutmix mix classes, which the images of an episode keep',
    {
      data: { operations: ['mixup', 'cutmix'] },
      hint: 'leave them out of the augmentation of episodes',
    },
  );
}

/** @param where it is named twice. */
export function classTwice(name: string, where: string) {
  return new NeusimError('EPISODE_CLASS_TWICE', `class "${name}" is named twice: ${where}`, {
    data: { class: name, where },
    hint: 'name it once: training, validation and test classes are others each',
  });
}

export function badDivision(message: string, data: Record<string, unknown>, hint: string) {
  return new NeusimError('EPISODE_BAD_DIVISION', message, { data, hint });
}

/** @param where the folders or parts. */
export function sharedClass(name: string, where: readonly [string, string]) {
  return new NeusimError('EPISODE_SHARED_CLASS', `class "${name}" is in ${where[0]} and in ${where[1]}`, {
    data: { class: name, where },
    hint: 'what is tested on may not be trained on: take it out of one of them',
  });
}

export function noImages() {
  return new NeusimError('EPISODE_FEATURES', 'features were extracted beforehand, and are no images', {
    hint: 'give the images that they were extracted from',
  });
}

/** @param what wants groups. */
export function noGroups(what: string, data: Record<string, unknown>) {
  return new NeusimError('EPISODE_NO_GROUPS', `${what}, but the classes of this data set have no groups`, {
    data,
    hint: 'leave it out: it is for data sets such as omniglot, whose groups are alphabets',
  });
}

export function notFeatures() {
  return new NeusimError('EPISODE_NO_FEATURES', 'the pool has images, and no features', {
    hint: 'put the values that a network makes of them in their place: featurePool(pool, values)',
  });
}
