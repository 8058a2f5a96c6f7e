// SPDX-License-Identifier: Apache-2.0
// Labels in `.npy` and CSV files, and masks in `.npy` files.
#include "input_file.hpp"
#include "plimsoll/io/mask_file.hpp"
#include "plimsoll/io/score_file.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace plimsoll;
  static fuzz::InputFile npy("labels.npy");
  static fuzz::InputFile csv("labels.csv");
  const auto read = [](const std::string& path) {
    fuzz::may_refuse(path, [&] {
      const io::LabelArray labels = io::read_labels(path);
      std::size_t product = 1;
      for (const std::size_t extent : labels.shape) product *= extent;
      fuzz::require(product == labels.values.size(), "there are as many labels as the shape says");
      for (const Label label : labels.values) fuzz::require(label <= Label::anomalous, "a label is 0 or 1");
    });
  };
  read(csv.holding(data, size));
  const std::string& path = npy.holding(data, size);
  read(path);
  fuzz::may_refuse(path, [&] { static_cast<void>(io::holds_masks(path)); });
  fuzz::may_refuse(path, [&] {
    const auto reader = io::open_masks(path);
    io::MaskBlock block;
    std::size_t count = 0;
    while (reader->next(block)) {
      ++count;
      fuzz::require(block.values.size() == block.rows * block.columns, "a mask has rows x columns labels");
    }
    fuzz::require(count == reader->count(), "there are as many masks as were announced");
  });
  return 0;
}
