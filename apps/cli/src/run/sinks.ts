// Where a run's events go besides the terminal and events.jsonl.

import { createTensorBoardSink } from '@neusim/export';
import * as platform from '@neusim/platform';
import type { EventSink } from '@neusim/train';

export interface SinkOptions {
  /** Folder of a TensorBoard event file; true: `tensorboard` in the run's folder. */
  readonly tensorboard?: string | true;
}

/**
 * The sinks that a command line asks for.
 * @param out folder of the run.
 * @throws NeusimError EXPORT_BAD_FOLDER
 */
export async function openSinks(out: string, { tensorboard }: SinkOptions): Promise<EventSink[]> {
  if (tensorboard === undefined) return [];
  const folder = tensorboard === true ? platform.joinPath(out, 'tensorboard') : tensorboard;
  return [await createTensorBoardSink(platform, folder)];
}
