# fish completion for tlspin(1).
# SPDX-License-Identifier: LGPL-2.1-or-later

# The hosts that are pinned and begin so.
function __tlspin_hosts
    tlspin list --hosts (commandline -ct)'*' 2>/dev/null
end

# The command is one of these; "policy show" is no "show".
function __tlspin_command
    set -l words (commandline -opc)
    set -e words[1]
    set -l words (string match -v -- '-*' $words)
    test (count $words) -ge 1; and contains -- $words[1] $argv
end

# A command of "tlspin policy" is one of these; without any: none was given yet.
function __tlspin_policy
    set -l words (commandline -opc)
    set -e words[1]
    set -l words (string match -v -- '-*' $words)
    test (count $words) -ge 1; and test $words[1] = policy; or return 1
    if test (count $argv) -eq 0
        test (count $words) -eq 1
    else
        test (count $words) -ge 2; and contains -- $words[2] $argv
    end
end

complete -c tlspin -f
complete -c tlspin -s h -l help -d 'Show help'
complete -c tlspin -n __fish_use_subcommand -s V -l version -d 'Print the version'
complete -c tlspin -n __fish_use_subcommand -a connect -d 'Meet a server once, and say what its pins are worth'
complete -c tlspin -n __fish_use_subcommand -a check -d 'Check what a server shows, and learn nothing by it'
complete -c tlspin -n __fish_use_subcommand -a why -d 'Explain what is said of a server'
complete -c tlspin -n __fish_use_subcommand -a list -d 'List the pins'
complete -c tlspin -n __fish_use_subcommand -a show -d 'Show all that is known about a server'
complete -c tlspin -n __fish_use_subcommand -a pin -d 'Pin a server to a key'
complete -c tlspin -n __fish_use_subcommand -a block -d 'Refuse a key wherever it shows'
complete -c tlspin -n __fish_use_subcommand -a except -d 'Accept a key although its certificate has an error'
complete -c tlspin -n __fish_use_subcommand -a off -d 'Switch pinning off for servers'
complete -c tlspin -n __fish_use_subcommand -a on -d 'Switch it on again'
complete -c tlspin -n __fish_use_subcommand -a clear -d 'Forget pins'
complete -c tlspin -n __fish_use_subcommand -a undo -d 'Take back a change, whatever it was'
complete -c tlspin -n __fish_use_subcommand -a log -d 'Say what happened'
complete -c tlspin -n __fish_use_subcommand -a monitor -d 'Show what happens, as it happens'
complete -c tlspin -n __fish_use_subcommand -a import -d 'Take over pins of other programs, or a dump'
complete -c tlspin -n __fish_use_subcommand -a export -d 'Write a dump, policy, or options of other programs'
complete -c tlspin -n __fish_use_subcommand -a policy -d 'Check, compile and show what the administrator says'
complete -c tlspin -n __fish_use_subcommand -a status -d 'Say how the pin store is'
complete -c tlspin -n __fish_use_subcommand -a doctor -d 'Say what happened to it, and what can be done'
complete -c tlspin -n __fish_use_subcommand -a backup -d 'Make a backup of your pins'
complete -c tlspin -n __fish_use_subcommand -a restore -d 'Put a backup in the place of your pins'
complete -c tlspin -n '__tlspin_command doctor' -l seen -d 'Go on with what is there'
complete -c tlspin -n '__tlspin_command doctor' -l verify -d 'Read every backup through'
complete -c tlspin -n '__tlspin_command backup' -s l -l list -d 'List the backups'

complete -c tlspin -n '__tlspin_command connect check why list show pin block except off on clear undo log monitor import export status doctor backup restore' -l json -d 'Print JSON'
complete -c tlspin -n '__tlspin_command connect check why list show pin except off on clear log export' -a '(__tlspin_hosts)'
complete -c tlspin -n '__tlspin_command connect check why pin except' -l ca -r -F -d 'Trust these certificates, not those of the system'
complete -c tlspin -n '__tlspin_command pin except off on block' -l until -x -a '2h 1d 30d 52w' -d 'When that ends'
complete -c tlspin -n '__tlspin_command pin except block' -l note -x -d 'A note to yourself'
complete -c tlspin -n '__tlspin_command clear log' -l since -x -a '1h 2h 1d 3d 1w' -d 'Only since then'
complete -c tlspin -n '__tlspin_command list clear' -l kind -x -a 'ticket pin exception mode' -d 'Only entries of this kind'
complete -c tlspin -n '__tlspin_command list clear' -l status -x -a 'critical active inactive rejected excepted on off' -d 'Only entries that say this'
complete -c tlspin -n '__tlspin_command list clear' -l origin -x -a 'tofu hpkp program user import policy' -d 'Only entries that come from there'
complete -c tlspin -n '__tlspin_command list clear' -s k -l key -x -d 'Only entries about this key'
complete -c tlspin -n '__tlspin_command pin except' -s k -l key -x -d 'A key: sha256//BASE64, hex, or a TLSA record'
complete -c tlspin -n '__tlspin_command pin except' -l cert -r -F -d 'The key of the certificate or public key in the file'
complete -c tlspin -n '__tlspin_command pin except' -l from-server -d 'The key that the server shows'

complete -c tlspin -n '__tlspin_command connect check why pin except' -l sni -x -a '(__tlspin_hosts)' -d 'The name of the server, where HOST is its address'
complete -c tlspin -n '__tlspin_command connect' -l level -x -a 'strict tofu advisory' -d 'What to do where the pin store cannot be read'
complete -c tlspin -n '__tlspin_command connect' -l timeout -x -d 'Give up after so many seconds'
complete -c tlspin -n '__tlspin_command connect' -l private -d 'Store nothing: no key, no ticket, no log'
complete -c tlspin -n '__tlspin_command connect' -l raw-keys -d 'The server may show a raw public key'
complete -c tlspin -n '__tlspin_command check' -l chain -r -F -d 'Check these certificates without asking the server'
complete -c tlspin -n '__tlspin_command why' -l connect -d 'Ask the server, and judge what it shows now'
complete -c tlspin -n '__tlspin_command why' -l chain -r -F -d 'Judge these certificates'
complete -c tlspin -n '__tlspin_command why' -l dtls -d 'DTLS, not TLS'
complete -c tlspin -n '__tlspin_command pin' -l level -x -a 'leaf issuer anchor authority any' -d 'Whose key it is'
complete -c tlspin -n '__tlspin_command pin' -l also -d 'Accept this key, and leave others to the PKI'
complete -c tlspin -n '__tlspin_command pin' -l report -d 'Only log it where the server has another key'
complete -c tlspin -n '__tlspin_command block' -F
complete -c tlspin -n '__tlspin_command block' -l cert -d 'The key is a PEM file'
complete -c tlspin -n '__tlspin_command except' -s e -l error -x -a 'unknown-issuer expired not-yet-valid name weak purpose' -d 'What is excused'
complete -c tlspin -n '__tlspin_command off on' -l all -d 'For every server'
complete -c tlspin -n '__tlspin_command clear' -l all -d 'Clear all pins of yours'
complete -c tlspin -n '__tlspin_command clear' -l forever -d 'Leave no trace of them in any file'
complete -c tlspin -n '__tlspin_command clear' -s y -l yes -d 'Do not ask before --all or --forever'
complete -c tlspin -n '__tlspin_command log' -l reports -d 'The reports of HPKP violations alone'
complete -c tlspin -n '__tlspin_command monitor' -l seconds -x -d 'Listen for so long'
complete -c tlspin -n '__tlspin_command import' -F
complete -c tlspin -n '__tlspin_command import' -s f -l format -x -a 'dump known-hosts filezilla firefox kde emacs chromium pem' -d 'What kind of file it is'
complete -c tlspin -n '__tlspin_command import' -s n -l dry-run -d 'Say what would be done, and do not do it'
complete -c tlspin -n '__tlspin_command import' -l critical -d 'From now on accept no other keys than these'
complete -c tlspin -n '__tlspin_command import' -l policy -d 'Print policy text, and store nothing'
complete -c tlspin -n '__tlspin_command import' -l until -x -d 'When exceptions end at the latest, or the policy'
complete -c tlspin -n '__tlspin_command import' -l cert -r -F -d 'Certificates of which the file may hold only digests'
complete -c tlspin -n '__tlspin_command export' -s f -l format -x -a 'dump policy curl wget msmtp weechat openconnect' -d 'What to write'

complete -c tlspin -n __tlspin_policy -a lint -d 'Look policy text over'
complete -c tlspin -n __tlspin_policy -a compile -d 'Make layers of policy text'
complete -c tlspin -n __tlspin_policy -a show -d 'Show the policy that is in force'
complete -c tlspin -n '__tlspin_policy lint compile show' -l json -d 'Print JSON'
complete -c tlspin -n '__tlspin_policy lint' -F
complete -c tlspin -n '__tlspin_policy lint' -l strict -d 'Fail for warnings, too'
complete -c tlspin -n '__tlspin_policy compile' -l source -r -F -d 'The folder of the text'
complete -c tlspin -n '__tlspin_policy compile' -l output -r -F -d 'The folder of the layers'
complete -c tlspin -n '__tlspin_policy compile' -l vendor -d 'The folders of the vendor, not those of the administrator'
complete -c tlspin -n '__tlspin_policy show' -a '(__tlspin_hosts)'
