# SPDX-License-Identifier: Apache-2.0
"""Thresholds for anomaly scores, from normal data alone.

One class for each method of the library: ``TailThreshold``, ``QuantileThreshold``, ... Their parameters are keywords.
``fit`` takes normal scores (higher is stranger), ``threshold_`` is the line, and ``predict`` gives 1 for what is
anomalous, 0 for what is normal:

>>> import plimsoll
>>> threshold = plimsoll.QuantileThreshold(false_alarm_rate=0.1).fit(range(100))
>>> threshold.threshold_
90.00000000000001
>>> threshold.predict([90, 91])
array([0, 1])
>>> threshold.fit_.promise.text
'false alarms <= 10 % on average, distribution-free, 100 normals'
"""

from . import _methods
from ._core import DataError, Error, ParameterError, __version__
from ._methods import *
from ._threshold import (
    CurvePoint,
    CutoffInterval,
    Fit,
    FitWarning,
    GoodnessOfFit,
    NotFittedError,
    Optimum,
    Promise,
    Threshold,
)

__all__ = [
    "CurvePoint",
    "CutoffInterval",
    "DataError",
    "Error",
    "Fit",
    "FitWarning",
    "GoodnessOfFit",
    "NotFittedError",
    "Optimum",
    "ParameterError",
    "Promise",
    "Threshold",
    "__version__",
]
__all__ += _methods.__all__

# Names in messages, help and pickles are those that users write, wherever the code is.
for _name in __all__:
    if not _name.startswith("_"):
        globals()[_name].__module__ = __name__
