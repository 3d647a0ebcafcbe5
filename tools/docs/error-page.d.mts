export function errorPage(): { text: string; wrong: string[] };
