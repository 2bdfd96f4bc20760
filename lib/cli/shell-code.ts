export const shells = ['bash', 'zsh', 'fish'] as const

export type Shell = (typeof shells)[number]

/** What stands for names that the shell knows itself. */
export const onDisk = { files: ':files', directories: ':directories' } as const

/**
 * Code by which a shell asks dsync for the words that fit, a line each: the word, a tab, what it does. It must not run
 * anything else, nor what it reads. It serves dsync, dtest, and what `shell/aliases` has defined to switch hosts; there,
 * `switch-mac00` is completed as `dsync switch mac00`.
 */
export const shellCode: Readonly<Record<Shell, string>> = {
  // bash 3.2, which macOS has, knows no compopt.
  bash: `_dsync() {
  local word says typed=\${COMP_WORDS[COMP_CWORD]}
  local -a asked
  asked=(-- "\${COMP_WORDS[@]:1:COMP_CWORD}")
  case \${COMP_WORDS[0]##*/} in
    dtest) asked=(--of dtest "\${asked[@]}") ;;
    switch-*) asked=(-- switch "\${COMP_WORDS[0]#switch-}" "\${asked[@]:1}") ;;
  esac
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
  done < <(dsync completions bash "\${asked[@]}" 2>/dev/null)
}
complete -F _dsync dsync dtest
for _dsync_word in \${_dsync_made:-}; do
  case $_dsync_word in switch-*) complete -F _dsync "$_dsync_word" ;; esac
done
unset _dsync_word
`,
  // Whoever loads this before compinit has no compdef yet: then the first prompt does it.
  zsh: `#compdef dsync dtest
_dsync() {
  local word says
  local -a fitting shown asked
  asked=(-- "\${(@)words[2,CURRENT]}")
  case \${words[1]:t} in
    dtest) asked=(--of dtest "\${(@)asked}") ;;
    switch-*) asked=(-- switch "\${words[1]#switch-}" "\${(@)asked[2,-1]}") ;;
  esac
  while IFS=$'\\t' read -r word says; do
    case $word in
      :files) _files ;;
      :directories) _files -/ ;;
      *) fitting+=("$word") shown+=("$word\${says:+  -- $says}") ;;
    esac
  done < <(dsync completions zsh "\${(@)asked}" 2>/dev/null)
  (( $#fitting )) && compadd -Q -l -d shown -a fitting
}
_dsync_complete() {
  precmd_functions=("\${(@)precmd_functions:#_dsync_complete}")
  (( $+functions[compdef] )) && compdef _dsync dsync dtest \${(M)\${=_dsync_made:-}:#switch-*}
  return 0
}
typeset -ga precmd_functions
if (( $+functions[compdef] )); then _dsync_complete; else precmd_functions+=(_dsync_complete); fi
`,
  fish: `function __dsync_fitting
  set -l words (commandline -opc)
  set -l typed (commandline -ct)
  set -l options
  set -l line $words[2..-1]
  switch (string replace -r '.*/' '' -- $words[1])
    case dtest
      set options --of dtest
    case 'switch-*'
      set line switch (string sub -s 8 -- $words[1]) $line
  end
  for line in (dsync completions fish $options -- $line "$typed" 2>/dev/null)
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
for word in dsync dtest (string match 'switch-*' -- $__dsync_made)
  complete -c $word -f -a '(__dsync_fitting)'
end
`,
}

/** The file in `shell/` from which a shell has the same code without starting dsync. */
export function completionsFile(shell: Shell): { readonly name: string; readonly text: string } {
  const head = '# Completes the words of dsync, dtest and switch-HOST. Written by `npm run generate`: do not edit.\n'
  return { name: `completions.${shell}`, text: head + shellCode[shell] }
}
