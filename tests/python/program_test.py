# SPDX-License-Identifier: Apache-2.0
"""The package and the program, which share nothing but the library, give the same bits for the same files."""

import csv
import dataclasses
import io
import json
import math
import os
import pathlib
import struct
import subprocess
import tempfile
import unittest
import warnings

import numpy

import plimsoll
from plimsoll.calibration import Calibration

PROGRAM = os.environ["PLIMSOLL_PROGRAM"]
DATA = pathlib.Path(os.environ["PLIMSOLL_SOURCE"]) / "examples" / "data"
SETS = [DATA / name for name in ("bottle-knn", "mammography-knn")]


def plain(value):
    """As the file has it: infinities as texts."""
    if isinstance(value, float) and math.isinf(value):
        return "inf" if value > 0 else "-inf"
    return value


def plain_fields(record):
    return {name: plain(value) for name, value in vars(record).items()}


def as_file(fit):
    """What a threshold file must hold of a fit."""
    fields = {
        "method": fit.method,
        "parameters": fit.parameters,
        "cutoff_bits": f"0x{struct.unpack('<Q', struct.pack('<d', fit.cutoff))[0]:016x}",
        "score_type": fit.score_type,
        "status": fit.status,
        "promise": plain_fields(fit.promise),
        "counts": {
            "normal": fit.normal_count,
            "anomalous": fit.anomalous_count,
            "skipped": fit.skipped_count,
            "trimmed": fit.trimmed_count,
        },
        "note": fit.note,
    }
    for name in ("optimum", "interval", "goodness"):
        if getattr(fit, name) is not None:
            fields[name] = plain_fields(getattr(fit, name))
    if fit.curve:
        columns = ("cutoff", "objective", "false_alarm_rate", "recall")
        fields["curve"] = {name: [plain(getattr(point, name)) for point in fit.curve] for name in columns}
    if fit.estimates:
        fields["estimates"] = {name: plain(value) for name, value in fit.estimates.items()}
    return fields


class ProgramTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def run_program(self, *arguments):
        return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, check=False)

    def fit(self, threshold, *arguments, **keywords):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", plimsoll.FitWarning)
            return threshold.fit(*arguments, **keywords)

    def check(self, threshold, *arguments):
        """The fitted threshold against `plimsoll fit` with these arguments, and its decisions on the test scores."""
        line = self.folder / "line.json"
        line.unlink(missing_ok=True)
        fit = threshold.fit_
        options = [f"{name}={plain(value)}" for name, value in threshold.get_params().items() if value is not None]
        result = self.run_program("fit", *arguments, "--method", ":".join([threshold.method, ",".join(options)]),
                                  "-o", line)
        if not fit.ok:
            self.assertEqual(result.returncode, 1, result.stderr)
            self.assertEqual(result.stderr, f"plimsoll: {fit.method} gives no cutoff: {fit.note} ({fit.status})\n")
            return None
        self.assertEqual(result.returncode, 0, result.stderr)
        file = json.loads(line.read_text(encoding="utf-8"))
        for name in ("format", "version", "library_version", "direction", "cutoff"):
            file.pop(name)
        self.assertEqual(as_file(fit), file)
        return line

    def check_labels(self, threshold, line, path):
        labels = self.folder / "labels.npy"
        result = self.run_program("apply", line, path, "-o", labels)
        self.assertEqual(result.returncode, 0, result.stderr)
        expected = numpy.load(labels)
        decided = threshold.predict(numpy.load(path))
        self.assertEqual(decided.dtype, numpy.int64)
        numpy.testing.assert_array_equal(decided, expected)
        # As docs/python.md applies a threshold file.
        manual = plimsoll.ManualThreshold(value=json.loads(line.read_text(encoding="utf-8"))["cutoff"]).fit([])
        if expected.shape == numpy.load(path).shape:
            numpy.testing.assert_array_equal(manual.predict(numpy.load(path)), expected)

    def test_every_method_on_every_set(self):
        answers = 0
        for name in plimsoll.methods():
            for folder in SETS:
                with self.subTest(method=name, set=folder.name):
                    threshold = plimsoll.make(name)
                    normal, test, labels = (folder / f"{part}.npy" for part in ("normal", "test", "test_labels"))
                    if threshold.info["needs_labels"]:
                        self.fit(threshold, numpy.load(test), numpy.load(labels))
                        line = self.check(threshold, test, "--labels", labels)
                    elif threshold.info["takes_batch"]:
                        self.fit(threshold, numpy.load(normal), batch=numpy.load(test))
                        line = self.check(threshold, normal, "--batch", test)
                    else:
                        self.fit(threshold, numpy.load(normal))
                        line = self.check(threshold, normal)
                    answers += line is not None
                    if name == "quantile":  # a cutoff decides alike whatever method it is of
                        self.check_labels(threshold, line, test)
        # Most have an answer on both sets; that they agree on its absence would be no great thing.
        self.assertGreater(answers, 1.5 * len(plimsoll.methods()))

    def test_parameters(self):
        normal = DATA / "mammography-knn" / "normal.npy"
        for threshold in (
            plimsoll.QuantileThreshold(false_alarm_rate=0.01, confidence=0.95),
            plimsoll.GpdThreshold(false_alarm_rate=1e-4, least_p_value=0),
            plimsoll.TailThreshold(trim=0.02),
            plimsoll.PixelThreshold(replicates=50, seed=2**53 - 1),
            plimsoll.ManualThreshold(value=-0.1),
        ):
            with self.subTest(threshold):
                self.check(self.fit(threshold, numpy.load(normal)), normal)

    def test_types(self):
        scores = numpy.load(DATA / "bottle-knn" / "normal.npy")
        path = self.folder / "scores.npy"
        for kind in ("<f2", "<f8", ">f2", ">f4"):
            numpy.save(path, scores.astype(kind))
            for name in ("quantile", "sigma"):
                with self.subTest(method=name, type=kind):
                    threshold = self.fit(plimsoll.make(name), numpy.load(path))
                    line = self.check(threshold, path)
                    self.assertEqual(threshold.fit_.score_type, f"float{8 * int(kind[2])}")
                    self.check_labels(threshold, line, path)

    def test_maps(self):
        random = numpy.random.default_rng(5)
        maps = random.gumbel(size=(60, 9, 7)).astype(numpy.float32)
        masks = numpy.zeros(maps.shape, numpy.uint8)
        masks[::4, 2:5, 3:5] = 255
        maps[masks > 0] += 3
        paths = {name: self.folder / f"{name}.npy" for name in ("maps", "masks", "normal")}
        numpy.save(paths["maps"], maps)
        numpy.save(paths["masks"], masks)
        normal = maps[~masks.any(axis=(1, 2))]
        numpy.save(paths["normal"], normal)
        for name, cls in plimsoll.methods().items():
            if cls.info["takes_batch"]:
                continue
            for reduction in ("every_pixel", "top_mean"):
                with self.subTest(method=name, reduction=reduction):
                    try:
                        threshold = cls(map_reduction=reduction, top_share=0.05)
                    except plimsoll.ParameterError as error:
                        method = f"{name}:map_reduction={reduction}"
                        result = self.run_program("fit", paths["normal"], "--method", method)
                        self.assertEqual((result.returncode, result.stderr), (2, f"plimsoll: {error}\n"))
                        continue
                    if cls.info["needs_labels"]:
                        self.fit(threshold, maps, masks)
                        line = self.check(threshold, paths["maps"], "--labels", paths["masks"])
                    else:
                        self.fit(threshold, normal)
                        line = self.check(threshold, paths["normal"])
                    if name == "quantile":
                        self.check_labels(threshold, line, paths["maps"])

    def check_calibration(self, maps, *options):
        """What Calibration decides of the maps against `plimsoll apply`; the file is fitted to those without a mark."""
        files = ("maps.npy", "normal.npy", "cal.json", "masks.npy", "regions.csv")
        paths = {name: self.folder / name for name in files}
        numpy.save(paths["maps.npy"], maps)
        numpy.save(paths["normal.npy"], maps[numpy.arange(len(maps)) % 4 > 0])
        fitted = self.run_program("fit", "--maps", paths["normal.npy"], *options, "-o", paths["cal.json"])
        self.assertEqual(fitted.returncode, 0, fitted.stderr)
        applied = self.run_program("apply", paths["cal.json"], paths["maps.npy"], "-o", paths["masks.npy"], "--regions",
                                   paths["regions.csv"], "--format", "json")
        self.assertEqual(applied.returncode, 0, applied.stderr)
        expected = json.loads(applied.stdout)
        calibration = Calibration(paths["cal.json"])
        # The program's is of negated scores where the low ones are strange.
        sign = -1 if calibration.direction == "lower_is_anomalous" else 1
        self.assertEqual(calibration.cutoff, sign * expected["cutoff"])
        decisions = [calibration.decide(score_map) for score_map in maps]
        self.assertEqual([(d.score, d.label, d.verdict, len(d.regions)) for d in decisions],
                         [(i["score"], i["label"], i["verdict"], i["regions"]) for i in expected["items"]])
        self.assertEqual({d.verdict for d in decisions}, {"normal", "review", "anomalous"})
        numpy.testing.assert_array_equal([d.mask for d in decisions], numpy.load(paths["masks.npy"]))
        names = [field.name for field in dataclasses.fields(plimsoll.calibration.Region)]
        rows = csv.DictReader(io.StringIO(paths["regions.csv"].read_text(encoding="utf-8")))
        self.assertEqual([[getattr(region, name) for name in names] for d in decisions for region in d.regions],
                         [[float(row[name]) for name in names] for row in rows])
        return calibration

    def test_calibrations(self):
        maps = numpy.random.default_rng(5).gumbel(size=(60, 9, 7))
        maps[::4, 2:5, 3:5] += 3
        rule = ("--mask", "hysteresis", "--review-rate", "0.15")
        calibration = self.check_calibration(maps.astype(numpy.float32), *rule)
        self.assertEqual((calibration.direction, calibration.makes_masks), ("higher_is_anomalous", True))
        self.check_calibration(maps.astype(">f8"), *rule)
        self.check_calibration(maps.astype(numpy.float16), *rule)
        lower = self.check_calibration(-maps, *rule, "--direction", "lower")
        self.assertEqual(lower.direction, "lower_is_anomalous")
        for wrong in (maps, maps[0, 0], numpy.empty((0, 3)), numpy.empty((3, 0))):
            with self.assertRaises(plimsoll.DataError):
                lower.decide(wrong)
        with self.assertRaisesRegex(plimsoll.Error, "no.json"):
            Calibration(self.folder / "no.json")
        line = self.folder / "line.json"
        self.run_program("fit", DATA / "bottle-knn" / "normal.npy", "--map-reduction", "maximum", "-o", line)
        plain = Calibration(str(line)).decide(maps[0])
        self.assertIsNone(plain.mask)
        self.assertEqual(plain.score, maps[0].max())


if __name__ == "__main__":
    unittest.main()
