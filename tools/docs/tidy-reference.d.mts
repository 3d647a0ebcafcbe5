import type { ProjectReflection } from 'typedoc';
export function tidyReference(project: ProjectReflection): void;
export function tidyDefaults(text: string): string;
