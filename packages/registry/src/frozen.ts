// Parsed options travel as frozen data. Plain objects and arrays are copied, so that nobody's own value is
// frozen under their hands; what is alive (an instance, a function, an object that carries functions, such as
// a part of a layer) keeps its identity and passes through as it is.

const isData = (value: unknown): value is Record<string, unknown> | unknown[] => {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return (
    (Array.isArray(value) || prototype === Object.prototype || prototype === null) &&
    !Object.values(value).some((member) => typeof member === 'function')
  );
};

/** A copy of `value` whose plain objects and arrays are frozen at every depth. */
export function frozen<T>(value: T, done = new Map<unknown, unknown>()): T {
  if (!isData(value)) return value;
  const known = done.get(value);
  if (known) return known as T;
  const copy: Record<string, unknown> | unknown[] = Array.isArray(value) ? [] : {};
  done.set(value, copy);
  for (const [key, member] of Object.entries(value)) {
    // defineProperty: a key called __proto__ must stay a key.
    Object.defineProperty(copy, key, { value: frozen(member, done), enumerable: true });
  }
  return Object.freeze(copy) as T;
}
