// How names, versions and references are written, and the errors for what is not so written.

import { NeusimError } from './error';
import { isKind, type Kind, kinds } from './kinds';
import { show } from './show';
import { unknown } from './unknown';

const rules = {
  'a name': [/^[a-z0-9]+(-[a-z0-9]+)*$/, 'REGISTRY_BAD_NAME', 'static-uns'],
  'a plug-in name': [/^(@[a-z0-9-]+\/)?[a-z0-9]+(-[a-z0-9]+)*$/, 'REGISTRY_BAD_NAME', 'my-plugin'],
  'a version': [/^\d+\.\d+\.\d+([-+][\w.+-]+)?$/, 'REGISTRY_BAD_VERSION', '1.0.0'],
  'a reference': [/^[^:]+:[^:]+$/, 'REGISTRY_BAD_REF', 'similarity:static-uns'],
} as const;

/** @throws NeusimError `REGISTRY_BAD_NAME`, `REGISTRY_BAD_VERSION`, `REGISTRY_BAD_REF` */
export function checkSpelling(what: keyof typeof rules, met: unknown, of: string): void {
  const [rule, code, example] = rules[what];
  if (typeof met === 'string' && rule.test(met)) return;
  throw new NeusimError(code, `${of}: ${show(met)} is not ${what}`, {
    data: { of, met, allowed: rule.source },
    hint: `write it like "${example}"`,
  });
}

/** @throws NeusimError `REGISTRY_UNKNOWN_KIND` */
export function checkKind(kind: unknown): asserts kind is Kind {
  if (!isKind(kind)) throw unknown('REGISTRY_UNKNOWN_KIND', 'kind', String(kind), kinds);
}

/** `name@version` in two; a scope's leading @ belongs to the name. */
export function splitVersion(text: string): [name: string, version?: string] {
  return text.split(/(?<=.)@/, 2) as [string, string?];
}

/** Whether the major number asked for, if any, is the one present. */
export function sameMajor(asked: string | undefined, present: string): boolean {
  return !asked || Number.parseInt(asked, 10) === Number.parseInt(present, 10);
}

/**
 * @param by who asks, where it is a definition.
 * @throws NeusimError `REGISTRY_VERSION`
 */
export function checkMajor(what: string, asked: string | undefined, present: string, by?: string): void {
  if (sameMajor(asked, present)) return;
  const wanted = by === undefined ? asked : `${asked}, which ${by} requires`;
  throw new NeusimError('REGISTRY_VERSION', `${what} is version ${present}, not ${wanted}`, {
    data: { what, asked, present, by },
    hint:
      by === undefined
        ? `install the plug-in in version ${asked}`
        : `install versions that fit: of ${what}, or of the plug-in of ${by}`,
  });
}
