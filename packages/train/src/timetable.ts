/** When a run tests, saves and ends: of its config, its step and its history alone. */
import { bestOf } from './best';
import type { History } from './events';
import type { Objective } from './objective';

type Of = Pick<Objective, 'config' | 'keepBest'>;

/** Whether `step` is the last one, or one of every so many; 0: none of those. */
export function isDue({ config }: Pick<Of, 'config'>, step: number, every: number): boolean {
  return step >= config.steps || (step > 0 && every > 0 && step % every === 0);
}

/** All steps are done, or tests get no better any more. */
export function isFinished({ config, keepBest }: Of, step: number, { evaluations }: History): boolean {
  if (step >= config.steps) return true;
  const { patience = 0 } = keepBest ?? {};
  const best = bestOf(evaluations);
  return patience > 0 && best !== undefined && evaluations.length > evaluations.indexOf(best) + patience;
}

export function evaluationIsDue(of: Of, step: number, { evaluations }: History): boolean {
  return isDue(of, step, of.config.evaluation.every) && !evaluations.some((done) => done.step === step);
}

/** @param savedAt time of the last one, in milliseconds as of `performance.now()`. */
export function checkpointIsDue(of: Of, step: number, history: History, savedAt: number): boolean {
  const { every, seconds } = of.config.checkpoint;
  const late = seconds > 0 && performance.now() - savedAt >= 1000 * seconds;
  return late || isFinished(of, step, history) || isDue(of, step, every);
}
