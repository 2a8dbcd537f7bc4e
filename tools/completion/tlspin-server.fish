# fish completion for tlspin-server(1).
# SPDX-License-Identifier: LGPL-2.1-or-later

# True where `tlspin-server keys` has no command yet.
function __tlspin_server_no_keys_command
    __fish_seen_subcommand_from keys; and not __fish_seen_subcommand_from new rotate list ramp-down remove
end

# True behind `tlspin-server keys` and one of these commands.
function __tlspin_server_keys
    __fish_seen_subcommand_from keys; and __fish_seen_subcommand_from $argv
end

complete -c tlspin-server -f
complete -c tlspin-server -s h -l help -d 'Show help'
complete -c tlspin-server -n __fish_use_subcommand -s V -l version -d 'Print the version'
complete -c tlspin-server -n __fish_use_subcommand -a keys -d 'Make and change files of protection keys'
complete -c tlspin-server -n __fish_use_subcommand -a serve -d 'Run a small HTTPS server that pins its clients'
complete -c tlspin-server -n __tlspin_server_no_keys_command -a new -d 'Make a file with a first key'
complete -c tlspin-server -n __tlspin_server_no_keys_command -a rotate -d 'Add a key that takes over in an hour'
complete -c tlspin-server -n __tlspin_server_no_keys_command -a list -d 'Show the keys, but not their secrets'
complete -c tlspin-server -n __tlspin_server_no_keys_command -a ramp-down -d 'Begin the end of pinning, or take that back'
complete -c tlspin-server -n __tlspin_server_no_keys_command -a remove -d 'Remove a key under which no ticket can be alive'
complete -c tlspin-server -n '__tlspin_server_keys new rotate list ramp-down remove' -F
complete -c tlspin-server -n '__tlspin_server_keys new rotate' -l sni -x -d 'The server name that the key is for'
complete -c tlspin-server -n '__tlspin_server_keys rotate' -l activate-in -x -d 'After how many seconds the new key takes over'
complete -c tlspin-server -n '__tlspin_server_keys list' -l json -d 'Print JSON'
complete -c tlspin-server -n '__tlspin_server_keys ramp-down' -l off -d 'End the ramp-down'
complete -c tlspin-server -n '__tlspin_server_keys remove' -l force -d 'Remove it though tickets under it may live'
complete -c tlspin-server -n '__fish_seen_subcommand_from serve' -l cert -r -F -d 'The certificate and its chain'
complete -c tlspin-server -n '__fish_seen_subcommand_from serve' -l key -r -F -d 'The private key of the certificate'
complete -c tlspin-server -n '__fish_seen_subcommand_from serve' -l keys -r -F -d 'The protection keys'
complete -c tlspin-server -n '__fish_seen_subcommand_from serve' -l listen -x -d 'Where to listen'
complete -c tlspin-server -n '__fish_seen_subcommand_from serve' -l port-file -r -F -d 'Write the port to this file'
complete -c tlspin-server -n '__fish_seen_subcommand_from serve' -l lifetime -x -d 'How long tickets shall be kept'
complete -c tlspin-server -n '__fish_seen_subcommand_from serve' -l ramp-down -d 'Give proofs, but no new tickets'
complete -c tlspin-server -n '__fish_seen_subcommand_from serve' -l priority -x -d 'What GnuTLS may use'
complete -c tlspin-server -n '__fish_seen_subcommand_from serve' -l client-ca -r -F -d 'Ask clients for a certificate of these authorities'
