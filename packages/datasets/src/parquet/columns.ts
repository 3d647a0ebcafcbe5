// Which columns hold the images and the labels, and what the classes are called: as Hugging Face's `datasets` tells it
// in the file, or by their usual names.

import { NeusimError } from '@neusim/registry';
import * as v from 'valibot';
import type { Leaf, ParquetFile } from './file';

const USUAL_IMAGES = ['image', 'img'];
const USUAL_LABELS = ['label', 'fine_label', 'labels', 'coarse_label'];

const features = v.object({
  info: v.object({
    features: v.record(
      v.string(),
      v.looseObject({ _type: v.optional(v.string()), names: v.optional(v.array(v.string())) }),
    ),
  }),
});
type Features = v.InferOutput<typeof features>['info']['features'];

export interface Columns {
  readonly image: Leaf;
  readonly label: Leaf;
  /** Names of the classes, where the file tells them. */
  readonly classes: readonly string[] | undefined;
}

/**
 * @param wanted names of the columns, where the user gives them
 * @throws NeusimError `DATASET_NO_COLUMN`
 */
export function findColumns(
  file: ParquetFile,
  wanted: { readonly image?: string | undefined; readonly label?: string | undefined },
): Columns {
  const told = featuresOf(file.text('huggingface'));
  const ofType = (type: string) => Object.keys(told).filter((name) => told[name]?._type === type);
  const image = find(file, 'image', wanted.image, [...USUAL_IMAGES, ...ofType('Image')]);
  const label = find(file, 'label', wanted.label, [...USUAL_LABELS, ...ofType('ClassLabel')]);
  const own = Object.hasOwn(told, label.path[0]!) ? told[label.path[0]!] : undefined;
  return { image, label, classes: own?.names };
}

/** Nothing where the text is missing, or is not what `datasets` writes. */
function featuresOf(text: string | undefined): Features {
  if (text === undefined) return {};
  try {
    const parsed = v.safeParse(features, JSON.parse(text));
    return parsed.success ? parsed.output.info.features : {};
  } catch {
    return {};
  }
}

function find(
  file: ParquetFile,
  what: 'image' | 'label',
  wanted: string | undefined,
  usual: readonly string[],
): Leaf {
  const names = wanted === undefined ? usual : [wanted];
  for (const name of names) {
    const leaf = file.leaves.find(
      ({ path }) => path[0] === name && (path.length === 1 || (what === 'image' && path[1] === 'bytes')),
    );
    const fits = what === 'image' ? ['BYTE_ARRAY'] : ['INT32', 'INT64', 'BYTE_ARRAY'];
    if (leaf && leaf.path.length <= 2 && fits.includes(leaf.type)) return leaf;
  }
  const known = file.leaves.map(({ path, type }) => `${path.join('.')} (${type})`);
  throw new NeusimError(
    'DATASET_NO_COLUMN',
    `${file.path} has no column of ${what}s named ${names.join(' or ')}`,
    {
      data: { file: file.path, wanted: names, known: known.slice(0, 100) },
      hint: `name one by the option "${what}"; known: ${known.slice(0, 20).join(', ')}`,
    },
  );
}
