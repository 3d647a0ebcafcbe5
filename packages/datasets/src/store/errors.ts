// The ways in which making or reading decoded images can fail.

import { NeusimError } from '@neusim/registry';

/** @param file of the image, or archive and entry. @param reason why it does not decode. */
export function badImage(file: string, reason: string, cause?: unknown) {
  return new NeusimError('DATASET_BAD_IMAGE', `${file}: ${reason}`, {
    data: { file, reason },
    hint: 'fetch it again or take it away; "skipCorrupt": true leaves out every image that does not decode',
    cause,
  });
}

/** @param names of the images that were left out. */
export function skippedImages(names: readonly string[], total: number, reason: string) {
  const some = names.slice(0, 3).join(', ');
  const more = names.length > 3 ? ', …' : '';
  return new NeusimError(
    'DATASET_SKIPPED',
    `${names.length} of ${total} images do not decode and are left out: ${some}${more} (${reason})`,
    { data: { count: names.length, total, files: names.slice(0, 100) }, hint: 'fetch them again' },
  );
}

export function emptyClass(dataset: string, name: string, split: string, where?: string) {
  return new NeusimError(
    'DATASET_EMPTY_CLASS',
    `class "${name}" of ${dataset} has no image to ${split} on${where ? ` in ${where}` : ''}`,
    {
      data: { dataset, class: name, split, ...(where !== undefined && { folder: where }) },
      hint: 'PNG, JPEG and WebP are read: put some there, or take the class away',
    },
  );
}

export function tooLarge(dataset: string, bytes: number, memory: number) {
  const mib = (of: number) => `${Math.ceil(of / 2 ** 20)} MiB`;
  return new NeusimError(
    'DATASET_TOO_LARGE',
    `${dataset} takes ${mib(bytes)} of memory; ${mib(memory)} are allowed`,
    {
      data: { dataset, bytes, memory },
      hint: 'open it with a cache, which holds what does not fit, or raise `memory`, or take a smaller "size" or "limit"',
    },
  );
}

/** @param images that are kept; they need not be decoded again. */
function cacheFailed(file: string, bytes: number, images: number, cause: NeusimError) {
  const { reason } = cause.data;
  const full = reason === 'ENOSPC' || reason === 'EDQUOT' || reason === 'QuotaExceededError';
  const what = full ? 'the disk is full' : String(reason ?? cause.message);
  const kept = images > 0 ? `; ${images} images are kept` : '';
  return new NeusimError(
    'DATASET_CACHE_FAILED',
    `decoded images cannot be written to ${file}: ${what}${kept}`,
    {
      data: { file, reason, bytes, images },
      hint: `the whole file takes ${Math.ceil(bytes / 2 ** 20)} MiB: make room, or name a folder elsewhere in the environment variable NEUSIM_CACHE`,
      cause,
    },
  );
}

/**
 * What `write` gives.
 * @param kept tells how many images are kept where it fails.
 * @throws NeusimError `DATASET_CACHE_FAILED` in place of `PLATFORM_WRITE_FAILED`
 */
export async function toCache<T>(
  file: string,
  bytes: number,
  kept: () => number,
  write: () => Promise<T>,
): Promise<T> {
  try {
    return await write();
  } catch (cause) {
    if (!(cause instanceof NeusimError) || cause.code !== 'PLATFORM_WRITE_FAILED') throw cause;
    throw cacheFailed(file, bytes, kept(), cause);
  }
}

export function cacheBusy(file: string) {
  return new NeusimError('DATASET_CACHE_BUSY', `another process writes to ${file}`, {
    data: { file },
    hint: 'wait until it has decoded the images, then open the data set again: it will be there',
  });
}

/** @param image the first that is not as it was written. */
export function cacheDamaged(file: string, image: number, cause?: unknown) {
  return new NeusimError('DATASET_CACHE_DAMAGED', `${file}: image ${image} is damaged`, {
    data: { file, image },
    hint: 'open the data set again: the file is made anew',
    cause,
  });
}
