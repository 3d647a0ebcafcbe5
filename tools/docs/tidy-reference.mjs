// What typedoc makes of types that are inferred, said as a reader would: a config by its name and not key by key, a plug-in
// without the options of everything in it, a parameter that is taken apart by a name of its own.
import { ReferenceType, ReflectionKind } from 'typedoc';

/** Changes a converted project, before comments are inherited and links are resolved. */
export function tidyReference(project) {
  dropLayerOverrides(project);
  const config = project.getReflectionsByKind(ReflectionKind.TypeAlias).find(isNamed('TrainConfigInput'));
  for (const each of Object.values(project.reflections)) {
    if (config && isConfig(each.type) && each !== config)
      each.type = ReferenceType.createResolvedReference(config.name, config, project);
    if (each.type instanceof ReferenceType) shorten(each.type);
    if (each.kindOf(ReflectionKind.CallSignature)) nameParameters(each);
  }
}

/** A table that has `undefined` for "there is no default" says – instead. */
export const tidyDefaults = (text) =>
  text.replaceAll(/^\|.*\| Default value \|.*\n(?:\|.*\n?)+/gm, (table) => {
    const [head, ...rows] = table.split('\n');
    const at = cellsOf(head).indexOf(' Default value ');
    const tidy = (row) =>
      cellsOf(row)
        .map((cell, i) => (i === at && cell === ' `undefined` ' ? ' – ' : cell))
        .join('|');
    return [head, ...rows.map(tidy)].join('\n');
  });

const cellsOf = (row) => row.split(/(?<!\\)\|/);

const isNamed = (name) => (reflection) => reflection.name === name;

/** What tfjs calls in its layers, and no user does: their comments are tfjs's. */
function dropLayerOverrides(project) {
  const names = ['build', 'call', 'computeOutputShape', 'getConfig', 'fromConfig'];
  for (const each of project.getReflectionsByKind(ReflectionKind.Method))
    if (names.includes(each.name) && each.parent.extendedTypes?.some(isLayer)) project.removeReflection(each);
}

const isLayer = (type) => type.name === 'Layer';

/** The literal that `v.InferInput<typeof configSchema>` comes down to. */
const isConfig = (type) =>
  type?.type === 'reflection' &&
  ['dataset', 'model', 'steps', 'schedule', 'checkpoint'].every((name) =>
    type.declaration.children?.some(isNamed(name)),
  );

/** A plug-in keeps its name, a schema of valibot its kind. */
function shorten(type) {
  if (type.package === 'valibot') type.typeArguments = undefined;
  if (type.name === 'Plugin' && type.typeArguments?.[0]?.type === 'literal')
    type.typeArguments = type.typeArguments.slice(0, 1);
}

/** A parameter that is taken apart in the signature is called as its comment has it, or as its type. */
function nameParameters({ parameters = [], comment }) {
  const names = parameters.map(({ name }) => name);
  const told = (comment?.blockTags ?? []).filter(({ tag }) => tag === '@param').map(({ name }) => name);
  const unused = told.filter((name) => !names.includes(name));
  for (const parameter of parameters.filter(isNamed('__namedParameters'))) {
    const ofType = nameOf(parameter.type);
    const name = ofType === 'options' && unused.length > 0 ? unused.shift() : ofType;
    parameter.name = parameters.some(isNamed(name)) ? `${name}2` : name;
  }
}

/** `TrainConfig` and `Pick<TrainConfig, …>`: config. What has no name is options. */
function nameOf(type) {
  const inner = ['Pick', 'Omit', 'Readonly', 'Partial'].includes(type.name) ? type.typeArguments?.[0] : type;
  return /[A-Z][a-z]*$/.exec(inner?.name ?? '')?.[0].toLowerCase() ?? 'options';
}
