# bash completion for tlspin(1).
# SPDX-License-Identifier: LGPL-2.1-or-later

# The hosts that are pinned and begin so. Read line by line: nothing in them is expanded.
_tlspin_hosts() {
  mapfile -t COMPREPLY < <(tlspin list --hosts "$1*" 2>/dev/null)
}

_tlspin_files() {
  compopt -o filenames
  mapfile -t COMPREPLY < <(compgen -f -- "$1")
}

# The words of $1 that begin with $2.
_tlspin_words() {
  mapfile -t COMPREPLY < <(compgen -W "$1" -- "$2")
}

# The words that an option of a command takes: $1 is the option, $2 the command.
_tlspin_choices() {
  case $2$1 in
  export--format | export-f) echo dump policy curl wget msmtp weechat openconnect ;;
  *--format | *-f) echo dump known-hosts filezilla firefox kde emacs chromium pem ;;
  connect--level) echo strict tofu advisory ;;
  *--level) echo leaf issuer anchor authority any ;;
  *--since) echo 1h 2h 1d 3d 1w ;;
  *--until) echo 2h 1d 30d 52w ;;
  *--error | *-e) echo unknown-issuer expired not-yet-valid name weak purpose ;;
  *--kind) echo ticket pin exception mode ;;
  *--status) echo critical active inactive rejected excepted on off ;;
  *--origin) echo tofu hpkp program user import policy ;;
  esac
}

# What stands behind an option that takes a value; false for any other word.
_tlspin_value() {
  case $1 in
  --ca | --cert | --chain | --source | --output) _tlspin_files "$2" ;;
  --sni) _tlspin_hosts "$2" ;;
  --error | --format | --kind | --level | --origin | --since | --status | --until | -e | -f)
    _tlspin_words "$(_tlspin_choices "$1" "$3")" "$2"
    ;;
  --key | --note | --seconds | --timeout | -k) ;;
  *) return 1 ;;
  esac
}

_tlspin_options() {
  case $1 in
  connect) echo --ca --sni --level --timeout --private --raw-keys --json --help ;;
  check) echo --chain --ca --sni --json --help ;;
  why) echo --connect --chain --ca --sni --dtls --json --help ;;
  list) echo --kind --status --origin --key --json --help ;;
  pin) echo --key --cert --from-server --ca --sni --level --until --also --report --note --json --help ;;
  block) echo --cert --until --note --json --help ;;
  except) echo --error --until --key --cert --from-server --ca --sni --note --json --help ;;
  off | on) echo --all --until --json --help ;;
  clear) echo --all --since --kind --status --origin --key --forever --yes --json --help ;;
  log) echo --since --reports --json --help ;;
  monitor) echo --seconds --json --help ;;
  export) echo --format --json --help ;;
  import) echo --format --dry-run --critical --policy --until --cert --json --help ;;
  compile) echo --source --output --vendor --json --help ;;
  lint) echo --strict --json --help ;;
  show | undo | status | restore) echo --json --help ;;
  doctor) echo --seen --verify --json --help ;;
  backup) echo --list --json --help ;;
  policy) echo --help ;;
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
      [[ $command == policy ]] || break
    fi
  done
  _tlspin_value "$prev" "$cur" "$command" && return
  if [[ $cur == -* ]]; then
    _tlspin_words "$(_tlspin_options "$command")" "$cur"
    return
  fi
  case $command in
  '')
    _tlspin_words 'connect check why list show pin block except off on clear undo log monitor import export
      policy status doctor backup restore' "$cur"
    ;;
  policy) _tlspin_words 'lint compile show' "$cur" ;;
  connect | check | why | list | show | pin | except | off | on | clear | log | export) _tlspin_hosts "$cur" ;;
  block | import | lint) _tlspin_files "$cur" ;;
  esac
}

complete -F _tlspin tlspin
