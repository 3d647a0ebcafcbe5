// tieredImageNet in the copies that people have (see the README).

import { partFolders } from './folders';
import { npzFiles } from './npz';
import { type FewShotOptions, fewShotSource } from './source';
import { tieredNpz, tieredPng } from './tiered';

export const tieredImagenetSource = (given: FewShotOptions & { readonly bgr: boolean }) =>
  fewShotSource(
    {
      name: 'tiered-imagenet',
      version: '1.0.0',
      below: ['tiered-imagenet', 'tieredImageNet', 'tiered_imagenet', 'tieredimagenet'],
      layouts: [tieredPng, tieredNpz(given.bgr), npzFiles(['few-shot-{part}.npz'], 'maybe'), partFolders()],
    },
    given,
  );
