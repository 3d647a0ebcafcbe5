/**
 * What some engines can do beyond running kernels. An engine's `start` tells it here, under tfjs's name of the backend;
 * callers ask for the current engine's, and go without where it has none.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { CapturedStep, StepState, TensorStep } from './step';

export interface Compilation {
  /** Programs compiled. */
  readonly pipelines: number;
  readonly ms: number;
}

export interface EngineAbilities {
  /** Compiles what `f` would run; runs nothing, and leaves what `f` computes unwritten. */
  compile?(f: () => void): Promise<Compilation>;
  /** Records `step` and replays it. */
  capture?(step: TensorStep, state: readonly StepState[]): CapturedStep;
}

const abilities = new Map<string, EngineAbilities>();

export function setEngineAbilities(backendName: string, able: EngineAbilities): void {
  abilities.set(backendName, able);
}

/** Of the current engine. */
export const engineAbilities = (): EngineAbilities => abilities.get(tf.getBackend()) ?? {};
