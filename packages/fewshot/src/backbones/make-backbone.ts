/** The network that makes embeddings, as a config names it. */
import { disposeModel, inPath, type Model, splitPart } from '@neusim/models';
import * as platform from '@neusim/platform';
import { type AnyRegistry, NeusimError } from '@neusim/registry';
import { type TrainFiles, whenReady } from '@neusim/train';
import {
  input,
  type LayersModel,
  layers,
  model as makeModel,
  type SymbolicTensor,
} from '@tensorflow/tfjs-layers';
import type { FewShotConfig } from '../training/config';
import { cutHead } from './cut-head';
import { freezeNetwork } from './freeze-network';
import { loadBackbone } from './load-backbone';
import { mobilenetBackbone } from './mobilenet';

/** What a backbone is made for. */
export interface BackboneContext {
  /** Knows the model and its parts. */
  readonly registry: AnyRegistry;
  /** Of one input: [height, width, channels], or [features] where those were made beforehand. */
  readonly shape: readonly number[];
  /** Start of its weights. */
  readonly seed: number;
  readonly files?: Pick<TrainFiles, 'modelFile'> | undefined;
}

/** A backbone that leaves images as they are. */
const IDENTITY = 'identity';

/**
 * From images to embeddings [B,features], or to a map. The caller disposes of it.
 * @throws NeusimError FEWSHOT_BACKBONE where it does not fit the data set; CONFIG_INVALID with `data.path` under
 *   `backbone`, REGISTRY_UNKNOWN_NAME, and what `loadModel` throws for a file.
 */
export async function makeBackbone(
  backbone: FewShotConfig['backbone'],
  { registry, shape, seed, files = platform }: BackboneContext,
): Promise<LayersModel> {
  if (shape.length === 1 && (isFile(backbone) || splitPart(backbone).name !== IDENTITY))
    throw new NeusimError(
      'FEWSHOT_BACKBONE',
      'the data set has features, and a backbone makes them of images',
      {
        data: { backbone, image: [...shape] },
        hint: `Use backbone: '${IDENTITY}', which takes them as they are.`,
      },
    );
  const made = isFile(backbone)
    ? await fromFile(registry, backbone, files, shape)
    : await fromName(registry, splitPart(backbone), shape, seed);
  const takes = made.inputs.map((each) => each.shape.slice(1));
  if (takes.length === 1 && fits(takes[0] as (number | null)[], shape)) return made;
  disposeModel(made);
  const told = takes.map((sizes) => `[${sizes}]`).join(' and ');
  const [height] = takes[0] as number[];
  throw new NeusimError('FEWSHOT_BACKBONE', `the backbone takes ${told}, but an image is [${shape}]`, {
    data: { backbone, takes, image: [...shape] },
    hint: height
      ? `Give images its size, transform: { "resize": ${height}, "centerCrop": ${height} }, or use another backbone.`
      : 'Use a backbone for images of that size.',
  });
}

/** A size that is open fits any. */
const fits = (takes: readonly (number | null)[], shape: readonly number[]) =>
  takes.length === shape.length && takes.every((size, axis) => size === null || size === shape[axis]);

type FileSpec = Extract<FewShotConfig['backbone'], { readonly file: string }>;

export const isFile = (backbone: FewShotConfig['backbone']): backbone is FileSpec =>
  typeof backbone !== 'string' && !('name' in backbone);

async function fromFile(
  registry: AnyRegistry,
  spec: FileSpec,
  files: Pick<TrainFiles, 'modelFile'>,
  inputShape: readonly number[],
): Promise<LayersModel> {
  const { file, layer } = spec;
  const isUrl = /^(https?|indexeddb|localstorage):/.test(file);
  const network = await loadBackbone(registry, isUrl ? file : (files.modelFile(file) as never));
  let mine = network;
  try {
    if ('as' in spec) return mobilenetBackbone(network, { inputShape, layer });
    mine = cutHead(network, layer);
    return spec.frozen ? freezeNetwork(mine) : mine;
  } catch (error) {
    disposeModel(mine);
    throw error;
  }
}

async function fromName(
  registry: AnyRegistry,
  { name, options }: ReturnType<typeof splitPart>,
  shape: readonly number[],
  seed: number,
): Promise<LayersModel> {
  if (name === IDENTITY) return identity(shape);
  const make = (given: object) => {
    const all = { inputShape: [...shape], seed, ...given, ...options };
    return whenReady(registry, () => inPath('backbone', () => registry.make('model', name, all) as Model));
  };
  const model = await make({ head: 'none' }).catch((error: unknown) => {
    // Not every network can be built without its head: that is then cut off.
    const isHead =
      error instanceof NeusimError && error.data.path === 'backbone.head' && !('head' in options);
    if (isHead) return make({});
    throw error;
  });
  return cutHead(await whenReady(registry, () => model.build()));
}

/** Images as vectors. */
function identity(shape: readonly number[]): LayersModel {
  const images = input({ name: 'image', shape: [...shape] });
  // Flattening wants something to flatten.
  const layer =
    shape.length > 1
      ? layers.flatten({ name: 'embedding' })
      : layers.activation({ name: 'embedding', activation: 'linear' });
  const embedding = layer.apply(images) as SymbolicTensor;
  return makeModel({ name: IDENTITY, inputs: images, outputs: embedding });
}
