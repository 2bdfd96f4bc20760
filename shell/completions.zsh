# Completes the words of dsync, dtest and switch-HOST. Written by `npm run generate`: do not edit.
#compdef dsync dtest
_dsync() {
  local word says
  local -a fitting shown asked
  asked=(-- "${(@)words[2,CURRENT]}")
  case ${words[1]:t} in
    dtest) asked=(--of dtest "${(@)asked}") ;;
    switch-*) asked=(-- switch "${words[1]#switch-}" "${(@)asked[2,-1]}") ;;
  esac
  while IFS=$'\t' read -r word says; do
    case $word in
      :files) _files ;;
      :directories) _files -/ ;;
      *) fitting+=("$word") shown+=("$word${says:+  -- $says}") ;;
    esac
  done < <(dsync completions zsh "${(@)asked}" 2>/dev/null)
  (( $#fitting )) && compadd -Q -l -d shown -a fitting
}
_dsync_complete() {
  precmd_functions=("${(@)precmd_functions:#_dsync_complete}")
  (( $+functions[compdef] )) && compdef _dsync dsync dtest ${(M)${=_dsync_made:-}:#switch-*}
  return 0
}
typeset -ga precmd_functions
if (( $+functions[compdef] )); then _dsync_complete; else precmd_functions+=(_dsync_complete); fi
