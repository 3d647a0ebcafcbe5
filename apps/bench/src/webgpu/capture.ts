/**
 * Captured steps, as the row `replayCpuVsEager` needs them: the one place that knows who makes them. `captureStep`
 * says why there are none where the packages have none.
 */
import type { Workload } from '../training-step';

export interface Replay {
  /** One step, handed over to the queue; returns when `submit` has. */
  run(): void;
  dispose(): void;
}

export type CaptureStep = (net: Workload) => Promise<Replay>;

/** Records one step of the network on the current backend. */
export const captureStep: CaptureStep | { readonly missing: string } = {
  missing: 'the packages capture no steps yet',
};
