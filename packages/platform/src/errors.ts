// The ways in which a file can fail, as coded errors.

import { NeusimError } from '@neusim/registry';

export function fileMissing(path: string, cause?: unknown) {
  return new NeusimError('PLATFORM_FILE_MISSING', `no file at ${path}`, {
    data: { path },
    hint: 'check the path',
    cause,
  });
}

export function readFailed(path: string, reason: string, cause?: unknown) {
  return new NeusimError('PLATFORM_READ_FAILED', `${path} cannot be read: ${reason}`, {
    data: { path, reason },
    hint: 'check that it is what you expect (a file or a folder) and that you may read it',
    cause,
  });
}

/** @param bytes of the file, at least. */
export function fileTooLarge(path: string, bytes: number, maxBytes: number) {
  return new NeusimError(
    'PLATFORM_TOO_LARGE',
    `${path} holds ${bytes} bytes or more; ${maxBytes} are allowed`,
    { data: { path, bytes, maxBytes }, hint: 'check where the file comes from' },
  );
}

export function writeFailed(path: string, reason: string, cause?: unknown) {
  return new NeusimError('PLATFORM_WRITE_FAILED', `${path} cannot be written: ${reason}`, {
    data: { path, reason },
    hint: 'check that its folder exists, that you may write there, and that the disk is not full',
    cause,
  });
}
