#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""How well score maps tell good from bad, whatever the line: areas under the ROC curve of images and of pixels.

  ./edge_inference maps --model cloth.onnx cloth/test/* -o judged
  ./judge.py judged cloth/ground_truth

An image's score is the mean of the largest 0.2 % of its pixels, as plimsoll fit has it. Debian 12: python3-numpy,
python3-pil.
"""
import collections
import math
import pathlib
import sys

import numpy
from PIL import Image


def auroc(normal, anomalous):
    """The probability that an anomalous score is above a normal one; ties count half (Mann and Whitney 1947)."""
    normal = numpy.sort(normal)
    below = numpy.searchsorted(normal, anomalous, "left") + numpy.searchsorted(normal, anomalous, "right")
    return below.sum() / (2 * len(normal) * len(anomalous))


def image_score(scores):
    count = math.ceil(0.002 * scores.size)
    return numpy.partition(scores, -count, axis=None)[-count:].mean()


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    truths = {path.stem.removesuffix("_mask"): path for path in pathlib.Path(sys.argv[2]).glob("*/*.png")}
    images = collections.defaultdict(list)  # scores by kind
    normal_pixels, anomalous_pixels = [], []
    for path in sorted(pathlib.Path(sys.argv[1]).glob("*.npy")):
        scores = numpy.load(path)
        truth = numpy.zeros(scores.shape, bool)
        if path.stem in truths:
            mask = Image.open(truths[path.stem]).convert("L").resize(scores.shape[::-1], Image.NEAREST)
            truth = numpy.asarray(mask) > 0
        images[truths[path.stem].parent.name if path.stem in truths else ""].append(image_score(scores))
        normal_pixels.append(scores[~truth])
        anomalous_pixels.append(scores[truth])
    good = images.pop("")
    print(f"images {auroc(good, numpy.concatenate(list(images.values()))):.3f}")
    print(f"pixels {auroc(numpy.concatenate(normal_pixels), numpy.concatenate(anomalous_pixels)):.3f}")
    for kind, scores in sorted(images.items()):
        print(f"images of {kind} {auroc(good, scores):.3f}")


if __name__ == "__main__":
    main()
