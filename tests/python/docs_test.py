# SPDX-License-Identifier: Apache-2.0
"""docs/python.md: what it shows runs, and prints what it says. So does the package's own docstring."""

import doctest
import importlib.util
import os
import pathlib
import re
import types
import unittest

import numpy

import plimsoll
import plimsoll.calibration

ROOT = pathlib.Path(os.environ["PLIMSOLL_SOURCE"])
PAGE = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def block_with(text):
    return next(block for block in blocks("python") if text in block)


class DocsTest(unittest.TestCase):
    def setUp(self):
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(ROOT)

    def test_sessions(self):
        sessions = [*blocks("pycon"), plimsoll.__doc__]
        self.assertEqual(len(sessions), 2)
        for session in sessions:
            test = doctest.DocTestParser().get_doctest(session, {}, "session", None, 0)
            result = doctest.DocTestRunner(verbose=False).run(test)
            self.assertEqual(result.failed, 0)
            self.assertGreater(result.attempted, 3)

    def test_names(self):
        used = set(re.findall(r"plimsoll\.([A-Za-z]\w*)", PAGE)) | set(re.findall(r"`([A-Z]\w+Threshold)\b", PAGE))
        missing = {name for name in used - {"F1AdaptiveThreshold"} if not hasattr(plimsoll, name)}
        self.assertEqual(missing, set())
        for method, rules in (("outlier", ("chauvenet", "generalised_esd", "thompson")),
                              ("centre", ("karcher", "yeo_johnson", "filter"))):
            for rule in rules:
                self.assertIn(f'"{rule}"', PAGE)
                plimsoll.make(method, rule=rule)

    @unittest.skipUnless(importlib.util.find_spec("sklearn"), "scikit-learn is not installed")
    def test_pipeline(self):
        names = {}
        exec(block_with("make_pipeline"), names)
        numpy.testing.assert_array_equal(names["detector"].predict([[0, 0, 0], [9, 9, 9]]), [0, 1])

    @unittest.skipUnless(importlib.util.find_spec("torch"), "torch is not installed")
    def test_in_place_of_f1_adaptive_threshold(self):
        import torch

        names = {}
        exec(block_with("class NormalScores"), names)
        scores = torch.arange(100, dtype=torch.float32) / 10
        labels = scores >= 9
        metric = names["NormalScores"](plimsoll.QuantileThreshold(false_alarm_rate=0.1))
        for begin in (0, 50):
            part = slice(begin, begin + 50)
            metric.update(types.SimpleNamespace(pred_score=scores[part, None], gt_label=labels[part, None]))
        self.assertTrue(metric.update_called)
        line = metric.compute()
        expected = plimsoll.QuantileThreshold(false_alarm_rate=0.1).fit(scores[:90].numpy())
        numpy.testing.assert_array_equal((scores > line).numpy(), expected.predict(scores.numpy()))
        metric.reset()
        self.assertFalse(metric.update_called)


if __name__ == "__main__":
    unittest.main()
