#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs what is missing, builds and runs all tests: with clang++, and with g++ and its sanitizers and library
# assertions; and with g++ alone what is installed. Asks nothing.
#
#   cmake/check.sh [--no-install] [PRESET...]
#   presets: package clang asan dev release fuzz tsan; default: package clang asan
set -euo pipefail
cd "$(dirname "$0")/.."
. cmake/packages.sh

install=yes
presets=""
for argument in "$@"; do
  case "$argument" in
    --no-install) install=no ;;
    package | clang | asan | dev | release | fuzz | tsan) presets="$presets $argument" ;;
    *)
      sed -n '3,7s/^# \{0,1\}//p' "$0" >&2
      exit 2
      ;;
  esac
done
# shellcheck disable=SC2086
[ "$install" = no ] || install_packages $build_packages $test_packages

# A second run compiles what changed, in whatever folder the clone is.
if command -v ccache >/dev/null; then
  export CMAKE_CXX_COMPILER_LAUNCHER=ccache CCACHE_BASEDIR="$PWD" CCACHE_NOHASHDIR=1
fi

for preset in ${presets:-package clang asan}; do
  say "$preset: configure, build, test"
  cmake --workflow --preset "$preset"
done
say "all tests passed: ${presets:-package clang asan}"
