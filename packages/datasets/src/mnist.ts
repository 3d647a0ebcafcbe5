// MNIST and Fashion-MNIST under their own names: IDX files whose classes are known.

import { define } from '@neusim/registry';
import * as v from 'valibot';
import { idxSource } from './idx';
import { limitSchema } from './options';

const options = v.strictObject({ limit: limitSchema });

/** 60,000 + 10,000 handwritten digits. LeCun et al. 1998; http://yann.lecun.com/exdb/mnist */
export const mnist = define({
  kind: 'dataset',
  name: 'mnist',
  version: '1.0.0',
  summary: '70,000 handwritten digits of 28×28 (four IDX files, plain or .gz)',
  options,
  load:
    () =>
    ({ limit }) =>
      idxSource({ name: 'mnist', classes: [...'0123456789'] }, limit),
});

/** 60,000 + 10,000 pieces of clothing. Xiao, Rasul, Vollgraf 2017; arXiv:1708.07747 */
export const fashionMnist = define({
  kind: 'dataset',
  name: 'fashion-mnist',
  version: '1.0.0',
  summary: '70,000 pieces of clothing of 28×28 in 10 classes (four IDX files, plain or .gz)',
  options,
  load:
    () =>
    ({ limit }) => {
      const source = idxSource(
        {
          name: 'fashion-mnist',
          classes: [
            'T-shirt/top',
            'Trouser',
            'Pullover',
            'Dress',
            'Coat',
            'Sandal',
            'Shirt',
            'Sneaker',
            'Bag',
            'Ankle boot',
          ],
        },
        limit,
      );
      // Its files are called as MNIST's: the folder's name tells.
      const detect: typeof source.detect = async (files, folder) => {
        const found = await source.detect?.(files, folder);
        return found && /fashion[^/\\]*[/\\]?$/i.test(found.folder) ? found : undefined;
      };
      return { ...source, detect };
    },
});
