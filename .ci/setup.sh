# Sourced by ./flinch and ./check: the Debian packages they need, in one place, and how to get them.
# shellcheck shell=bash

# To build flinch with its tests.
build_packages=(
  g++ cmake ninja-build ccache pkg-config
  libboost-context-dev libfmt-dev libcli11-dev libtomlplusplus-dev nlohmann-json3-dev
  libxxhash-dev
  libgtest-dev libgmock-dev librapidcheck-dev libbenchmark-dev locales
  libleveldb-dev libsnappy-dev libsqlite3-dev
  tao-pegtl-dev
)
# What the gate needs besides: the second compiler and its tools.
gate_packages=(clang-19 clang-format-19 clang-tidy-19)
# What some tests need, which are skipped without: schedulers, a browser, judges of formats.
test_packages=(
  slurm-wlm munge parallel openssh-server openssh-client
  chromium python3 python3-jsonschema
  lintian dpkg-dev man-db gzip
)

# missing_packages <package>...: prints those that are not installed.
missing_packages() {
  local installed package
  installed=" $(dpkg-query -W -f '${db:Status-Status}:${Package} ' "$@" 2>/dev/null)"
  for package in "$@"; do
    [[ $installed == *" installed:$package "* ]] || printf '%s\n' "$package"
  done
}

# install_packages <log> <package>...: installs what is missing; says so in one line on standard error.
install_packages() {
  local log=$1 as_root=() missing
  shift
  if ! command -v dpkg-query >/dev/null; then
    return 0 # Not a Debian; CMake will name what it misses.
  fi
  mapfile -t missing < <(missing_packages "$@")
  ((${#missing[@]})) || return 0
  if ((EUID != 0)); then
    if ! command -v sudo >/dev/null; then
      echo "flinch needs root or sudo to install: ${missing[*]}" >&2
      return 1
    fi
    as_root=(sudo)
  fi
  echo "installing Debian packages: ${missing[*]}" >&2
  {
    "${as_root[@]}" apt-get update
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y \
      --no-install-recommends -o DPkg::Lock::Timeout=300 "${missing[@]}"
  } >>"$log" 2>&1 </dev/null
}
