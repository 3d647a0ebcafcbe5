/** The same work in engines outside JavaScript, those that are installed: an optional part of the suite. */
import { fileURLToPath } from 'node:url';
import type { Engines } from './engines';
import { benchOnnxruntime } from './peers/onnxruntime';
import { benchPytorch } from './peers/pytorch';
import type { Findings } from './report';

/** Beside `src` and `dist`. */
const pytorchScript = fileURLToPath(new URL('../peers/pytorch.py', import.meta.url));

export async function benchPeers(_: Engines, quick: boolean): Promise<Findings> {
  const found = [await benchOnnxruntime(quick), await benchPytorch(quick, pytorchScript)];
  return {
    rows: found.flatMap(({ rows }) => rows),
    ratios: {},
    notRun: found.flatMap(({ notRun = [] }) => notRun),
  };
}
