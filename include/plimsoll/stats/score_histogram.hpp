// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "plimsoll/core/snapshot_bytes.hpp"
#include "plimsoll/stats/best_cut.hpp"
#include "plimsoll/stats/order_statistics.hpp"
#include "plimsoll/stats/ordered_bits.hpp"

namespace plimsoll::stats {

/// Counts of normal and anomalous scores in buckets that do not depend on the scores: a number's bucket is the leading
/// 26 bits of its double, so numbers of one sign are apart when they differ by a share of 2^-14 (6.1e-5), and every
/// half and every zero has a bucket of its own. Counts add up, so the same scores give the same histogram in whatever
/// order, type and shards they come. No score is NaN; infinite ones are the highest and the lowest.
///
/// Memory: 256 kB for each power of two, and sign, between which there is a score, however many scores there are.
/// Scores from 1e-6 to 100 are 27 of them, 7 MB; at the very most floats take 138 MB and doubles 1 GB.
class ScoreHistogram {
 public:
  /// The largest share of itself by which two numbers of one bucket may differ, but for those next to 0.
  static constexpr double relative_width = 0x1p-14;

  /// Adds scores; all of them are anomalous, or none. When it throws the counts are as they were.
  template <std::floating_point T>
  void add(std::span<const T> scores, bool anomalous) {
    make_pages(scores);
    const std::size_t index = anomalous ? 1 : 0;
    for (const T score : scores) count(static_cast<double>(score), index);
  }

  /// Adds scores with labels, 0 or 1. When it throws the counts are as they were.
  template <std::floating_point T>
  void add(std::span<const T> scores, std::span<const std::uint8_t> labels) {
    make_pages(scores);
    for (std::size_t i = 0; i < scores.size(); ++i) count(static_cast<double>(scores[i]), labels[i]);
  }

  /// Adds the other's counts. Throws DataError where those of a class come to more than 2^53. When it throws the counts
  /// are as they were.
  void merge(const ScoreHistogram& other) {
    const std::array<std::size_t, 2> counts = {plimsoll::detail::sum_of_counts(counts_[0], other.counts_[0]),
                                               plimsoll::detail::sum_of_counts(counts_[1], other.counts_[1])};
    for (std::size_t page = 0; page < other.pages_.size(); ++page) {
      if (!other.pages_[page].empty()) make_page(page);
    }
    for (std::size_t page = 0; page < other.pages_.size(); ++page) {
      for (std::size_t i = 0; i < other.pages_[page].size(); ++i) pages_[page][i] += other.pages_[page][i];
    }
    for (std::size_t index = 0; index < 2; ++index) {
      counts_[index] = counts[index];
      extents_[index].least = std::min(extents_[index].least, other.extents_[index].least);
      extents_[index].most = std::max(extents_[index].most, other.extents_[index].most);
    }
  }

  /// Normal scores that were counted.
  [[nodiscard]] std::size_t normal_count() const noexcept { return counts_[0]; }
  /// Anomalous scores that were counted.
  [[nodiscard]] std::size_t anomalous_count() const noexcept { return counts_[1]; }

  /// The exact extents of the two classes; [+inf, -inf] without a score.
  [[nodiscard]] Extent<double> normal_extent() const noexcept { return extents_[0]; }
  /// That of the anomalous scores, likewise.
  [[nodiscard]] Extent<double> anomalous_extent() const noexcept { return extents_[1]; }

  /// The cut that maximises an objective over all cuts at the lower edge of a bucket, flagging nothing included; of
  /// equally good ones the lowest. What it earns is exact. `cut` is that edge; no score lies in (below, cut), as
  /// `below` is the largest number of the next lower bucket that holds a score, or the largest score when nothing is
  /// flagged. Linear in the buckets.
  template <CutObjective Objective>
  [[nodiscard]] BestCut<double> best_cut(const Objective& objective) const {
    detail::BestCutSearch<double, Objective> search(objective);
    std::size_t caught = 0;
    std::size_t false_alarms = 0;
    for_each_bucket([&](std::uint64_t bucket, std::uint64_t normal, std::uint64_t anomalous) {
      false_alarms += normal;
      caught += anomalous;
      search.try_cut(least(bucket), caught, false_alarms);
    });
    BestCut<double> best = search.best();
    if (best.flags_nothing) {
      best.below = std::max(extents_[0].most, extents_[1].most);
      return best;
    }
    bool found = false;
    for_each_bucket([&](std::uint64_t bucket, std::uint64_t, std::uint64_t) {
      if (found || !(least(bucket) < best.cut)) return;
      best.below = most(bucket);
      found = true;
    });
    return best;
  }

  /// Calls `take(cut, normals, anomalies)` for the buckets that hold a score, from the highest down: `cut` is the lower
  /// edge, and the counts are of the bucket alone. Linear in the buckets.
  template <typename Take>
  void for_each_cut(const Take& take) const {
    for_each_bucket([&](std::uint64_t bucket, std::uint64_t normal, std::uint64_t anomalous) {
      take(least(bucket), static_cast<std::size_t>(normal), static_cast<std::size_t>(anomalous));
    });
  }

  /// For snapshots: the buckets that hold a score, from the highest down.
  template <typename Self, typename Archive>
  static void exchange(Self& self, Archive& archive) {
    std::vector<Bucket> buckets;
    if constexpr (!Archive::reads) {
      self.for_each_bucket([&](std::uint64_t bucket, std::uint64_t normal, std::uint64_t anomalous) {
        buckets.push_back({bucket, {normal, anomalous}});
      });
    }
    archive(buckets);
    for (auto& extent : self.extents_) {
      archive(extent.least);
      archive(extent.most);
    }
    if constexpr (Archive::reads) {
      if (!self.restore(buckets)) archive.nonsense();
    }
  }

 private:
  static constexpr int slot_bits = 14;
  static constexpr int dropped_bits = 52 - slot_bits;
  static constexpr std::size_t slots = std::size_t{1} << slot_bits;
  static constexpr std::size_t page_count = std::size_t{1} << 12;  // a sign and an exponent each

  static constexpr std::uint64_t bucket_of(double score) noexcept { return ordered_bits(score) >> dropped_bits; }

  /// The ends of a bucket; the outermost ones end at the infinities, beyond which there are NaNs only.
  static constexpr double least(std::uint64_t bucket) noexcept {
    return from_ordered_bits<double>(
        std::max(bucket << dropped_bits, ordered_bits(-std::numeric_limits<double>::infinity())));
  }
  static constexpr double most(std::uint64_t bucket) noexcept {
    return from_ordered_bits<double>(
        std::min(((bucket + 1) << dropped_bits) - 1, ordered_bits(std::numeric_limits<double>::infinity())));
  }

  void make_page(std::size_t page) {
    if (pages_.empty()) pages_.resize(page_count);
    if (pages_[page].empty()) pages_[page].resize(2 * slots);
  }

  /// Takes all the memory, so that counting cannot fail half-way. A page of zeros counts nothing.
  template <std::floating_point T>
  void make_pages(std::span<const T> scores) {
    for (const T score : scores) make_page(bucket_of(static_cast<double>(score)) >> slot_bits);
  }

  void count(double score, std::size_t index) noexcept {
    const std::uint64_t bucket = bucket_of(score);
    ++pages_[bucket >> slot_bits][2 * (bucket % slots) + index];
    ++counts_[index];
    const double one = one_zero(score);
    extents_[index].least = std::min(extents_[index].least, one);
    extents_[index].most = std::max(extents_[index].most, one);
  }

  /// Calls `take(bucket, normals, anomalies)` for the buckets that hold a score, from the highest down.
  template <typename Take>
  void for_each_bucket(const Take& take) const {
    for (std::size_t page = pages_.size(); page-- > 0;) {
      if (pages_[page].empty()) continue;
      for (std::size_t slot = slots; slot-- > 0;) {
        const std::uint64_t normal = pages_[page][2 * slot];
        const std::uint64_t anomalous = pages_[page][2 * slot + 1];
        if (normal + anomalous > 0) take((std::uint64_t{page} << slot_bits) | slot, normal, anomalous);
      }
    }
  }

  struct Bucket {
    std::uint64_t number;
    std::array<std::uint64_t, 2> counts;  ///< of normal and of anomalous scores

    template <typename Self, typename Archive>
    static void exchange(Self& self, Archive& archive) {
      archive(self.number);
      archive(self.counts);
    }
  };

  /// Takes the counts, into an empty histogram that has the extents. Whether there are scores like that.
  [[nodiscard]] bool restore(const std::vector<Bucket>& buckets) {
    std::array<std::uint64_t, 2> lowest{};
    std::array<std::uint64_t, 2> highest{};
    for (std::size_t i = 0; i < buckets.size(); ++i) {
      const Bucket& bucket = buckets[i];
      const bool in_order = i == 0 || bucket.number < buckets[i - 1].number;
      if (!in_order || bucket.number >= std::uint64_t{page_count} << slot_bits) return false;
      make_page(bucket.number >> slot_bits);
      for (std::size_t index = 0; index < 2; ++index) {
        const std::uint64_t count = bucket.counts[index];
        if (count == 0) continue;
        if (count > plimsoll::detail::most_count - counts_[index]) return false;
        if (counts_[index] == 0) highest[index] = bucket.number;
        lowest[index] = bucket.number;
        counts_[index] += count;
        pages_[bucket.number >> slot_bits][2 * (bucket.number % slots) + index] = count;
      }
    }
    for (std::size_t index = 0; index < 2; ++index) {
      const Extent<double>& extent = extents_[index];
      if (counts_[index] == 0) {
        if (extent.least != nothing.least || extent.most != nothing.most) return false;
      } else if (!(extent.least <= extent.most) || bucket_of(extent.least) != lowest[index] ||
                 bucket_of(extent.most) != highest[index]) {
        return false;
      }
    }
    return true;
  }

  static constexpr Extent<double> nothing{std::numeric_limits<double>::infinity(),
                                          -std::numeric_limits<double>::infinity()};

  std::vector<std::vector<std::uint64_t>> pages_;  ///< page_count of them, or none as long as there is no score
  std::array<std::size_t, 2> counts_{};
  std::array<Extent<double>, 2> extents_{nothing, nothing};
};

}  // namespace plimsoll::stats
