// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "plimsoll/core/error.hpp"
#include "plimsoll/decide/conformal.hpp"
#include "plimsoll/monitor/bag.hpp"
#include "plimsoll/monitor/p_value.hpp"
#include "plimsoll/synth/random_stream.hpp"

namespace plimsoll {

/// Turns a stream of scores into conformal p-values against stored normal scores, uniform in (0, 1) when the scores are
/// exchangeable with those, ties included, as ranks are randomised by seeded numbers (Vovk, Gammerman and Shafer 2005,
/// Algorithmic Learning in a Random World). Its memory is fixed when it is made.
///
/// With Bag::fixed
///   p = (#{normal > s} + U (#{normal = s} + 1)) / (n + 1),
/// which is uniform, but of one stream all p-values compare with the same n scores: given these they are independent
/// with a distribution that is not quite uniform, so evidence against uniformity grows without end. With Bag::growing
/// they are independent and uniform. The normal scores cut the line into n + 1 cells, and a score falls into a cell
/// with probability
///   (1 + #{scores of the stream so far in the cell}) / (n + 1 + #{scores of the stream so far}),
/// whatever their distribution (the spacings of uniform numbers are Dirichlet(1, ..., 1): Wilks 1962, Mathematical
/// Statistics; the urn is Polya's). p is this law's probability of the cells above, and U times that of
/// the cell: that of Vovk's bag of all scores so far, but for the order within a cell, which is drawn anew. Ties are
/// cut by a second random number, as if each score had one behind its last digit; of tied normal scores only the last
/// one cuts. Thinned tables make larger cells, and the same promise.
class StreamRanks {
 public:
  /// Throws DataError for a table that is not valid or is empty; `who` begins the message.
  StreamRanks(std::string_view who, NormalScores normals, Bag bag, std::uint64_t seed)
      : knots_(normals.knots.begin(), normals.knots.end()), normal_count_{normals.count}, bag_{bag}, seed_{seed} {
    if (normals.count == 0 || knots_.empty()) throw DataError(std::string(who) + ": there are no normal scores");
    if (!normals.valid()) throw DataError(std::string(who) + ": the table of normal scores is not valid");
    prepare();
  }

  /// The score's p-value; a growing bag then takes it in. Infinite scores are the strangest, NaN is not to be given.
  /// O(log n).
  PValue next(double score) noexcept {
    synth::RandomStream random(seed_, count_++);
    const double u = half_open(random);
    return bag_ == Bag::fixed ? against_normals(score, u) : against_all(score, u, half_open(random));
  }

  /// As made.
  void reset() noexcept {
    count_ = 0;
    std::ranges::fill(learned_, 0);
    plant();
  }

  /// Normal scores that are compared with; those of a thinned table too.
  [[nodiscard]] std::uint32_t normal_count() const noexcept { return normal_count_; }
  /// Scores of the stream so far.
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  /// Which scores are compared with.
  [[nodiscard]] Bag bag() const noexcept { return bag_; }
  /// Of the random numbers that break ties.
  [[nodiscard]] std::uint64_t seed() const noexcept { return seed_; }

  /// For snapshots: all of it, and whether that makes sense once it was read.
  template <typename Self, typename Archive>
  static void exchange(Self& self, Archive& archive) {
    archive(self.normal_count_);
    archive(self.bag_);
    archive(self.seed_);
    archive(self.count_);
    archive(self.knots_);
    archive(self.learned_);
  }
  /// Whether what was read makes sense; also makes what is not stored.
  [[nodiscard]] bool restored() {
    if (bag_ > Bag::fixed || normal_count_ == 0 || knots_.empty()) return false;
    if (!NormalScores{knots_, normal_count_}.valid()) return false;
    const std::vector<std::uint64_t> learned = learned_;
    prepare();
    if (learned.size() != learned_.size()) return false;
    std::uint64_t sum = 0;
    for (const std::uint64_t number : learned) {
      if (number > count_ - sum) return false;
      sum += number;
    }
    if (bag_ == Bag::growing && sum != count_) return false;
    if (count_ > most) return false;
    learned_ = learned;
    plant();
    return true;
  }

  StreamRanks() = default;  ///< to be filled by exchange()

 private:
  static constexpr std::uint64_t most = std::uint64_t{1} << 52;  ///< counts are exact doubles

  /// In (0, 1), a multiple of 2^-53.
  static double half_open(synth::RandomStream& random) noexcept {
    return (static_cast<double>(random.next() >> 12) + 0.5) * 0x1p-52;
  }

  /// All that follows from the knots, bag and seed.
  void prepare() {
    cuts_.clear();
    learned_.clear();
    tree_.clear();
    if (bag_ == Bag::fixed) return;
    synth::RandomStream random(~seed_);
    for (const NormalScores::Knot& knot : knots_) {
      // The largest of as many uniform numbers as there are ties.
      cuts_.push_back(std::pow(half_open(random), 1.0 / static_cast<double>(knot.at_least - knot.above)));
    }
    learned_.assign(knots_.size() + 1, 0);
    tree_.assign(knots_.size() + 2, 0);
    plant();
  }

  /// How many gaps between normal scores a cell has.
  [[nodiscard]] std::uint64_t gaps(std::size_t cell) const noexcept {
    if (cell == knots_.size()) return std::uint64_t{knots_.back().above} + 1;
    return (cell == 0 ? normal_count_ : knots_[cell - 1].above) - knots_[cell].above;
  }

  /// Makes the tree of the cells' weights anew (Fenwick 1994, Software: Practice and Experience 24, 327-336).
  void plant() noexcept {
    if (tree_.empty()) return;
    std::ranges::fill(tree_, 0);
    for (std::size_t cell = 0; cell < learned_.size(); ++cell) {
      const std::size_t i = cell + 1;
      tree_[i] += gaps(cell) + learned_[cell];
      if (const std::size_t parent = i + (i & (~i + 1)); parent < tree_.size()) tree_[parent] += tree_[i];
    }
  }

  /// The weight of all cells before this one.
  [[nodiscard]] std::uint64_t before(std::size_t cell) const noexcept {
    std::uint64_t sum = 0;
    for (std::size_t i = cell; i > 0; i &= i - 1) sum += tree_[i];
    return sum;
  }

  static PValue p_value(std::uint64_t above, std::uint64_t within, std::uint64_t below, double u) noexcept {
    const auto all = static_cast<double>(above + within + below);
    const auto here = static_cast<double>(within);
    return {(static_cast<double>(above) + u * here) / all, (static_cast<double>(below) + (1 - u) * here) / all};
  }

  [[nodiscard]] PValue against_normals(double score, double u) const noexcept {
    const auto after =
        std::ranges::partition_point(knots_, [=](const NormalScores::Knot& knot) { return knot.score <= score; });
    std::uint64_t above = after == knots_.end() ? 0 : after->at_least;
    std::uint64_t at_least = after == knots_.begin() ? normal_count_ : (after - 1)->above;
    if (after != knots_.begin() && (after - 1)->score == score) {
      above = (after - 1)->above;
      at_least = (after - 1)->at_least;
    }
    return p_value(above, at_least - above + 1, normal_count_ - at_least, u);
  }

  PValue against_all(double score, double u, double tie) noexcept {
    const auto found = std::ranges::partition_point(knots_, [&](const NormalScores::Knot& knot) {
      return knot.score < score ||
             (knot.score == score && cuts_[static_cast<std::size_t>(&knot - knots_.data())] <= tie);
    });
    const auto cell = static_cast<std::size_t>(found - knots_.begin());
    const std::uint64_t below = before(cell);
    const std::uint64_t within = gaps(cell) + learned_[cell];
    const std::uint64_t all = std::uint64_t{normal_count_} + count_;  // which counts this score already
    const PValue p = p_value(all - below - within, within, below, u);
    ++learned_[cell];
    for (std::size_t i = cell + 1; i < tree_.size(); i += i & (~i + 1)) ++tree_[i];
    return p;
  }

  std::vector<NormalScores::Knot> knots_;
  std::uint32_t normal_count_ = 0;
  Bag bag_ = Bag::growing;
  std::uint64_t seed_ = 0;
  std::uint64_t count_ = 0;             ///< scores seen
  std::vector<double> cuts_;            ///< the random number behind the last digit of each knot
  std::vector<std::uint64_t> learned_;  ///< scores of the stream in each cell
  std::vector<std::uint64_t> tree_;     ///< of the cells' weights, from 1 on
};

}  // namespace plimsoll
