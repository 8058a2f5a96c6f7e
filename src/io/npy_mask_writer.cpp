// SPDX-License-Identifier: Apache-2.0
#include "plimsoll/io/npy_mask_writer.hpp"

#include "atomic_file.hpp"
#include "npy_label_header.hpp"
#include "plimsoll/io/file_error.hpp"

namespace plimsoll::io {

struct NpyMaskWriter::Open {
  std::string path;
  AtomicFile file;
  std::size_t count;
  std::size_t rows;
  std::size_t columns;
  std::size_t added = 0;
  std::string bytes;
};

NpyMaskWriter::NpyMaskWriter(const std::string& path, std::size_t count, std::size_t rows, std::size_t columns)
    : open_{new Open{path, AtomicFile(path), count, rows, columns, 0, {}}} {
  open_->file.write(npy_label_header({count, rows, columns}));
}

NpyMaskWriter::NpyMaskWriter(NpyMaskWriter&&) noexcept = default;
NpyMaskWriter& NpyMaskWriter::operator=(NpyMaskWriter&&) noexcept = default;
NpyMaskWriter::~NpyMaskWriter() = default;

void NpyMaskWriter::add(const Mask& mask) {
  Open& open = *open_;
  if (mask.rows() != open.rows || mask.columns() != open.columns) {
    throw FileError(open.path + ": mask " + std::to_string(open.added) + " has " + std::to_string(mask.rows()) + " x " +
                    std::to_string(mask.columns()) + " pixels, and those of this file have " +
                    std::to_string(open.rows) + " x " + std::to_string(open.columns));
  }
  if (open.added == open.count) {
    throw FileError(open.path + ": there are more than the " + std::to_string(open.count) + " masks announced");
  }
  open.bytes.clear();
  for (std::size_t row = 0; row < mask.rows(); ++row) {
    for (const std::uint8_t byte : mask.row(row)) open.bytes += byte == 0 ? '\0' : '\1';
  }
  open.file.write(open.bytes);
  ++open.added;
}

void NpyMaskWriter::finish() {
  if (open_->added != open_->count) {
    throw FileError(open_->path + ": " + std::to_string(open_->added) + " of the " + std::to_string(open_->count) +
                    " masks announced were added");
  }
  open_->file.finish();
}

}  // namespace plimsoll::io
