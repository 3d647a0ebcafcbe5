// The npm registry that the user has configured.

import { exec } from 'node:child_process';
import { promisify } from 'node:util';
import type { Terminal } from '../terminal/terminal';

/** As npm would use it; '' where there is no npm. */
export async function npmRegistry({ env }: Pick<Terminal, 'env'>): Promise<string> {
  const named = env.npm_config_registry ?? env.NPM_CONFIG_REGISTRY;
  if (named) return named;
  try {
    // Through a shell, since npm is a script there on Windows.
    const { stdout } = await promisify(exec)('npm config get registry', { timeout: 20_000 });
    return stdout.trim();
  } catch {
    return '';
  }
}
