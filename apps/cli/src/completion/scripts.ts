// What a shell runs to complete `neusim`: each script asks the hidden command `complete` with the words so far, and gets a
// line a candidate, `word<tab>what it is`. A last line `:folders` or `:files` lets the shell add its own. A candidate that
// ends in = or / or . wants more after it.

import { shellCommand } from '../terminal/shell-command';

export const shells = ['bash', 'zsh', 'fish'] as const;

/** @param words of the command that runs this program: Node and the script's path. */
export function completionScript(shell: (typeof shells)[number], words: readonly string[]): string {
  return scripts[shell](shellCommand(words, 'linux'));
}

// Bash splits words at =, and replaces only what comes after the last one.
const bash = (
  program: string,
) => `# neusim completion for bash: eval "$(npx neusim completion bash)" in ~/.bashrc
_neusim() {
  local IFS=$'\\n' words=() word line index joined=0
  for ((index = 1; index <= COMP_CWORD; index++)); do
    word=\${COMP_WORDS[index]}
    if ((\${#words[@]} > 0)) && { [[ $word == = ]] || ((joined)); }; then
      words[\${#words[@]}-1]+=$word
    else
      words+=("$word")
    fi
    if [[ $word == = ]]; then joined=1; else joined=0; fi
  done
  local current=\${words[\${#words[@]}-1]}
  local prefix=
  if [[ $current == *=* ]]; then prefix=\${current%=*}=; fi
  COMPREPLY=()
  while IFS= read -r line; do
    case $line in
      :folders) compopt -o filenames; COMPREPLY+=($(compgen -d -- "$current")) ;;
      :files) compopt -o filenames; COMPREPLY+=($(compgen -f -- "$current")) ;;
      ?*) word=\${line%%$'\\t'*}; COMPREPLY+=("\${word#"$prefix"}") ;;
    esac
  done < <(${program} complete -- "\${words[@]}" 2>/dev/null)
  if [[ \${#COMPREPLY[@]} == 1 && \${COMPREPLY[0]} == *[=.] ]]; then compopt -o nospace; fi
}
complete -F _neusim neusim
`;

const zsh = (program: string) => `#compdef neusim
# neusim completion for zsh: eval "$(npx neusim completion zsh)" in ~/.zshrc, after compinit
_neusim() {
  local line word
  local -a open closed
  while IFS= read -r line; do
    case $line in
      :folders) _files -/ ;;
      :files) _files ;;
      ?*) word=\${\${line%%$'\\t'*}//:/\\\\:}
        if [[ $word == *[=.] ]]; then open+=("$word:\${line#*$'\\t'}"); else closed+=("$word:\${line#*$'\\t'}"); fi ;;
    esac
  done < <(${program} complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)
  (( \${#open} )) && _describe -t settings neusim open -S ''
  (( \${#closed} )) && _describe -t words neusim closed
}
compdef _neusim neusim
`;

const fish = (
  program: string,
) => `# neusim completion for fish: npx neusim completion fish > ~/.config/fish/completions/neusim.fish
function __neusim_complete
    set -l words (commandline -opc) (commandline -ct)
    for line in (${program} complete -- $words[2..-1] 2>/dev/null)
        switch $line
            case :folders
                __fish_complete_directories (commandline -ct)
            case :files
                __fish_complete_path (commandline -ct)
            case '*'
                echo $line
        end
    end
end
complete -c neusim -f -a '(__neusim_complete)'
`;

const scripts = { bash, zsh, fish };
