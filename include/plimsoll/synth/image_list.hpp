// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "plimsoll/synth/image.hpp"

namespace plimsoll::synth {

/// Images that are loaded when they are needed. Both functions take a number below `count`, may be called from several
/// threads at once when the generator is, and always give the same for the same number.
struct ImageList {
  std::size_t count = 0;                           ///< how many images there are
  std::function<Image(std::size_t)> load{};        ///< the image of this number
  std::function<std::string(std::size_t)> name{};  ///< for the provenance; absent: the number

  ImageList() = default;
  /// Of so many images that are loaded by a function.
  ImageList(std::size_t images, std::function<Image(std::size_t)> loader,
            std::function<std::string(std::size_t)> namer = {})
      : count{images}, load{std::move(loader)}, name{std::move(namer)} {}

  /// Of images in memory.
  ImageList(std::vector<Image> images)
      : count{images.size()}, load{[images = std::move(images)](std::size_t index) { return images[index]; }} {}
};

}  // namespace plimsoll::synth
