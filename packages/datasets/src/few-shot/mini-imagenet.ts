// Mini-ImageNet in the copies that people have (see the README).

import { csvLists, partFolders } from './folders';
import { npzFiles } from './npz';
import { pickles } from './pickles';
import { type FewShotOptions, fewShotSource } from './source';

const PICKLES = [
  'mini-imagenet-cache-{part}.pkl',
  'miniImageNet_category_split_{part}.pickle',
  'mini_imagenet_{part}.pickle',
];

const TRAINING = 'miniImageNet_category_split_train_phase_train.pickle';

export const miniImagenetSource = (given: FewShotOptions) =>
  fewShotSource(
    {
      name: 'mini-imagenet',
      version: '1.0.0',
      below: ['mini-imagenet', 'miniImagenet', 'mini_imagenet', 'miniimagenet', 'miniImageNet'],
      layouts: [
        pickles(PICKLES, { train: [TRAINING] }),
        csvLists(),
        npzFiles(['mini-imagenet-{part}.npz', 'mini_imagenet_{part}.npz', 'mini-imagenet.npz'], 'set'),
        npzFiles(['few-shot-{part}.npz', '{part}.npz'], 'maybe'),
        partFolders(),
      ],
    },
    given,
  );
