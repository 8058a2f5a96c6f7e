#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Do the tests notice when the library is broken? Breaks it in many ways, and says which test caught each.

A copy of the sources is woven with many mutants at once, each asleep until the environment variable PLIMSOLL_MUTANT has
its number: so everything is compiled once. A first run of each test program records which mutants it reaches; then each
mutant is run by the programs that reach it, the fastest first, until one fails or hangs.

  tests/mutation/mutation.py --count 60                       all that can be mutated, by all unit tests
  tests/mutation/mutation.py --only 'include/plimsoll/decide/*' --tests 'conformal_test' 'mask_test'
  tests/mutation/mutation.py --only 'src/*' --tests 'cli_test' 'io_*'   the readers and the program, by its tests
  tests/mutation/mutation.py --list --only '*/cutoff.hpp'     what would be mutated
  tests/mutation/mutation.py --mutants 17 204                 these alone, again

A second run with the same sources goes on where the first was stopped: results.jsonl in the build folder has one line a
mutant. report.md there is the table. Status 1 when a mutant survived.
"""

import argparse
import bisect
import collections
import fnmatch
import hashlib
import json
import os
import pathlib
import random
import re
import resource
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
ROOMS = ("core", "decide", "stats", "thresholds", "monitor", "metrics", "synth")
NAMESPACE = "::plimsoll_mutation::"

# Statements that are not run, or that must stay constants.
NOT_RUN = re.compile(r"\b(static_assert|constexpr|consteval|template|requires|concept|using|enum|case|operator|friend"
                     r"|namespace|alignas|noexcept\(|decltype|sizeof)\b|\[\[(?!nodiscard)")
BINARY = re.compile(r"(?<=[\w\)\]\}\"'>*.]) (<=|>=|==|!=|<|>|\+|-|\*) (?=[\w\(\-:!~*&\"'{.])")
LOGICAL = re.compile(r"(?<= )(&&|\|\|)(?=\s)")
LITERAL = re.compile(r"(?<![\w.\"'])(\d[\d']*(?:\.\d+)?(?:[eE][+-]?\d+)?[uUlLzZfF]*)(?![\w.'\"])")
EXTREME = re.compile(r"\bstd::(min|max)\(")
CONDITION = re.compile(r"\bif \(")
RETURN = re.compile(r"\breturn (true|false);")
ASSIGNED = re.compile(r" (\+=|-=) ")
# A statement that can be left out: an assignment, a call, an increment, what leaves a loop. A declaration has a blank
# before its name, or is of a constructor. What takes memory in advance changes no result.
AHEAD = re.compile(r"\s*(?:else |for \()?")
PLACE = r"\*?[A-Za-z_](?:\w|::|\.|->|\[[^\[\]]*\]|\(\))*"
LEFT_OUT = re.compile(rf"(?!.*(?: = (?:default|delete)$|\.reserve\())(?:{PLACE} [-+*/%|&^]?= |(?!(?:if|for|while|switch|return|throw)\b){PLACE}\(|\+\+|--|(?:break|continue)$)")
WHOLE = {"&&": ("||", "?", ",", ";", "{", "}", "=", "return", ":"), "||": ("?", ",", ";", "{", "}", "=", "return", ":")}


class Site:
    def __init__(self, path, kind, begin, end, before, after, edits):
        self.path, self.kind, self.begin, self.end = path, kind, begin, end
        self.before, self.after, self.edits = before, after, edits
        self.number = 0
        self.line = self.last_line = 0

    def name(self):
        return f"{self.path}:{self.line}"


def masked(text):
    """The text with comments blank, and the insides of strings and of preprocessor lines too; of the same length."""
    out = list(text)

    def blank(begin, end, filler):
        for i in range(begin, end):
            if out[i] != "\n":
                out[i] = filler

    for match in re.finditer(r"//[^\n]*|/\*.*?\*/|R\"\((?:.*?)\)\"|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])'"
                             r"|^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", text, re.S | re.M):
        found = match.group()
        if found[0] in "\"'R":
            blank(match.start() + 1, match.end() - 1, "S")
        else:
            blank(match.start(), match.end(), " ")
    return "".join(out)


def closing(code, opening):
    """Where the bracket at `opening` closes."""
    depth = 0
    for i in range(opening, len(code)):
        depth += (code[i] in "([{") - (code[i] in ")]}")
        if depth == 0:
            return i
    return -1


def operand_begin(code, i, stops):
    """Where the operand that ends before i begins: after a token of lower precedence."""
    depth = 0
    j = i - 1
    while j >= 0:
        c = code[j]
        if c in ")]}":
            depth += 1
        elif c in "([{":
            if depth == 0:
                return j + 1
            depth -= 1
        elif depth == 0:
            if c in ";,?" or (c == ":" and code[j - 1] != ":" and code[j + 1] != ":"):
                return j + 1
            if c == "=" and code[j - 1] == " " and code[j + 1] in " \n":
                return j + 1
            if code[j - 1:j + 1] == "||" and "||" in stops:
                return j + 1
            if code[j - 5:j + 1] == "return" and not code[j + 1].isalnum():
                return j + 1
        j -= 1
    return 0


def operand_end(code, i, stops):
    """Where the operand that begins at i ends: before a token of lower or the same precedence."""
    depth = 0
    j = i
    while j < len(code):
        c = code[j]
        if c in "([{":
            depth += 1
        elif c in ")]}":
            if depth == 0:
                return j
            depth -= 1
        elif depth == 0:
            if c in ";,?" or (c == ":" and code[j - 1] != ":" and code[j + 1] != ":"):
                return j
            if code[j:j + 2] in ("&&", "||") and code[j - 1] in " \n" and (code[j:j + 2] == "||" or "||" in stops):
                return j
        j += 1
    return len(code)


def sites_of(path, text, chance):
    """All that can be broken in a file. A comparison breaks at its boundary or into its opposite, by chance."""
    code = masked(text)
    starts = [0] + [i + 1 for i, c in enumerate(code) if c == "\n"]
    ends = sorted(i for i, c in enumerate(code) if c in ";{}")
    sites = []

    def statement(i):
        at = bisect.bisect_left(ends, i)
        return code[ends[at - 1] + 1 if at else 0:i]

    def run(i):
        # A constexpr function is run as well; what is constant is a statement that begins with it, in its own braces.
        return not NOT_RUN.search(statement(i))

    def add(kind, begin, end, before, after, edits):
        sites.append(Site(path, kind, begin, end, before, after, edits))

    for match in BINARY.finditer(code):
        operator, i = match.group(1), match.start(1)
        if not run(i) or operator == "*" and re.search(r"\b(const|auto|char|void)$", code[:match.start()]):
            continue
        edge = {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}
        other = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "==", "+": "-", "-": "+", "*": "/"}
        boundary = operator in edge and chance.random() < 0.6
        change = "boundary" if boundary else "opposite"
        kind = "boundary" if boundary else "comparison" if operator not in "+-*" else "arithmetic"
        add(kind, i, i + len(operator), operator, (edge if boundary else other)[operator],
            [(match.end(), 0.5, f"{NAMESPACE}Between<@, {NAMESPACE}Change::{change}>{{}} {operator} ")])
    for match in LOGICAL.finditer(code):
        operator = match.group(1)
        if not run(match.start()):
            continue
        begin = operand_begin(code, match.start(), WHOLE[operator])
        end = operand_end(code, match.end(), WHOLE[operator])
        # a || b is !(!a && !b), which keeps what is not evaluated.
        add("logic", match.start(), match.end(), operator, "||" if operator == "&&" else "&&",
            [(begin, 1, f" (({NAMESPACE}on(@) != static_cast<bool>("), (match.start(), 0, "))"),
             (match.end(), 1, f" ({NAMESPACE}on(@) != static_cast<bool>("), (end, 0, f"))) != {NAMESPACE}on(@)")])
    for match in LITERAL.finditer(code):
        i, j = match.span(1)
        before = code[:i].rstrip()[-1:]
        depth = statement(i).count("(") - statement(i).count(")")
        default = before == "=" and depth > 0 and not re.search(r"\b(for|if|while) \(", statement(i))
        if not run(i) or code[j] == ">" or code[i - 1] == "<" or default or code[i - 1] == "-":
            continue
        add("constant", i, j, match.group(1), match.group(1) + " + 1",
            [(i, 1, "("), (j, 0, f" + {NAMESPACE}on(@))")])
    for match in EXTREME.finditer(code):
        i = match.start()
        if not run(i) or code[match.end()] == "{" or code[closing(code, match.end() - 1) - 1] == "}":
            continue
        name = match.group(1)
        add("extreme", i, match.end() - 1, name, "max" if name == "min" else "min",
            [(i, 1, f"{NAMESPACE}{name}<@>"), (i, 2, len("std::") + 3)])
    for match in CONDITION.finditer(code):
        i = match.end()
        end = closing(code, i - 1)
        inside = code[i:end]
        if not run(match.start()) or ";" in inside or re.search(r" = ", inside) or re.match(r"\w[\w:<>*& ]* \w+\{", inside):
            continue
        add("branch", match.start(), end, "if (c)", "if (false)",
            [(i, 1, f"!{NAMESPACE}on(@) && ("), (end, 0, ")")])
    for match in RETURN.finditer(code):
        if run(match.start()):
            value = match.group(1)
            add("return", match.start(), match.end(), "return " + value, "return " + ("false" if value == "true" else "true"),
                [(match.end(1), 0, f" != {NAMESPACE}on(@)")])
    for match in ASSIGNED.finditer(code):
        end = operand_end(code, match.end(), ())
        if run(match.start()) and "\n" not in text[match.end():end]:
            operator = match.group(1)
            add("arithmetic", match.start(1), end, operator, "-=" if operator == "+=" else "+=",
                [(match.end(), 1, f"{NAMESPACE}on(@) ? -({text[match.end():end]}) : ("), (end, 0, ")")])
    for begin, end in zip([0] + [i + 1 for i in ends], ends):
        head = AHEAD.match(code, begin, end)
        begin = head.end()
        depth = head.group().endswith("(")
        for i in range(begin, end):  # past the round brackets of a loop, which began here or before a semicolon
            depth += (code[i] == "(") - (code[i] == ")")
            if depth < 0 or depth == 0 and head.group().endswith("(") and code[i] == ")":
                begin = i + 2
                break
        if code[end] == ";" and run(begin) and not NOT_RUN.match(code, begin) and LEFT_OUT.match(code, begin, end):
            add("statement", begin, end, " ".join(text[begin:end].split())[:60], "nothing",
                [(begin, 1, f"if (!{NAMESPACE}on(@)) ")])
    for site in sites:
        site.line = bisect.bisect_right(starts, site.begin)
        first = min(at for at, _, _ in site.edits)
        last = max(at for at, _, _ in site.edits)
        site.first_line = bisect.bisect_right(starts, first)
        site.last_line = bisect.bisect_right(starts, last)
    return sites


def woven(text, sites):
    """The text with all sites woven in. What closes comes before what opens; wider sites open first and close last."""
    edits = []
    cuts = {}
    for site in sites:
        width = max(at for at, _, _ in site.edits) - min(at for at, _, _ in site.edits)
        for at, order, what in site.edits:
            if order == 2:
                cuts[at] = what
            else:
                nested = (width, -site.number) if order == 0 else (-width, site.number)
                edits.append((at, order, nested, what.replace("@", str(site.number))))
    out = []
    at = 0
    for place, _, _, what in sorted(edits, key=lambda edit: edit[:3]):
        if place > at:
            out.append(text[at:place])
            at = place
        out.append(what)
        if place in cuts:
            at = place + cuts.pop(place)
    out.append(text[at:])
    return "".join(out)


def write_if_changed(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


def say(text):
    print(text, file=sys.stderr, flush=True)


def includes(tree, path, seen):
    """Adds all of the library's headers that a file includes, and theirs."""
    for name in re.findall(r"#include [<\"](plimsoll/[^>\"]+)[>\"]", (tree / path).read_text()):
        header = "include/" + name
        if header not in seen and (tree / header).exists():
            seen.add(header)
            includes(tree, header, seen)
    return seen


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1, help="which sites are drawn (default 1)")
    parser.add_argument("--count", type=int, default=60, help="how many mutants are run (default 60)")
    parser.add_argument("--only", nargs="+", default=["*"], metavar="GLOB", help="files to break, relative to the root")
    parser.add_argument("--tests", nargs="+", default=["*_test"], metavar="GLOB", help="names of test sources to run")
    parser.add_argument("--kinds", nargs="+", default=[], metavar="KIND",
                        help="boundary, comparison, arithmetic, logic, constant, extreme, branch, return, "
                        "statement")
    parser.add_argument("--mutants", nargs="+", type=int, default=[], metavar="N", help="run these alone")
    parser.add_argument("--weave", type=int, default=4, help="mutants woven in for each one run, as some do not compile "
                        "(default 4)")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "mutation", help="the build folder")
    parser.add_argument("--jobs", type=int, default=1, help="compile jobs (default 1)")
    parser.add_argument("--compiler", default="g++")
    parser.add_argument("--optimise", default="-O0", help="compiler flag (default -O0: the compiling takes longest)")
    parser.add_argument("--time-limit", type=float, default=60, help="seconds a test program may take at least before it "
                        "counts as hanging; 10 times its time without a mutant if that is more (default 60)")
    parser.add_argument("--list", action="store_true", help="print the drawn sites and build nothing")
    parser.add_argument("--keep-build", action="store_true", help="do not weave again: the drawn sites of the last run")
    return parser.parse_args()


def draw(options):
    """Sites of the files, in turns over files and kinds, so that a long file or a common kind does not take all."""
    files = sorted(str(path.relative_to(ROOT)) for room in ROOMS
                   for path in (ROOT / "include" / "plimsoll" / room).glob("*.hpp"))
    files += sorted(str(path.relative_to(ROOT)) for room in ("io", "cli")
                    for path in (ROOT / "src" / room).glob("*.?pp"))
    groups = collections.defaultdict(list)
    for path in files:
        if any(fnmatch.fnmatch(path, glob) for glob in options.only):
            chance = random.Random(f"{options.seed} {path}")
            for site in sites_of(path, (ROOT / path).read_text(), chance):
                if not options.kinds or site.kind in options.kinds:
                    groups[path, site.kind].append(site)
    chance = random.Random(options.seed)
    queues = [chance.sample(groups[key], len(groups[key])) for key in sorted(groups)]
    drawn = []
    while queues:
        chance.shuffle(queues)
        drawn += [queue.pop() for queue in queues]
        queues = [queue for queue in queues if queue]
    for number, site in enumerate(drawn, 1):
        site.number = number
    return drawn


def make_tree(options, sites):
    tree = options.build / "tree"
    by_path = collections.defaultdict(list)
    for site in sites:
        by_path[site.path].append(site)
    for part in ("CMakeLists.txt", "cmake", "include", "src", "tests/support", "tests/unit", "tests/contract",
                 "tests/model", "tests/cli"):
        source = ROOT / part
        for path in [source] if source.is_file() else sorted(p for p in source.rglob("*") if p.is_file()):
            relative = str(path.relative_to(ROOT))
            text = path.read_text()
            write_if_changed(tree / relative, woven(text, by_path[relative]) if relative in by_path else text)
    write_if_changed(options.build / "mutation.hpp", (ROOT / "tests/mutation/mutation.hpp").read_text())
    return tree


def test_sources(options, tree):
    """Name of each program, its source, and whether it needs the compiled io and registry."""
    mutated = [path for path in (str(p.relative_to(tree)) for p in (tree / "include").rglob("*.hpp"))
               if any(fnmatch.fnmatch(path, glob) for glob in options.only)]
    programs = {}
    if any(fnmatch.fnmatch("cli_test", glob) for glob in options.tests if glob != "*_test"):
        programs["cli_test"] = (tree / "tests/cli", True, True)
    for folder in ("unit", "contract", "model"):
        for path in sorted((tree / "tests" / folder).glob("*_test.cpp")):
            name = path.stem
            if name in ("no_images_test",) or not any(fnmatch.fnmatch(name, glob) for glob in options.tests):
                continue
            if "coverage" in name or "allocation" in name or folder == "contract" and name != "contract_test":
                continue  # simulations
            seen = includes(tree, str(path.relative_to(tree)), set())
            helpers = [path]
            for helper in helpers:
                for name_of in re.findall(r"#include \"([\w]+\.hpp)\"", helper.read_text()):
                    for place in (path.parent, tree / "tests/support"):
                        if (place / name_of).exists() and place / name_of not in helpers:
                            helpers.append(place / name_of)
                            seen |= includes(tree, str((place / name_of).relative_to(tree)), set())
            io = any(header.startswith(("include/plimsoll/io/", "include/plimsoll/adapt/")) for header in seen)
            io = io or name == "svg_test"
            if io or "*" in options.only or set(mutated) & seen:
                programs[name] = (path, io, any(header.endswith("/registry.hpp") for header in seen))
    return programs


def configure(options, tree, programs):
    lines = [
        "cmake_minimum_required(VERSION 3.25)", "project(mutation CXX)",
        "set(CMAKE_CXX_STANDARD 20)", "set(CMAKE_CXX_EXTENSIONS OFF)",
        f'add_compile_options(-w -Wno-narrowing -D_GLIBCXX_ASSERTIONS {options.optimise} "SHELL:-include {options.build}/mutation.hpp")',
        "set(PLIMSOLL_BUILD_TESTS OFF)", "set(PLIMSOLL_BUILD_EXAMPLES OFF)",
        f"set(PLIMSOLL_BUILD_PROGRAM {'ON' if 'cli_test' in programs else 'OFF'})",
        "set(PLIMSOLL_INSTALL OFF)", "add_subdirectory(tree EXCLUDE_FROM_ALL)",
        f'list(PREPEND CMAKE_MODULE_PATH "{tree}/cmake")',
        "find_package(PlimsollOpenCV REQUIRED)", "find_package(nlohmann_json REQUIRED)", "find_package(Threads REQUIRED)",
        "add_library(main OBJECT tree/tests/support/main.cpp)",
    ]
    for name, (path, io, registry) in programs.items():
        libraries = "plimsoll::plimsoll Threads::Threads nlohmann_json::nlohmann_json"
        libraries += " plimsoll::io plimsoll::opencv" if io else ""
        libraries += " plimsoll::registry" if registry else ""
        sources = str(path.relative_to(options.build))
        if name == "cli_test":
            sources = " ".join(str(source.relative_to(options.build)) for source in sorted(path.glob("*.cpp")))
        after = []
        if name == "cli_test":
            # What it compiles is the library as it is.
            subprocess.run(["cmake", "-D", f"include={ROOT}/include", "-D", f"output={options.build}/plimsoll_decide.hpp",
                            "-P", ROOT / "cmake/Amalgamate.cmake"], check=True)
            after = [f"add_dependencies({name} plimsoll_program)",
                      f"target_compile_definitions({name} PRIVATE PLIMSOLL_PROGRAM=\"$<TARGET_FILE:plimsoll_program>\""
                      f" PLIMSOLL_COMPILER=\"{options.compiler}\" PLIMSOLL_INCLUDE=\"{ROOT}/include\""
                      f" PLIMSOLL_SINGLE_HEADER_FOLDER=\"{options.build}\")"]
        lines += [
            f"add_executable({name} {sources} $<TARGET_OBJECTS:main>)",
            f"target_include_directories({name} PRIVATE tree/tests/support tree/src/io)",
            f"target_compile_definitions({name} PRIVATE PLIMSOLL_EXAMPLE_DATA=\"{ROOT}/examples/data\")",
            f"target_compile_options({name} PRIVATE -ffp-contract=off)",
            f"target_link_libraries({name} PRIVATE {libraries})",
            *after,
        ]
    write_if_changed(options.build / "CMakeLists.txt", "\n".join(lines) + "\n")
    subprocess.run(["cmake", "-S", options.build, "-B", options.build / "objects", "-G", "Ninja",
                    f"-DCMAKE_CXX_COMPILER={options.compiler}"], check=True, stdout=subprocess.DEVNULL)


def build(options, sites, programs):
    """Builds, and takes out of the weave what does not compile. Returns the sites that are left."""
    for turn in range(8):
        tree = make_tree(options, sites)
        start = time.monotonic()
        done = subprocess.run(["ninja", "-C", options.build / "objects", "-k0", f"-j{options.jobs}", *programs],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        say(f"build, turn {turn + 1}: {time.monotonic() - start:.0f} s")
        if done.returncode == 0:
            return sites
        bad = collections.defaultdict(set)
        for path, line in re.findall(re.escape(str(tree)) + r"/((?:include|src)/[\w/.]+):(\d+):\d+: (?=error|  *required"
                                     r"|note|fatal)", done.stdout):
            bad[path].add(int(line))
        # First those on a line with an error; where none is, those that a note names.
        errors = collections.defaultdict(set)
        for path, line in re.findall(re.escape(str(tree)) + r"/((?:include|src)/[\w/.]+):(\d+):\d+: (?:fatal )?error",
                                     done.stdout):
            errors[path].add(int(line))
        dropped = []
        for where in (errors, bad):
            dropped = [site for site in sites
                       if any(site.first_line <= line <= site.last_line for line in where[site.path])]
            if dropped:
                break
        (options.build / "errors.txt").write_text(done.stdout)
        if not dropped:
            say(done.stdout[-3000:])
            sys.exit(f"mutation.py: does not compile, and no mutant is to blame: see {options.build}/errors.txt")
        say(f"dropped, as they do not compile: {len(dropped)}")
        gone = {id(site) for site in dropped}
        sites = [site for site in sites if id(site) not in gone]
    sys.exit("mutation.py: still does not compile")


def bound_memory():
    """A mutant that asks for memory without end fails instead of taking the machine's."""
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))


def run_program(options, name, limit, **environment):
    """The status, the time, and of a failure the assertion."""
    start = time.monotonic()
    try:
        program, _, case = name.partition(": ")
        # Commas and brackets mean something in a filter.
        chosen = [re.sub(r"([,\[\]*\\])", r"\\\1", case)] if case else []
        done = subprocess.run([options.build / "objects" / program, *chosen, "--abort"],
                              env={"PLIMSOLL_MODEL_CASES": "0.1", **os.environ, **environment},
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=limit, cwd=options.build,
                              preexec_fn=bound_memory)
    except subprocess.TimeoutExpired:
        return 124, time.monotonic() - start, "time limit"
    output = done.stdout.decode(errors="replace")
    where = re.findall(r"(\w+_test\.cpp):(\d+): FAILED", output)
    named = re.search(r"-{20,}\n([^\n]+)\n", output)
    what = f"{where[0][0]}:{where[0][1]}" if where else f"status {done.returncode}"
    if named:
        what += f" ({named.group(1).strip()})"
    return done.returncode, time.monotonic() - start, what


def cases(options, programs):
    """The programs; of that of the program's tests, which starts processes and takes minutes, each case by itself."""
    for name in programs:
        if name != "cli_test":
            yield name
            continue
        listed = subprocess.run([options.build / "objects" / name, "--list-test-names-only"], stdout=subprocess.PIPE,
                                text=True)
        yield from (f"{name}: {case}" for case in listed.stdout.splitlines() if case)


def record(options, programs):
    """Of each program, its time and the mutants that it reaches; those that fail unmutated are left out."""
    reach = {}
    for name in cases(options, programs):
        program = options.build / "objects" / name.partition(": ")[0]
        file_name = re.sub(r"\W+", "_", name)
        cache = options.build / f"{file_name}.reach.json"
        stamp = program.stat().st_mtime
        if cache.exists() and json.loads(cache.read_text())["stamp"] == stamp:
            reach[name] = json.loads(cache.read_text())
            continue
        trace = options.build / f"{file_name}.reach"
        trace.unlink(missing_ok=True)
        status, _, what = run_program(options, name, 900, PLIMSOLL_MUTANT_RECORD=str(trace))
        if status == 0:
            status, seconds, what = run_program(options, name, 900)
        if status != 0:
            say(f"{name} fails without a mutant, and is left out: {what}")
            continue
        numbers = sorted({int(line) for line in trace.read_text().split()}) if trace.exists() else []
        reach[name] = {"stamp": stamp, "seconds": seconds, "numbers": numbers}
        cache.write_text(json.dumps(reach[name]))
        say(f"{name}: {seconds:.1f} s, reaches {len(numbers)} mutants")
    return reach


def report(options, sites, results):
    by_number = {site.number: site for site in sites}
    run = [(by_number[number], result) for number, result in sorted(results.items()) if number in by_number]
    caught = sum(result["caught"] for _, result in run)
    lines = [f"# Mutants: {caught} of {len(run)} caught", "",
             f"Seed {options.seed}, tests {' '.join(options.tests)}, files {' '.join(options.only)}.", ""]
    for title, key in (("room", lambda site: pathlib.Path(site.path).parent.name), ("kind", lambda site: site.kind)):
        count = collections.Counter(key(site) for site, _ in run)
        good = collections.Counter(key(site) for site, result in run if result["caught"])
        lines += [f"| {title} | mutants | caught |", "|---|---|---|"]
        lines += [f"| {name} | {count[name]} | {good[name]} |" for name in sorted(count)] + [""]
    lines += ["| mutant | where | kind | change | result |", "|---|---|---|---|---|"]
    for site, result in sorted(run, key=lambda pair: pair[1]["caught"]):
        change = f"`{site.before}` to `{site.after}`".replace("|", "\\|")
        lines.append(f"| {site.number} | {site.name()} | {site.kind} | {change} | {result['by'].replace('|', '/')} |")
    (options.build / "report.md").write_text("\n".join(lines) + "\n")
    return caught, len(run)


def main():
    options = arguments()
    options.build = options.build.resolve()
    sites = draw(options)
    if options.list:
        for site in sites[:options.count]:
            print(f"{site.number}\t{site.name()}\t{site.kind}\t{site.before} -> {site.after}")
        return 0
    keep = max([options.count * options.weave, *options.mutants])
    sites = sites[:keep]
    kept = options.build / "kept.json"
    if options.keep_build and kept.exists():
        numbers = set(json.loads(kept.read_text()))
        sites = [site for site in sites if site.number in numbers]
    options.build.mkdir(parents=True, exist_ok=True)
    say(f"{len(sites)} mutants drawn")
    tree = make_tree(options, sites)
    programs = test_sources(options, tree)
    configure(options, tree, programs)
    sites = build(options, sites, programs)
    kept.write_text(json.dumps([site.number for site in sites]))
    reach = record(options, programs)

    # Results stand while the sources and the tests are the same.
    digest = hashlib.sha256()
    for path in sorted(tree.rglob("*.?pp")):
        digest.update(path.read_bytes())
    key = digest.hexdigest()[:16]
    log = options.build / "results.jsonl"
    results = {}
    if log.exists():
        for line in log.read_text().splitlines():
            entry = json.loads(line)
            if entry["tree"] == key:
                results[entry["mutant"]] = entry
    chosen = [site for site in sites if site.number in options.mutants] if options.mutants else sites[:options.count]
    with log.open("a") as out:
        for site in chosen:
            reaching = sorted((data["seconds"], name) for name, data in reach.items() if site.number in data["numbers"])
            old = results.get(site.number)
            if old and (old["caught"] or {name for _, name in reaching} <= set(old["reached_by"])):
                continue
            reaching = [pair for pair in reaching if not old or pair[1] not in old["reached_by"]]
            result = {"caught": False, "by": "survived" if reaching or old and old["reached_by"] else "not reached"}
            for seconds, name in reaching:
                status, _, what = run_program(options, name, max(options.time_limit, 10 * seconds),
                                              PLIMSOLL_MUTANT=str(site.number))
                if status != 0:
                    result = {"caught": True, "by": what if "_test" in what else f"{name}: {what}"}
                    break
            entry = {"tree": key, "mutant": site.number, "where": site.name(), "kind": site.kind, "before": site.before,
                     "after": site.after, "reached_by": [name for _, name in reaching] + (old["reached_by"] if old else []), **result}
            out.write(json.dumps(entry) + "\n")
            out.flush()
            results[site.number] = entry
            say(f"{site.number} {site.name()} {site.kind} {site.before} -> {site.after}: {result['by']}")
    caught, run = report(options, sites, {n: r for n, r in results.items() if n in {site.number for site in chosen}})
    say(f"{caught} of {run} caught; {options.build}/report.md")
    return 0 if caught == run else 1


if __name__ == "__main__":
    sys.exit(main())
