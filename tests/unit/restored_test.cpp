// SPDX-License-Identifier: Apache-2.0
// What a snapshot says must be what such an object may hold: each rule at its edge, by one number that is changed.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "catch.hpp"
#include "plimsoll/core/error.hpp"
#include "plimsoll/core/snapshot_archive.hpp"
#include "plimsoll/monitor/anderson_darling_monitor.hpp"
#include "plimsoll/monitor/cusum_monitor.hpp"
#include "plimsoll/monitor/martingale_monitor.hpp"
#include "plimsoll/stats/moments.hpp"
#include "plimsoll/stats/score_histogram.hpp"
#include "plimsoll/thresholds/bounded_labelled_sample.hpp"
#include "plimsoll/thresholds/image_pixels.hpp"
#include "plimsoll/thresholds/image_profile.hpp"
#include "plimsoll/thresholds/labelled_sample.hpp"
#include "plimsoll/thresholds/manual_threshold.hpp"
#include "plimsoll/thresholds/maximum_threshold.hpp"
#include "plimsoll/thresholds/pixel_threshold.hpp"
#include "plimsoll/thresholds/sample.hpp"
#include "plimsoll/thresholds/synthetic_threshold.hpp"
#include "signed_bytes.hpp"

namespace {

using namespace plimsoll;

using Words = std::vector<std::uint64_t>;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr std::uint64_t most_count = std::uint64_t{1} << 53;

std::uint64_t bits(double number) {
  return std::bit_cast<std::uint64_t>(number);
}
std::uint64_t negative(std::int64_t number) {
  return static_cast<std::uint64_t>(-number);
}

/// A snapshot without what is before the words and the checksum behind them.
Words words_of(const std::vector<std::byte>& bytes) {
  Words words;
  detail::ByteReader reader{std::span(bytes).subspan(16)};
  for (std::size_t i = 16; i + 8 < bytes.size(); i += 8) words.push_back(reader.take<std::uint64_t>());
  return words;
}

std::vector<std::byte> with_words(const std::vector<std::byte>& bytes, const Words& words) {
  std::vector<std::byte> made(bytes.begin(), bytes.begin() + 16);
  for (const std::uint64_t word : words) detail::put(made, word);
  made.resize(made.size() + 8);
  return test::signed_again(std::move(made));
}

template <typename T>
std::vector<std::byte> written(const T& value) {
  detail::SnapshotWriter writer("restores", 1);
  writer(value);
  return std::move(writer).finish();
}

/// The object that such a one, without content, becomes by reading the words; DataError when it does not take them.
template <typename T>
T read(T value, const Words& words) {
  const std::vector<std::byte> bytes = with_words(written(value), words);
  detail::SnapshotReader reader("value", "restores", 1, bytes);
  reader(value);
  reader.finish();
  return value;
}

/// Whether the words are read by such an object, which writes them again when they are.
template <typename T>
bool taken(T value, const Words& words) {
  try {
    value = read(std::move(value), words);
  } catch (const DataError&) {
    return false;
  }
  CHECK(words_of(written(value)) == words);
  return true;
}

/// The words with one of them another.
Words changed(Words words, std::size_t place, std::uint64_t number) {
  words.at(place) = number;
  return words;
}

/// Whether a monitor or an estimator is restored from its snapshot with one word another.
template <typename T>
bool restores(const T& object, std::size_t place, std::uint64_t number) {
  const std::vector<std::byte> bytes = object.snapshot();
  try {
    static_cast<void>(T::restore(with_words(bytes, changed(words_of(bytes), place, number))));
  } catch (const DataError&) {
    return false;
  }
  return true;
}

/// Normal scores.
const std::vector<double> past{-1.5, -0.25, 0.5, 1, 2, 3.75, 4, 5, 6, 7.5, 9, 11};

TEST_CASE("restored: floats and text are filled up with zeros, lengths are those of what follows") {
  const std::uint64_t one = std::bit_cast<std::uint32_t>(1.0F);
  using Floats = std::vector<float>;
  CHECK(taken(Floats{}, {1, one}));
  CHECK(taken(Floats{}, {2, one | one << 32}));
  CHECK_FALSE(taken(Floats{}, {1, one | one << 32}));
  CHECK_FALSE(taken(Floats{}, {3, one}));
  CHECK_FALSE(taken(Floats{}, {4, one}));
  CHECK_FALSE(taken(Floats{}, {1, one, 0}));
  CHECK(taken(std::string(), {2, 0x6261}));
  CHECK(taken(std::string(), {8, 0x6867666564636261}));
  CHECK_FALSE(taken(std::string(), {7, 0x6867666564636261}));
  CHECK_FALSE(taken(std::string(), {9, 0x6867666564636261}));
  CHECK_FALSE(taken(std::string(), {2, 0x636261}));
  CHECK(taken(std::vector<double>{}, {0}));
  CHECK_FALSE(taken(std::vector<double>{}, {1}));
}

TEST_CASE("restored: an optional is there or not, a variant is one of its types, a map is in order") {
  CHECK(taken(std::optional<double>(), {0}));
  CHECK(taken(std::optional<double>(), {1, bits(3)}));
  CHECK_FALSE(taken(std::optional<double>(), {2, bits(3)}));
  using Choice = std::variant<double, std::uint64_t>;
  CHECK(taken(Choice(), {0, bits(3)}));
  CHECK(taken(Choice(), {1, 3}));
  CHECK_FALSE(taken(Choice(), {2, 3}));
  using Map = std::map<std::uint64_t, double>;
  CHECK(taken(Map(), {2, 4, bits(1), 5, bits(0)}));
  CHECK_FALSE(taken(Map(), {2, 4, bits(1), 4, bits(0)}));
  CHECK_FALSE(taken(Map(), {2, 5, bits(1), 4, bits(0)}));
}

TEST_CASE("restored: a sample is of floats or of doubles, all finite") {
  const std::uint64_t floats = std::bit_cast<std::uint32_t>(1.0F) | std::uint64_t{0x40000000} << 32;  // 1 and 2
  const std::uint64_t strange = std::bit_cast<std::uint32_t>(1.0F) | std::uint64_t{0x7fc00000} << 32;
  CHECK(taken(Sample(), {0, 2, floats, 0}));
  CHECK(taken(Sample(), {1, 0, 2, bits(1), bits(2)}));
  CHECK_FALSE(taken(Sample(), {0, 2, strange, 0}));
  CHECK_FALSE(taken(Sample(), {1, 0, 2, bits(1), bits(infinity)}));
  CHECK_FALSE(taken(Sample(), {1, 0, 1, bits(nan)}));
  CHECK_FALSE(taken(Sample(), {1, 2, floats, 0}));
  CHECK_FALSE(taken(Sample(), {0, 0, 1, bits(1)}));
  CHECK_FALSE(taken(Sample(), {2, 0, 1, bits(1)}));

  // Two samples of one kind, the normal one first.
  CHECK(taken(LabelledSample(), {1, 0, 1, bits(1), 1, 0, 0}));
  CHECK(taken(LabelledSample(), {0, 2, floats, 0, 0, 0, 0}));
  CHECK_FALSE(taken(LabelledSample(), {1, 0, 1, bits(1), 0, 0, 0}));
  CHECK_FALSE(taken(LabelledSample(), {0, 0, 0, 1, 0, 1, bits(1)}));
}

TEST_CASE("restored: a maximum is of a number of scores") {
  CHECK(taken(detail::RunningMaximum(), {0, bits(-infinity)}));
  CHECK(taken(detail::RunningMaximum(), {1, bits(-2)}));
  CHECK(taken(detail::RunningMaximum(), {most_count, bits(3)}));
  CHECK_FALSE(taken(detail::RunningMaximum(), {most_count + 1, bits(3)}));
  CHECK_FALSE(taken(detail::RunningMaximum(), {0, bits(0)}));
  for (const double number : {infinity, -infinity, nan}) {
    CHECK_FALSE(taken(detail::RunningMaximum(), {1, bits(number)}));
  }
}

TEST_CASE("restored: digits of exact sums have 32 bits, but the sign's") {
  stats::Moments moments;
  moments.append(std::span<const double>(past));
  const Words small = words_of(written(moments));
  const std::size_t last = small.size() - 1;
  CHECK(taken(stats::Moments(), small));
  CHECK(taken(stats::Moments(), changed(small, 0, most_count)));
  CHECK_FALSE(taken(stats::Moments(), changed(small, 0, most_count + 1)));
  // With squares far above all that sums of them can be, so that each digit is asked about itself.
  const Words words = changed(changed(small, 0, most_count), last, std::uint64_t{1} << 47);
  std::vector<std::size_t> tops;
  for (std::size_t i = 1; i < last; ++i) {
    CAPTURE(i);
    CHECK(taken(stats::Moments(), changed(words, i, 0)));
    if (taken(stats::Moments(), changed(words, i, negative(1)))) {
      tops.push_back(i);
    } else {
      CHECK(taken(stats::Moments(), changed(words, i, 0xffffffff)));
      CHECK_FALSE(taken(stats::Moments(), changed(words, i, std::uint64_t{1} << 32)));
    }
  }
  // The sum's, which has about half as many digits as the squares'.
  REQUIRE(tops.size() == 1);
  CHECK(tops[0] > words.size() / 4);
  CHECK(tops[0] < words.size() / 2);
  CHECK(taken(stats::Moments(), changed(words, last, std::uint64_t{1} << 48)));
  CHECK_FALSE(taken(stats::Moments(), changed(words, last, (std::uint64_t{1} << 48) + 1)));
  CHECK_FALSE(taken(stats::Moments(), changed(words, last, negative(1))));
}

TEST_CASE("restored: no numbers have less squares than their sum says") {
  // Twice 2^40: n times the sum of squares is the square of the sum.
  stats::Moments moments;
  moments.append(std::span<const double>(std::vector{0x1p40, 0x1p40}));
  const Words words = words_of(written(moments));
  CHECK(taken(stats::Moments(), words));
  const auto place_of_last = [&](std::size_t end) {
    while (words.at(end - 1) == 0) --end;
    return end - 1;
  };
  const std::size_t square = place_of_last(words.size());
  const std::size_t sum = place_of_last(square);
  REQUIRE(sum > 0);
  CHECK(taken(stats::Moments(), changed(words, square, words[square] + 1)));
  CHECK_FALSE(taken(stats::Moments(), changed(words, square, words[square] - 1)));
  CHECK(taken(stats::Moments(), changed(words, sum, words[sum] - 1)));
  CHECK_FALSE(taken(stats::Moments(), changed(words, sum, words[sum] + 1)));
  CHECK(taken(stats::Moments(), changed(words, 0, 3)));
  CHECK_FALSE(taken(stats::Moments(), changed(words, 0, 1)));
  // Of none there is neither.
  CHECK_FALSE(taken(stats::Moments(), changed(changed(words, 0, 0), square, 0)));
  CHECK_FALSE(taken(stats::Moments(), changed(changed(words, 0, 0), sum, 0)));
  CHECK(taken(stats::Moments(), changed(changed(changed(words, 0, 0), square, 0), sum, 0)));
  // Two zeros.
  CHECK(taken(stats::Moments(), changed(changed(words, sum, 0), square, 0)));
}

TEST_CASE("restored: buckets fall, and the extents are in the outermost ones") {
  stats::ScoreHistogram histogram;
  histogram.add(std::span<const double>(std::vector<double>{1, 1, 8}), false);
  histogram.add(std::span<const double>(std::vector<double>{2}), true);
  // Buckets of 8, 2 and 1 with their counts; then least and largest of the two classes.
  const Words words = words_of(written(histogram));
  REQUIRE(words.size() == 1 + 9 + 4);
  REQUIRE(words[0] == 3);
  const auto takes = [&](std::size_t place, std::uint64_t number) {
    return taken(stats::ScoreHistogram(), changed(words, place, number));
  };
  CHECK(takes(0, 3));
  CHECK_FALSE(takes(4, words[1]));      // the bucket of 8 again
  CHECK_FALSE(takes(4, words[1] + 1));  // and a higher one
  CHECK_FALSE(takes(1, std::uint64_t{1} << 26));
  CHECK(takes(2, most_count - 2));
  CHECK_FALSE(takes(2, most_count - 1));  // with the two of 1 too many
  CHECK_FALSE(takes(2, ~std::uint64_t{0}));
  CHECK(takes(10, bits(std::nextafter(1, 2))));
  CHECK_FALSE(takes(10, bits(2)));
  CHECK_FALSE(takes(10, bits(std::nextafter(1, 0))));
  CHECK_FALSE(takes(10, bits(nan)));
  CHECK(takes(11, bits(std::nextafter(8, 9))));
  CHECK_FALSE(takes(11, bits(7)));
  CHECK_FALSE(takes(12, bits(std::nextafter(2, 3))));  // above the largest
  CHECK_FALSE(takes(13, bits(nan)));

  stats::ScoreHistogram normals;
  normals.add(std::span<const double>(std::vector<double>{1}), false);
  const Words lone = words_of(written(normals));
  CHECK(taken(stats::ScoreHistogram(), lone));
  CHECK_FALSE(taken(stats::ScoreHistogram(), changed(lone, lone.size() - 2, bits(1))));
  CHECK_FALSE(taken(stats::ScoreHistogram(), changed(lone, lone.size() - 1, bits(1))));
}

TEST_CASE("restored: labelled scores are kept up to a limit, or counted in buckets") {
  stats::ScoreHistogram empty;
  stats::ScoreHistogram counted;
  counted.add(std::span<const double>(std::vector<double>{1}), false);
  const auto takes = [](std::size_t limit, Words kept, const stats::ScoreHistogram& histogram) {
    const Words buckets = words_of(written(histogram));
    kept.insert(kept.end(), buckets.begin(), buckets.end());
    return taken(BoundedLabelledSample(limit), kept);
  };
  const Words three{1, 0, 2, bits(1), bits(2), 1, 0, 1, bits(5)};
  const Words none{0, 0, 0, 0, 0, 0};
  CHECK(takes(3, three, empty));
  CHECK_FALSE(takes(2, three, empty));
  CHECK_FALSE(takes(3, three, counted));
  CHECK(takes(3, none, counted));
  // Infinite scores are none that were taken.
  for (const double score : {infinity, -infinity}) {
    for (const bool anomalous : {false, true}) {
      stats::ScoreHistogram infinite = counted;
      infinite.add(std::span<const double>(std::vector<double>{score}), anomalous);
      CHECK_FALSE(takes(3, none, infinite));
    }
  }
  counted.add(std::span<const double>(std::vector<double>{-2, 3}), true);
  CHECK(takes(3, none, counted));
}

TEST_CASE("restored: the largest pixels are of images that have room for them") {
  // Images of 1, 2 and 3 pixels, of which all are kept.
  const auto three_images = [](std::size_t most) {
    detail::ImagePixels pixels(most, 0.1);
    pixels.append_map(std::span<const double>(std::vector<double>{1}));
    pixels.append_map(std::span<const double>(std::vector<double>{2, 3}));
    pixels.append_map(std::span<const double>(std::vector<double>{4, 5, 6}));
    return pixels;
  };
  const Words words = words_of(written(three_images(20)));
  REQUIRE(words.size() == 1 + (1 + 6) + (1 + 12) + 1);
  const auto takes = [&](std::size_t place, std::uint64_t number) {
    return taken(detail::ImagePixels(20, 0.1), changed(words, place, number));
  };
  CHECK(takes(0, 6));
  CHECK_FALSE(takes(0, 5));
  CHECK_FALSE(takes(0, 7));
  CHECK_FALSE(takes(0, most_count + 1));
  CHECK_FALSE(takes(2, 0));
  CHECK_FALSE(takes(2, 2));  // 7 pixels of 6
  CHECK_FALSE(takes(6, 2));
  CHECK_FALSE(takes(6, 4));
  CHECK_FALSE(takes(6, ~std::uint64_t{0}));
  CHECK(takes(3, bits(-7)));
  CHECK_FALSE(takes(3, bits(nan)));
  CHECK_FALSE(takes(7, bits(infinity)));
  REQUIRE(words[8] == 6);
  CHECK(takes(9, bits(0.5)));
  CHECK_FALSE(takes(9, bits(nan)));
  CHECK_FALSE(takes(9, bits(infinity)));
  CHECK_FALSE(takes(10, 1));  // an image of 2 with 3 pixels
  CHECK_FALSE(takes(10, 3));  // no such image
  CHECK(takes(21, bits(-infinity)));
  CHECK_FALSE(takes(21, bits(nan)));
  CHECK_FALSE(takes(21, bits(0.5)));  // a bar where all fit
  CHECK_FALSE(takes(21, bits(infinity)));
  // Without a map there is nothing that a bar could have kept out.
  CHECK(taken(detail::ImagePixels(20, 0.1), {0, 0, 0, bits(-infinity)}));
  CHECK_FALSE(taken(detail::ImagePixels(20, 0.1), {0, 0, 0, bits(infinity)}));
  CHECK_FALSE(taken(detail::ImagePixels(20, 0.1), {0, 0, 0, bits(nan)}));

  // With room for four the bar is what the fifth largest is, and pixels are above it.
  const detail::ImagePixels four(4, 0.1);
  Words cut = words;
  cut.erase(cut.begin() + 9, cut.begin() + 13);
  cut[8] = 4;
  CHECK(taken(four, changed(cut, 17, bits(2))));
  CHECK_FALSE(taken(four, changed(cut, 17, bits(3))));
  CHECK_FALSE(taken(four, cut));  // no bar, and not all
  CHECK(taken(detail::ImagePixels(5, 0.1), changed(cut, 17, bits(2))));
  CHECK_FALSE(taken(detail::ImagePixels(6, 0.1), changed(cut, 17, bits(2))));
}

TEST_CASE("restored: no more pixels are held than a stream may hold") {
  // Twice as many as are kept, and a block of 512.
  const auto takes = [](std::size_t held) {
    Words words{held, 1, held, bits(0), held};
    for (std::size_t i = 0; i < held; ++i) {
      words.push_back(bits(1 + static_cast<double>(i)));
      words.push_back(0);
    }
    words.push_back(bits(0.5));
    return taken(detail::ImagePixels(4, 0.1), words);
  };
  CHECK(takes(5));
  CHECK(takes(520));
  CHECK_FALSE(takes(521));
}

TEST_CASE("restored: the points of an image fall, and stand for all its pixels") {
  // Two normal pixels and one anomalous, in two points.
  const Words words{2, 1, 2, bits(5), 1, 1, bits(4), 1, 0};
  const auto takes = [&](std::size_t place, std::uint64_t number) {
    return taken(detail::ImageProfile(), changed(words, place, number));
  };
  CHECK(takes(0, 2));
  CHECK_FALSE(takes(0, 1));
  CHECK_FALSE(takes(0, 3));
  CHECK_FALSE(takes(1, 0));
  CHECK_FALSE(takes(1, 2));
  CHECK(takes(6, bits(5)));
  CHECK_FALSE(takes(6, bits(5.5)));
  CHECK_FALSE(takes(6, bits(nan)));
  CHECK_FALSE(takes(3, bits(infinity)));
  CHECK_FALSE(takes(4, 2));
  CHECK_FALSE(takes(7, 2));
  CHECK_FALSE(takes(8, 1));
  CHECK_FALSE(taken(detail::ImageProfile(), {0, 0, 0}));
}

TEST_CASE("restored: images pixel by pixel are what the scores came from") {
  const Words kept{1, 0, 2, bits(4), bits(5), 1, 0, 1, bits(5)};
  Words words = kept;
  const Words no_buckets = words_of(written(stats::ScoreHistogram()));
  words.insert(words.end(), no_buckets.begin(), no_buckets.end());
  const std::size_t images = words.size();
  const SyntheticParameters parameters;
  Words bare = words;
  bare.push_back(0);
  CHECK(taken(detail::SyntheticState(parameters), bare));
  words.insert(words.end(), {1, 2, 1, 2, bits(5), 1, 1, bits(4), 1, 0});
  CHECK(taken(detail::SyntheticState(parameters), words));
  // An image with one pixel less, normal or anomalous.
  Words fewer = words;
  fewer[images + 1] = 1;
  fewer[images + 8] = 0;
  fewer[images + 3] = 1;
  fewer.resize(images + 7);
  CHECK_FALSE(taken(detail::SyntheticState(parameters), fewer));
  CHECK_FALSE(taken(detail::SyntheticState(parameters), changed(changed(words, images + 2, 0), images + 6, 0)));
}

TEST_CASE("restored: pixels of images do not add up to those of the scores by wrapping") {
  // Two normal pixels in the scores, and two images of 2^63 + 1 each, which is 2 modulo 2^64.
  Words words{1, 0, 2, bits(5), bits(5), 1, 0, 0};
  const Words no_buckets = words_of(written(stats::ScoreHistogram()));
  words.insert(words.end(), no_buckets.begin(), no_buckets.end());
  const auto with_images = [&](std::uint64_t pixels) {
    Words all = words;
    all.insert(all.end(), {2, pixels, 0, 1, bits(5), pixels, 0, pixels, 0, 1, bits(5), pixels, 0});
    return taken(detail::SyntheticState(SyntheticParameters{}), all);
  };
  CHECK(with_images(1));
  CHECK_FALSE(with_images((std::uint64_t{1} << 63) + 1));
}

TEST_CASE("restored: counts of labels are counts") {
  CHECK(taken(detail::LabelCounts(), {most_count, most_count}));
  CHECK_FALSE(taken(detail::LabelCounts(), {most_count + 1, 0}));
  CHECK_FALSE(taken(detail::LabelCounts(), {0, most_count + 1}));
}

/// Whether two are merged whose counts, the words at `places`, are these; when not, nothing was kept.
template <typename T>
bool merges(const Words& words, std::initializer_list<std::size_t> places, std::uint64_t one, std::uint64_t other) {
  const auto with = [&](std::uint64_t count) {
    Words changed_words = words;
    for (const std::size_t place : places) changed_words.at(place) = count;
    return read(T{}, changed_words);
  };
  T into = with(one);
  const Words before = words_of(written(into));
  try {
    into.merge(with(other));
  } catch (const DataError&) {
    CHECK(words_of(written(into)) == before);
    return false;
  }
  const Words after = words_of(written(into));
  for (const std::size_t place : places) CHECK(after.at(place) == one + other);
  return true;
}

TEST_CASE("merged: counts that add up to more than a snapshot may have are refused, and nothing is kept") {
  const auto edge = []<typename T>(const T& value, std::initializer_list<std::size_t> places) {
    const Words words = words_of(written(value));
    CHECK(merges<T>(words, places, 3, 4));
    CHECK(merges<T>(words, places, most_count - 5, 5));
    CHECK_FALSE(merges<T>(words, places, most_count - 5, 6));
    CHECK_FALSE(merges<T>(words, places, 1, most_count));
    CHECK_FALSE(merges<T>(words, places, most_count, most_count));
  };
  detail::RunningMaximum maximum;
  maximum.append(std::span<const double>(past));
  edge(maximum, {0});
  stats::Moments moments;
  moments.append(std::span<const double>(std::vector<double>{0, 0}));  // however many there are, none has squares
  edge(moments, {0});
  detail::LabelCounts counts;
  counts.append(std::span<const double>(past), Label::normal);
  edge(counts, {0});
  edge(counts, {1});
  stats::ScoreHistogram histogram;
  histogram.add(std::span<const double>(std::vector<double>{1}), false);
  histogram.add(std::span<const double>(std::vector<double>{2}), true);
  edge(histogram, {5});  // of 1, normal
  edge(histogram, {3});  // of 2, anomalous

  // An image of so many pixels that few of them are kept.
  detail::ImagePixels pixels(1, 0.1);
  std::vector<double> ramp(5000);
  for (std::size_t i = 0; i < ramp.size(); ++i) ramp[i] = static_cast<double>(i);
  pixels.append_map(std::span<const double>(ramp));
  const Words words = words_of(written(pixels));
  const auto merged = [&](std::uint64_t one, std::uint64_t other) {
    const auto with = [&](std::uint64_t count) {
      return read(detail::ImagePixels(1, 0.1), changed(changed(words, 0, count), 2, count));
    };
    detail::ImagePixels into = with(one);
    into.merge(with(other));
    return into.pixel_count();
  };
  CHECK(merged(most_count / 2, most_count / 2) == most_count);
  CHECK_THROWS_AS(merged(most_count / 2, most_count / 2 + 1), DataError);

  // What was skipped, of any method: after the parameters, the type and whether they were pixels.
  const auto skipping = [](std::uint64_t skipped) {
    ManualThreshold threshold({.value = 1, .input = {.non_finite = NonFinite::skip}});
    threshold.update(std::vector<double>{1, nan, nan, nan});
    const Words all = words_of(threshold.snapshot());
    for (std::size_t place = all.size(); place-- > 0;) {
      if (all[place] == 3) {
        return ManualThreshold::restore(with_words(threshold.snapshot(), changed(all, place, skipped)));
      }
    }
    throw DataError("no place of the skipped");
  };
  ManualThreshold threshold = skipping(most_count - 5);
  const std::vector<std::byte> before = threshold.snapshot();
  CHECK_THROWS_AS(threshold.merge(skipping(6)), DataError);
  CHECK(threshold.snapshot() == before);
  threshold.merge(skipping(5));
  CHECK(threshold.compute().skipped_count == most_count);
}

TEST_CASE("restored: an estimator knows its scores' type, and whether they were pixels") {
  // After the parameters: the type (1, which), whether the scores were pixels, how many were skipped; then the state.
  const std::uint64_t wide = static_cast<std::uint64_t>(ScoreType::float64);
  const auto place_of = [](const Words& words, const Words& part) {
    const auto found = std::search(words.begin(), words.end(), part.begin(), part.end());
    REQUIRE(found != words.end());
    REQUIRE(std::search(found + 1, words.end(), part.begin(), part.end()) == words.end());
    return static_cast<std::size_t>(found - words.begin());
  };
  MaximumThreshold maximum;
  maximum.update(past);
  const Words words = words_of(maximum.snapshot());
  const std::size_t there = place_of(words, {1, wide, 0, 0, past.size(), bits(11)});
  CHECK(restores(maximum, there + 1, static_cast<std::uint64_t>(ScoreType::float16)));
  CHECK_FALSE(restores(maximum, there + 1, wide + 1));
  CHECK(restores(maximum, there + 2, 1));
  CHECK_FALSE(restores(maximum, there + 2, 2));
  CHECK(restores(maximum, there + 3, most_count));
  CHECK_FALSE(restores(maximum, there + 3, most_count + 1));

  // Pixels without a type were never seen.
  const MaximumThreshold nothing;
  const std::size_t absent = place_of(words_of(nothing.snapshot()), {0, 0, 0, 0, bits(-infinity)});
  CHECK(restores(nothing, absent + 1, 0));
  CHECK_FALSE(restores(nothing, absent + 1, 1));

  // Synthetic scores are all of maps pixel by pixel, or none is.
  SyntheticThreshold scores;
  scores.update(past);
  const Words kept{1, wide, 0, 0, 1, 0, past.size()};
  CHECK_FALSE(restores(scores, place_of(words_of(scores.snapshot()), kept) + 2, 1));
  SyntheticThreshold pixels({.input = {.map_reduction = MapReduction::every_pixel}});
  pixels.update(ScoreMap(past.data(), 3, 4));
  CHECK_FALSE(restores(pixels, place_of(words_of(pixels.snapshot()), changed(kept, 2, 1)) + 2, 0));
}

TEST_CASE("restored: severities and their scores are finite") {
  SyntheticThreshold synthetic;
  synthetic.update(past);
  synthetic.update_severity(0.5, std::vector<double>{7.25});
  const std::vector<std::byte> bytes = synthetic.snapshot();
  const Words words = words_of(bytes);
  REQUIRE(words.size() > 4);
  // At the end: one severity, its one score.
  REQUIRE(words[words.size() - 4] == 1);
  REQUIRE(words[words.size() - 3] == bits(0.5));
  REQUIRE(words.back() == bits(7.25));
  CHECK(restores(synthetic, words.size() - 1, bits(-3)));
  CHECK(restores(synthetic, words.size() - 3, bits(0.75)));
  for (const double number : {infinity, -infinity, nan}) {
    CHECK_FALSE(restores(synthetic, words.size() - 1, bits(number)));
    CHECK_FALSE(restores(synthetic, words.size() - 3, bits(number)));
  }
}

TEST_CASE("restored: a monitor's counts, parameters and state go together") {
  // Words: scores, NaN, alarms, the last of them, standing, its statistic; then the parameters, then the state.
  const auto steps = [](auto monitor) {
    for (int i = 0; i < 3; ++i) monitor.step(0.75 + i);
    return monitor;
  };

  const CusumMonitor fixed = steps(CusumMonitor(past, {.run_length = 50, .bag = Bag::fixed}));
  CHECK(restores(fixed, 2, 3));
  CHECK_FALSE(restores(fixed, 2, 4));
  CHECK(restores(fixed, 3, 3));
  CHECK_FALSE(restores(fixed, 3, 4));
  CHECK(restores(fixed, 4, 1));
  CHECK_FALSE(restores(fixed, 4, 2));
  CHECK(restores(fixed, 1, most_count));
  CHECK_FALSE(restores(fixed, 1, most_count + 1));
  CHECK_FALSE(restores(fixed, 6, bits(0)));                                    // run_length
  CHECK_FALSE(restores(fixed, 10, static_cast<std::uint64_t>(Bag::growing)));  // another than that of the ranks
  CHECK_FALSE(restores(fixed, 11, words_of(fixed.snapshot())[11] + 1));        // another seed
  for (const std::size_t sum : {12U, 13U, 14U}) {
    CAPTURE(sum);
    CHECK(restores(fixed, sum, bits(0)));
    CHECK_FALSE(restores(fixed, sum, bits(-0x1p-30)));
    CHECK_FALSE(restores(fixed, sum, bits(infinity)));
    CHECK_FALSE(restores(fixed, sum, bits(nan)));
  }
  // The ranks: normal scores, bag, seed, scores, the knots, what was learned.
  const Words words = words_of(fixed.snapshot());
  REQUIRE(words[15] == past.size());
  REQUIRE(words[18] == 3);
  REQUIRE(words[19] == past.size());
  CHECK_FALSE(restores(fixed, 15, past.size() - 1));
  CHECK(restores(fixed, 15, past.size() + 1));
  CHECK_FALSE(restores(fixed, 15, 0));
  CHECK_FALSE(restores(fixed, 16, static_cast<std::uint64_t>(Bag::fixed) + 1));
  CHECK_FALSE(restores(fixed, 18, 2));
  CHECK_FALSE(restores(fixed, 0, 4));
  const auto both = [](const auto& monitor, std::size_t place, std::uint64_t count) {
    using M = std::remove_cvref_t<decltype(monitor)>;
    const std::vector<std::byte> bytes = monitor.snapshot();
    try {
      static_cast<void>(M::restore(with_words(bytes, changed(changed(words_of(bytes), 0, count), place, count))));
    } catch (const DataError&) {
      return false;
    }
    return true;
  };
  CHECK(both(fixed, 18, 4));
  CHECK(both(fixed, 18, std::uint64_t{1} << 52));
  CHECK_FALSE(both(fixed, 18, (std::uint64_t{1} << 52) + 1));
  // No knots.
  Words bare(words.begin(), words.begin() + 19);
  bare.insert(bare.end(), {0, 0});
  CHECK_THROWS_AS(CusumMonitor::restore(with_words(fixed.snapshot(), bare)), DataError);

  // With a growing bag every score of the stream is learned, in one of the cells.
  const CusumMonitor growing = steps(CusumMonitor(past, {.run_length = 50, .bag = Bag::growing}));
  const Words grown = words_of(growing.snapshot());
  CHECK_FALSE(both(growing, 18, 4));
  CHECK_FALSE(both(growing, 18, 2));
  CHECK_FALSE(restores(growing, grown.size() - 1, grown.back() + 1));
  CHECK_FALSE(restores(growing, grown.size() - 1, ~std::uint64_t{0}));
  Words short_of(grown.begin(), grown.end() - 1);
  REQUIRE(short_of[grown.size() - past.size() - 2] == past.size() + 1);
  short_of[grown.size() - past.size() - 2] = past.size();
  CHECK_THROWS_AS(CusumMonitor::restore(with_words(growing.snapshot(), short_of)), DataError);
}

TEST_CASE("restored: the capital of a martingale is a number, its shares are shares") {
  const auto stepped = [](MartingaleParameters parameters) {
    parameters.bag = Bag::fixed;
    MartingaleMonitor monitor(past, parameters);
    for (int i = 0; i < 3; ++i) monitor.step(0.75 + i);
    return monitor;
  };
  // The state after six counts and seven parameters: time, the sum in two parts, the capital, the shares.
  constexpr std::size_t time = 13;
  for (const Bet bet : {Bet::power, Bet::mixture, Bet::jumper, Bet::shift}) {
    CAPTURE(static_cast<int>(bet));
    const MartingaleMonitor monitor = stepped({.bet = bet});
    REQUIRE(words_of(monitor.snapshot())[time] == 3);
    CHECK(restores(monitor, time, most_count));
    CHECK_FALSE(restores(monitor, time, most_count + 1));
    CHECK(restores(monitor, time + 1, bits(1)));
    CHECK(restores(monitor, time + 1, bits(-1)) == (bet != Bet::mixture));
    CHECK_FALSE(restores(monitor, time + 1, bits(nan)));
    CHECK_FALSE(restores(monitor, time + 1, bits(infinity)));
    CHECK(restores(monitor, time + 3, bits(-2)));
    CHECK_FALSE(restores(monitor, time + 3, bits(infinity)));
    CHECK_FALSE(restores(monitor, time + 3, bits(nan)));
    CHECK(restores(monitor, time + 4, bits(0)));
    CHECK(restores(monitor, time + 4, bits(1)));
    CHECK(restores(monitor, time + 4, bits(-0.5)) == (bet != Bet::jumper));
    CHECK(restores(monitor, time + 4, bits(1.5)) == (bet != Bet::jumper));
    CHECK_FALSE(restores(monitor, time + 4, bits(infinity)));
    CHECK_FALSE(restores(monitor, time + 4, bits(nan)));
    CHECK_FALSE(restores(monitor, 11, static_cast<std::uint64_t>(Bag::growing)));
    CHECK_FALSE(restores(monitor, 12, words_of(monitor.snapshot())[12] + 1));
  }
}

TEST_CASE("restored: a window has its length, digits below 1 and normal scores in order") {
  AndersonDarlingMonitor monitor(past, {.window = 11, .every = 2});
  for (int i = 0; i < 15; ++i) monitor.step(0.75 + i);
  const Words words = words_of(monitor.snapshot());
  // The state after six counts and five parameters: filled, looks, p-value, statistic, then three vectors.
  constexpr std::size_t state = 11;
  constexpr std::size_t normals = state + 5;
  const std::size_t ring = normals + past.size() + 1;
  const std::size_t digits = ring + 11 + 1;
  REQUIRE(words[normals - 1] == past.size());
  REQUIRE(words[ring - 1] == 11);
  REQUIRE(words.size() == digits + 11);
  CHECK(restores(monitor, state, 15));
  CHECK_FALSE(restores(monitor, state, 16));
  CHECK(restores(monitor, state + 1, 15));
  CHECK_FALSE(restores(monitor, state + 1, 16));
  CHECK(restores(monitor, state + 2, bits(0)));
  CHECK(restores(monitor, state + 2, bits(1)));
  CHECK_FALSE(restores(monitor, state + 2, bits(std::nextafter(1, 2))));
  CHECK_FALSE(restores(monitor, state + 2, bits(-0x1p-40)));
  CHECK_FALSE(restores(monitor, state + 2, bits(nan)));
  CHECK_FALSE(restores(monitor, state + 3, bits(infinity)));
  CHECK(restores(monitor, normals, bits(past[1])));
  CHECK_FALSE(restores(monitor, normals, bits(std::nextafter(past[1], 9))));
  CHECK_FALSE(restores(monitor, normals, bits(-infinity)));
  CHECK(restores(monitor, ring, bits(infinity)));
  CHECK_FALSE(restores(monitor, ring, bits(nan)));
  CHECK(restores(monitor, digits, bits(0)));
  CHECK_FALSE(restores(monitor, digits, bits(1)));
  CHECK_FALSE(restores(monitor, digits, bits(-0.25)));
  CHECK_FALSE(restores(monitor, digits, bits(nan)));
  CHECK_FALSE(restores(monitor, 7, 12));  // the window of the parameters
}

}  // namespace
