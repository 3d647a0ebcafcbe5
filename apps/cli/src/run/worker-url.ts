// Where the command line's workers are: built entries beside this file's chunk in dist.

/** Takes its part of each batch of `neusim train`. */
export const trainWorkerUrl = new URL('./train-worker.js', import.meta.url);

/** Decodes images of data sets. */
export const decodeWorkerUrl = new URL('./decode-worker.js', import.meta.url);
