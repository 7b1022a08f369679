# Completion of livectl for fish. Held against livectl by a lint.

set -l verbs agent ask chat check config connect devices disconnect dump interrupt listen monitor mute \
    new send status tool voice volume wait

function __livectl_settings
    livectl config list --no-autostart --timeout=1 2>/dev/null | string split -f1 ' '
end

function __livectl_voices
    livectl voice --list --no-autostart --timeout=1 2>/dev/null | string split -f1 ' '
end

function __livectl_tools
    livectl tool list --no-autostart --timeout=1 2>/dev/null | string split -f1 ' '
end

complete -c livectl -f
complete -c livectl -l json -d 'Print JSON'
complete -c livectl -l timeout -x -d 'Give up after so many seconds'
complete -c livectl -l no-autostart -d 'Do not start the daemon'
complete -c livectl -s h -l help -d 'Describe the verb'

complete -c livectl -n "not __fish_seen_subcommand_from $verbs" -l version -d 'Show the version'
complete -c livectl -n __fish_use_subcommand -a help -d 'Describe a verb'
complete -c livectl -n '__fish_seen_subcommand_from help' -a "$verbs"

complete -c livectl -n __fish_use_subcommand -a agent -d 'Ask here before a tool runs'
complete -c livectl -n __fish_use_subcommand -a ask -d 'Print the whole answer'
complete -c livectl -n __fish_use_subcommand -a chat -d 'Hold a conversation at the terminal'
complete -c livectl -n __fish_use_subcommand -a check -d 'Try the API key'
complete -c livectl -n __fish_use_subcommand -a config -d 'List, tell and change settings'
complete -c livectl -n __fish_use_subcommand -a connect -d 'Connect to the service'
complete -c livectl -n __fish_use_subcommand -a devices -d 'Microphones and speakers'
complete -c livectl -n __fish_use_subcommand -a disconnect -d 'Close the connection'
complete -c livectl -n __fish_use_subcommand -a dump -d 'Inner state for a bug report'
complete -c livectl -n __fish_use_subcommand -a interrupt -d 'Silence the answer'
complete -c livectl -n __fish_use_subcommand -a listen -d 'Open the microphone, or give it back'
complete -c livectl -n __fish_use_subcommand -a monitor -d 'Print everything that happens'
complete -c livectl -n __fish_use_subcommand -a mute -d 'Mute the microphone or unmute it'
complete -c livectl -n __fish_use_subcommand -a new -d 'Begin a new conversation'
complete -c livectl -n __fish_use_subcommand -a send -d 'Send without waiting for the answer'
complete -c livectl -n __fish_use_subcommand -a status -d 'Tell what the daemon is doing'
complete -c livectl -n __fish_use_subcommand -a tool -d 'What the model may call'
complete -c livectl -n __fish_use_subcommand -a voice -d 'Set or tell the voice'
complete -c livectl -n __fish_use_subcommand -a volume -d 'Set or tell the loudness'
complete -c livectl -n __fish_use_subcommand -a wait -d 'Wait until the session is in a state'

complete -c livectl -n '__fish_seen_subcommand_from chat' -s l -l listen -d 'Open the microphone'
complete -c livectl -n '__fish_seen_subcommand_from chat' -l thoughts -d 'Show thoughts'
complete -c livectl -n '__fish_seen_subcommand_from chat' -l figures -d 'Show tokens and times'
complete -c livectl -n '__fish_seen_subcommand_from config; and not __fish_seen_subcommand_from list get set' -a 'list get set'
complete -c livectl -n '__fish_seen_subcommand_from config; and __fish_seen_subcommand_from get set' -a '(__livectl_settings)'
complete -c livectl -n '__fish_seen_subcommand_from devices' -l input -x -d 'Listen to this microphone'
complete -c livectl -n '__fish_seen_subcommand_from devices' -l output -x -d 'Speak through this speaker'
complete -c livectl -n '__fish_seen_subcommand_from listen' -a 'on off hold'
complete -c livectl -n '__fish_seen_subcommand_from listen' -l levels -d 'Show how loud it is'
complete -c livectl -n '__fish_seen_subcommand_from listen' -l reason -x -d 'What to show to others'
complete -c livectl -n '__fish_seen_subcommand_from listen' -l all -d 'Take it from everybody'
complete -c livectl -n '__fish_seen_subcommand_from monitor' -l no-content -d 'Leave out what is said'
complete -c livectl -n '__fish_seen_subcommand_from monitor' -l levels -d 'Show the loudness too'
complete -c livectl -n '__fish_seen_subcommand_from mute' -a 'on off toggle'
complete -c livectl -n '__fish_seen_subcommand_from send' -l context -d 'No answer is wanted'
complete -c livectl -n '__fish_seen_subcommand_from status' -s f -l follow -d 'A line at every change'
complete -c livectl -n '__fish_seen_subcommand_from tool; and not __fish_seen_subcommand_from list run call log' -a 'list run call log'
complete -c livectl -n '__fish_seen_subcommand_from tool; and __fish_seen_subcommand_from call' -a '(__livectl_tools)'
complete -c livectl -n '__fish_seen_subcommand_from tool' -l description -x -d 'What it does, for the model'
complete -c livectl -n '__fish_seen_subcommand_from tool' -l param -x -d 'An argument of the tool'
complete -c livectl -n '__fish_seen_subcommand_from tool' -l confirm -x -a 'first always' -d 'Ask before a call'
complete -c livectl -n '__fish_seen_subcommand_from tool' -l background -d 'The model talks on'
complete -c livectl -n '__fish_seen_subcommand_from tool' -s f -l follow -d 'Print each call as it ends'
complete -c livectl -n '__fish_seen_subcommand_from voice' -s l -l list -d 'List the voices'
complete -c livectl -n '__fish_seen_subcommand_from voice config' -s f -l force -d 'Set an unknown voice'
complete -c livectl -n '__fish_seen_subcommand_from voice' -a '(__livectl_voices)'
complete -c livectl -n '__fish_seen_subcommand_from wait' -a 'offline connecting online rotating backoff waiting-network suspended blocked idle listening thinking speaking tool'
