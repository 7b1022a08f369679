# What lived needs on Debian, in one list, and the function that installs what is missing.
# Sourced by tests/run and client/try.

# To build it.
build_packages=(
  build-essential meson ninja-build pkg-config gettext libglib2.0-dev libsoup-3.0-dev
  libjson-glib-dev libpipewire-0.3-dev libsystemd-dev libsecret-1-dev libespeak-ng-dev
)

# To run it and to hold a conversation without a microphone.
run_packages=(
  dbus dbus-daemon glib-networking pipewire pipewire-bin wireplumber espeak-ng python3 python3-gi
  python3-numpy
)

# To prove it: man pages, fakes of other people's services, languages, leaks, the service's SDK.
test_packages=(
  python3-docutils python3-dbusmock libglib2.0-bin gettext systemd procps tmux valgrind git gjs
)

# Packages that another source than Debian may provide: package=program.
test_programs=(npm=npm)

is_installed ()
{
  [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# install_missing PACKAGE|PACKAGE=PROGRAM...: installs with apt what is not there, as root or with
# sudo, and says so. Does nothing, without a word of apt, when all is there.
install_missing ()
{
  local missing=() wanted

  if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    echo "This is no Debian: apt is not here, so nothing is installed. Needed are (Debian names):"
    printf '%s\n' "${@%%=*}" | sort -u | tr '\n' ' ' | fold -s -w 96
    echo
    return 0
  fi

  for wanted in "$@"; do
    case "$wanted" in
      *=*) command -v "${wanted#*=}" >/dev/null || missing+=("${wanted%%=*}") ;;
      *) is_installed "$wanted" || missing+=("$wanted") ;;
    esac
  done
  [ "${#missing[@]}" -gt 0 ] || return 0

  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
      echo "Missing: ${missing[*]}" >&2
      echo "Installing them takes root: run this as root once, or install sudo." >&2
      return 1
    fi
    as_root=(sudo)
  fi

  echo "Installing with apt: ${missing[*]}"
  local log
  log=$(mktemp)
  if ! { "${as_root[@]}" apt-get update -qq \
         || echo "apt-get update failed; going on with what apt knows."; } >>"$log" 2>&1 \
     || ! "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
          apt-get install -qq --yes --no-install-recommends "${missing[@]}" >>"$log" 2>&1; then
    tail -30 "$log"
    rm -f "$log"
    return 1
  fi
  rm -f "$log"
}

# build_folder SOURCE NAME: where to build: in the clone (git ignores build*), or, when that cannot
# be written, below the cache.
build_folder ()
{
  if [ -w "$1" ]; then
    echo "$1/build-$2"
  else
    local cache="${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}"
    echo "$cache/lived-build$(printf '%s' "$1" | cksum | cut -d' ' -f1)-$2"
  fi
}

# configure BUILD SOURCE OPTION...: sets a build folder up, or brings an old one to these options.
configure ()
{
  local build="$1" source="$2"
  shift 2

  if [ -f "$build/build.ninja" ] && meson configure "$build" "$@" >/dev/null 2>&1; then
    return 0
  fi
  rm -rf "$build"
  mkdir -p "$build"
  meson setup "$build" "$source" "$@" >"$build.log" 2>&1 || {
    cat "$build.log"
    return 1
  }
  mv "$build.log" "$build/meson-logs/setup.txt"
}
