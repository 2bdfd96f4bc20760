# What dsync adds to bash (3.2 and later) and zsh: PATH, switch-HOST for every host, a few short aliases, completions,
# the directory you were last in, and $DSYNC_PROMPT. Sourced by ~/.dsync/aliases.sh, or from a checkout by you. It starts
# no process, prints nothing, and takes no name that something else has.
#
# In your prompt:  bash  PS1='$DSYNC_PROMPT'$PS1      zsh  setopt prompt_subst; PROMPT='$DSYNC_PROMPT'$PROMPT
# It is empty while nothing waits for you, and says otherwise what does: `[dsync: 2 conflicts] `.
#
# Every line must be one that any POSIX shell can read, for those that source it too.

_dsync_home=${DSYNC_HOME:-${HOME:-}/.dsync}
_dsync_last=
_dsync_made=${_dsync_made:-}
DSYNC_PROMPT=

# zsh, bash, or another: bash in POSIX mode takes no dash in a function's name.
_dsync_kind=other
_dsync_shell=
if [ -n "${ZSH_VERSION:-}" ]; then
  _dsync_kind=zsh
  eval '_dsync_shell=${(%):-%x}'
elif [ -n "${BASH_VERSION:-}" ]; then
  case :${SHELLOPTS:-}: in *:posix:*) ;; *) _dsync_kind=bash ;; esac
  _dsync_shell=${BASH_SOURCE:-}
fi
case $_dsync_shell in */*) _dsync_shell=${_dsync_shell%/*} ;; *) _dsync_shell= ;; esac

_dsync_bin=$_dsync_home/bin
[ -x "$_dsync_bin/dsync" ] || _dsync_bin=${_dsync_shell:+$_dsync_shell/../bin}
if [ -n "$_dsync_bin" ] && [ -x "$_dsync_bin/dsync" ]; then
  case :$PATH: in *":$_dsync_bin:"*) ;; *) PATH=$_dsync_bin:$PATH ;; esac
fi
unset _dsync_bin

# Defines a command of ours by its name and its words, unless something else is called so.
_dsync_define() {
  case " $_dsync_made " in
  *" $1 "*) ;;
  *)
    if command -v "$1" >/dev/null 2>&1; then return 0; fi
    _dsync_made="$_dsync_made $1"
    ;;
  esac
  if [ "$_dsync_kind" = other ]; then
    alias "$1=$2"
  else
    eval "$1() { $2 \"\$@\"; }"
  fi
}

# Before each prompt: what waits for a person, in $DSYNC_PROMPT.
dsync_prompt() {
  local at pid text now
  DSYNC_PROMPT=
  { IFS=' ' builtin read -r at pid text <"$_dsync_home/run/prompt"; } 2>/dev/null || return 0
  case $at/$pid in /* | */ | *[!0-9/]*) return 0 ;; esac
  now=${EPOCHSECONDS:-}
  # bash before 5 has no such variable, before 4.2 no clock at all.
  [ -n "$now" ] || { [ "$_dsync_kind" = bash ] && builtin printf -v now '%(%s)T' -1 2>/dev/null; } || now=$at
  if [ "$pid" -ne 0 ]; then
    if ! builtin kill -0 "$pid" 2>/dev/null; then
      text='daemon gone'
    elif [ "$((now - at))" -gt 200 ]; then
      text='daemon hangs'
    fi
  fi
  if [ -n "$text" ]; then DSYNC_PROMPT="[dsync: $text] "; fi
  return 0
}

# After a change of directory: keeps where this person was last, if it is in a root.
_dsync_cwd() {
  local line
  [ "$PWD" != "$_dsync_last" ] || return 0
  _dsync_last=$PWD
  [ -f "$_dsync_home/session.cwd" ] || return 0
  {
    while IFS= builtin read -r line; do
      case $line in 'root '*) ;; *) continue ;; esac
      case $PWD/ in
      "${line#root }"/*)
        builtin printf '%s\n' "$PWD" >|"$_dsync_home/session.cwd"
        return 0
        ;;
      esac
    done <"$_dsync_home/run/places"
  } 2>/dev/null || :
}

_dsync_hook() {
  local code=$?
  _dsync_cwd
  dsync_prompt
  return "$code"
}

case $- in
*i*)
  _dsync_define dss 'dsync status'
  _dsync_define dsy 'dsync sync'
  _dsync_define dsc 'dsync conflicts'
  _dsync_define dsl 'dsync logs --follow'
  if [ -r "$_dsync_home/run/places" ]; then
    while IFS= read -r _dsync_line; do
      case $_dsync_line in 'host '*) _dsync_line=${_dsync_line#host } ;; *) continue ;; esac
      # Spelled out: a range would hold other letters in some locales.
      case $_dsync_line in
      '' | [._-]* | *[!ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-]*) continue ;;
      esac
      _dsync_define "switch-$_dsync_line" "dsync switch $_dsync_line"
    done <"$_dsync_home/run/places"
    unset _dsync_line
  fi
  case $_dsync_kind in
  bash)
    [ ! -r "$_dsync_shell/completions.bash" ] || . "$_dsync_shell/completions.bash"
    # Where somebody has made it readonly, this fails and nothing else does.
    case ${PROMPT_COMMAND:-} in
    *_dsync_hook*) ;;
    *) printf -v PROMPT_COMMAND '%s' "_dsync_hook${PROMPT_COMMAND:+; $PROMPT_COMMAND}" 2>/dev/null || : ;;
    esac
    ;;
  zsh)
    [ ! -r "$_dsync_shell/completions.zsh" ] || . "$_dsync_shell/completions.zsh"
    eval '
      zmodload -F zsh/datetime p:EPOCHSECONDS 2>/dev/null || :
      typeset -ga precmd_functions
      (( ${precmd_functions[(Ie)_dsync_hook]} )) || precmd_functions+=(_dsync_hook)
    '
    ;;
  esac
  ;;
esac
unset _dsync_shell
:
