// A code block with a file name (```ts my.mjs) shows it above the code.

/** For markdown-it. */
export function fileNames(md) {
  const fence = md.renderer.rules.fence;
  md.renderer.rules.fence = (tokens, index, ...rest) => {
    const name = tokens[index].info
      .trim()
      .split(/\s+/)
      .slice(1)
      .find((word) => /^[\w./-]+\.\w+$/.test(word));
    const code = fence(tokens, index, ...rest);
    return name ? `<div class="file-name">${name}</div>${code}` : code;
  };
}
