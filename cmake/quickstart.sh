#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs what is missing, builds the program, and shows it at work on real scores. Asks nothing.
#
#   cmake/quickstart.sh [--no-install]
set -euo pipefail
cd "$(dirname "$0")/.."
. cmake/packages.sh

install=yes
for argument in "$@"; do
  case "$argument" in
    --no-install) install=no ;;
    *)
      sed -n '3,5s/^# \{0,1\}//p' "$0" >&2
      exit 2
      ;;
  esac
done
# shellcheck disable=SC2086
[ "$install" = no ] || install_packages $build_packages

say "configuring"
cmake --preset quickstart
say "building"
cmake --build --preset quickstart

program=build/quickstart/bin/plimsoll
line=build/quickstart/line.json
for set in bottle-knn screw-knn mammography-knn; do
  say "examples/data/$set: thresholds from normal scores alone, judged by labels that they never saw"
  "$program" evaluate "examples/data/$set/normal.npy" "examples/data/$set/test.npy" --labels "examples/data/$set/test_labels.npy"
done

say "a threshold file: at most 1 % false alarms with 95 % confidence"
"$program" fit examples/data/mammography-knn/normal.npy --method quantile --false-alarm-rate 0.01 --confidence 0.95 -o "$line"
say "deciding by it"
"$program" apply "$line" examples/data/mammography-knn/test.npy --labels examples/data/mammography-knn/test_labels.npy
say "done: the program is $program, the threshold file $line; try $program --help"
