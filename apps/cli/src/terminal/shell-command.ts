// Commands that a person may paste into a shell.

const SAFE = /^[\w@%+=:,./-]+$/;

/**
 * Words of a command line, quoted where a shell would read them otherwise.
 * @param platform cmd.exe and PowerShell take double quotes, and `\` is a plain letter there.
 */
export function shellCommand(words: readonly string[], platform: string = process.platform): string {
  const isWindows = platform === 'win32';
  return words
    .map((word) => {
      if (SAFE.test(isWindows ? word.replaceAll('\\', '') : word)) return word;
      return isWindows ? `"${word}"` : `'${word.replaceAll("'", `'\\''`)}'`;
    })
    .join(' ');
}
