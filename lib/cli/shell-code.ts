export const shells = ['bash', 'zsh', 'fish'] as const

export type Shell = (typeof shells)[number]

/** What stands for names that the shell knows itself. */
export const onDisk = { files: ':files', directories: ':directories' } as const

/**
 * Code by which a shell asks dsync for the words that fit, a line each: the word, a tab, what it does. It must not run
 * anything else, nor what it reads.
 */
export const shellCode: Readonly<Record<Shell, string>> = {
  // bash 3.2, which macOS has, knows no compopt.
  bash: `_dsync() {
  local word says typed=\${COMP_WORDS[COMP_CWORD]}
  COMPREPLY=()
  while IFS=$'\\t' read -r word says; do
    case $word in
      :files)
        compopt -o default 2>/dev/null || while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -f -- "$typed")
        ;;
      :directories)
        compopt -o dirnames 2>/dev/null || while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -d -- "$typed")
        ;;
      *) COMPREPLY+=("$word") ;;
    esac
  done < <(dsync completions bash -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _dsync dsync
`,
  zsh: `#compdef dsync
_dsync() {
  local word says
  local -a fitting shown
  while IFS=$'\\t' read -r word says; do
    case $word in
      :files) _files ;;
      :directories) _files -/ ;;
      *) fitting+=("$word") shown+=("$word\${says:+  -- $says}") ;;
    esac
  done < <(dsync completions zsh -- "\${(@)words[2,CURRENT]}" 2>/dev/null)
  (( $#fitting )) && compadd -Q -l -d shown -a fitting
}
compdef _dsync dsync
`,
  fish: `function __dsync_fitting
  set -l words (commandline -opc)
  set -l typed (commandline -ct)
  for line in (dsync completions fish -- $words[2..-1] "$typed" 2>/dev/null)
    switch $line
      case ':files'
        __fish_complete_path "$typed"
      case ':directories'
        __fish_complete_directories "$typed" ''
      case '*'
        echo $line
    end
  end
end
complete -c dsync -f -a '(__dsync_fitting)'
`,
}
