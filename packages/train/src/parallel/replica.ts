/**
 * The worker's side of training and testing: a copy of the model, made from its topology, that gets the weights of
 * every step and gives the gradients of its part of the batch. It keeps nothing else from one request to the next.
 */
import {
  type CapturedStep,
  describeWeights,
  loadModel,
  startBackend,
  type WeightInfo,
  withBatchNormAcross,
} from '@neusim/core';
import type { Mixed } from '@neusim/datasets';
import { disposeModel } from '@neusim/models';
import { type AnyRegistry, NeusimError } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { TrainConfig } from '../config';
import { Moved } from '../pool/messages';
import type { PoolWorker, Tasks } from '../pool/serve';
import { inference, type Score, scoreBatch } from '../score';
import { trainingStep } from '../training-step';
import { type Place, writeWeights } from './layout';

/** What a worker makes its copy from. */
export interface OpenItem {
  /** tfjs's name of the engine. */
  readonly backend: string;
  /** What the owner's was started with. */
  readonly backendOptions: object | undefined;
  readonly topology: object;
  readonly places: readonly Place[];
  /** Memory shared with the owner, where there is any: for weights, and for this worker's gradients. */
  readonly shared: { readonly weights: Float32Array; readonly gradients: Float32Array } | null;
}

/** The arrays of a request where no memory is shared: they come with it and go back with the answer. */
export interface Cargo {
  readonly weights?: Float32Array<ArrayBuffer>;
  readonly gradients?: Float32Array<ArrayBuffer>;
}

/** A part of a batch. */
export interface Part {
  readonly images: Float32Array;
  readonly labels: Int32Array;
  readonly shape: [number, number, number, number];
  /** Of a step, where the batch is mixed. */
  readonly mixed?: Mixed | undefined;
}

export interface StepItem extends Part, Cargo {
  /** Of this part in the whole batch. */
  readonly share: number;
  readonly loss: TrainConfig['loss'];
  readonly syncBatchNorm: boolean;
}

export interface StepAnswer extends Cargo {
  /** This part's share of the whole batch's loss. */
  readonly loss: number;
  /** Places of trainable weights that the loss does not reach. */
  readonly unreached: readonly number[];
}

export interface ReplicaOptions {
  /** Starts an engine; default: `startBackend` of `@neusim/core` with the registry. */
  readonly start?: (backend: string, options: object | undefined) => Promise<unknown>;
}

/**
 * What a worker has to be able to do for `train` and `evaluate`: give these to `serveTasks`.
 * @param registry knows the parts of the models, and the engine.
 */
export function trainTasks(
  registry: AnyRegistry,
  { start = (backend, options) => startBackend(registry, backend, options) }: ReplicaOptions = {},
): Tasks {
  let replica: Replica | undefined;
  /** The engine that runs, and its options. */
  let running: string | undefined;
  const opened = () => {
    if (replica) return replica;
    throw new NeusimError('POOL_NO_MODEL', 'the worker has been given no model', {
      hint: 'Open replicas first: train and evaluate do.',
    });
  };
  return {
    'neusim/open': async (item: OpenItem) => {
      const engine = JSON.stringify([item.backend, item.backendOptions]);
      if (engine !== running) {
        // A worker is one thread: in an isolated page tfjs-wasm would start as many as there are cores in each.
        tf.env().setFlags({ ...tf.env().getFlags(), WASM_HAS_MULTITHREAD_SUPPORT: false });
        await start(item.backend, item.backendOptions);
        running = engine;
      }
      replica?.dispose();
      replica = undefined;
      replica = await Replica.open(registry, item);
    },
    'neusim/load': (cargo: Cargo) => opened().load(cargo),
    'neusim/step': (item: StepItem, worker: PoolWorker) => opened().step(item, worker),
    'neusim/score': (part: Part): Promise<Score> => opened().score(part),
  };
}

class Replica {
  private readonly trainable: readonly WeightInfo[];
  private readonly infer: CapturedStep;

  private constructor(
    private readonly model: LayersModel,
    private readonly weights: readonly WeightInfo[],
    private readonly item: OpenItem,
  ) {
    this.trainable = weights.filter((_, index) => item.places[index]?.trainable);
    this.infer = inference(model);
  }

  static async open(registry: AnyRegistry, item: OpenItem): Promise<Replica> {
    const artifacts = { modelTopology: item.topology, format: 'layers-model' };
    const model = await loadModel(registry, { load: async () => artifacts });
    const own = new Map(describeWeights(model).map((weight) => [weight.name, weight]));
    const weights = item.places.map(({ name, shape }) => {
      const weight = own.get(name);
      if (weight && String(weight.variable.shape) === String(shape)) return weight;
      disposeModel(model);
      throw new NeusimError('POOL_OTHER_MODEL', `the worker's model has no weight ${name} of [${shape}]`, {
        data: { weight: name, wanted: shape, met: weight?.variable.shape },
        hint: "Give the worker's registry the plug-ins, in the versions, that the owner's has.",
      });
    });
    return new Replica(model, weights, item);
  }

  load(cargo: Cargo): unknown {
    const { shared, places } = this.item;
    writeWeights(this.weights, places, (shared ?? cargo).weights as Float32Array);
    return moved(cargo, {});
  }

  async step(item: StepItem, { rank, gather }: PoolWorker): Promise<unknown> {
    this.load(item);
    const { places, shared } = this.item;
    const gradients = (shared ?? item).gradients as Float32Array;
    const compute = () => trainingStep(this.model, this.trainable, item, item.loss, item.share);
    const { loss, grads } = item.syncBatchNorm ? withBatchNormAcross(gather, compute) : compute();
    const unreached: number[] = [];
    for (const [index, place] of places.entries()) {
      const { variable } = this.weights[index] as WeightInfo;
      const into = gradients.subarray(place.from, place.to);
      if (!place.trainable) addUp(into, (await variable.read().data()) as Float32Array, place, item, rank);
      else if (grads[variable.name]) into.set((await grads[variable.name]?.data()) as Float32Array);
      else unreached.push(index);
    }
    const [value] = await loss.data();
    tf.dispose([loss, grads]);
    const { weights, gradients: own } = item;
    const answer: StepAnswer = { loss: value as number, unreached };
    return moved({ ...(weights && { weights }), ...(own && { gradients: own }) }, answer);
  }

  score(part: Part): Promise<Score> {
    return scoreBatch(this.infer, part);
  }

  dispose(): void {
    this.infer.dispose();
    disposeModel(this.model);
  }
}

/**
 * What the training step itself changed (running statistics), so that the ranks' values add up to the mean over all
 * images; to the first rank's, where all have the same or where numbers are whole.
 */
function addUp(
  into: Float32Array,
  values: Float32Array,
  { dtype }: Place,
  { syncBatchNorm, share }: StepItem,
  rank: number,
): void {
  const weight = syncBatchNorm || dtype !== 'float32' ? Number(rank === 0) : share;
  for (let i = 0; i < into.length; i++) into[i] = weight * (values[i] as number);
}

/** Sends the arrays that came back with the answer. */
function moved(cargo: Cargo, answer: object): unknown {
  const { weights, gradients } = cargo;
  const back = { ...answer, ...(weights && { weights }), ...(gradients && { gradients }) };
  return new Moved(
    back,
    [weights, gradients].flatMap((each) => (each ? [each.buffer] : [])),
  );
}
