# SPDX-License-Identifier: Apache-2.0
"""scikit-learn's conventions: by what they ask in any case, and by scikit-learn where it is installed."""

import importlib.util
import subprocess
import sys
import unittest

import numpy

import plimsoll

HAS_SKLEARN = importlib.util.find_spec("sklearn") is not None


class ConventionTest(unittest.TestCase):
    def test_what_clone_asks_for(self):
        for cls in plimsoll.methods().values():
            parameters = cls().get_params(deep=False)
            again = cls(**parameters).get_params(deep=False)
            for name, value in parameters.items():
                self.assertIs(again[name], value)
        rate = numpy.float64(0.125)
        self.assertIs(plimsoll.TailThreshold(false_alarm_rate=rate).get_params()["false_alarm_rate"], rate)

    def test_what_a_pipeline_asks_for(self):
        column = numpy.random.default_rng(1).gumbel(size=(300, 1))
        threshold = plimsoll.TailThreshold()
        self.assertIs(threshold.fit(column, None), threshold)
        flat = plimsoll.TailThreshold().fit(column.ravel())
        self.assertEqual(threshold.threshold_, flat.threshold_)
        labels = threshold.predict(column)
        self.assertEqual((labels.shape, labels.dtype), ((300,), numpy.int64))
        numpy.testing.assert_array_equal(labels, threshold.decision_function(column) >= 0)
        numpy.testing.assert_array_equal(plimsoll.TailThreshold().fit_predict(column), labels)
        numpy.testing.assert_array_equal(1 - 2 * labels, numpy.where(column.ravel() >= flat.threshold_, -1, 1))
        self.assertIsInstance(threshold.set_params(tail_share=0.5), plimsoll.TailThreshold)

    def test_scikit_learn_is_not_imported(self):
        code = "import sys, plimsoll; plimsoll.TailThreshold().fit(range(30)); sys.exit('sklearn' in sys.modules)"
        self.assertEqual(subprocess.run([sys.executable, "-B", "-c", code], check=False).returncode, 0)


@unittest.skipUnless(HAS_SKLEARN, "scikit-learn is not installed")
class SklearnTest(unittest.TestCase):
    def test_clone(self):
        from sklearn.base import clone

        for cls in plimsoll.methods().values():
            changed = cls(top_share=0.25)
            copy = clone(changed)
            self.assertIsInstance(copy, cls)
            self.assertEqual(copy.get_params(), changed.get_params())
        fitted = plimsoll.MaximumThreshold().fit([1.0])
        self.assertFalse(hasattr(clone(fitted), "threshold_"))

    def test_beside_base_estimator(self):
        from sklearn.base import BaseEstimator, clone

        class Line(plimsoll.TailThreshold, BaseEstimator):
            pass

        line = clone(Line(tail_share=0.5)).fit(numpy.random.default_rng(1).gumbel(size=100))
        self.assertIsInstance(line, Line)
        self.assertEqual(line.get_params(), plimsoll.TailThreshold(tail_share=0.5).get_params())
        self.assertEqual(line.predict([100.0, -100.0]).tolist(), [1, 0])
        self.assertEqual(repr(line), "Line(tail_share=0.5)")

    def test_check_is_fitted(self):
        from sklearn.exceptions import NotFittedError
        from sklearn.utils.validation import check_is_fitted

        threshold = plimsoll.MaximumThreshold()
        with self.assertRaises(NotFittedError):
            check_is_fitted(threshold)
        check_is_fitted(threshold.fit([1.0]))
        self.assertEqual(plimsoll.NotFittedError.__bases__, NotFittedError.__bases__)

    def test_pipeline(self):
        from sklearn.ensemble import IsolationForest
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import FunctionTransformer

        random = numpy.random.default_rng(2)
        forest = IsolationForest(random_state=0).fit(random.normal(size=(300, 3)))
        scores = FunctionTransformer(lambda x: -forest.score_samples(x).reshape(-1, 1))
        pipeline = make_pipeline(scores, plimsoll.QuantileThreshold(false_alarm_rate=0.1))
        normal, odd = random.normal(size=(200, 3)), random.normal(8, 1, size=(50, 3))
        pipeline.fit(normal)
        self.assertLessEqual(pipeline.predict(normal).mean(), 0.1)
        self.assertTrue(pipeline.predict(odd).all())
        expected = plimsoll.QuantileThreshold(false_alarm_rate=0.1).fit(-forest.score_samples(normal)).threshold_
        self.assertEqual(pipeline[-1].threshold_, expected)
        self.assertTrue((pipeline.decision_function(odd) >= 0).all())
        pipeline.set_params(quantilethreshold__false_alarm_rate=0.05)
        self.assertGreater(pipeline.fit(normal)[-1].threshold_, expected)
        self.assertIn("QuantileThreshold()", repr(pipeline))

    def test_grid_search(self):
        from sklearn.metrics import f1_score, make_scorer
        from sklearn.model_selection import GridSearchCV, StratifiedKFold

        scores = numpy.concatenate([numpy.linspace(0, 1, 90), numpy.linspace(1.5, 2, 30)])[:, None]
        labels = numpy.repeat([0, 1], [90, 30])
        grid = GridSearchCV(plimsoll.F1Threshold(), {"beta": [0.5, 2], "place": ["observed", "middle"]},
                            scoring=make_scorer(f1_score), cv=StratifiedKFold(5)).fit(scores, labels)
        # Between the classes, whatever the parameters.
        self.assertTrue(1 < grid.best_estimator_.threshold_ <= 1.5)
        self.assertEqual(grid.best_score_, 1)


if __name__ == "__main__":
    unittest.main()
