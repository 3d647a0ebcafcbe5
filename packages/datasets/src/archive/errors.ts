// The ways in which an archive can be refused, each told with the archive's path and the entry's name.

import { NeusimError } from '@neusim/registry';

/** Names of entries may hold anything: no control characters get out, and not more than a line. */
const shown = (entry: string) => JSON.stringify(entry.length > 200 ? `${entry.slice(0, 200)}…` : entry);

const where = (archive: string, entry: string | undefined) =>
  entry === undefined ? archive : `${archive}, entry ${shown(entry)}`;

/** A name that leaves its folder, a link, or a device. */
export function unsafeEntry(archive: string, entry: string, what: string) {
  return new NeusimError('ARCHIVE_UNSAFE_ENTRY', `${where(archive, entry)}: ${what}`, {
    data: { file: archive, entry, what },
    hint: 'nothing of this archive is to be trusted: fetch it from the place that published it',
  });
}

/** @param bytes (or entries) met, at least. */
export function archiveTooLarge(
  archive: string,
  entry: string | undefined,
  met: number,
  allowed: number,
  unit: 'bytes' | 'entries' = 'bytes',
) {
  const message = `${where(archive, entry)}: ${met} ${unit} or more when unpacked; ${allowed} are allowed`;
  return new NeusimError('ARCHIVE_TOO_LARGE', message, {
    data: { file: archive, entry, met, allowed, unit },
    hint: 'check where the archive comes from',
  });
}

/** @param entry the last one met. */
export function archiveTruncated(archive: string, entry: string | undefined, cause?: unknown) {
  return new NeusimError('ARCHIVE_TRUNCATED', `${where(archive, entry)}: the archive is cut short`, {
    data: { file: archive, entry },
    hint: 'fetch the archive again',
    cause,
  });
}

/** @param entry the last one met. */
export function badGzip(archive: string, entry: string | undefined, cause: unknown) {
  return new NeusimError('ARCHIVE_BAD_GZIP', `${where(archive, entry)}: gzip data that do not unpack`, {
    data: { file: archive, entry },
    hint: 'the archive is damaged: fetch it again',
    cause,
  });
}

/** @param what was found instead of a whole entry or directory. */
export function archiveDamaged(archive: string, entry: string | undefined, what: string, cause?: unknown) {
  return new NeusimError('ARCHIVE_DAMAGED', `${where(archive, entry)}: ${what}`, {
    data: { file: archive, entry, what },
    hint: 'the archive is damaged, or of another kind: fetch it again',
    cause,
  });
}

/** Encrypted, or packed in a way that is not read. */
export function archiveUnsupported(archive: string, entry: string | undefined, what: string) {
  return new NeusimError('ARCHIVE_UNSUPPORTED', `${where(archive, entry)}: ${what}`, {
    data: { file: archive, entry, what },
    hint: 'unpack it with another program, and give the folder',
  });
}
