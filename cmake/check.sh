#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs what is missing, builds and runs all tests: with g++, with clang++, and with g++'s sanitizers. Asks nothing.
#
#   cmake/check.sh [--no-install] [PRESET...]      presets: dev clang asan release; default: dev clang asan
set -euo pipefail
cd "$(dirname "$0")/.."
. cmake/packages.sh

install=yes
presets=""
for argument in "$@"; do
  case "$argument" in
    --no-install) install=no ;;
    dev | clang | asan | release) presets="$presets $argument" ;;
    *)
      sed -n '3,5s/^# \{0,1\}//p' "$0" >&2
      exit 2
      ;;
  esac
done
# shellcheck disable=SC2086
[ "$install" = no ] || install_packages $build_packages $test_packages

for preset in ${presets:-dev clang asan}; do
  say "$preset: configure, build, test"
  cmake --workflow --preset "$preset"
done
say "all tests passed: ${presets:-dev clang asan}"
