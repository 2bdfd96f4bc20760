# What dsync adds to fish (3.2 and later): PATH, switch-HOST for every host, a few short commands, completions, the
# directory you were last in, and dsync_prompt. Sourced by ~/.dsync/aliases.fish, or from a checkout by you. It starts no
# process, prints nothing, and takes no name that something else has.
#
# In your prompt, in fish_prompt:  dsync_prompt
# It prints nothing while nothing waits for you, and otherwise what does: `[dsync: 2 conflicts] `.

set -g __dsync_home ~/.dsync
set -q DSYNC_HOME; and test -n "$DSYNC_HOME"; and set -g __dsync_home $DSYNC_HOME
set -l shell (status dirname)

set -l bin $__dsync_home/bin
test -x $bin/dsync; or set bin $shell/../bin
if test -x $bin/dsync; and not contains -- $bin $PATH
  set -gx PATH $bin $PATH
end

# Prints what waits for a person, for a prompt.
function dsync_prompt
  set -l line
  test -r $__dsync_home/run/prompt; and read line <$__dsync_home/run/prompt
  string match -qr '^(?<at>\d+) (?<pid>\d+) (?<text>.*)$' -- $line; or return 0
  if test $pid -ne 0
    # fish has no kill of its own, and a clock only by the age of a file.
    if test -d /proc/self; and not test -d /proc/$pid
      set text 'daemon gone'
    else
      set -l age (path mtime --relative $__dsync_home/run/prompt 2>/dev/null)
      string match -qr '^\d+$' -- $age; and test $age -gt 200; and set text 'daemon hangs'
    end
  end
  test -n "$text"; and printf '[dsync: %s] ' $text
  return 0
end

# Keeps where this person was last, if it is in a root.
function __dsync_cwd --on-variable PWD
  test -f $__dsync_home/session.cwd; and test -r $__dsync_home/run/places; or return 0
  while read -l line
    string match -q 'root *' -- $line; or continue
    set -l root (string sub -s 6 -- $line)/
    # The beginning as text: a directory's name may hold what patterns give a meaning.
    if test (string sub -l (string length -- $root) -- "$PWD/" | string collect) = $root
      printf '%s\n' $PWD >$__dsync_home/session.cwd
      break
    end
  end <$__dsync_home/run/places 2>/dev/null
  return 0
end

# Defines a command of ours, unless something else is called so.
function __dsync_define -a name
  contains -- $name $__dsync_made; and return
  if functions -q -- $name; or builtin -q -- $name; or command -sq -- $name
    return 0
  end
  set -ga __dsync_made $name
  set -l words $argv[2..-1]
  function $name --inherit-variable words --description "$words"
    $words $argv
  end
end

if status is-interactive
  __dsync_define dss dsync status
  __dsync_define dsy dsync sync
  __dsync_define dsc dsync conflicts
  __dsync_define dsl dsync logs --follow
  if test -r $__dsync_home/run/places
    while read -l line
      string match -qr '^host (?<host>[A-Za-z0-9][A-Za-z0-9._-]*)$' -- $line; or continue
      __dsync_define switch-$host dsync switch $host
    end <$__dsync_home/run/places
  end
  test -r $shell/completions.fish; and source $shell/completions.fish
  __dsync_cwd
else
  functions -e __dsync_cwd
end
true
