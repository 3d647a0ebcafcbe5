export function siteLinks(text: string, path: string): string;
