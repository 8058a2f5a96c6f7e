// SPDX-License-Identifier: Apache-2.0
// Which files are images, by their names: what image_file.hpp does without OpenCV.
#include "byte_source.hpp"
#include "folder.hpp"
#include "plimsoll/io/image_file.hpp"

namespace plimsoll::io {
namespace {

const std::initializer_list<std::string_view> image_extensions = {".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff"};

}  // namespace

std::vector<std::string> image_files(const std::string& path, bool recursive) {
  if (is_folder(path)) return recursive ? files_below(path, image_extensions) : files_in(path, image_extensions);
  const ByteSource openable(path);
  return {path};
}

std::vector<std::string> find_images(const std::string& folder, const std::vector<std::string>& map_names) {
  return files_for(folder, files_in(folder, image_extensions), map_names, "");
}

}  // namespace plimsoll::io
