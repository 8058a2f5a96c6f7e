#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds that are made by hand: small files of each format, and choices for the targets that draw.

tests/fuzz/make_seeds.py, in any folder. make_seeds.cpp writes those that only the library can."""
import json
import pathlib
import struct
import zlib

ROOT = pathlib.Path(__file__).parent / "seeds"


def write(target, name, content):
    path = ROOT / target / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


def npy(kind, shape, values, fortran=False, version=1):
    header = "{'descr': '%s', 'fortran_order': %s, 'shape': %s, }" % (kind, fortran, shape)
    width = 2 if version == 1 else 4
    header += " " * (-(6 + 2 + width + len(header) + 1) % 64) + "\n"
    length = struct.pack("<H" if version == 1 else "<I", len(header))
    return b"\x93NUMPY" + bytes([version, 0]) + length + header.encode() + values


def tiff(order, fields, pixels, big=False):
    """One image: the directory after the header, then the pixels."""
    word = order + ("Q" if big else "I")
    head = (b"II" if order == "<" else b"MM") + struct.pack(order + "H", 43 if big else 42)
    head += struct.pack(order + "HHQ", 8, 0, 16) if big else struct.pack(order + "I", 8)
    entry = 20 if big else 12
    count = struct.pack(order + ("Q" if big else "H"), len(fields))
    pixels_at = len(head) + len(count) + entry * len(fields) + struct.calcsize(word)
    body = count
    for tag, kind, value in sorted(fields):
        value = pixels_at if value is None else value
        size = 8 if big else 4
        packed = struct.pack(order + ("H" if kind == 3 else "I"), value)
        body += struct.pack(order + "HH", tag, kind) + struct.pack(word, 1) + packed.ljust(size, b"\0")
    return head + body + struct.pack(word, 0) + pixels


def floats(order, count):
    return struct.pack("%s%df" % (order, count), *[0.25 * i for i in range(count)])


def float_map(order, big=False, strip=None, compression=1, data=None):
    pixels = floats(order, 12) if data is None else data
    return tiff(
        order,
        [(256, 3, 4), (257, 3, 3), (258, 3, 32), (259, 3, compression), (262, 3, 1), (273, 4, None), (277, 3, 1),
         (278, 3, 3), (279, 4, len(pixels) if strip is None else strip), (339, 3, 3)], pixels, big)


def grey(order, bits):
    pixels = bytes(range(12 * bits // 8))
    return tiff(
        order,
        [(256, 3, 4), (257, 3, 3), (258, 3, bits), (259, 3, 1), (262, 3, 1), (273, 4, None), (277, 3, 1), (278, 3, 3),
         (279, 4, len(pixels))], pixels)


def png(colour_type, channels):
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    rows = b"".join(b"\0" + bytes(3 * channels) for _ in range(2))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 3, 2, 8, colour_type, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


write("npy_scores", "float32", npy("<f4", "(5,)", floats("<", 5)))
write("npy_scores", "float64_big_endian", npy(">f8", "(2,)", struct.pack(">2d", 1.5, -2.5)))
write("npy_scores", "float16_map", npy("<f2", "(2, 3)", struct.pack("<6e", 1, 2, 3, 4, 5, 6)))
write("npy_scores", "fortran_maps", npy("<f4", "(2, 2, 3)", floats("<", 12), True))
write("npy_scores", "version_2", npy("<f4", "(1,)", floats("<", 1), version=2))
write("npy_scores", "empty", npy("<f4", "(0,)", b""))
write("npy_scores", "no_rows", npy("<f4", "(3, 0, 5)", b""))
write("npy_scores", "claims_2_60", npy("<f4", "(1152921504606846976,)", floats("<", 2)))
write("npy_scores", "product_overflows", npy("<f4", "(4294967296, 4294967296, 4)", floats("<", 2)))
write("csv_scores", "one_column", "0.5\n1.5\n-2e3\n")
write("csv_scores", "header", "part,score,s\na,0.5,1\nb,1.5,2\n")
write("csv_scores", "quoted", '"s";"score"\r\n"1";"2"\r\n"3";nan\r\n')
write("csv_scores", "tabs", "s\tx\n1\t2\n3\t4\n")
write("csv_scores", "mark_and_no_newline", b"\xef\xbb\xbfscore\n1")
write("labels", "npy_bytes", npy("|u1", "(4,)", bytes([0, 1, 1, 0])))
write("labels", "npy_255", npy("|u1", "(2, 3)", bytes([0, 255, 255, 0, 0, 0])))
write("labels", "npy_masks_fortran", npy("|b1", "(2, 2, 2)", bytes([0, 1, 1, 0, 0, 0, 1, 1]), True))
write("labels", "npy_int64", npy("<i8", "(2,)", struct.pack("<2q", 0, 1)))
write("labels", "npy_float", npy("<f4", "(2,)", struct.pack("<2f", 0, 1)))
write("labels", "npy_claims_2_60", npy("|u1", "(1152921504606846976,)", bytes([0, 1])))
write("labels", "csv_words", "label\nnormal\nanomalous\n")
write("labels", "csv_digits", "0\n1\n1\n")
for order, name in (("<", "little"), (">", "big")):
    write("tiff_scores", name + "_endian", float_map(order))
    write("image_header", "tiff_grey_" + name + "_endian", grey(order, 8))
write("tiff_scores", "bigtiff", float_map("<", big=True))
write("tiff_scores", "deflated", float_map("<", compression=8, data=zlib.compress(floats("<", 12))))
write("tiff_scores", "strip_beyond_the_end", float_map("<", strip=1 << 30))
write("image_header", "tiff_float", float_map("<"))
write("image_header", "bigtiff_float", float_map(">", big=True))
write("image_header", "tiff_grey_16", grey("<", 16))
write("image_header", "png_grey_with_transparency", png(4, 2))
write("image_header", "png_colour", png(2, 3))
write("image_header", "jpeg_markers", b"\xff\xd8\xff\xe0\x00\x04ab\xff\xda\x00\x02\x12\xff\x00\x34\xff\xd0\xff\xd9")
write("anomalib_metadata", "version_1", json.dumps({
    "image_threshold": 1.25, "pixel_threshold": 1.5, "anomaly_maps.min": 0.125, "anomaly_maps.max": 4,
    "pred_scores.min": 0.5, "pred_scores.max": 3.25, "transform": {"p": [1, 2]}}))
write("anomalib_metadata", "version_0", json.dumps({"image_threshold": 13, "min": -5.5, "max": 24.5, "note": None}))
write("anomalib_metadata", "pixels_only", json.dumps({"pixel_threshold": 1e-300}))
# Each method with default parameters: scores as floats, as doubles, merged, restored.
for method in range(26):
    scores = bytes(16 * i % 224 for i in range(1, 30))
    labelled = bytes(b for i in range(12) for b in (16 * i % 192,)) + bytes(i % 2 for i in range(12))
    write("estimators", "method_%02d" % method,
          bytes([method, 0]) + bytes([0, 6, 0, 16, 29]) + scores + bytes([1, 5, 1, 2, 12]) + labelled +
          bytes([0, 4, 0, 2, 1, 0]))
write("decide", "floats", bytes([0, 0x60, 0, 0, 5, 6, 1]) + bytes(range(0, 210, 5)))
write("decide", "hysteresis_and_holes", bytes([0, 0x60, 1, 0x40, 0x56, 9, 9, 0]) + bytes(37 * i % 224 for i in range(90)))
write("decide", "infinite_cutoff", bytes([1, 0xF8, 0, 1, 3, 3, 0]) + bytes([0xFA, 0xF9, 0xF8, 0xFB, 0xFC, 1, 2, 3, 4]))
