/** Weights of what could not be built: tfjs keeps a list of all variables, and none of them is garbage to it. */
import { engine, type Variable } from '@tensorflow/tfjs-core';

/** Remembers the variables there are, and returns what disposes of all that came since. */
export function markVariables(): () => void {
  const before = new Set(variables());
  return () => {
    for (const variable of variables()) if (!before.has(variable)) variable.dispose();
  };
}

/** What `work` returns; where it throws, the variables that it made are disposed of. */
export function disposeNewVariables<T>(work: () => T): T {
  const undo = markVariables();
  try {
    return work();
  } catch (error) {
    undo();
    throw error;
  }
}

function variables(): Variable[] {
  return Object.values(engine().state.registeredVariables);
}
