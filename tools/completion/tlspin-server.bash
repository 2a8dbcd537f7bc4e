# bash completion for tlspin-server(1).
# SPDX-License-Identifier: LGPL-2.1-or-later

# False for a word that takes no value.
_tlspin_server_value() {
  case $1 in
  --cert | --key | --keys | --port-file | --client-ca) _tlspin_server_files "$2" ;;
  --sni | --activate-in | --listen | --lifetime | --priority) ;;
  *) return 1 ;;
  esac
}

_tlspin_server_files() {
  compopt -o filenames
  mapfile -t COMPREPLY < <(compgen -f -- "$1")
}

_tlspin_server_options() {
  case $1 in
  serve) echo --cert --key --keys --listen --port-file --lifetime --ramp-down --priority --client-ca --help ;;
  'keys new') echo --sni --help ;;
  'keys rotate') echo --sni --activate-in --help ;;
  'keys list') echo --json --help ;;
  'keys ramp-down') echo --off --help ;;
  'keys remove') echo --force --help ;;
  keys) echo --help ;;
  *) echo --help --version ;;
  esac
}

_tlspin_server() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} command='' word

  COMPREPLY=()
  # "--cert=FILE" comes as three words.
  if [[ $cur == = ]]; then
    cur=
  elif [[ $prev == = ]]; then
    prev=${COMP_WORDS[COMP_CWORD - 2]}
  fi
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    [[ $word == -* ]] && continue
    if [[ $command == keys ]]; then
      command="keys $word"
      break
    fi
    command=$word
    [[ $command == keys ]] || break
  done
  _tlspin_server_value "$prev" "$cur" && return
  if [[ $cur == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$(_tlspin_server_options "$command")" -- "$cur")
    return
  fi
  case $command in
  '') mapfile -t COMPREPLY < <(compgen -W 'keys serve' -- "$cur") ;;
  keys) mapfile -t COMPREPLY < <(compgen -W 'new rotate list ramp-down remove' -- "$cur") ;;
  keys\ *) _tlspin_server_files "$cur" ;;
  esac
}

complete -F _tlspin_server tlspin-server
