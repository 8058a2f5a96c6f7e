# SPDX-License-Identifier: Apache-2.0
"""Score maps decided by a file that ``plimsoll fit --maps`` wrote. Not imported by ``import plimsoll``."""

from __future__ import annotations

import dataclasses
import os

import numpy
from numpy.typing import ArrayLike, NDArray

from . import _calibration
from ._core import DataError
from ._threshold import _plain, _scores, _widened


@dataclasses.dataclass(frozen=True)
class Region:
    """A connected part of a mask. Rows count from the top, columns from the left, both from 0."""

    area: int  #: pixels
    row_begin: int  #: the bounding box: rows row_begin ... row_end - 1
    row_end: int
    column_begin: int
    column_end: int
    peak: float  #: the strangest score in it
    centroid_row: float
    centroid_column: float


@dataclasses.dataclass(frozen=True)
class Decision:
    """What is decided of a map."""

    label: int  #: 1 anomalous, 0 normal
    verdict: str  #: "normal", "review" or "anomalous"
    score: float  #: of the image
    mask: NDArray[numpy.uint8] | None  #: 1 where a pixel is anomalous; None where the file makes no masks
    regions: tuple[Region, ...]  #: the mask's connected parts


class Calibration:
    """A calibration file, or a threshold file, of the program. Raises Error for a file that is none."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._calibration = _calibration.Calibration(os.fspath(path))

    @property
    def cutoff(self) -> float:
        """Of image scores; not of pixels. Where low scores are anomalous those up to it are."""
        return self._calibration.cutoff

    @property
    def direction(self) -> str:
        """"higher_is_anomalous" or "lower_is_anomalous"."""
        return self._calibration.direction

    @property
    def makes_masks(self) -> bool:
        return self._calibration.makes_masks

    def decide(self, score_map: ArrayLike) -> Decision:
        """The decision on a map (rows, columns) of float16, float32 or float64. Safe from several threads."""
        array = _plain(score_map, "maps")
        if array.ndim != 2 or array.size == 0:
            raise DataError(f"a map is of shape {array.shape}, not (rows, columns) with pixels")
        [(label, verdict, score, mask, regions)] = self._calibration.decide(_widened(_scores(array[None]))[0])
        return Decision(label, verdict, score, mask, tuple(Region(*region) for region in regions))
