#!/usr/bin/env bash
# deb.sh <build> <work> <main.cc> <cpack>: packs a build into Debian packages, has lintian judge them,
# and uses what is in them. What this machine cannot do is skipped, and said.
set -euo pipefail
build=$1 work=$2 source=$3 cpack=$4

fail() {
  echo "$*" >&2
  exit 1
}

for tool in dpkg-deb dpkg-shlibdeps lintian man pkg-config g++; do
  if ! command -v "$tool" >/dev/null; then
    echo "skipped: $tool is not installed"
    exit 0
  fi
done
rm -rf "$work"
mkdir -p "$work/packs"
(cd "$build" && "$cpack" -G DEB -B "$work/packs" >"$work/cpack.log" 2>&1) ||
  fail "cpack failed: $(tail -n 20 "$work/cpack.log")"
packages=("$work"/packs/*.deb)
((${#packages[@]} == 3)) || fail "there are ${#packages[@]} packages, not 3: ${packages[*]}"

# Errors fail; warnings are shown. The third is made as the second is, and so large that lintian takes
# many minutes for it.
lintian --fail-on error --allow-root --tag-display-limit 0 "$work"/packs/flinch_*.deb \
  "$work"/packs/libflinch-sim-dev_*.deb ||
  fail "lintian finds errors"

root=$work/root
for package in "${packages[@]}"; do
  dpkg-deb -x "$package" "$root"
  dpkg-deb -f "$package" Package Version Depends
done
flinch=$root/usr/bin/flinch
"$flinch" --version
"$flinch" run small_job --seed 1 >/dev/null || fail "the packed program does not run"

# Every command and the form of files have a page that man takes without a warning.
pages=$(find "$root/usr/share/man" -name '*.gz' | wc -l)
commands=$("$flinch" complete '' | grep -vc '^-')
((pages == commands + 2)) || fail "$pages pages for $commands commands"
for page in "$root"/usr/share/man/*/*.gz; do
  said=$(LC_ALL=C.UTF-8 man --warnings -l "$page" 2>&1 >/dev/null)
  [[ -z $said ]] || fail "$page: $said"
done

# Completion, by the script that bash would load.
completed=$(PATH=$root/usr/bin:$PATH bash -c '
  source "$0/usr/share/bash-completion/completions/flinch"
  COMP_WORDS=(flinch hunt small_job --sear) COMP_CWORD=3
  compopt() { :; }
  _flinch
  echo "${COMPREPLY[*]}"' "$root")
[[ $completed == --search ]] || fail "bash completes --sear to '$completed'"

# A simulation of one's own, by pkg-config alone.
export PKG_CONFIG_PATH=$root/usr/lib/pkgconfig
read -ra flags <<<"$(pkg-config --cflags --libs flinch-sim)"
g++ -std=c++23 "$source" "${flags[@]}" -o "$work/outside"
[[ $("$work/outside") == "hello after 1 s" ]] || fail "what is built by pkg-config says otherwise"
pkg-config --exists --print-errors flinch-program
