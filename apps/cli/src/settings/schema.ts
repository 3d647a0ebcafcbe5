// What a schema of valibot says of itself: keys, allowed values, defaults, its line of help. A plug-in may bring a schema of
// another library: of that nothing is known, and nothing about it is refused here.

/** The fields of valibot's schemas and actions that are read. */
interface Node {
  readonly kind?: string;
  readonly type?: string;
  readonly wrapped?: Node;
  readonly default?: unknown;
  readonly pipe?: readonly Node[];
  readonly entries?: Readonly<Record<string, Node>>;
  readonly key?: string;
  readonly options?: readonly unknown[];
  readonly literal?: unknown;
  readonly item?: Node;
  readonly items?: readonly Node[];
  readonly requirement?: unknown;
  readonly description?: string;
}

/** A schema without what makes it optional. */
export interface Described {
  /** The schema within, by which a part's is known. */
  readonly schema: unknown;
  readonly isOptional: boolean;
  readonly default: unknown;
  /** Its line of help, or ''. */
  readonly about: string;
}

export function describe(schema: unknown): Described {
  let node = schema as Node;
  let isOptional = false;
  let fallback: unknown;
  let about = '';
  const see = (each: Node): void => {
    for (const part of each.pipe ?? []) {
      if (part === each) continue;
      if (part.type === 'description') about ||= part.description ?? '';
      if (part.kind === 'schema') see(part);
    }
  };
  see(node);
  while (node.wrapped && /^(optional|nullable|nullish|exact_optional|undefinedable)$/.test(node.type ?? '')) {
    isOptional ||= node.type !== 'nullable';
    fallback ??= typeof node.default === 'function' ? node.default() : node.default;
    node = node.wrapped;
    see(node);
  }
  return { schema: node, isOptional, default: fallback, about };
}

/** The keys of an object, of a variant with its discriminator's values, or of what a union has of these. */
export interface Keys {
  readonly entries: Readonly<Record<string, unknown>>;
  /** Of a variant: the values of the key that tells its forms apart. */
  readonly variant?: { readonly key: string; readonly values: readonly string[] };
}

/** The keys below a schema, for the value that stands there; undefined where there are none, or any may be. */
export function keysOf(schema: unknown, value: unknown): Keys | undefined {
  const { kind, type, entries, key = '', options = [] } = schema as Node;
  // Other libraries call theirs objects and unions too.
  if (kind !== 'schema') return undefined;
  if (type === 'strict_object') return { entries: entries ?? {} };
  if (type === 'variant') return variantKeys(key, options as readonly Node[], value);
  if (type !== 'union' || typeof value !== 'object') return undefined;
  // Which of several forms is meant is not known: of two objects nothing is told.
  const objects = options.filter((option) => /object|variant|record/.test(typeNameOf(option)));
  return objects.length === 1 ? keysOf(describe(objects[0]).schema, value) : undefined;
}

const typeNameOf = (schema: unknown) => (describe(schema).schema as Node).type ?? '';

/** Only where each form is an object that one word tells from the others. */
function variantKeys(key: string, options: readonly Node[], value: unknown): Keys | undefined {
  const forms = options.map((option) => describe(option).schema as Node);
  const names = forms.map(({ entries }) => {
    const { literal } = (entries?.[key] ? describe(entries[key]).schema : {}) as Node;
    return typeof literal === 'string' ? literal : undefined;
  });
  if (!names.every((name) => name !== undefined)) return undefined;
  const met = (value as Record<string, unknown> | undefined)?.[key];
  const form = forms[names.indexOf(met as string)];
  return { entries: form?.entries ?? {}, variant: { key, values: names } };
}

/** Words that a schema allows. */
export interface Values {
  readonly words: readonly string[];
  /** Whether there are no others. */
  readonly isClosed: boolean;
}

export function valuesOf(schema: unknown): Values {
  const { type, options = [], literal } = schema as Node;
  if (type === 'picklist' || type === 'enum') return { words: options.map(String), isClosed: true };
  if (type === 'literal') return { words: [String(literal)], isClosed: true };
  if (type === 'boolean') return { words: ['true', 'false'], isClosed: true };
  if (type !== 'union') return { words: [], isClosed: false };
  const all = options.map((option) => valuesOf(describe(option).schema));
  return { words: all.flatMap(({ words }) => words), isClosed: all.every(({ isClosed }) => isClosed) };
}

/** In a few words, what a value has to be. */
export function typeOf(schema: unknown): string {
  const node = schema as Node;
  const { type = '', options = [], item, items = [] } = node;
  switch (type) {
    case 'number':
      return numberType(node);
    case 'string':
      return 'text';
    case 'boolean':
    case 'picklist':
    case 'literal':
      return valuesOf(schema).words.join(' | ');
    case 'union':
      return options.map((option) => typeOf(describe(option).schema)).join(' | ');
    case 'array':
      return `list of: ${typeOf(describe(item).schema)}`;
    case 'tuple':
      return `[${items.map((each) => typeOf(describe(each).schema)).join(', ')}]`;
    case 'strict_object':
    case 'object':
      return `{ ${Object.keys(node.entries ?? {}).join(', ')} }`;
    default:
      return type || 'any';
  }
}

function numberType(node: Node): string {
  const actions = pipeOf(node);
  const bound = (type: string, word: string) =>
    actions.flatMap((action) => (action.type === type ? [`${word} ${action.requirement}`] : []));
  const isWhole = actions.some(({ type }) => type === 'integer' || type === 'safe_integer');
  const bounds = [
    ...bound('min_value', 'from'),
    ...bound('gt_value', 'above'),
    ...bound('max_value', 'to'),
    ...bound('lt_value', 'below'),
  ];
  return [isWhole ? 'whole number' : 'number', ...new Set(bounds)].join(' ');
}

const pipeOf = (node: Node): readonly Node[] =>
  (node.pipe ?? []).flatMap((part) => (part === node ? [] : [part, ...pipeOf(part)]));
