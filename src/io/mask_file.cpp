// SPDX-License-Identifier: Apache-2.0
#include "plimsoll/io/mask_file.hpp"

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <string_view>
#include <utility>

#include "byte_source.hpp"
#include "folder.hpp"
#include "image.hpp"
#include "npy.hpp"
#include "npy_array.hpp"
#include "npy_labels.hpp"
#include "tiff.hpp"

namespace plimsoll::io {
namespace {

const std::initializer_list<std::string_view> mask_extensions = {".png", ".bmp", ".tif", ".tiff"};

double share_of(std::size_t done, std::size_t count) {
  return count == 0 ? 1 : static_cast<double>(done) / static_cast<double>(count);
}

class NpyMasks final : public MaskReader {
 public:
  explicit NpyMasks(std::string path) : path_{std::move(path)}, source_{path_}, header_{read_npy_header(source_)} {
    const auto& shape = header_.shape;
    if (shape.size() != 2 && shape.size() != 3) {
      throw FileError(source_.name() + ": has " + std::to_string(shape.size()) +
                      " dimensions, and masks have 2 (a mask) or 3 (masks)");
    }
    count_ = header_.count == 0 ? 0 : shape.size() == 3 ? shape[0] : 1;
  }

  bool next(MaskBlock& block) override {
    if (index_ == count_) {
      expect_end(source_);
      return false;
    }
    block.rows = header_.shape[header_.shape.size() - 2];
    block.columns = header_.shape.back();
    block.name = item_name(path_, index_, count_);
    array_.read(block.rows * block.columns, values_);
    block.values.clear();
    labels_.append(values_, source_.name(), block.values);
    ++index_;
    return true;
  }

  std::size_t count() const override { return count_; }

  double progress() const override { return share_of(index_, count_); }

 private:
  std::string path_;
  ByteSource source_;
  NpyHeader header_;
  NpyArray<double> array_{source_, header_};
  NpyLabels labels_;
  std::vector<double> values_;
  std::size_t count_ = 0;
  std::size_t index_ = 0;
};

class ImageMasks final : public MaskReader {
 public:
  explicit ImageMasks(const std::vector<std::string>& files) {
    for (const std::string& file : files) {
      const bool tiff = has_extension(file, {".tif", ".tiff"});
      files_.push_back({file, tiff ? read_tiff_pages(file) : std::vector<TiffPage>{}});
      count_ += files_.back().images();
    }
  }

  bool next(MaskBlock& block) override {
    if (file_ == files_.size()) return false;
    const File& file = files_[file_];
    if (file.pages.empty()) {
      read_mask_image(file.path, block.values, block.rows, block.columns);
    } else {
      if (!tiff_) tiff_.emplace(file.path, file.pages);
      tiff_->read_mask(image_, block.values, block.rows, block.columns);
    }
    block.name = item_name(file.path, image_, file.images());
    ++index_;
    if (++image_ == file.images()) {
      ++file_;
      image_ = 0;
      tiff_.reset();
    }
    return true;
  }

  std::size_t count() const override { return count_; }

  double progress() const override { return share_of(index_, count_); }

 private:
  struct File {
    std::string path;
    std::vector<TiffPage> pages;  ///< none of what is not TIFF
    [[nodiscard]] std::size_t images() const { return std::max<std::size_t>(pages.size(), 1); }
  };
  std::vector<File> files_;
  std::optional<TiffImages> tiff_;  ///< the next mask's file, once one of it was read
  std::size_t count_ = 0;
  std::size_t file_ = 0;   ///< the next mask's file
  std::size_t image_ = 0;  ///< and its place in it
  std::size_t index_ = 0;
};

}  // namespace

bool holds_masks(const std::string& path) {
  if (is_read_once(path)) return false;
  if (is_folder(path) || has_extension(path, mask_extensions)) return true;
  ByteSource source(path);
  constexpr int npy_first_byte = 0x93;
  return source.peek() == npy_first_byte && read_npy_header(source).shape.size() > 1;
}

std::unique_ptr<MaskReader> open_masks(const std::string& path, const std::vector<std::string>& map_names) {
  if (is_folder(path)) {
    return std::make_unique<ImageMasks>(map_names.empty() ? files_in(path, mask_extensions)
                                                          : find_masks(path, map_names));
  }
  if (has_extension(path, mask_extensions)) {
    return std::make_unique<ImageMasks>(std::vector{path});
  }
  return std::make_unique<NpyMasks>(path);
}

std::vector<std::string> find_masks(const std::string& folder, const std::vector<std::string>& map_names) {
  return files_for(folder, files_in(folder, mask_extensions), map_names, "_mask");
}

}  // namespace plimsoll::io
