// CIFAR-FS out of CIFAR-100's own files, or in the copies that people have (see the README).

import { cifarBinaries, cifarNumbers } from './cifar';
import { CIFAR_FS, superclassOf } from './cifar-classes';
import { classLists, partFolders } from './folders';
import { pickles } from './pickles';
import { type FewShotOptions, fewShotSource } from './source';

export const cifarFsSource = (given: FewShotOptions & { readonly subset: boolean }) =>
  fewShotSource(
    {
      name: 'cifar-fs',
      version: '1.0.0',
      below: ['cifar-fs', 'CIFAR-FS', 'CIFAR_FS', 'cifar_fs', 'cifar100', 'cifar-100'],
      layouts: [
        pickles(['CIFAR_FS_{part}.pickle', 'cifar_fs_{part}.pickle'], { known: cifarNumbers(CIFAR_FS) }),
        classLists(['splits', 'bertinetto'], superclassOf),
        cifarBinaries(CIFAR_FS, given.subset),
        partFolders(superclassOf),
      ],
    },
    given,
  );
