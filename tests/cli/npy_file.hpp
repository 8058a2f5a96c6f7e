// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// \file
/// A writer and a reader of `.npy` files (NumPy Enhancement Proposal 1) that share nothing with the library's.

namespace plimsoll::cli_test {

/// The bytes of a `.npy` file with this header, which is padded and measured, and this data.
[[nodiscard]] inline std::string npy_of(std::string header, std::string_view data, int version = 1) {
  const std::size_t width = version == 1 ? 2 : 4;
  while ((8 + width + header.size() + 1) % 64 != 0) header += ' ';
  header += '\n';
  std::string bytes = "\x93NUMPY";
  bytes += static_cast<char>(version);
  bytes += '\0';
  for (std::size_t i = 0; i < width; ++i) bytes += static_cast<char>(header.size() >> 8 * i & 0xff);
  bytes += header;
  bytes += data;
  return bytes;
}

[[nodiscard]] inline std::string npy_header(const std::string& type, const std::string& shape, bool fortran = false) {
  return "{'descr': " + type + ", 'fortran_order': " + (fortran ? "True" : "False") + ", 'shape': " + shape + ", }";
}

/// IEEE 754 binary16, for numbers that it holds exactly.
[[nodiscard]] inline std::uint64_t half_bits(double value) {
  const std::uint64_t sign = std::signbit(value) ? 0x8000 : 0;
  if (std::isnan(value)) return sign | 0x7e00;
  if (std::isinf(value)) return sign | 0x7c00;
  const double size = std::abs(value);
  if (size < 0x1p-14) return sign | static_cast<std::uint64_t>(size * 0x1p24);
  int exponent = 0;
  const double fraction = std::frexp(size, &exponent);
  return sign | static_cast<std::uint64_t>(exponent + 14) << 10 | static_cast<std::uint64_t>(fraction * 2048 - 1024);
}

/// One number in the type of a `.npy` header: "<f4", ">i8", "|u1".
[[nodiscard]] inline std::string item_of(double value, const std::string& type) {
  const std::string_view kind = std::string_view(type).substr(1);
  std::uint64_t bits = 0;
  if (kind == "f2") {
    bits = half_bits(value);
  } else if (kind == "f4") {
    bits = std::bit_cast<std::uint32_t>(static_cast<float>(value));
  } else if (kind == "f8") {
    bits = std::bit_cast<std::uint64_t>(value);
  } else {
    bits = static_cast<std::uint64_t>(static_cast<std::int64_t>(value));
  }
  const auto size = static_cast<std::size_t>(kind[1] - '0');
  std::string bytes;
  for (std::size_t i = 0; i < size; ++i) {
    const std::size_t byte = type[0] == '>' ? size - 1 - i : i;
    bytes += static_cast<char>(bits >> 8 * byte & 0xff);
  }
  return bytes;
}

struct NpyLayout {
  std::string type = "<f8";
  std::vector<std::size_t> shape{};  ///< empty: one dimension
  bool fortran = false;
  int version = 1;
};

/// The values, given in C order, as the bytes of a `.npy` file.
[[nodiscard]] inline std::string npy(const std::vector<double>& values, NpyLayout layout = {}) {
  if (layout.shape.empty()) layout.shape = {values.size()};
  std::string shape = "(";
  for (const std::size_t extent : layout.shape) shape += std::to_string(extent) + ",";
  shape += ")";
  std::string data;
  for (std::size_t place = 0; place < values.size(); ++place) {
    std::size_t index = place;
    if (layout.fortran) {  // the first index runs fastest
      std::size_t rest = place;
      std::size_t stride = values.size();
      index = 0;
      for (const std::size_t extent : layout.shape) {
        stride /= extent;
        index += rest % extent * stride;
        rest /= extent;
      }
    }
    data += item_of(values[index], layout.type);
  }
  return npy_of(npy_header("'" + layout.type + "'", shape, layout.fortran), data, layout.version);
}

/// A `.npy` file of unsigned bytes.
struct NpyBytes {
  std::vector<std::size_t> shape;
  std::vector<int> values;
  friend bool operator==(const NpyBytes&, const NpyBytes&) = default;
};

/// Throws unless the bytes are a `.npy` file of version 1, type |u1 and C order, aligned as NumPy aligns.
[[nodiscard]] inline NpyBytes npy_bytes(std::string_view bytes) {
  const auto demand = [](bool held, const char* what) {
    if (!held) throw std::runtime_error(std::string("labels' .npy file: ") + what);
  };
  demand(bytes.size() >= 10 && bytes.starts_with(std::string_view("\x93NUMPY\x01\x00", 8)), "magic or version");
  const std::size_t length =
      static_cast<unsigned char>(bytes[8]) + std::size_t{256} * static_cast<unsigned char>(bytes[9]);
  demand(bytes.size() >= 10 + length && (10 + length) % 64 == 0, "header length");
  std::string_view header = bytes.substr(10, length);
  const std::string_view data = bytes.substr(10 + length);
  demand(header.ends_with('\n'), "end of the header");
  const auto take = [&](std::string_view text) {
    demand(header.starts_with(text), "header");
    header.remove_prefix(text.size());
  };
  NpyBytes array;
  std::size_t count = 1;
  take("{'descr': '|u1', 'fortran_order': False, 'shape': (");
  while (!header.starts_with(')')) {
    const std::size_t digits = header.find_first_not_of("0123456789");
    demand(digits != 0 && digits != std::string_view::npos, "shape");
    array.shape.push_back(std::stoul(std::string(header.substr(0, digits))));
    count *= array.shape.back();
    header.remove_prefix(digits);
    if (!header.starts_with(')')) take(",");
    if (header.starts_with(' ')) header.remove_prefix(1);
  }
  take("), }");
  demand(header.find_first_not_of(' ') == header.size() - 1, "padding");
  demand(data.size() == count, "data");
  for (const char c : data) array.values.push_back(static_cast<unsigned char>(c));
  return array;
}

}  // namespace plimsoll::cli_test
