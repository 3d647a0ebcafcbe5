/** What is asked of images and labels before a run or a test trusts them: whoever has them may have made them. */
import type { Dataset, Split } from '@neusim/datasets';
import { NeusimError } from '@neusim/registry';

/** Both splits. @throws NeusimError as `checkSplit` */
export function checkDataset({ train, test, classes }: Dataset): void {
  checkSplit(train, classes.length, 'train');
  checkSplit(test, classes.length, 'test');
}

/**
 * @param classes how many there are: labels are whole numbers in 0 … classes - 1.
 * @param name of the split, for the message.
 * @throws NeusimError DATASET_EMPTY with `data` { split }, DATASET_BAD_COUNT with { split, count, labels, bytes,
 *   wanted }, DATASET_BAD_LABEL with { split, index, label, classes }
 */
export function checkSplit({ count, shape, images, labels }: Split, classes: number, name: string): void {
  if (!(count > 0))
    throw new NeusimError('DATASET_EMPTY', `the ${name} split has no images`, {
      data: { split: name },
      hint: 'Give at least one image: an error rate needs something to be counted.',
    });
  const wanted = count * shape[0] * shape[1] * shape[2];
  const bytes = images instanceof Uint8Array ? images.length : wanted;
  if (labels.length !== count || bytes !== wanted) {
    const of = shape.join('×');
    throw new NeusimError(
      'DATASET_BAD_COUNT',
      `the ${name} split of ${count} images of ${of} has ${labels.length} labels and ${bytes} bytes of images`,
      {
        data: { split: name, count, labels: labels.length, bytes, wanted },
        hint: `Give ${count} labels and ${wanted} bytes.`,
      },
    );
  }
  const index = labels.findIndex((label) => !(Number.isInteger(label) && label >= 0 && label < classes));
  if (index < 0) return;
  const label = labels[index];
  throw new NeusimError(
    'DATASET_BAD_LABEL',
    `label ${index} of the ${name} split is ${label}; allowed: 0 to ${classes - 1}`,
    {
      data: { split: name, index, label, classes },
      hint: 'A label is an index into the classes, and counts from 0.',
    },
  );
}
