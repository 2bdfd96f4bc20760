# Completes the words of dsync, dtest and switch-HOST. Written by `npm run generate`: do not edit.
function __dsync_fitting
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
