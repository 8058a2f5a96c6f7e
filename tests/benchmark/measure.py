#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the benchmark and its peers in turn, so that whatever else the machine does meets both, and writes medians and
ratios into docs/benchmarks.md, between the lines that mark where.

  cmake --preset bench && cmake --build --preset bench
  tests/benchmark/measure.py [--rounds 5] [--headers]

Peers are Debian's packages: python3-numpy python3-scipy python3-sklearn python3-torch. One that is missing is left out.
All run on one thread. --headers also times how long g++ takes to read each public header, some minutes.
"""
import argparse
import json
import os
import pathlib
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

root = pathlib.Path(__file__).resolve().parents[2]

# Each row: what is measured, the benchmark's row, its case, what it is compared with (of the benchmark, or a peer), and
# the most that case / other should be.
rows = [
    ("best F1 of 10^7 labelled floats", "best_f1", "plimsoll", "scikit-learn precision_recall_curve", 1 / 80),
    ("", "best_f1", "plimsoll", "torch argsort and sums", None),
    ("", "best_f1", "plimsoll", "sum of the scores", 4),
    ("", "best_f1", "plimsoll", "std::sort", None),
    ("the same by 8 shards, merged", "best_f1", "8 shards merged", "plimsoll", None),
    ("the same in buckets, bounded memory", "best_f1", "in buckets", "plimsoll", None),
    ("10^8 floats into the summary of the 10^5 largest", "tail_summary", "plimsoll", "sum of the floats", 1.5),
    ("labels of a map of 1024 x 1024", "decide", "plimsoll", "plain compare", 1.1),
    ("normalised and decided, 1024 x 1024", "normalise", "plimsoll", "two passes of plimsoll", 0.6),
    ("", "normalise", "plimsoll", "two plain passes", None),
    ("exact quantile of 10^7 floats", "quantile", "plimsoll", "numpy.quantile", 0.5),
    ("", "quantile", "plimsoll", "copy and nth_element", None),
    ("exact moments of 10^7 floats", "moments", "SigmaThreshold", "sum of the scores", None),
    ("maximum likelihood of a tail, 10^4 excesses", "gpd_mle", "plimsoll", "scipy.stats.genpareto.fit", 1 / 50),
    ("conformal p-values, 10^6 against 10^4 normals", "conformal", "plimsoll", "numpy.searchsorted", 0.5),
    ("component tree of 256 x 256", "mebin", "plimsoll", "64 labellings by flooding", 1 / 20),
]
# Times alone, in microseconds; what there is to compare them with is not packaged.
alone = [
    ("Perlin noise, 256 x 256", "perlin/plimsoll", 200, "a thirtieth of anomalib's 6 ms on torch"),
    ("SPOT step, 2 % peaks, 200 kept, as its authors fit", "spot/plimsoll, as its authors fit/200", 0.12, ""),
    ("SPOT step, 1000 kept, as its authors fit", "spot/plimsoll, as its authors fit/1000", 0.25, ""),
    ("SPOT step, 200 kept, allowing for flagged peaks (the default)", "spot/plimsoll/200", 0.12, ""),
    ("SPOT step, 1000 kept, allowing for flagged peaks", "spot/plimsoll/1000", 0.25, ""),
]


def peers():
    """The peers that are here: a name, and a function that runs once and gives microseconds."""
    found = {}

    def timed(work):
        begin = time.perf_counter()
        work()
        return (time.perf_counter() - begin) * 1e6

    try:
        import numpy as np
    except ImportError:
        return found, {}
    versions = {"numpy": np.__version__}
    random = np.random.default_rng(1)
    scores = random.gamma(3, 1, 10_000_000).astype(np.float32)
    labels = (random.random(scores.size) < 0.1).astype(np.uint8)
    scores[labels == 1] += 3
    normals = np.sort(random.gamma(3, 1, 10_000).astype(np.float32))
    batch = random.gamma(3, 1, 1_000_000).astype(np.float32)
    found["numpy.quantile"] = lambda: timed(lambda: np.quantile(scores, 0.95))
    found["numpy.searchsorted"] = lambda: timed(lambda: (1 + normals.size - np.searchsorted(normals, batch)) /
                                                (normals.size + 1))
    try:
        import scipy
        from scipy.stats import genpareto
        versions["scipy"] = scipy.__version__
        excesses = genpareto.rvs(0.15, size=10_000, random_state=random)
        found["scipy.stats.genpareto.fit"] = lambda: timed(lambda: genpareto.fit(excesses, floc=0))
    except ImportError:
        pass
    try:
        import sklearn
        from sklearn.metrics import precision_recall_curve
        versions["scikit-learn"] = sklearn.__version__

        def by_sklearn():
            precision, recall, thresholds = precision_recall_curve(labels, scores)
            f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
            return thresholds[np.argmax(f1[:-1])]

        found["scikit-learn precision_recall_curve"] = lambda: timed(by_sklearn)
    except ImportError:
        pass
    try:
        import torch
        torch.set_num_threads(1)
        versions["torch"] = torch.__version__
        torch_scores, torch_labels = torch.from_numpy(scores), torch.from_numpy(labels.astype(np.float32))

        def by_torch():
            order = torch.argsort(torch_scores, descending=True)
            caught = torch.cumsum(torch_labels[order], 0)
            flagged = torch.arange(1, len(order) + 1)
            f1 = 2 * caught / (flagged + torch_labels.sum())
            return torch_scores[order[torch.argmax(f1)]]

        found["torch argsort and sums"] = lambda: timed(by_torch)
    except ImportError:
        pass
    return found, versions


def run_benchmark(program):
    done = subprocess.run([program, "--benchmark_format=json", "--benchmark_min_time=0.2"], check=True,
                          capture_output=True, text=True)
    to_us = {"ns": 1e-3, "us": 1, "ms": 1e3, "s": 1e6}
    return {b["name"]: b["real_time"] * to_us[b["time_unit"]] for b in json.loads(done.stdout)["benchmarks"]}


def shown(us):
    return f"{us * 1e3:.0f} ns" if us < 1 else f"{us:.1f} us" if us < 1e3 else f"{us / 1e3:.1f} ms"


def headers():
    """How long g++ computes to read each public header alone, by folder."""
    include = root / "include"
    times, each = {}, []
    for header in sorted(include.rglob("*.hpp")):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(["g++", "-std=c++20", "-fsyntax-only", "-x", "c++", f"-I{include}", "-isystem",
                        "/usr/include/eigen3", "-isystem", "/usr/include/opencv4", "-include", str(header),
                        "/dev/null"], check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        times.setdefault(header.parent.name, []).append((seconds, header.name))
        each.append((header.relative_to(include), seconds))
        print(f"{seconds:6.1f} s  {header.relative_to(include)}", file=sys.stderr)
    (root / "docs/header_seconds.csv").write_text("header,seconds\n" + "".join(
        f"{header},{seconds:.1f}\n" for header, seconds in each))
    lines = ["| folder | headers | median | slowest |", "|---|---|---|---|"]
    for folder, found in times.items():
        slowest, name = max(found)
        median = statistics.median(seconds for seconds, _ in found)
        lines.append(f"| {folder} | {len(found)} | {median:.1f} s | `{name}`, {slowest:.1f} s |")
    return lines


def device_program():
    """The text of a program that does nothing but decide, as a device would build it, in bytes."""
    source = ("#include <plimsoll/core/cutoff.hpp>\nvolatile float s;\n"
              "int main() { return plimsoll::Cutoff{4.25}(float(s)) ? 1 : 0; }\n")
    with tempfile.NamedTemporaryFile(suffix=".o") as compiled:
        subprocess.run(["g++", "-std=c++20", "-Os", "-fno-exceptions", "-fno-rtti", f"-I{root / 'include'}", "-x",
                        "c++", "-", "-c", "-o", compiled.name], input=source, text=True, check=True)
        out = subprocess.run(["size", compiled.name], capture_output=True, text=True, check=True).stdout
    return int(out.splitlines()[1].split()[0])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--program", default=str(root / "build/bench/tests/benchmark/plimsoll_benchmark"))
    parser.add_argument("--headers", action="store_true")
    options = parser.parse_args()

    found, versions = peers()
    times = {}
    for turn in range(options.rounds):
        print(f"round {turn + 1} of {options.rounds}", file=sys.stderr)
        for name, us in run_benchmark(options.program).items():
            times.setdefault(name, []).append(us)
        for name, peer in found.items():
            times.setdefault(name, []).append(peer())
    median = {name: statistics.median(all_of) for name, all_of in times.items()}

    model = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    compiler = subprocess.run(["g++", "--version"], capture_output=True, text=True).stdout.splitlines()[0]
    lines = [f"Measured {time.strftime('%Y-%m-%d')} on one core of {model}, {platform.system()} {platform.release()}, "
             f"{compiler}, -O3 without flags for the processor; " + ", ".join(f"{k} {v}" for k, v in versions.items()) +
             f". Medians of {options.rounds} rounds, each of which runs the library and then its peers; one thread.",
             "", "| work | time | against | its time | ratio | wanted, at most |", "|---|---|---|---|---|---|"]
    for what, row, case, other, most in rows:
        mine = median[f"{row}/{case}"]
        theirs = median.get(f"{row}/{other}", median.get(other))
        if theirs is None:
            continue
        ratio = mine / theirs
        wanted = "" if most is None else f"{most:.3g} {'kept' if ratio <= most else '**missed**'}"
        lines.append(f"| {what} | {shown(mine)} | {other} | {shown(theirs)} | {ratio:.3g} | {wanted} |")
    lines += ["", "| work | time | wanted, at most |", "|---|---|---|"]
    for what, name, most, why in alone:
        mine = median[name]
        lines.append(f"| {what} | {shown(mine)} | {shown(most)} {'kept' if mine <= most else '**missed**'}"
                     f"{' (' + why + ')' if why else ''} |")
    lines += ["", f"A program that does nothing but decide one float, `-Os`: {device_program()} bytes of text."]
    if options.headers:
        lines += ["", "What g++ takes to read one public header alone, `-fsyntax-only`, in seconds of the processor "
                      "(`docs/header_seconds.csv` has each):", ""]
        lines += headers()

    page = root / "docs/benchmarks.md"
    begin, end = "<!-- written by tests/benchmark/measure.py: begin -->", "<!-- end -->"
    text = page.read_text()
    before, rest = text.split(begin)
    after = rest.split(end, 1)[1]
    temporary = page.with_suffix(".tmp")
    temporary.write_text(before + begin + "\n\n" + "\n".join(lines) + "\n\n" + end + after)
    temporary.replace(page)
    print("\n".join(lines))


main()
