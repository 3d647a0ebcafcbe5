// FC100 out of CIFAR-100's own files, or in the copies that people have (see the README).

import { cifarBinaries, cifarNumbers } from './cifar';
import { FC100, superclassOf } from './cifar-classes';
import { partFolders } from './folders';
import { npzFiles } from './npz';
import { pickles } from './pickles';
import { type FewShotOptions, fewShotSource } from './source';

export const fc100Source = (given: FewShotOptions & { readonly subset: boolean }) =>
  fewShotSource(
    {
      name: 'fc100',
      version: '1.0.0',
      below: ['fc100', 'FC100', 'cifar-100', 'cifar100'],
      layouts: [
        pickles(['FC100_{part}.pickle', 'fc100_{part}.pickle'], { known: cifarNumbers(FC100) }),
        cifarBinaries(FC100, given.subset),
        npzFiles(['few-shot-{part}.npz'], 'maybe'),
        partFolders(superclassOf),
      ],
    },
    given,
  );
