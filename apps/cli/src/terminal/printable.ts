// Names in files of others hold what they like: a terminal must show them, not obey them.

/** All that is no plain text: control characters, and those that turn the direction of what follows. */
const UNSEEN = /[\p{Cc}\p{Bidi_Control}]/gu;

const escaped = (character: string) =>
  `\\u${(character.codePointAt(0) as number).toString(16).padStart(4, '0')}`;

/** Text for one line: control characters as \u escapes, the ends of lines too. JSON means what it meant. */
export const printable = (text: string): string => text.replaceAll(UNSEEN, escaped);

/** Text of lines, in which ends of lines and tabs stay. */
export const printableLines = (text: string): string =>
  text.replaceAll(UNSEEN, (character) => (/[\n\t]/.test(character) ? character : escaped(character)));
