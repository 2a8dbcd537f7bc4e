# fish completion for tlspin(1).
# SPDX-License-Identifier: LGPL-2.1-or-later

# The hosts that are pinned and begin so.
function __tlspin_hosts
    tlspin list --hosts (commandline -ct)'*' 2>/dev/null
end

complete -c tlspin -f
complete -c tlspin -s h -l help -d 'Show help'
complete -c tlspin -n __fish_use_subcommand -s V -l version -d 'Print the version'
complete -c tlspin -n __fish_use_subcommand -a connect -d 'Meet a server once, and say what its pin is worth'
complete -c tlspin -n __fish_use_subcommand -a list -d 'List the pins'
complete -c tlspin -n __fish_use_subcommand -a show -d 'Show all that is known about a server'
complete -c tlspin -n __fish_use_subcommand -a clear -d 'Forget pins'
complete -c tlspin -n __fish_use_subcommand -a undo -d 'Take back what was cleared, or what was taken back'
complete -c tlspin -n __fish_use_subcommand -a status -d 'Say how the pin store is'
complete -c tlspin -n '__fish_seen_subcommand_from connect list show clear undo status' -l json -d 'Print JSON'
complete -c tlspin -n '__fish_seen_subcommand_from connect list show clear' -a '(__tlspin_hosts)'
complete -c tlspin -n '__fish_seen_subcommand_from connect' -l ca -r -F -d 'Trust these certificates, not those of the system'
complete -c tlspin -n '__fish_seen_subcommand_from connect' -l sni -x -a '(__tlspin_hosts)' -d 'The name of the server, where HOST is its address'
complete -c tlspin -n '__fish_seen_subcommand_from connect' -l level -x -a 'strict tofu advisory' -d 'What to do where the pin store cannot be read'
complete -c tlspin -n '__fish_seen_subcommand_from connect' -l timeout -x -d 'Give up after so many seconds'
complete -c tlspin -n '__fish_seen_subcommand_from clear' -l all -d 'Clear all pins of yours'
complete -c tlspin -n '__fish_seen_subcommand_from clear' -l since -x -a '1h 2h 1d 3d 1w' -d 'Clear the pins stored or renewed since then'
complete -c tlspin -n '__fish_seen_subcommand_from clear' -s y -l yes -d 'Do not ask before --all'
