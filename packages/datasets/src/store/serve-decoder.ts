// A worker that decodes images, and the messages to and from it.

import type { Platform, WorkerPort } from '@neusim/platform';
import { NeusimError } from '@neusim/registry';
import { type DecodeOptions, decodeToSize } from './decode';

export interface ToDecoder {
  readonly id: number;
  readonly bytes: Uint8Array;
}

export interface FromDecoder {
  readonly id: number;
  /** [height, width, channels] */
  readonly pixels?: Uint8Array;
  readonly error?: Pick<NeusimError, 'code' | 'message' | 'data' | 'hint'>;
}

/**
 * Decodes what the port's other side sends: the whole of a worker for `OpenOptions.workers`.
 *
 * @example
 * import { serveDecoder } from '@neusim/datasets';
 * import * as platform from '@neusim/platform';
 * serveDecoder(await platform.port(), platform);
 */
export function serveDecoder(port: WorkerPort, images: Pick<Platform, 'decodeImage'>): void {
  const options = port.data as DecodeOptions;
  port.onMessage(async (message) => {
    const { id, bytes } = message as ToDecoder;
    const answer = (of: Omit<FromDecoder, 'id'>, transfer?: ArrayBuffer[]) =>
      port.post({ id, ...of }, transfer);
    try {
      const decoded = await decodeToSize(images, bytes, options);
      // A view would take its whole buffer along.
      const pixels = decoded.byteLength === decoded.buffer.byteLength ? decoded : decoded.slice();
      answer({ pixels }, [pixels.buffer as ArrayBuffer]);
    } catch (error) {
      const told =
        error instanceof NeusimError
          ? error
          : new NeusimError('DATASET_DECODER_FAILED', String((error as Error)?.message ?? error));
      answer({ error: told.toJSON() });
    }
  });
}
