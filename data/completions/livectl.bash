# Completion of livectl for bash. Held against livectl by a lint and a test.

_livectl()
{
  local cur prev verb="" i
  cur="${COMP_WORDS[COMP_CWORD]}"
  prev="${COMP_WORDS[COMP_CWORD-1]}"

  local verbs="agent ask chat check config connect devices disconnect dump interrupt listen monitor mute
    new send status tool voice volume wait help"
  local common="--json --timeout= --no-autostart --help"

  for ((i = 1; i < COMP_CWORD; i++)); do
    if [[ "${COMP_WORDS[i]}" != -* ]]; then
      verb="${COMP_WORDS[i]}"
      break
    fi
  done

  COMPREPLY=()
  if [[ -z "$verb" ]]; then
    if [[ "$cur" == -* ]]; then
      mapfile -t COMPREPLY < <(compgen -W "$common --version" -- "$cur")
    else
      mapfile -t COMPREPLY < <(compgen -W "$verbs" -- "$cur")
    fi
    [[ "${COMPREPLY[0]}" == *= ]] && compopt -o nospace
    return
  fi

  if [[ "$cur" == -* ]]; then
    local own=""
    case "$verb" in
      chat) own="--listen --thoughts --figures" ;;
      config) own="--force" ;;
      devices) own="--input= --output=" ;;
      listen) own="--levels --reason= --all" ;;
      monitor) own="--no-content --levels" ;;
      send) own="--context" ;;
      status) own="--follow" ;;
      tool) own="--description= --param= --confirm= --background --follow" ;;
      voice) own="--list --force" ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$own $common" -- "$cur")
    [[ "${COMPREPLY[0]}" == *= ]] && compopt -o nospace
    return
  fi

  local choices=""
  case "$verb" in
    help) choices="$verbs" ;;
    listen) choices="on off hold" ;;
    mute) choices="on off toggle" ;;
    wait)
      choices="offline connecting online rotating backoff waiting-network suspended blocked idle
        listening thinking speaking tool"
      ;;
    config)
      case "$prev" in
        config) choices="list get set" ;;
        # A running daemon knows its settings; none is started for this.
        get | set)
          choices="$(livectl config list --no-autostart --timeout=1 2>/dev/null | cut -d' ' -f1)"
          ;;
      esac
      ;;
    tool)
      case "$prev" in
        tool) choices="list run call log" ;;
        call)
          choices="$(livectl tool list --no-autostart --timeout=1 2>/dev/null | cut -d' ' -f1)"
          ;;
      esac
      ;;
    voice)
      choices="$(livectl voice --list --no-autostart --timeout=1 2>/dev/null | cut -d' ' -f1)"
      ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$choices" -- "$cur")
}

complete -F _livectl livectl
