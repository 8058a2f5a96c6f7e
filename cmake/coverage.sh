#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Which lines and branches of include/ and src/ the tests run: builds the preset coverage, runs its tests and prints a
# table of every header that has fewer than 95 % of its lines. Takes Debian's gcovr.
#
#   cmake/coverage.sh [--no-run]      --no-run: only the table, of what was run before
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v gcovr > /dev/null; then
  echo "This takes gcovr: sudo apt-get install gcovr" >&2
  exit 1
fi
if [ "${1:-}" != --no-run ]; then
  cmake --preset coverage
  cmake --build --preset coverage
  find build/coverage -name '*.gcda' -delete
  ctest --preset coverage
fi
# A template's line is counted once however often it is instantiated; branches that only an exception takes are left
# out, as g++ makes one of every call.
gcovr --root . --filter 'include/plimsoll/' --filter 'src/' --exclude-throw-branches \
  --exclude-unreachable-branches --gcov-ignore-parse-errors --json-summary build/coverage/summary.json \
  build/coverage > build/coverage/table.txt 2> build/coverage/gcovr.log || {
  tail build/coverage/gcovr.log >&2
  exit 1
}
python3 - build/coverage/summary.json << 'END'
import json
import sys

summary = json.load(open(sys.argv[1]))
rooms = {}
for file in summary["files"]:
    parts = file["filename"].split("/")
    room = "/".join(parts[:3]) if parts[0] == "include" and len(parts) > 3 else "/".join(parts[:2])
    total = rooms.setdefault(room, [0, 0, 0, 0])
    for i, key in enumerate(("line_covered", "line_total", "branch_covered", "branch_total")):
        total[i] += file[key]
print("| part | lines | branches |\n|---|---|---|")
for room, (lines, all_lines, branches, all_branches) in sorted(rooms.items()):
    share = f"{100 * branches / all_branches:.1f} %" if all_branches else "none"
    print(f"| `{room}` | {100 * lines / max(all_lines, 1):.1f} % of {all_lines} | {share} of {all_branches} |")
print("\nFewer than 95 % of the lines:")
for file in summary["files"]:
    if file["line_total"] and file["line_covered"] < 0.95 * file["line_total"]:
        print(f"  {file['filename']}: {file['line_covered']} of {file['line_total']}")
END
