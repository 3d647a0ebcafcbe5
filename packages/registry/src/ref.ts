// References as text: `kind:name` and `kind:name@version`, in `ready`, `requires` and saved files. Also the
// spelling of names and versions.

import { NeusimError } from './error';
import { isKind, type Kind, kinds } from './kinds';
import { show } from './show';
import { suggest } from './suggest';
import type { Ref } from './types';

const kebab = /^[a-z0-9]+(-[a-z0-9]+)*$/;
const scopedKebab = /^(@[a-z0-9]+(-[a-z0-9]+)*\/)?[a-z0-9]+(-[a-z0-9]+)*$/;
const semver = /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$/;

/** @throws NeusimError `REGISTRY_UNKNOWN_KIND` */
export function checkKind(kind: unknown): asserts kind is Kind {
  if (isKind(kind)) return;
  const nearest = suggest(String(kind), kinds);
  throw new NeusimError('REGISTRY_UNKNOWN_KIND', `${show(kind)} is not a kind; kinds: ${kinds.join(', ')}`, {
    data: { kind, known: kinds, nearest },
    hint: nearest ? `did you mean "${nearest}"?` : 'use one of the kinds listed',
  });
}

/** @throws NeusimError `REGISTRY_BAD_NAME` */
export function checkName(name: unknown, what: 'definition' | 'plugin'): void {
  const allowed = what === 'plugin' ? scopedKebab : kebab;
  if (typeof name === 'string' && allowed.test(name)) return;
  throw new NeusimError('REGISTRY_BAD_NAME', `${show(name)} cannot be the name of a ${what}`, {
    data: { name, allowed: allowed.source },
    hint: 'names are lower-kebab: small letters and digits, joined by single hyphens, as in "static-uns"',
  });
}

/** @throws NeusimError `REGISTRY_BAD_VERSION` */
export function checkVersion(version: unknown, of: string): void {
  if (typeof version === 'string' && semver.test(version)) return;
  throw new NeusimError('REGISTRY_BAD_VERSION', `${of} has the version ${show(version)}`, {
    data: { of, version },
    hint: 'versions are semantic, as in "1.0.0"',
  });
}

/** Splits `name@version`; a scope's leading @ is part of the name. */
export function splitVersion(text: string): { name: string; version: string | undefined } {
  const at = text.lastIndexOf('@');
  return at > 0
    ? { name: text.slice(0, at), version: text.slice(at + 1) }
    : { name: text, version: undefined };
}

/**
 * The kind and the name (still with its version) of a reference.
 * @throws NeusimError `REGISTRY_BAD_REF`, `REGISTRY_UNKNOWN_KIND`
 */
export function readRef(ref: Ref): { kind: Kind; name: string } {
  if (typeof ref === 'object' && ref !== null) return ref;
  const colon = String(ref).indexOf(':');
  if (colon < 0) {
    throw new NeusimError('REGISTRY_BAD_REF', `${show(ref)} is not a reference`, {
      data: { ref },
      hint: 'write kind:name, as in "similarity:static-uns"',
    });
  }
  const kind = ref.slice(0, colon);
  checkKind(kind);
  return { kind, name: ref.slice(colon + 1) };
}

/**
 * Refuses a version asked for whose major number is another than the one there is.
 * @throws NeusimError `REGISTRY_VERSION`
 */
export function checkMajor(what: string, asked: string | undefined, present: string): void {
  if (asked === undefined || sameMajor(asked, present)) return;
  throw new NeusimError('REGISTRY_VERSION', `${what} is version ${present} here; ${asked} was asked for`, {
    data: { what, asked, present },
    hint: `install the plug-in whose ${what} has the major version ${asked.split('.')[0]}, or make the file anew`,
  });
}

/** Whether two versions agree in their first number. */
export function sameMajor(asked: string, present: string): boolean {
  return asked.split('.')[0] === present.split('.')[0];
}
