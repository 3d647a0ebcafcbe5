// The reference: every public name of every published package, from its source and doc comments, by typedoc, one page a
// package, into docs/reference. A public name without a comment and a broken {@link} are errors.
import { join } from 'node:path';
import { Application, Converter, Logger, LogLevel, OptionDefaults, ReflectionKind } from 'typedoc';
import { MarkdownPageEvent } from 'typedoc-plugin-markdown';
import { root } from '../shell.mjs';
import { workspaces } from '../workspaces.mjs';
import { tidyDefaults, tidyReference } from './tidy-reference.mjs';

/** The packages with a public interface: `[{ name: '@neusim/core', slug: 'core', entry: '/…/src/index.ts' }]`. */
export const published = () =>
  workspaces()
    .filter(({ folder, json }) => folder.startsWith('packages/') && !json.private && json.exports?.['.'])
    .map(({ folder, json }) => ({
      name: json.name,
      slug: folder.split('/').at(-1),
      entry: join(root, folder, json.exports['.']['@neusim/source']),
    }));

/** Writes docs/reference; gives the number of errors and warnings, which are printed. */
export async function writeReference() {
  const packages = published();
  const packageOf = new Map();
  const app = await Application.bootstrapWithPlugins({
    ...shape,
    pageTitleTemplates: {
      index: 'Reference',
      module: ({ rawName }) =>
        packageOf.has(rawName) ? `${rawName} of ${packageOf.get(rawName)}` : `@neusim/${rawName}`,
      member: ({ rawName }) => rawName,
    },
    logLevel: 'Warn',
    entryPoints: packages.map(({ entry }) => entry),
    tsconfig: join(root, 'tsconfig.json'),
    out: join(root, 'docs/reference'),
    docsRoot: join(root, 'docs'),
  });
  const warnings = new Warnings();
  app.logger = warnings;
  // A module is called as its package's folder, not as its file.
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const module of project.children ?? []) {
      const path = project.getSymbolIdFromReflection(module)?.fileName;
      const found = packages.find(({ entry }) => entry === path);
      if (found) module.name = found.slug;
      for (const each of module.getChildrenByKind(ReflectionKind.Namespace))
        packageOf.set(each.name, `@neusim/${module.name}`);
    }
    tidyReference(project);
  });
  app.renderer.on(MarkdownPageEvent.END, (page) => {
    page.contents = tidyDefaults(page.contents);
  });
  const project = await app.convert();
  if (!project) return Math.max(1, warnings.printed);
  app.validate(project);
  await app.generateOutputs(project);
  return warnings.printed;
}

const shape = {
  plugin: ['typedoc-plugin-markdown', 'typedoc-vitepress-theme'],
  // `npm test -- --only types` checks the types.
  skipErrorChecking: true,
  readme: 'none',
  disableSources: true,
  excludeInternal: true,
  excludePrivate: true,
  excludeExternals: true,
  blockTags: [...OptionDefaults.blockTags, '@nocollapse'],
  excludeTags: [...OptionDefaults.excludeTags, '@nocollapse', '@doc'],
  validation: { notExported: true, invalidLink: true, invalidPath: true, notDocumented: true },
  router: 'module',
  hidePageHeader: true,
  hideBreadcrumbs: true,
  useCodeBlocks: true,
  parametersFormat: 'table',
  interfacePropertiesFormat: 'table',
  classPropertiesFormat: 'table',
  typeDeclarationFormat: 'table',
  // All is read-only, and what is inherited is documented where it is: the room is the descriptions'.
  tableColumnSettings: { hideInherited: true, hideOverrides: true, hideModifiers: true },
};

/** Prints warnings and errors, and counts them; but for one that inferred types of schemas bring and nobody can mend. */
class Warnings extends Logger {
  printed = 0;
  addContext(message) {
    return message;
  }
  log(message, level) {
    if (level < LogLevel.Warn || /has multiple declarations with a comment/.test(message)) return;
    this.printed += 1;
    console.log(`${LogLevel[level].toLowerCase()}: ${message}`);
  }
}
