// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <limits>
#include <numeric>
#include <optional>
#include <span>
#include <vector>

#include "plimsoll/core/config.hpp"
#include "plimsoll/stats/compensated_sum.hpp"

/// \file
/// Where a histogram is cut in two. Each rule takes the counts of bins of equal width, the first and the last of them
/// not empty, two bins or more, and gives the last bin of the lower part; of equally good ones the first, but for
/// triangle. The values of bins are their numbers, so that counts below 2^53 / bins are added exactly and the result
/// depends on nothing else.

namespace plimsoll::stats {

namespace detail {

/// The bin i in [0, bins - 1) with the largest criterion(i), the first of equals.
template <typename Criterion>
[[nodiscard]] std::size_t best_bin(std::size_t bins, const Criterion& criterion) {
  std::size_t best = 0;
  double most = -std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i + 1 < bins; ++i) {
    if (const double value = criterion(i); value > most) {
      most = value;
      best = i;
    }
  }
  return best;
}

/// Sums over bins up to i.
struct Cumulated {
  explicit Cumulated(std::span<const std::size_t> counts) {
    double count = 0;
    double first = 0;
    double squares = 0;
    for (std::size_t i = 0; i < counts.size(); ++i) {
      const auto c = static_cast<double>(counts[i]);
      numbers.push_back(count += c);
      moments.push_back(first += c * static_cast<double>(i));
      square_counts.push_back(squares += c * c);
    }
  }
  std::vector<double> numbers;
  std::vector<double> moments;
  std::vector<double> square_counts;
};

}  // namespace detail

/// The largest variance between the two classes (Otsu 1979, IEEE Trans. Syst. Man Cybern. 9, equation 14):
/// w0 w1 (m1 - m0)^2.
[[nodiscard]] inline std::size_t otsu_bin(std::span<const std::size_t> counts) {
  const detail::Cumulated sums(counts);
  return detail::best_bin(counts.size(), [&](std::size_t i) {
    const double lower = sums.numbers[i];
    const double upper = sums.numbers.back() - lower;
    // w0 w1 (m1 - m0), from whole numbers, so that bins that are equally good come out equal.
    const double distance = (sums.moments.back() - sums.moments[i]) * lower - sums.moments[i] * upper;
    return distance * distance / (lower * upper);
  });
}

/// The largest total correlation of the two classes (Yen, Chang and Chang 1995, IEEE Trans. Image Process. 4),
/// whose exponential is (P (1 - P))^2 over the product of the classes' sums of squared shares.
[[nodiscard]] inline std::size_t yen_bin(std::span<const std::size_t> counts) {
  const detail::Cumulated sums(counts);
  return detail::best_bin(counts.size(), [&](std::size_t i) {
    const double lower = sums.numbers[i];
    const double upper = sums.numbers.back() - lower;
    // Whole numbers, whose difference is exact below 2^53: for n < 9e7 at least.
    const double squares = sums.square_counts.back() - sums.square_counts[i];
    return lower / sums.square_counts[i] * lower * (upper / squares * upper);
  });
}

/// The bin farthest below the line from the peak to the end of the longer tail (Zack, Rogers and Latt 1977, J.
/// Histochem. Cytochem. 25); of equally far ones that nearest to this end.
[[nodiscard]] inline std::size_t triangle_bin(std::span<const std::size_t> counts) {
  const std::size_t last = counts.size() - 1;
  const auto peak = static_cast<std::size_t>(std::distance(counts.begin(), std::ranges::max_element(counts)));
  const bool upper_tail = peak < last - peak;
  const std::size_t width = upper_tail ? last - peak : peak;
  const auto height = static_cast<double>(counts[peak]);
  // From the tail's end towards the peak.
  std::size_t best = 0;
  double most = -std::numeric_limits<double>::infinity();
  for (std::size_t x = 0; x < width; ++x) {
    const auto count = static_cast<double>(counts[upper_tail ? last - x : x]);
    const double distance = height * static_cast<double>(x) - static_cast<double>(width) * count;
    if (distance > most) {
      most = distance;
      best = x;
    }
  }
  return upper_tail ? last - best : best;
}

/// The lowest bin that lies at most one bin below the middle of the two classes' means (Ridler and Calvard 1978, IEEE
/// Trans. Syst. Man Cybern. 8, the fixed point of their iteration). There always is one, as the means never fall.
[[nodiscard]] inline std::size_t isodata_bin(std::span<const std::size_t> counts) {
  const detail::Cumulated sums(counts);
  std::size_t i = 0;
  for (; i + 2 < counts.size(); ++i) {
    const double lower = sums.moments[i] / sums.numbers[i];
    const double upper = (sums.moments.back() - sums.moments[i]) / (sums.numbers.back() - sums.numbers[i]);
    const double above = (lower + upper) / 2 - static_cast<double>(i);
    if (above >= 0 && above < 1) break;
  }
  return i;
}

/// The least bin between the two peaks that are left when the counts are averaged over three bins again and again
/// (Prewitt and Mendelsohn 1966, Ann. N. Y. Acad. Sci. 128); nothing where that does not leave two. At the ends the
/// histogram is continued by its mirror image. At most 10000 rounds. Exact, flat parts too, while sums of three of sums
/// of three and so on are below 2^53: for 20 rounds at least of 10^6 scores.
[[nodiscard]] inline std::optional<std::size_t> minimum_bin(std::span<const std::size_t> counts) {
  constexpr int most_rounds = 10000;
  std::vector<double> heights(counts.begin(), counts.end());
  std::vector<std::size_t> peaks;
  for (int round = 0; round < most_rounds; ++round) {
    // A third of the sum would be rounded, and flat parts with it be flat no longer. A half and a quarter in turn are
    // exact, and let the heights grow by 9/8 in two rounds: to 2^850 times what they were at most.
    const double unit = round % 2 == 0 ? 0.5 : 0.25;
    double before = heights.front();
    for (std::size_t i = 0; i < heights.size(); ++i) {
      const double here = heights[i];
      heights[i] = (here + (before + (i + 1 < heights.size() ? heights[i + 1] : here))) * unit;
      before = here;
    }
    peaks.clear();
    bool rising = true;
    for (std::size_t i = 0; i + 1 < heights.size(); ++i) {
      if (rising && heights[i + 1] < heights[i]) {
        rising = false;
        peaks.push_back(i);
      } else if (!rising && heights[i + 1] > heights[i]) {
        rising = true;
      }
    }
    if (peaks.size() < 3) break;
  }
  if (peaks.size() != 2) return std::nullopt;
  const auto begin = heights.begin();
  const auto least = std::min_element(begin + static_cast<std::ptrdiff_t>(peaks[0]),
                                      begin + static_cast<std::ptrdiff_t>(peaks[1]) + 1);
  return static_cast<std::size_t>(std::distance(begin, least));
}

/// The cut of least cross entropy by the iteration of Li and Tam (1998, Pattern Recognit. Lett. 19), on
/// the numbers themselves less their least: from the mean, t becomes (a - b) / (log a - log b), a and b the means of
/// the numbers up to t and above, until it moves by no more than half of the least distance between two numbers. Where
/// only the least numbers lie below t, it ends at those. `sorted` is ascending, finite, not all equal. O(n).
[[nodiscard]] inline double li_cut(std::span<const double> sorted) {
  const double range = sorted.back() - sorted.front();
  const int exponent = range <= std::numeric_limits<double>::max()
                           ? std::ilogb(range)
                           : std::ilogb(sorted.back() / 2 - sorted.front() / 2) + 1;
  const auto n = sorted.size();
  const double least = std::ldexp(sorted.front(), -exponent);
  std::vector<double> above(n);  // the least number
  std::vector<double> sums(n);   // of the numbers up to each
  CompensatedSum sum;
  double tolerance = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < n; ++i) {
    above[i] = std::ldexp(sorted[i], -exponent) - least;
    sum += above[i];
    sums[i] = sum.value();
    if (i > 0 && above[i] > above[i - 1]) tolerance = std::min(tolerance, (above[i] - above[i - 1]) / 2);
  }
  double cut = sums.back() / static_cast<double>(n);
  // Both means rise with t, so t moves one way, past a number at least in every step but the last.
  for (std::size_t step = 0; step <= n; ++step) {
    const auto lower = static_cast<std::size_t>(std::distance(above.begin(), std::ranges::upper_bound(above, cut)));
    if (lower == 0 || lower == n) break;  // by rounding alone
    const double a = sums[lower - 1] / static_cast<double>(lower);
    const double b = (sums.back() - sums[lower - 1]) / static_cast<double>(n - lower);
    const double next = a > 0 ? (b - a) / std::log(b / a) : 0;
    const double moved = std::abs(next - cut);
    cut = next;
    if (!(moved > tolerance)) break;
  }
  return std::ldexp(cut + least, exponent);
}

}  // namespace plimsoll::stats
