# Sourced by the scripts of this folder: where things are, and how what is missing gets installed.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD

# Tests see internal names. The same flags everywhere make one build serve the demo and the tests.
swift_flags=(-c release -Xswiftc -enable-testing)
# And these, with PREFACTOR_FUZZ in the environment, make one build of all that runs under AddressSanitizer, fuzzers
# too. The coverage is what -sanitize=fuzzer stands for: of several -sanitize Swift takes the last.
sanitizer_flags=("${swift_flags[@]}" --scratch-path .build-fuzz --sanitize=address
  -Xswiftc -sanitize-coverage=edge,indirect-calls,trace-cmp,inline-8bit-counters,pc-table
  -Xcc -fsanitize=fuzzer-no-link,address)

say() { printf '\n\033[1m== %s\033[0m\n' "$*"; }

fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

# install_packages NAME...: Debian packages that are not there yet.
install_packages() {
  local missing=()
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  ((${#missing[@]})) || return 0
  command -v apt-get >/dev/null ||
    fail "These packages are missing, and there is no apt-get to install them: ${missing[*]}"
  local sudo=()
  if ((EUID)); then
    command -v sudo >/dev/null || fail "These packages are missing; install them as root: ${missing[*]}"
    sudo=(sudo)
  fi
  say "Installing ${missing[*]}"
  "${sudo[@]}" apt-get update -qq
  DEBIAN_FRONTEND=noninteractive "${sudo[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# What Swift itself needs on Debian and Ubuntu (https://www.swift.org/install/linux/); a toolchain that was just
# unpacked lacks it.
swift_packages=(binutils g++ libc6-dev git ca-certificates libcurl4-openssl-dev libncurses-dev libsqlite3-dev
  libxml2-dev tzdata zlib1g-dev)
# What building the compiler, the command line and the runtime takes.
build_packages=(gcc cmake ninja-build pkg-config libopenblas-dev libjpeg-dev libpng-dev)

# require_tools PACKAGE...: Swift, what it needs, what building needs, and the packages.
require_tools() {
  local where='Prefactor needs Swift 6.3 or newer: install it from https://www.swift.org/install/linux/'
  where+=' and put its usr/bin on the PATH.'
  command -v swift >/dev/null || fail "Swift is not on the PATH. $where"
  install_packages "${swift_packages[@]}" "${build_packages[@]}" "$@"
  local answer major minor
  answer=$(swift --version 2>&1) || fail "Swift does not run: $answer"
  [[ $answer =~ Swift\ version\ ([0-9]+)\.([0-9]+) ]] || fail "This is no Swift that Prefactor knows: $answer"
  major=${BASH_REMATCH[1]} minor=${BASH_REMATCH[2]}
  ((major > 6 || (major == 6 && minor >= 3))) || fail "Swift $major.$minor is too old. $where"
}
