// The ways in which fetching can fail, each with what was met, what was wanted, and what to do.

import { NeusimError } from '@neusim/registry';
import type { Algorithm } from './checksum';

/** A failure of the network, or of a server for a while: the same may go well the next time. */
export class NetworkFailure extends Error {
  constructor(
    readonly url: string,
    readonly reason: string,
    cause?: unknown,
  ) {
    super(`${url}: ${reason}`, { cause });
  }
}

/** What went wrong at one of the places where a file is to be had. */
export interface Attempt {
  readonly url: string;
  readonly reason: string;
}

const list = (attempts: readonly Attempt[]) =>
  attempts.map(({ url, reason }) => `${url} (${reason})`).join(', ');

/** @param kept bytes of the part that is kept; 0: nothing has arrived. */
export function unreachable(file: string, attempts: readonly Attempt[], kept: number) {
  return kept > 0
    ? new NeusimError('DATA_BROKEN_OFF', `${file}: broken off after ${kept} bytes: ${list(attempts)}`, {
        data: { file, attempts, kept },
        hint: 'what has arrived is kept: the same again goes on with it',
      })
    : new NeusimError('DATA_OFFLINE', `${file} is not to be had: ${list(attempts)}`, {
        data: { file, attempts },
        hint: 'check the network',
      });
}

export function refused(url: string, status: number) {
  return new NeusimError('DATA_HTTP', `${url}: HTTP ${status}`, {
    data: { url, status },
    hint: 'the file may have moved: look at the home page of the data set',
  });
}

export function wrongLength(url: string, met: number, wanted: number) {
  return new NeusimError('DATA_WRONG_LENGTH', `${url} has ${met} bytes; wanted: ${wanted}`, {
    data: { url, met, wanted },
    hint: 'the server has another file, or a page in its place',
  });
}

export function tooLong(url: string, allowed: number) {
  return new NeusimError(
    'DATA_TOO_LARGE',
    `${url} goes on after ${allowed} bytes, which are all that is allowed`,
    {
      data: { url, allowed },
      hint: 'the server has another file; nothing of it was kept',
    },
  );
}

export function wrongChecksum(file: string, algorithm: Algorithm, met: string, wanted: string) {
  return new NeusimError('DATA_WRONG_CHECKSUM', `${file}: ${algorithm} ${met}; wanted: ${wanted}`, {
    data: { file, algorithm, met, wanted },
    hint: 'nothing of it was kept: fetch it again, from another place if it happens again',
  });
}

const FULL = new Set(['ENOSPC', 'EDQUOT', 'QuotaExceededError']);

/** A failed write because of a full disk gets a code of its own; other errors are given back as they are. */
export function ifDiskFull(error: unknown, kept: number, wanted: number | undefined): unknown {
  if (!(error instanceof NeusimError && FULL.has(String(error.data.reason)))) return error;
  const { path, reason } = error.data;
  const more = wanted === undefined ? '' : `; ${wanted - kept} more are wanted`;
  return new NeusimError('DATA_DISK_FULL', `${path}: the disk is full after ${kept} bytes${more}`, {
    data: { path, reason, kept, wanted },
    hint: 'make room, and do the same again: it goes on with what is there',
    cause: error,
  });
}
