// Where the worker of `neusim train` is.

/** The built entry beside this file's chunk in dist. */
export const trainWorkerUrl = new URL('./train-worker.js', import.meta.url);
