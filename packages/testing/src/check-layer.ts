/**
 * Everything a layer has to get right, in one call: the shape it promises, its values, its gradients, tensors
 * left behind, one training step, saving and loading, and odd shapes. Runs on the current tfjs backend.
 */
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { type GradientPlan, gradientRows, jointGradientRow, secondOrderRow } from './layer/gradients';
import { callRows } from './layer/leaks';
import { type ModelLoader, saveLoadRows } from './layer/save-load';
import { createSubject, type LayerBuilder, type Subject } from './layer/subject';
import { trainingRows } from './layer/training-step';
import { type LayerVariant, layerVariants, plainWindow, type WindowOptions } from './layer/variants';
import { bytesOnGpu, gpuRows, held, leftSince } from './memory';
import type { NdArray } from './oracle/array';
import { brokenRow, type CheckReport, type CheckRow, checkReport, checkRow } from './report';
import { relativeError, type Tolerance, tolerance } from './tolerance';

/**
 * A float64 reference of the layer's output. `weights` are all the model's weights in its order, `training`
 * tells which output is asked for.
 */
export type LayerOracle = (call: {
  readonly input: NdArray;
  readonly weights: readonly NdArray[];
  readonly options: WindowOptions;
  readonly training: boolean;
}) => NdArray;

export interface LayerCheck {
  /**
   * Makes the layer, or applies it to x; called afresh for every variant, so that every model owns its layers.
   * A convolution spreads `options` into its arguments; other layers ignore them.
   */
  readonly layer: LayerBuilder;
  /** Shape of one input, without the batch. */
  readonly inputShape: readonly number[];
  /** Default: `tfl.loadLayersModel`, which needs the layer's class registered. */
  readonly load?: ModelLoader;
  /** Heads the report; default `layer`. */
  readonly name?: string;
  readonly oracle?: LayerOracle;
  /** Odd shapes to try; default `layerVariants(inputShape)`. */
  readonly variants?: readonly LayerVariant[];
  /** Weights whose gradient is a surrogate on purpose (straight-through); they are only asked to be finite. */
  readonly surrogate?: (weight: string) => boolean;
  /** Whether gradients of gradients are checked too; default false, as many stock layers of tfjs have none. */
  readonly secondOrder?: boolean;
  /**
   * Directions along which the gradient by each parameter is held to slopes; default 4, and 3 of second order. One is a
   * fraction of the time, and finds what is wrong everywhere.
   */
  readonly directions?: number;
  /** Default: the row of the current backend. */
  readonly tolerance?: Tolerance;
  /** Seed of inputs and directions; default 1. */
  readonly seed?: number;
}

/**
 * Checks a layer and returns what was measured.
 * @throws NeusimError CHECK_FAILED listing the failing rows with their figures; `data.rows` holds all rows.
 * @example await checkLayer({ layer: (x) => new MyLayer().apply(x), inputShape: [8, 8, 3], load });
 */
export async function checkLayer(check: LayerCheck): Promise<CheckReport> {
  const before = held();
  const bytes = await bytesOnGpu();
  const base = { name: '', batch: 3, inputShape: check.inputShape, options: plainWindow };
  const rows = await variantRows(check, base, async (subject, shape, plan) => [
    ...(await gradientRows(subject, shape, plan)),
    ...(check.secondOrder ? [await secondOrderRow(subject, shape, plan)] : []),
    ...callRows(subject.model, plan.seed),
    ...(await trainingRows(subject, plan.seed)),
    ...(await saveLoadRows(
      subject.model,
      subject.parameters[0]!.array,
      check.load ?? ((saved) => tfl.loadLayersModel(saved)),
    )),
  ]);
  for (const variant of check.variants ?? layerVariants(check.inputShape))
    rows.push(
      ...(await variantRows(check, variant, async (subject, shape, plan) => [
        await jointGradientRow('gradient', subject, shape, plan),
      ])),
    );
  if (rows.every((row) => row.ok))
    rows.push(checkRow('tensors left by all checks', leftSince(before), 0), ...(await gpuRows(bytes)));
  return checkReport(check.name ?? 'layer', rows);
}

type MoreRows = (subject: Subject, outputShape: readonly number[], plan: GradientPlan) => Promise<CheckRow[]>;

/** Shape, finiteness and oracle of one variant, then what `more` asks; a check that throws becomes a row. */
async function variantRows(check: LayerCheck, variant: LayerVariant, more: MoreRows): Promise<CheckRow[]> {
  const { oracle, seed = 1, tolerance: allowed = tolerance(tf.getBackend()) } = check;
  const rows: CheckRow[] = [];
  let subject: Subject | undefined;
  try {
    const built = await createSubject(check.layer, variant.inputShape, variant.batch, variant.options, seed);
    subject = built;
    const values = built.parameters.map(({ array }) => array);
    const reference = (training: boolean) => async (moved: readonly NdArray[]) =>
      oracle!({ input: moved[0]!, weights: await built.weights(moved), options: variant.options, training });
    const y = await built.output(values, false);
    rows.push(shapeRow(built, y, variant.batch));
    rows.push(
      checkRow('output: values not finite', y.data.filter((value) => !Number.isFinite(value)).length, 0),
    );
    if (oracle) {
      const expected = await reference(false)(values);
      rows.push(checkRow('output against the oracle', relativeError(y.data, expected.data), allowed.forward));
    }
    rows.push(
      ...(await more(built, y.shape, {
        oracle: oracle && reference(built.training),
        allowed: allowed.gradient,
        surrogate: check.surrogate ?? (() => false),
        directions: check.directions ?? 4,
        seed,
      })),
    );
  } catch (error) {
    rows.push(brokenRow('runs', error));
  } finally {
    subject?.dispose();
  }
  return variant.name ? rows.map((row) => ({ ...row, check: `${variant.name}: ${row.check}` })) : rows;
}

function shapeRow({ model }: Subject, y: NdArray, batch: number): CheckRow {
  const promised = model.outputs[0]!.shape.map((size, axis) => (axis === 0 ? batch : size));
  const wrong =
    promised.length !== y.shape.length ||
    promised.some((size, axis) => size !== null && size !== y.shape[axis]);
  const detail = wrong ? `computeOutputShape says [${promised}], call gave [${y.shape}]` : undefined;
  return checkRow('output shape', wrong ? 1 : 0, 0, detail);
}
