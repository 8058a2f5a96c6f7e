// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "plimsoll/core/label.hpp"
#include "plimsoll/io/score_file.hpp"
#include "tiff.hpp"

/// \file
/// All that plimsoll does with OpenCV is behind this header and image_file.hpp, in image.cpp; without OpenCV
/// no_images.cpp is compiled in its place.

namespace plimsoll::io {

/// Reads an image that is not TIFF as a mask: anomalous where any channel is not zero. Throws FileError unless it has 8
/// bits and 1 or 3 channels.
void read_mask_image(const std::string& path, std::vector<Label>& labels, std::size_t& rows, std::size_t& columns);

/// The images of a TIFF file. OpenCV walks from the first one to where it is asked to begin, so it is asked for several
/// at a time, of some million pixels together, which are kept: best read in their order.
class TiffImages {
 public:
  /// `pages` is what read_tiff_pages gave of the file.
  TiffImages(std::string path, std::vector<TiffPage> pages);
  TiffImages(const TiffImages&) = delete;
  TiffImages& operator=(const TiffImages&) = delete;
  ~TiffImages();

  [[nodiscard]] const std::vector<TiffPage>& pages() const noexcept { return pages_; }

  /// Reads the image at `index` as a score map.
  void read_map(std::size_t index, ScoreBlock& block);
  /// Reads the image at `index` as a mask, as read_mask_image does.
  void read_mask(std::size_t index, std::vector<Label>& labels, std::size_t& rows, std::size_t& columns);

 private:
  struct Decoded;

  std::string path_;
  std::vector<TiffPage> pages_;
  std::unique_ptr<Decoded> decoded_;
};

}  // namespace plimsoll::io
