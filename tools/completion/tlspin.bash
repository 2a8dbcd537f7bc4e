# bash completion for tlspin(1).
# SPDX-License-Identifier: LGPL-2.1-or-later

# The hosts that are pinned and begin so. Read line by line: nothing in them is expanded.
_tlspin_hosts() {
  mapfile -t COMPREPLY < <(tlspin list --hosts "$1*" 2>/dev/null)
}

# What stands behind an option that takes a value; false for any other word.
_tlspin_value() {
  case $1 in
  --ca)
    compopt -o filenames
    mapfile -t COMPREPLY < <(compgen -f -- "$2")
    ;;
  --level) mapfile -t COMPREPLY < <(compgen -W 'strict tofu advisory' -- "$2") ;;
  --since) mapfile -t COMPREPLY < <(compgen -W '1h 2h 1d 3d 1w' -- "$2") ;;
  --sni) _tlspin_hosts "$2" ;;
  --timeout) ;;
  *) return 1 ;;
  esac
}

_tlspin_options() {
  case $1 in
  connect) echo --ca --sni --level --timeout --json --help ;;
  clear) echo --all --since --yes --json --help ;;
  list | show | undo | status) echo --json --help ;;
  *) echo --help --version ;;
  esac
}

_tlspin() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} command='' word

  COMPREPLY=()
  # "HOST:PORT" and "--ca=FILE" come as three words.
  [[ $cur == : || $prev == : ]] && return
  if [[ $cur == = ]]; then
    cur=
  elif [[ $prev == = ]]; then
    prev=${COMP_WORDS[COMP_CWORD - 2]}
  fi
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    if [[ $word != -* ]]; then
      command=$word
      break
    fi
  done
  _tlspin_value "$prev" "$cur" && return
  if [[ $cur == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$(_tlspin_options "$command")" -- "$cur")
    return
  fi
  case $command in
  '') mapfile -t COMPREPLY < <(compgen -W 'connect list show clear undo status' -- "$cur") ;;
  connect | list | show | clear) _tlspin_hosts "$cur" ;;
  esac
}

complete -F _tlspin tlspin
