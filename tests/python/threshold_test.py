# SPDX-License-Identifier: Apache-2.0
"""What the classes do with arrays, labels, parameters, copies and threads."""

import copy
import inspect
import pickle
import sys
import threading
import time
import unittest
import warnings

import numpy

import plimsoll
from plimsoll import _core
from plimsoll._threshold import _scores


def gumbel(n, seed=1):
    return numpy.random.default_rng(seed).gumbel(size=n)


class OfOneCamera(plimsoll.SigmaThreshold):
    """As users derive from a class."""


class ArrayTest(unittest.TestCase):
    def setUp(self):
        self.scores = gumbel(200).astype(numpy.float32).astype(float)  # floats and doubles of the same values
        self.expected = plimsoll.TailThreshold().fit(self.scores).threshold_

    def test_scores_are_read_where_they_lie(self):
        for kind in ("f2", "f4", "f8"):
            array = self.scores.astype(kind)
            locked = array.copy()
            locked.flags.writeable = False
            for view in (array, locked, array[50:], array[:, None], array[:196].reshape(4, 7, 7)):
                self.assertTrue(numpy.shares_memory(_scores(view), view), view.dtype)

    def test_arrays_of_other_layouts_are_converted(self):
        unaligned = numpy.frombuffer(b"x" + self.scores.tobytes(), offset=1)
        self.assertFalse(unaligned.flags.aligned)
        for scores in (
            self.scores.tolist(),
            tuple(self.scores),
            numpy.repeat(self.scores, 3)[::3],
            self.scores[::-1][::-1],
            numpy.stack([self.scores, self.scores], axis=1)[:, 1:],
            self.scores.astype(">f8"),
            unaligned,
            self.scores.astype(numpy.float32),
            self.scores.astype(">f4"),
            numpy.ma.array(self.scores),
        ):
            self.assertEqual(plimsoll.TailThreshold().fit(scores).threshold_, self.expected)

    def test_whole_numbers_are_doubles(self):
        for kind in (numpy.int8, numpy.uint16, numpy.int64):
            fit = plimsoll.SigmaThreshold(k=1, ddof=0).fit(numpy.array([1, 3], kind)).fit_
            self.assertEqual((fit.cutoff, fit.score_type), (3, "float64"))  # mean 2, deviation 1

    def test_what_is_not_scores_is_refused(self):
        for scores, error in (
            (0.5, plimsoll.DataError),
            (self.scores.reshape(2, 100), plimsoll.DataError),
            (numpy.ones((2, 2, 2, 2)), plimsoll.DataError),
            (numpy.ma.masked_greater(self.scores, 2), plimsoll.DataError),
            (numpy.array([1.0, None]), TypeError),
            (["1", "2"], TypeError),
            (self.scores > 1, TypeError),
            (self.scores.astype(complex), TypeError),
            (self.scores.astype(numpy.longdouble), TypeError),
            (numpy.zeros(3, "datetime64[s]"), TypeError),
            (None, TypeError),
        ):
            threshold = plimsoll.QuantileThreshold().fit(self.scores)
            before = threshold.snapshot()
            for call in (threshold.fit, threshold.update, threshold.predict, threshold.decision_function):
                with self.assertRaises(error, msg=repr(scores)):
                    call(scores)
            self.assertEqual(threshold.snapshot(), before)

    def test_non_finite_scores(self):
        scores = self.scores.copy()
        scores[2] = numpy.nan
        with self.assertRaisesRegex(plimsoll.DataError, r"scores\[2\] is NaN"):
            plimsoll.QuantileThreshold().fit(scores)
        self.assertEqual(plimsoll.QuantileThreshold(non_finite="skip").fit(scores).fit_.skipped_count, 1)

    def test_without_scores(self):
        for empty in ([], numpy.empty((0, 1)), numpy.empty((0, 3, 3))):
            with self.assertWarnsRegex(plimsoll.FitWarning, "too_few_scores") as caught:
                threshold = plimsoll.QuantileThreshold().fit(empty)
            self.assertEqual(caught.filename, __file__)
            self.assertEqual(threshold.threshold_, numpy.inf)
            self.assertFalse(threshold.fit_.ok)
            numpy.testing.assert_array_equal(threshold.predict([1e300, numpy.inf, numpy.nan]), [0, 1, 1])
        threshold = plimsoll.QuantileThreshold().fit(self.scores)
        self.assertEqual(threshold.predict([]).shape, (0,))
        self.assertEqual(threshold.predict(numpy.empty((0, 3, 3))).shape, (0, 3, 3))

    def test_the_rule(self):
        threshold = plimsoll.ManualThreshold(value=0.1).fit([])
        scores = [0.1, numpy.nextafter(0.1, 0), numpy.nan, numpy.inf, -numpy.inf]
        numpy.testing.assert_array_equal(threshold.predict(scores), [1, 0, 1, 1, 0])
        # The floats and halves beside 0.1 lie on its two sides.
        for kind in (numpy.float32, numpy.float16):
            near = kind(0.1)
            beside = numpy.nextafter(near, kind(0 if near > 0.1 else 1))
            pair = numpy.sort(numpy.array([near, beside]))
            numpy.testing.assert_array_equal(threshold.predict(pair), [0, 1])
        decision = threshold.decision_function([0.1, 0.6, -1])
        numpy.testing.assert_array_equal(decision, [0, 0.5, -1.1])

    def test_maps(self):
        maps = gumbel(600).reshape(60, 2, 5)
        by_maximum = plimsoll.QuantileThreshold(map_reduction="maximum").fit(maps)
        maxima = maps.max(axis=(1, 2))
        self.assertEqual(by_maximum.threshold_, plimsoll.QuantileThreshold().fit(maxima).threshold_)
        numpy.testing.assert_array_equal(by_maximum.predict(maps), maxima >= by_maximum.threshold_)
        numpy.testing.assert_array_equal(by_maximum.decision_function(maps), maxima - by_maximum.threshold_)
        pixels = plimsoll.QuantileThreshold().fit(maps)
        self.assertEqual(pixels.fit_.normal_count, maps.size)
        numpy.testing.assert_array_equal(pixels.predict(maps), maps >= pixels.threshold_)
        turned = numpy.asfortranarray(maps)
        numpy.testing.assert_array_equal(pixels.predict(turned), maps >= pixels.threshold_)
        for empty in (numpy.empty((2, 0, 3)), numpy.empty((1, 3, 0))):
            with self.assertRaises(plimsoll.DataError):
                by_maximum.update(empty)
            with self.assertRaises(plimsoll.DataError):
                by_maximum.predict(empty)

    def test_a_refused_map_takes_those_before_it_along(self):
        maps = gumbel(600).reshape(60, 2, 5)
        threshold = plimsoll.PixelThreshold()
        threshold.update(maps)
        before = threshold.snapshot()
        maps[59, 1, 1] = numpy.nan
        with self.assertRaisesRegex(plimsoll.DataError, r"map\[1, 1\] is NaN"):
            threshold.update(maps)
        self.assertEqual(threshold.snapshot(), before)


class LabelTest(unittest.TestCase):
    def test_kinds_of_labels(self):
        scores = [1.0, 2, 3, 4]
        expected = plimsoll.F1Threshold().fit(scores, [0, 0, 1, 1])
        self.assertEqual(expected.threshold_, 3)
        for labels in ([False, False, True, True], numpy.array([0, 0, 1, 1.0]), numpy.array([[0], [0], [1], [1]]),
                       numpy.array([0, 0, 1, 1], ">i8"), numpy.array([0, 9, 0, 9, 1, 9, 1, 9])[::2]):
            self.assertEqual(plimsoll.F1Threshold().fit(scores, labels).fit_, expected.fit_)
        by_class = plimsoll.F1Threshold().update(scores[:2]).update(scores[2:], 1)
        self.assertEqual(by_class.compute(), expected.fit_)

    def test_what_is_not_labels_is_refused(self):
        for labels, error, message in (
            ([0, 0, 1], plimsoll.DataError, r"shape \(3,\)"),
            ([0, 0, 1, 2], plimsoll.DataError, r"labels\[3\] = 2"),
            ([0, 0, 1, 256], plimsoll.DataError, r"labels\[3\] = 256"),
            ([1, 1, -1, -1], plimsoll.DataError, r"labels\[2\] = -1"),
            ([0, 0, 1, 0.5], plimsoll.DataError, r"labels\[3\] = 0.5"),
            ([0, 0, 1, numpy.nan], plimsoll.DataError, r"labels\[3\] = nan"),
            (255, plimsoll.DataError, "the label = 255"),
            (["normal"] * 4, TypeError, ""),
            (numpy.ma.array([0, 0, 1, 1], mask=[0, 0, 0, 1]), plimsoll.DataError, "masked"),
        ):
            with self.assertRaisesRegex(error, message):
                plimsoll.F1Threshold().fit([1.0, 2, 3, 4], labels)
        with self.assertRaisesRegex(plimsoll.DataError, "normal scores only"):
            plimsoll.TailThreshold().fit([1.0, 2], [0, 1])
        with self.assertRaisesRegex(plimsoll.DataError, "pass labels"):
            plimsoll.F1Threshold().fit([1.0, 2])

    def test_masks(self):
        maps = numpy.arange(8.0).reshape(2, 2, 2)
        masks = numpy.zeros(maps.shape, int)
        masks[1, 1] = 255
        self.assertEqual(plimsoll.F1Threshold().fit(maps, masks).threshold_, 6)
        self.assertEqual(plimsoll.F1Threshold().fit(maps, masks > 0).threshold_, 6)
        self.assertEqual(plimsoll.F1Threshold(map_reduction="maximum").fit(maps, [0, 1]).threshold_, 7)
        masks[0, 0, 1] = 2
        with self.assertRaisesRegex(plimsoll.DataError, r"labels\[0, 0, 1\] = 2"):
            plimsoll.F1Threshold().fit(maps, masks)


class EstimatorTest(unittest.TestCase):
    def test_shards_are_the_whole(self):
        for name, cls in plimsoll.methods().items():
            with self.subTest(name), warnings.catch_warnings():
                warnings.simplefilter("ignore", plimsoll.FitWarning)
                scores = gumbel(301)
                labels = (numpy.arange(301) % 7 == 0).astype(int) if cls.info["needs_labels"] else None
                whole = cls().fit(scores, labels)
                left, right = cls(), cls()
                left.update(scores[:100], None if labels is None else labels[:100])
                right.update(scores[100:], None if labels is None else labels[100:])
                self.assertEqual(left.merge(right).compute(), whole.fit_)
                self.assertEqual(plimsoll.restore(left.snapshot()).compute(), whole.fit_)
                for same in (pickle.loads(pickle.dumps(left)), copy.deepcopy(left), copy.copy(left)):
                    self.assertIs(type(same), cls)
                    self.assertEqual(same.fit_, whole.fit_)
                    self.assertEqual(same.get_params(), left.get_params())
                    self.assertEqual(same.snapshot(), left.snapshot())
                    same.reset()
                self.assertEqual(left.compute(), whole.fit_)  # the copies had scores of their own

    def test_merging(self):
        threshold = plimsoll.SigmaThreshold().update([1.0, 2])
        threshold.merge(threshold)
        self.assertEqual(threshold.compute().normal_count, 4)
        with self.assertRaisesRegex(plimsoll.ParameterError, "different parameters"):
            threshold.merge(plimsoll.SigmaThreshold(k=4))
        for other in (plimsoll.MadThreshold(), plimsoll.BatchThreshold()):
            with self.assertRaisesRegex(plimsoll.ParameterError, f"cannot merge with {other.method}"):
                threshold.merge(other)
        with self.assertRaises(TypeError):
            threshold.merge([1.0])

    def test_a_line_is_of_what_was_collected(self):
        threshold = plimsoll.MaximumThreshold()
        calls = (lambda: threshold.threshold_, lambda: threshold.fit_, lambda: threshold.predict([1.0]),
                 lambda: threshold.decision_function([1.0]))
        changes = (lambda: None, lambda: threshold.update([5.0]), lambda: threshold.reset(),
                   lambda: threshold.set_params(trim=0.1), lambda: setattr(threshold, "trim", 0.2),
                   lambda: threshold.merge(plimsoll.MaximumThreshold(trim=0.2)))
        for change in changes:
            change()
            self.assertFalse(hasattr(threshold, "threshold_"))
            for call in calls:
                for error in (plimsoll.NotFittedError, ValueError, AttributeError):
                    self.assertRaises(error, call)
            threshold.fit([1.0, 2])
            self.assertEqual(threshold.threshold_, numpy.nextafter(2, 3))

    def test_batch(self):
        random = numpy.random.default_rng(3)
        normal, batch = random.normal(size=400), numpy.append(random.normal(size=180), random.normal(4, size=20))
        fitted = plimsoll.BatchThreshold().fit(normal, batch=batch).fit_
        self.assertEqual(fitted.estimates["batch"], 200)
        shards = plimsoll.BatchThreshold().update(normal).update_batch(batch[:50])
        shards.merge(plimsoll.BatchThreshold().update_batch(batch[50:, None].astype(">f8")))
        self.assertEqual(shards.compute(), fitted)
        self.assertEqual(pickle.loads(pickle.dumps(shards)).compute(), fitted)
        self.assertEqual(plimsoll.restore(shards.snapshot()).compute(), fitted)
        with self.assertRaises(plimsoll.DataError):
            shards.update_batch(numpy.ones((100, 2, 2)))
        self.assertFalse(hasattr(plimsoll.TailThreshold(), "update_batch"))

    def test_snapshots_that_are_none(self):
        snapshot = plimsoll.MadThreshold().update([1.0, 2]).snapshot()
        for wrong in (b"", snapshot[:-1], snapshot + b"x", snapshot[:40] + b"?" + snapshot[41:]):
            with self.assertRaises(plimsoll.DataError):
                plimsoll.restore(wrong)

    def test_a_subclass_keeps_its_attributes(self):
        line = OfOneCamera(k=2).fit([1.0, 3])
        line.camera = "left"
        again = pickle.loads(pickle.dumps(line))
        self.assertIs(type(again), OfOneCamera)
        self.assertEqual((again.camera, again.k, again.fit_), ("left", 2, line.fit_))

    def test_a_fit_pickles(self):
        fit = plimsoll.QuantileThreshold().fit(gumbel(99)).fit_
        self.assertEqual(pickle.loads(pickle.dumps(fit)), fit)


class ParameterTest(unittest.TestCase):
    def test_classes_are_the_registry(self):
        rows = _core.methods()
        self.assertEqual(list(plimsoll.methods()), [row["name"] for row in rows])
        for row, cls in zip(rows, plimsoll.methods().values()):
            self.assertIs(getattr(plimsoll, cls.__name__), cls)
            signature = inspect.signature(cls)
            self.assertEqual({p["name"]: p["default"] for p in row["parameters"]},
                             {name: p.default for name, p in signature.parameters.items()})
            self.assertEqual(cls().get_params(), cls(**cls().get_params()).get_params())
            for p in row["parameters"]:
                self.assertIn(p["help"], cls.__doc__)
                self.assertFalse(hasattr(plimsoll.Threshold, p["name"]), "a parameter would hide a member")
                if p["kind"] == "choice":
                    self.assertEqual(getattr(cls(), p["name"]), p["default"])
        self.assertEqual(plimsoll.ScaledQuantileThreshold.method, "scaled_quantile")

    def test_values(self):
        numbers = plimsoll.SpotThreshold(false_alarm_rate=numpy.float32(0.125), level=numpy.float64(0.5))
        self.assertEqual(numbers.false_alarm_rate, 0.125)
        self.assertEqual(plimsoll.HistogramThreshold(bins=numpy.int64(64)).bins, 64)
        for keywords in ({"false_alarm_rate": 0}, {"false_alarm_rate": float("nan")}, {"false_alarm_rate": "0.1"},
                         {"false_alarm_rate": True}, {"false_alarm_rate": [0.1]}, {"false_alarm_rate": 10**400},
                         {"false_alarm_rate": None}, {"non_finite": "drop"}, {"non_finite": 1}, {"far": 0.1}):
            with self.assertRaises(plimsoll.ParameterError, msg=keywords):
                plimsoll.TailThreshold(**keywords)
        with self.assertRaises(TypeError):
            plimsoll.TailThreshold(0.1)
        with self.assertRaises(TypeError):
            plimsoll.Threshold()
        with self.assertRaisesRegex(plimsoll.ParameterError, "no method mean; there are auto, "):
            plimsoll.make("mean")
        for error in (plimsoll.ParameterError, plimsoll.DataError):
            self.assertTrue(issubclass(error, plimsoll.Error) and issubclass(error, ValueError))

    def test_changes(self):
        threshold = plimsoll.SigmaThreshold(k=2)
        self.assertEqual(repr(threshold), "SigmaThreshold(k=2)")
        self.assertIs(threshold.set_params(k=1, ddof=0), threshold)
        self.assertEqual(threshold.fit([1.0, 3]).threshold_, 3)
        threshold.k = 2
        self.assertEqual(threshold.fit([1.0, 3]).threshold_, 4)
        with self.assertRaises(plimsoll.ParameterError):
            threshold.k = float("inf")
        self.assertEqual((threshold.k, threshold.threshold_), (2, 4))
        self.assertEqual(repr(plimsoll.SigmaThreshold()), "SigmaThreshold()")


class ThreadTest(unittest.TestCase):
    def test_long_work_runs_beside_other_threads(self):
        """With a switch interval of minutes another thread runs only when this one gives the interpreter away."""
        scores = gumbel(4_000_000)
        all_normal = numpy.array(0, numpy.uint8)
        estimator = _core.Estimator("quantile", {})
        batch = _core.BatchEstimator("batch", {})
        maps = scores[:3_990_000].reshape(30, 350, 380)
        parameters = plimsoll.QuantileThreshold(map_reduction="top_mean", top_share=0.5).get_params()
        ticks = [0]
        stop = threading.Event()

        def tick():
            while not stop.is_set():
                ticks[0] += 1
                time.sleep(0)

        def ran_beside(work):
            before = ticks[0]
            work()
            return ticks[0] > before

        worker = threading.Thread(target=tick)
        interval = sys.getswitchinterval()
        sys.setswitchinterval(600)
        try:
            worker.start()
            self.assertFalse(ran_beside(lambda: sum(range(1_000_000))), "the test sees nothing")
            for name, work in (
                ("update", lambda: estimator.update(scores, False, all_normal)),
                ("update_maps", lambda: estimator.update_maps(maps, False, all_normal)),
                ("update_batch", lambda: batch.update_batch(scores, False)),
                ("compute", estimator.compute),
                ("merge", lambda: estimator.merge(estimator)),
                ("labels_of", lambda: _core.labels_of(1.0, scores)),
                ("score_maps", lambda: _core.score_maps(maps, parameters)),
            ):
                # A loaded machine may give the other thread no processor for as long as one call.
                self.assertTrue(any(ran_beside(work) for _ in range(5)), name)
        finally:
            stop.set()
            sys.setswitchinterval(interval)
            worker.join()

    def test_threads_share_a_threshold(self):
        scores = gumbel(40_000).reshape(4, 100, 100)
        shared, other = plimsoll.TailThreshold(), plimsoll.TailThreshold()

        def collect(chunks):
            for chunk in chunks:
                shared.update(chunk)
                other.update(chunk)

        def run(targets):
            threads = [threading.Thread(target=target, args=arguments, daemon=True) for target, *arguments in targets]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(120)
                self.assertFalse(thread.is_alive(), "deadlock")

        run([(collect, chunks) for chunks in scores])
        expected = plimsoll.TailThreshold().fit(scores.ravel()).fit_
        self.assertEqual(shared.compute(), expected)
        self.assertEqual(other.compute(), expected)
        run([(shared.merge, other), (other.merge, shared)])
        # One merge saw the other's result.
        counts = sorted([shared.compute().normal_count, other.compute().normal_count])
        self.assertEqual(counts, [80_000, 120_000])


if __name__ == "__main__":
    unittest.main()
