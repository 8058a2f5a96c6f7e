#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Learns what a texture looks like from images of it without defects, and writes a network that scores every pixel.

  ./train.py --images cloth/train/good -o cloth.onnx

Nothing is searched: both layers are statistics of the images, so that it takes seconds, and the same images give the
same network. Debian 12: python3-torch, python3-onnx, python3-pil.
"""
import argparse
import pathlib
import sys
import warnings

import numpy
import torch
from PIL import Image
from torch.nn import functional

PATCH = 7  # the first layer sees patches of 7 x 7 pixels,
STRIDE = 2  # one at every second pixel,
POOL = 7  # and the second layer their energies over 7 x 7 of these
SMOOTH = 5  # the distances are averaged over 5 x 5
PATCH_FLOOR = 1e-3  # shares of the mean variance that are added to each, so that nothing is impossible
ENERGY_FLOOR = 1e-2
SAMPLES = 60000  # of patches and of energies that the statistics are made of


def read_images(folder, size):
    """All images in the folder as one tensor: colours 0 to 1, `size` pixels square, of a mean brightness of 1/2."""
    paths = sorted(p for p in pathlib.Path(folder).iterdir()
                   if p.suffix.lower() in {".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff"})
    if not paths:
        sys.exit(f"{folder}: has no images")
    images = []
    for path in paths:
        image = Image.open(path)
        if image.mode not in {"RGB", "RGBA", "L", "LA", "P", "1"}:
            sys.exit(f"{path}: has pixels of the kind {image.mode}, and 8 bits are wanted, grey or colour")
        image = image.convert("RGB").resize((size, size), Image.BOX)
        pixels = torch.from_numpy(numpy.asarray(image, dtype=numpy.float32) / 255).permute(2, 0, 1)
        images.append(pixels * (0.5 / pixels.mean().clamp(min=1 / 255)))
    return torch.stack(images)


def statistics(rows, floor):
    """The mean of the rows, and the eigenvalues and eigenvectors of their covariance, with the floor added to it."""
    rows = rows[torch.randperm(len(rows))[:SAMPLES]].double()
    covariance = torch.cov(rows.T)
    covariance += floor * torch.diag(covariance).mean() * torch.eye(len(covariance))
    return rows.mean(0), *torch.linalg.eigh(covariance)


class Network(torch.nn.Module):
    """Patches are whitened: what seldom varies in normal patches is made as large as what often does. The sizes of
    these components, averaged over a neighbourhood, have a normal distribution's mean and covariance, and the score is
    the Mahalanobis distance from these, per component."""

    def __init__(self, images):
        super().__init__()
        patches = functional.unfold(images, PATCH, stride=5).permute(0, 2, 1).reshape(-1, 3 * PATCH * PATCH)
        mean, variances, vectors = statistics(patches, PATCH_FLOOR)
        self.patches = self.layer((vectors / variances.sqrt()).T, mean, PATCH, STRIDE)
        with torch.no_grad():
            energies = torch.cat([self.energies(image[None])[0, :, ::3, ::3].flatten(1).T for image in images])
        mean, variances, vectors = statistics(energies, ENERGY_FLOOR)
        self.distance = self.layer((vectors / variances.sqrt()).T, mean, 1, 1)
        # The mean over channels as a convolution: OpenCV 4.6 has no ReduceMean for images of any size.
        self.mean = torch.nn.Conv2d(len(mean), 1, 1, bias=False)
        torch.nn.init.constant_(self.mean.weight, 1 / len(mean))

    @staticmethod
    def layer(matrix, mean, kernel, stride):
        """matrix (x - mean) as a convolution."""
        channels = matrix.shape[1] // kernel**2
        layer = torch.nn.Conv2d(channels, len(matrix), kernel, stride)
        layer.weight.data = matrix.float().reshape(len(matrix), channels, kernel, kernel)
        layer.bias.data = -(matrix @ mean).float()
        return layer

    def energies(self, image):
        return functional.avg_pool2d(self.patches(image).abs(), POOL, stride=1)

    def forward(self, image):
        far = self.distance(self.energies(image))
        score = functional.avg_pool2d(self.mean(far * far), SMOOTH, stride=1).sqrt()
        # Windows that would reach beyond the image are not made up: there the nearest whole one's score stands.
        lost = PATCH // STRIDE + POOL - 1 + SMOOTH - 1
        score = functional.pad(score, [lost // 2, lost - lost // 2] * 2, mode="replicate")
        return functional.interpolate(score, scale_factor=STRIDE, mode="bilinear", align_corners=False)


def main():
    parser = argparse.ArgumentParser(description="Writes a network that scores each pixel of a texture.")
    parser.add_argument("--images", required=True, help="a folder of images without defects, 20 or more")
    parser.add_argument("-o", "--out", required=True, help="the ONNX file")
    parser.add_argument("--size", type=int, default=256, help="images are brought to this size, square; even")
    options = parser.parse_args()
    if options.size < 64 or options.size % 2:
        sys.exit("--size: an even number from 64 on is wanted")
    torch.manual_seed(0)
    images = read_images(options.images, options.size)
    network = Network(images).eval()
    warnings.filterwarnings("ignore", message="Constant folding")  # of a slice in padding; it is computed instead
    torch.onnx.export(network, images[:1], options.out, opset_version=11, input_names=["image"],
                      output_names=["scores"])
    print(f"{options.out}: of {len(images)} images")


if __name__ == "__main__":
    main()
