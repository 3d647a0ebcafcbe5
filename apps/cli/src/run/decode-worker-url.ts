// Where the worker that decodes images is.

/** The built entry beside this file's chunk in dist. */
export const decodeWorkerUrl = new URL('./decode-worker.js', import.meta.url);
