# Completes the words of dsync, dtest and switch-HOST. Written by `npm run generate`: do not edit.
_dsync() {
  local word says typed=${COMP_WORDS[COMP_CWORD]}
  local -a asked
  asked=(-- "${COMP_WORDS[@]:1:COMP_CWORD}")
  case ${COMP_WORDS[0]##*/} in
    dtest) asked=(--of dtest "${asked[@]}") ;;
    switch-*) asked=(-- switch "${COMP_WORDS[0]#switch-}" "${asked[@]:1}") ;;
  esac
  COMPREPLY=()
  while IFS=$'\t' read -r word says; do
    case $word in
      :files)
        compopt -o default 2>/dev/null || while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -f -- "$typed")
        ;;
      :directories)
        compopt -o dirnames 2>/dev/null || while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -d -- "$typed")
        ;;
      *) COMPREPLY+=("$word") ;;
    esac
  done < <(dsync completions bash "${asked[@]}" 2>/dev/null)
}
complete -F _dsync dsync dtest
for _dsync_word in ${_dsync_made:-}; do
  case $_dsync_word in switch-*) complete -F _dsync "$_dsync_word" ;; esac
done
unset _dsync_word
