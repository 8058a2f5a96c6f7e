// SPDX-License-Identifier: Apache-2.0
// Written by hand: no packaged library reads half floats and both byte orders and distrusts the header.
#include "npy.hpp"

#include <Eigen/Core>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string_view>

#include "shown.hpp"

namespace plimsoll::io {
namespace {

constexpr std::string_view magic = "\x93NUMPY";
constexpr std::size_t longest_header = 1 << 16;

[[noreturn]] void fail(const ByteSource& source, const std::string& what) {
  throw FileError(source.name() + ": not a .npy file that is read here: " + what);
}

void read_exactly(ByteSource& source, char* to, std::size_t count, const char* what) {
  if (source.read(to, count) != count) fail(source, std::string("it ends within ") + what);
}

/// Takes a Python dictionary literal apart, as far as .npy headers use it.
class HeaderParser {
 public:
  HeaderParser(const ByteSource& source, std::string_view text) : source_{source}, rest_{text} {}

  NpyHeader parse() {
    NpyHeader header;
    bool has_descr = false;
    bool has_order = false;
    bool has_shape = false;
    expect('{');
    while (!take('}')) {
      const std::string key = string();
      expect(':');
      if (key == "descr") {
        set_type(header);
        has_descr = true;
      } else if (key == "fortran_order") {
        header.fortran_order = boolean();
        has_order = true;
      } else if (key == "shape") {
        header.shape = shape();
        has_shape = true;
      } else {
        fail(source_, "its header has the unknown key " + shown(key));
      }
      if (!take(',') && next() != '}') malformed();
    }
    next();
    if (!rest_.empty()) malformed();
    if (!has_descr || !has_order || !has_shape) fail(source_, "its header lacks descr, fortran_order or shape");
    return header;
  }

 private:
  [[noreturn]] void malformed() const { fail(source_, "its header is malformed"); }

  char next() {
    while (!rest_.empty() && std::string_view(" \n\t\r").find(rest_.front()) != std::string_view::npos) {
      rest_.remove_prefix(1);
    }
    return rest_.empty() ? '\0' : rest_.front();
  }
  bool take(char c) {
    if (next() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void expect(char c) {
    if (!take(c)) malformed();
  }

  std::string string() {
    const char quote = next();
    if (quote != '\'' && quote != '"') malformed();
    const std::size_t end = rest_.find(quote, 1);
    if (end == std::string_view::npos) malformed();
    const std::string text(rest_.substr(1, end - 1));
    rest_.remove_prefix(end + 1);
    return text;
  }

  bool boolean() {
    next();
    for (const bool value : {true, false}) {
      const std::string_view word = value ? "True" : "False";
      if (rest_.starts_with(word)) {
        rest_.remove_prefix(word.size());
        return value;
      }
    }
    malformed();
  }

  std::vector<std::size_t> shape() {
    std::vector<std::size_t> extents;
    expect('(');
    while (!take(')')) {
      next();
      std::size_t extent = 0;
      const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), extent);
      if (error != std::errc{}) malformed();
      rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
      extents.push_back(extent);
      if (!take(',') && next() != ')') malformed();
    }
    return extents;
  }

  void set_type(NpyHeader& header) {
    if (next() == '[') fail(source_, "its dtype is structured; save one field of it");
    const std::string descr = string();
    static constexpr std::array<std::string_view, 12> known{"f2", "f4", "f8", "b1", "i1", "i2",
                                                            "i4", "i8", "u1", "u2", "u4", "u8"};
    const std::string_view type = std::string_view(descr).substr(std::min<std::size_t>(1, descr.size()));
    const char order = descr.empty() ? '\0' : descr.front();
    if (std::ranges::find(known, type) == known.end() ||
        std::string_view("<>|=").find(order) == std::string_view::npos) {
      fail(source_, "its dtype is " + shown(descr) + ", which is no float, integer or boolean");
    }
    header.kind = type[0];
    header.item_size = static_cast<std::size_t>(type[1] - '0');
    constexpr char other_order = std::endian::native == std::endian::little ? '>' : '<';
    header.swapped = order == other_order && header.item_size > 1;
  }

  const ByteSource& source_;
  std::string_view rest_;
};

template <typename Stored, typename T>
void convert(const char* bytes, std::size_t count, std::vector<T>& values) {
  for (std::size_t i = 0; i < count; ++i) {
    Stored stored;
    std::memcpy(&stored, bytes + i * sizeof(Stored), sizeof(Stored));
    values.push_back(static_cast<T>(stored));
  }
}

template <typename T>
void convert_halves(const char* bytes, std::size_t count, std::vector<T>& values) {
  for (std::size_t i = 0; i < count; ++i) {
    std::uint16_t stored;
    std::memcpy(&stored, bytes + i * sizeof stored, sizeof stored);
    values.push_back(static_cast<T>(static_cast<float>(Eigen::numext::bit_cast<Eigen::half>(stored))));
  }
}

}  // namespace

NpyHeader read_npy_header(ByteSource& source) {
  std::array<char, 8> preamble{};
  read_exactly(source, preamble.data(), preamble.size(), "its magic number");
  if (std::string_view(preamble.data(), magic.size()) != magic) fail(source, "its magic number is wrong");
  const int major = static_cast<unsigned char>(preamble[6]);
  if (major < 1 || major > 3) {
    fail(source, "its format version is " + std::to_string(major) + ", known are 1, 2 and 3");
  }
  std::array<char, 4> length_bytes{};
  const std::size_t width = major == 1 ? 2 : 4;
  read_exactly(source, length_bytes.data(), width, "the length of its header");
  std::size_t length = 0;
  for (std::size_t i = width; i-- > 0;) length = length << 8 | static_cast<unsigned char>(length_bytes[i]);
  if (length > longest_header) fail(source, "its header claims " + std::to_string(length) + " bytes");
  std::string text(length, '\0');
  read_exactly(source, text.data(), length, "its header");

  NpyHeader header = HeaderParser(source, text).parse();
  header.count = 1;
  for (const std::size_t extent : header.shape) {
    if (extent != 0 && header.count > std::numeric_limits<std::size_t>::max() / 16 / extent) {
      fail(source, "its shape is too large for any memory");
    }
    header.count *= extent;
  }
  const std::uintmax_t claimed = static_cast<std::uintmax_t>(header.count) * header.item_size;
  if (const auto left = source.left(); left && claimed != *left) {
    fail(source,
         "its header claims " + std::to_string(claimed) + " bytes of data, and " + std::to_string(*left) + " follow");
  }
  return header;
}

template <typename T>
void read_npy_values(ByteSource& source, const NpyHeader& header, std::size_t count, std::vector<T>& values) {
  constexpr std::size_t chunk = std::size_t{1} << 18;
  std::vector<char> bytes(std::min(chunk, count) * header.item_size);
  while (count > 0) {
    const std::size_t taken = std::min(chunk, count);
    const std::size_t size = taken * header.item_size;
    read_exactly(source, bytes.data(), size, "its data");
    if (header.swapped) {
      for (std::size_t i = 0; i < size; i += header.item_size) {
        std::reverse(bytes.data() + i, bytes.data() + i + header.item_size);
      }
    }
    switch (header.kind) {
      case 'f':
        if (header.item_size == 2) convert_halves(bytes.data(), taken, values);
        if (header.item_size == 4) convert<float>(bytes.data(), taken, values);
        if (header.item_size == 8) convert<double>(bytes.data(), taken, values);
        break;
      case 'i':
        if (header.item_size == 1) convert<std::int8_t>(bytes.data(), taken, values);
        if (header.item_size == 2) convert<std::int16_t>(bytes.data(), taken, values);
        if (header.item_size == 4) convert<std::int32_t>(bytes.data(), taken, values);
        if (header.item_size == 8) convert<std::int64_t>(bytes.data(), taken, values);
        break;
      default:
        if (header.item_size == 1) convert<std::uint8_t>(bytes.data(), taken, values);
        if (header.item_size == 2) convert<std::uint16_t>(bytes.data(), taken, values);
        if (header.item_size == 4) convert<std::uint32_t>(bytes.data(), taken, values);
        if (header.item_size == 8) convert<std::uint64_t>(bytes.data(), taken, values);
    }
    count -= taken;
  }
}

template void read_npy_values(ByteSource&, const NpyHeader&, std::size_t, std::vector<float>&);
template void read_npy_values(ByteSource&, const NpyHeader&, std::size_t, std::vector<double>&);

void expect_end(ByteSource& source) {
  if (source.peek() >= 0) fail(source, "there is more data than its header claims");
}

}  // namespace plimsoll::io
