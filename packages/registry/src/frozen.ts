// Parsed options travel as frozen data. Plain objects and arrays are copied, so that nobody's own value is
// frozen under their hands; what is alive (an instance, a function, an object that carries functions, such as
// a part of a layer) keeps its identity and passes through as it is.

/** A copy of `value` whose plain objects and arrays are frozen at every depth. */
export function frozen<T>(value: T): T;
export function frozen(value: unknown): unknown {
  if (Array.isArray(value)) return Object.freeze(value.map((member) => frozen(member)));
  if (typeof value !== 'object' || value === null) return value;
  const plain = Object.getPrototypeOf(value) === Object.prototype;
  const members = Object.entries(value);
  if (!plain || members.some(([, member]) => typeof member === 'function')) return value;
  return Object.freeze(Object.fromEntries(members.map(([key, member]) => [key, frozen(member)])));
}
