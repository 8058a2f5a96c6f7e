# SPDX-License-Identifier: Apache-2.0
"""What the classes of all methods share."""

from __future__ import annotations

import dataclasses
import numbers
import threading
import warnings
from typing import Any, ClassVar, TypeVar

import numpy
from numpy.typing import ArrayLike, NDArray

from . import _core
from ._core import DataError, ParameterError

Self = TypeVar("Self", bound="Threshold")


class NotFittedError(ValueError, AttributeError):
    """A line is asked for before there is one. Of the same bases as scikit-learn's exception of this name."""


class FitWarning(UserWarning):
    """A fit has no cutoff: its status is not "ok", and the threshold is +inf, which lets all finite scores pass."""


@dataclasses.dataclass(frozen=True)
class Promise:
    """What a cutoff promises about normal scores that were not seen. None where a figure does not apply."""

    guarantee: str  #: "none", "distribution-free" or "model-based"
    false_alarm_rate: float | None  #: at most, or by a model without a confidence about, this share is flagged
    confidence: float | None  #: None: on average over calibration samples
    normals: int  #: the normal scores that the promise rests on
    normals_needed: int  #: the fewest that the rate asked for takes; 0 where that is unknown
    best_rate: float | None  #: the smallest rate that could have been promised
    text: str  #: the sentence for people


@dataclasses.dataclass(frozen=True)
class Optimum:
    """The optimum of a searched cutoff. Every cutoff in (above, up_to] decides the calibration scores alike."""

    objective: str
    value: float | None
    above: float | None
    up_to: float | None


@dataclasses.dataclass(frozen=True)
class CurvePoint:
    """One cutoff of a searched objective's curve, and what it does on the calibration scores."""

    cutoff: float
    objective: float | None  #: None where the objective does not allow the cutoff
    false_alarm_rate: float
    recall: float


@dataclasses.dataclass(frozen=True)
class CutoffInterval:
    """Where the line would lie if it were fitted to infinitely many scores."""

    lower: float
    upper: float
    confidence: float
    method: str


@dataclasses.dataclass(frozen=True)
class GoodnessOfFit:
    """How well a fitted model describes the scores that it was fitted to."""

    test: str
    statistic: float | None
    p_value: float | None


@dataclasses.dataclass(frozen=True)
class Fit:
    """What ``compute`` gives: the line, and all that must be said about it."""

    cutoff: float  #: a score is anomalous when not score < cutoff; +inf unless ``ok``
    status: str  #: "ok", "too_few_scores", ...
    method: str
    parameters: dict[str, float | int | str | None]
    promise: Promise
    score_type: str  #: "float16", "float32" or "float64": the widest among the scores seen
    normal_count: int
    anomalous_count: int
    skipped_count: int  #: non-finite scores left out on request
    trimmed_count: int  #: the largest normal scores, dropped on request
    optimum: Optimum | None  #: of methods that search
    curve: tuple[CurvePoint, ...]  #: of methods that show what they searched
    interval: CutoffInterval | None  #: of methods that can tell how uncertain the cutoff is
    goodness: GoodnessOfFit | None  #: of methods that test the model they fit
    estimates: dict[str, float | None]  #: the numbers estimated on the way, by name
    note: str  #: what a reader should know; may be empty

    @property
    def ok(self) -> bool:
        """Whether the cutoff is an answer."""
        return self.status == "ok"


def _fit(fields: dict[str, Any]) -> Fit:
    for name, kind in (("optimum", Optimum), ("interval", CutoffInterval), ("goodness", GoodnessOfFit)):
        if fields[name] is not None:
            fields[name] = kind(**fields[name])
    fields["promise"] = Promise(**fields["promise"])
    fields["curve"] = tuple(CurvePoint(**point) for point in fields["curve"])
    return Fit(**fields)


def _plain(values: Any, what: str) -> NDArray[Any]:
    """The values as an array of numbers. A masked entry is refused: it has no score, and is not to be decided."""
    if numpy.ma.is_masked(values):  # type: ignore[no-untyped-call]
        raise DataError(f"{what} have masked entries: pass compressed(), or filled(nan) with non_finite='skip'")
    array = numpy.asarray(values)
    if array.dtype.kind not in "fiub" or array.dtype.itemsize > 8:
        raise TypeError(f"{what} are of type {array.dtype}, not float16, float32, float64 or whole numbers")
    return array


def _scores(values: ArrayLike, maps: bool = True) -> NDArray[Any]:
    """Scores (n,) or maps (n, rows, columns), as they lie in memory where the library can read them there. Halves stay
    halves. Whole numbers become doubles, others native and contiguous, by a copy."""
    array = _plain(values, "scores")
    if array.dtype.kind == "b":
        raise TypeError("scores are of type bool: are they labels?")
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1 and not (maps and array.ndim == 3):
        shapes = "(n,) or (n, 1)" + (", that of maps (n, rows, columns), of a single one map[None]" if maps else "")
        raise DataError(f"scores are of shape {array.shape}; the shape of scores is {shapes}")
    kind = f"f{array.dtype.itemsize}" if array.dtype.kind == "f" else "f8"
    native: NDArray[Any] = numpy.require(array, kind, ["C", "A"])
    return native


def _widened(array: NDArray[Any]) -> tuple[NDArray[Any], bool]:
    """Halves as floats, and whether they were halves."""
    half = array.dtype == numpy.float16
    return (array.astype(numpy.float32) if half else array), half


def _labels(values: ArrayLike | None, scores: NDArray[Any]) -> NDArray[numpy.uint8]:
    """0 or 1: one for all scores, one a score or map, or a mask for each map, in which 255 is 1."""
    array = _plain(0 if values is None else values, "labels")
    if scores.ndim == 1 and array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.shape not in ((), scores.shape[:1], scores.shape):
        raise DataError(f"labels are of shape {array.shape}, and scores of {scores.shape}")
    wrong = (array != 0) & (array != 1)
    if array.ndim == 3:
        wrong &= array != 255
    if wrong.any():
        where = tuple(numpy.argwhere(wrong)[0])
        place = f"labels[{', '.join(map(str, where))}]" if where else "the label"
        raise DataError(f"{place} = {array[where]} is neither 0 (normal) nor 1 (anomalous)")
    return numpy.require(array, numpy.uint8, ["C"])


def _decided(values: ArrayLike, fit: Fit) -> NDArray[Any]:
    """The scores that are decided by the fit: of maps their pixels, or one a map."""
    scores = _scores(values)
    if scores.ndim == 1 or fit.parameters["map_reduction"] == "every_pixel":
        return scores
    if scores.size == 0 and len(scores) > 0:
        raise DataError(f"maps are of shape {scores.shape[1:]}: an empty map has no score")
    return _core.score_maps(_widened(scores)[0], fit.parameters)


def _parameter(method: str, name: str, value: Any) -> float | str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, numbers.Real) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:
            return float("inf")
    raise ParameterError(f"{method}: {name} = {value!r} is neither a number nor a word")


class Threshold:
    """The line between normal and anomalous scores, by one method. Abstract: each method has a class.

    An estimator in scikit-learn's manner. It is used from several threads safely, one call after another; scores are
    read without the interpreter's lock, so no other thread may write to them meanwhile.
    """

    method: ClassVar[str]  #: the method's name in the registry
    info: ClassVar[dict[str, Any]]  #: what the registry says about the method
    _estimator_type: ClassVar[type[_core.Estimator]] = _core.Estimator
    _estimator: Any  # of that type
    _fitted: Fit | None

    def __init__(self, **parameters: Any) -> None:
        if not hasattr(self, "method"):
            raise TypeError("Threshold is the base of the methods' classes, such as TailThreshold")
        self._lock = threading.RLock()
        self._parameters = {p["name"]: p["default"] for p in self.info["parameters"]}
        self.set_params(**parameters)

    # Collecting.

    def fit(self: Self, scores: ArrayLike, labels: ArrayLike | None = None) -> Self:
        """Forgets what was collected, collects these scores and computes the line.

        scores: normal ones, or those that the method learns from, of shape (n,) or (n, 1), or maps (n, rows, columns).
        labels: 0 normal, 1 anomalous, one a score or map, or masks in the shape of maps. For methods that learn from
        labelled scores, which need them; others take 0 only.

        Warns with a FitWarning when there is no answer. What raises leaves the estimator as it was.
        """
        if self.info["needs_labels"] and labels is None:
            raise DataError(f"{self.method} learns from labelled scores: pass labels, 0 normal and 1 anomalous")
        fresh = self._estimator_type(self.method, self._estimator.parameters)
        self._collect(fresh, scores, labels)
        self._compute(fresh)
        return self

    def update(self: Self, scores: ArrayLike, labels: ArrayLike | None = None) -> Self:
        """Collects more scores, as in ``fit``; without labels they are normal. ``labels`` may also be a single 0 or 1,
        for all of them. Then ``compute`` gives the line; the earlier one is gone."""
        with self._lock:
            self._collect(self._estimator, scores, labels)
            self._fitted = None
        return self

    def merge(self: Self, other: Threshold) -> Self:
        """Adds what another threshold of the same method and parameters collected. The line is then, bit for bit, that
        of one threshold which saw everything."""
        if not isinstance(other, Threshold):
            raise TypeError(f"{type(self).__name__} cannot merge with {type(other).__name__}")
        if other.method != self.method:
            raise ParameterError(f"{self.method}: cannot merge with {other.method}")
        thresholds: list[Threshold] = [self, other]
        first, second = sorted(thresholds, key=id)
        with first._lock, second._lock:
            self._estimator.merge(other._estimator)
            self._fitted = None
        return self

    def compute(self) -> Fit:
        """The fit to everything collected, which ``fit_`` then is. Warns with a FitWarning when it has no cutoff."""
        return self._compute(None)

    def reset(self: Self) -> Self:
        """Forgets what was collected, keeps the parameters."""
        return self.set_params()

    # Deciding.

    @property
    def fit_(self) -> Fit:
        """The line, and all that must be said about it. Raises NotFittedError before ``fit`` or ``compute``."""
        if self._fitted is None:
            raise NotFittedError(f"{type(self).__name__} has no line: call fit(), or compute() after update()")
        return self._fitted

    @property
    def threshold_(self) -> float:
        """The cutoff: a score is anomalous when not score < threshold_. So an equal one is, and NaN is. +inf when the
        fit has no answer."""
        return self.fit_.cutoff

    def predict(self, scores: ArrayLike) -> NDArray[numpy.int64]:
        """1 for each anomalous score, 0 for each normal one. Of maps (n, rows, columns) masks, or one label a map where
        map_reduction makes a map one score."""
        fit = self.fit_
        return _core.labels_of(fit.cutoff, _widened(_decided(scores, fit))[0]).astype(numpy.int64)

    def fit_predict(self, scores: ArrayLike, labels: ArrayLike | None = None) -> NDArray[numpy.int64]:
        """``fit`` to the scores, and ``predict`` of the same ones."""
        return self.fit(scores, labels).predict(scores)

    def decision_function(self, scores: ArrayLike) -> NDArray[numpy.float64]:
        """score - threshold_, as doubles: not below 0 where a finite score is anomalous. Shapes as in ``predict``."""
        fit = self.fit_
        return _decided(scores, fit).astype(numpy.float64) - fit.cutoff

    # Parameters.

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The parameters by name, as they were given."""
        return dict(self._parameters)

    def set_params(self: Self, **parameters: Any) -> Self:
        """Changes parameters. What was collected with the old ones is forgotten. Raises ParameterError."""
        changed = {**self._parameters, **parameters}
        values = {name: _parameter(self.method, name, value) for name, value in changed.items()}
        estimator = self._estimator_type(self.method, values)
        with self._lock:
            self._parameters = changed
            self._estimator = estimator
            self._fitted = None
        return self

    def snapshot(self) -> bytes:
        """Parameters and what was collected, as bytes that are the same on every machine. ``restore`` reads them."""
        with self._lock:
            snapshot: bytes = self._estimator.snapshot()
            return snapshot

    def __repr__(self) -> str:
        defaults = {p["name"]: p["default"] for p in self.info["parameters"]}
        changed = (f"{name}={value!r}" for name, value in self._parameters.items() if value != defaults[name])
        return f"{type(self).__name__}({', '.join(changed)})"

    def __getstate__(self) -> dict[str, Any]:
        with self._lock:
            own = ("_lock", "_parameters", "_estimator", "_fitted")
            of_subclasses = {name: value for name, value in vars(self).items() if name not in own}
            return {"parameters": self._parameters, "snapshot": self.snapshot(), "fit": self._fitted,
                    "attributes": of_subclasses}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state["attributes"])
        self._lock = threading.RLock()
        self._parameters = dict(state["parameters"])
        self._estimator = self._estimator_type.restore(state["snapshot"])
        self._fitted = state["fit"]

    def __sklearn_is_fitted__(self) -> bool:
        return self._fitted is not None

    # What is not for users.

    @staticmethod
    def _collect(estimator: _core.Estimator, scores: ArrayLike, labels: ArrayLike | None) -> None:
        array = _scores(scores)
        marks = _labels(labels, array)
        floats, half = _widened(array)
        if array.ndim == 3:
            estimator.update_maps(floats, half, marks)
        else:
            estimator.update(floats, half, marks)

    def _compute(self, fresh: _core.Estimator | None) -> Fit:
        with self._lock:
            fit = _fit((fresh or self._estimator).compute())
            if fresh is not None:
                self._estimator = fresh
            self._fitted = fit
        if not fit.ok:
            warnings.warn(f"{self.method} has no cutoff ({fit.status}): {fit.note}", FitWarning, stacklevel=3)
        return fit


class BatchBase(Threshold):
    """Base of the method that learns from an unlabelled batch of production scores besides normal ones."""

    _estimator_type = _core.BatchEstimator

    def fit(
        self: Self, scores: ArrayLike, labels: ArrayLike | None = None, *, batch: ArrayLike | None = None
    ) -> Self:
        """As Threshold.fit. batch: unlabelled production scores, 100 or more, of shape (n,) or (n, 1)."""
        fresh = _core.BatchEstimator(self.method, self._estimator.parameters)
        self._collect(fresh, scores, labels)
        if batch is not None:
            fresh.update_batch(*_widened(_scores(batch, maps=False)))
        self._compute(fresh)
        return self

    def update_batch(self: Self, scores: ArrayLike) -> Self:
        """Collects more unlabelled production scores."""
        floats, half = _widened(_scores(scores, maps=False))
        with self._lock:
            self._estimator.update_batch(floats, half)
            self._fitted = None
        return self
