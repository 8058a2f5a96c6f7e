// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <plimsoll/core/error.hpp>
#include <plimsoll/io/image_file.hpp>
#include <plimsoll/synth/image.hpp>
#include <plimsoll/synth/planes.hpp>
#include <plimsoll/synth/resize.hpp>
#include <plimsoll/synth/synthetic_item.hpp>
#include <string>
#include <utility>
#include <vector>

/// \file
/// The images: normal ones to learn from, and others, with the truth about them, to be judged on.

namespace inspect_texture {

using plimsoll::synth::Image;
using plimsoll::synth::Planes;
using plimsoll::synth::TrueMask;

/// An image to judge on.
struct Part {
  std::string name;
  std::string kind;  ///< of its defect; "good"
  Image image;
  TrueMask truth;  ///< all 0 when it is good
};

struct Parts {
  std::string name;
  std::vector<Image> normal;
  std::vector<Part> test;
};

/// The planes, 0 black to 1 white, as an image of 8 bits.
[[nodiscard]] inline Image eight_bits(const Planes& planes) {
  Image image(plimsoll::synth::PixelType::uint8, planes.front().rows(), planes.front().columns(), planes.size());
  image.visit([&]<typename T>(T* pixel) {
    for (std::size_t i = 0; i < planes.front().values().size(); ++i) {
      for (const auto& plane : planes) {
        *pixel++ = static_cast<T>(std::lround(255 * std::clamp(plane.values()[i], 0.0F, 1.0F)));
      }
    }
  });
  return image;
}

/// The image with its longer side brought down to `longest`, where it is longer.
[[nodiscard]] inline Image limited(Image image, std::size_t longest) {
  const std::size_t longer = std::max(image.rows(), image.columns());
  if (longer <= longest) return image;
  const auto brought_down = [&](std::size_t side) { return std::max<std::size_t>(1, side * longest / longer); };
  return eight_bits(plimsoll::synth::resized(plimsoll::synth::to_planes(image.view()), brought_down(image.rows()),
                                             brought_down(image.columns())));
}

/// The true mask in a picture, anomalous where any colour is not black, brought to this size by nearest pixels.
[[nodiscard]] inline TrueMask read_truth(const std::string& path, std::size_t rows, std::size_t columns) {
  const Planes picture = plimsoll::synth::to_planes(plimsoll::io::read_image(path).view());
  const std::size_t picture_rows = picture.front().rows();
  const std::size_t picture_columns = picture.front().columns();
  TrueMask truth{rows, columns, {}};
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t column = 0; column < columns; ++column) {
      const std::size_t from_row = (2 * row + 1) * picture_rows / (2 * rows);
      const std::size_t from_column = (2 * column + 1) * picture_columns / (2 * columns);
      const bool set = std::ranges::any_of(picture, [&](const auto& p) { return p.at(from_row, from_column) > 0; });
      truth.bytes.push_back(set ? 1 : 0);
    }
  }
  return truth;
}

/// A folder laid out as those of MVTec AD: train/good, test/good, test/DEFECT and ground_truth/DEFECT/NAME_mask.png.
[[nodiscard]] inline Parts read_parts(const std::string& folder, std::size_t longest) {
  namespace fs = std::filesystem;
  const fs::path root(folder);
  Parts parts;
  parts.name = root.filename().empty() ? root.parent_path().filename().string() : root.filename().string();
  for (const std::string& path : plimsoll::io::image_files((root / "train" / "good").string())) {
    parts.normal.push_back(limited(plimsoll::io::read_image(path), longest));
  }
  std::vector<std::string> kinds;
  for (const auto& entry : fs::directory_iterator(root / "test")) {
    if (entry.is_directory()) kinds.push_back(entry.path().filename().string());
  }
  std::ranges::sort(kinds);
  for (const std::string& kind : kinds) {
    for (const std::string& path : plimsoll::io::image_files((root / "test" / kind).string())) {
      const std::string name = fs::path(path).stem().string();
      Image image = limited(plimsoll::io::read_image(path), longest);
      const std::size_t rows = image.rows();
      const std::size_t columns = image.columns();
      TrueMask truth{rows, columns, std::vector<std::uint8_t>(rows * columns)};
      if (kind != "good") {
        truth = read_truth((root / "ground_truth" / kind / (name + "_mask.png")).string(), rows, columns);
      }
      parts.test.push_back({kind + "_" + name, kind, std::move(image), std::move(truth)});
    }
  }
  return parts;
}

}  // namespace inspect_texture
