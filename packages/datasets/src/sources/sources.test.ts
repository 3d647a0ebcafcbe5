import { expect, test } from 'vitest';
import { publications } from '.';
import type { Checksums } from './types';

const digits = { md5: 32, sha256: 64, sha512: 128 } as const;

function requireChecksums(sums: Checksums) {
  for (const [name, length] of Object.entries(digits)) {
    const met = sums[name as keyof Checksums];
    if (met !== undefined) expect(met).toMatch(new RegExp(`^[0-9a-f]{${length}}$`));
  }
}

test.each(publications.map((each) => [each.name, each] as const))(
  '%s is well-formed',
  (name, publication) => {
    expect(name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
    const { files, sources, terms, citation, homepage } = publication;
    for (const text of [terms.text, citation]) expect(text).not.toBe('');
    expect(homepage).toMatch(/^https?:/);
    for (const file of files) for (const each of [file, file.or ?? {}]) requireChecksums(each);
    for (const source of sources) {
      if (source.from === 'npm') {
        requireChecksums(source);
        continue;
      }
      for (const download of 'files' in source ? source.files : source.archives) {
        expect(download.md5).toBeDefined();
        requireChecksums(download);
        expect(download.bytes).toBeGreaterThan(0);
        expect(download.urls.length).toBeGreaterThan(0);
        for (const url of download.urls) expect(url.endsWith(`/${download.name}`)).toBe(true);
      }
    }
  },
);
