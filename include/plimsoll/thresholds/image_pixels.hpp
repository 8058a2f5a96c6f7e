// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "plimsoll/core/cutoff.hpp"
#include "plimsoll/core/non_finite.hpp"
#include "plimsoll/core/snapshot_bytes.hpp"
#include "plimsoll/stats/order_statistics.hpp"
#include "plimsoll/stats/ordered_bits.hpp"
#include "plimsoll/stats/random.hpp"

/// \file
/// What PixelThreshold keeps of maps, in memory that does not grow with their pixels.

namespace plimsoll::detail {

/// A pixel's score, and which image it is of.
struct ImagePixel {
  double score;
  std::size_t image;

  template <typename Self, typename Archive>
  static void exchange(Self& self, Archive& archive) {
    archive(self.score);
    archive(self.image);
  }
};

/// The largest pixels of all images, in an order that depends on nothing but the images.
struct TopPixels {
  /// The means over images and the largest of the images' rates of set pixels.
  struct ImageRates {
    double mean;
    double maximum;
  };

  std::vector<ImagePixel> pixels;  ///< by falling score, then by image
  std::vector<std::size_t> sizes;  ///< how many pixels each image has
  std::size_t widest = 0;          ///< the largest of the sizes
  /// Every pixel above this is there, and no other; -inf when all are.
  double complete_above = -std::numeric_limits<double>::infinity();
  std::size_t at_bar = 0;  ///< at least so many pixels equal complete_above

  /// The least pixel above which no more than the share `rate` of the images' pixels lie, as a mean over images;
  /// nothing when that is below complete_above.
  [[nodiscard]] std::optional<double> level(double rate) const {
    const auto found = level(rate, [](std::size_t) { return 1.0; });
    if (found.score) return found.score;
    // Of those at the bar each weighs 1 or more.
    if ((found.weight + static_cast<double>(at_bar)) / whole() > rate) return complete_above;
    return std::nullopt;
  }

  /// The levels of samples of whole images, drawn with replacement; -inf for those below complete_above. Costs as much
  /// a sample as there are pixels above its level.
  [[nodiscard]] std::vector<double> bootstrap_levels(double rate, std::size_t replicates, std::uint64_t seed) const {
    std::vector<double> levels;
    levels.reserve(replicates);
    Draws draws(sizes.size(), seed);
    for (std::size_t replicate = 0; replicate < replicates; ++replicate) {
      draws.start();
      const auto found = level(rate, [&draws](std::size_t image) { return draws.times(image); });
      levels.push_back(found.score.value_or(-std::numeric_limits<double>::infinity()));
    }
    return levels;
  }

  /// At a cutoff above complete_above.
  [[nodiscard]] ImageRates image_rates(Cutoff cutoff) const {
    std::vector<std::size_t> set(sizes.size());
    for (const ImagePixel& pixel : pixels) {
      if (!cutoff(pixel.score)) break;
      ++set[pixel.image];
    }
    ImageRates rates{0, 0};
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      const double rate = static_cast<double>(set[i]) / static_cast<double>(sizes[i]);
      rates.mean += rate;
      rates.maximum = std::max(rates.maximum, rate);
    }
    rates.mean /= static_cast<double>(sizes.size());
    return rates;
  }

 private:
  /// How often each of n images is drawn in n draws, told only for images that are asked for: the k-th of them is drawn
  /// a binomial number of times, by those of the draws that are left which fall on it rather than on the other n - k.
  class Draws {
   public:
    Draws(std::size_t images, std::uint64_t seed) : random_{seed}, times_(images, unknown) {}

    /// Starts a new sample.
    void start() {
      for (const std::size_t image : known_) times_[image] = unknown;
      known_.clear();
      left_ = times_.size();
    }

    [[nodiscard]] double times(std::size_t image) {
      if (times_[image] == unknown) {
        times_[image] = binomial(left_, times_.size() - known_.size());
        left_ -= times_[image];
        known_.push_back(image);
      }
      return static_cast<double>(times_[image]);
    }

   private:
    static constexpr std::size_t unknown = static_cast<std::size_t>(-1);

    /// How many of so many draws fall on one of `images`, by inversion.
    [[nodiscard]] std::size_t binomial(std::size_t draws, std::size_t images) {
      if (images == 1) return draws;
      const auto n = static_cast<double>(draws);
      const double odds = 1 / (static_cast<double>(images) - 1);
      double probability = std::exp(n * std::log1p(-1 / static_cast<double>(images)));
      double u = random_.uniform();
      std::size_t hits = 0;
      while (u > probability && hits < draws) {
        u -= probability;
        probability *= odds * (n - static_cast<double>(hits)) / static_cast<double>(hits + 1);
        ++hits;
      }
      return hits;
    }

    stats::Random random_;
    std::vector<std::size_t> times_;
    std::vector<std::size_t> known_;
    std::size_t left_ = 0;
  };

  struct Level {
    std::optional<double> score;
    double weight;  ///< of the pixels above it
  };

  /// What all pixels weigh: one of the largest images 1, so that sums are whole numbers where all are of one size.
  [[nodiscard]] double whole() const noexcept {
    return static_cast<double>(sizes.size()) * static_cast<double>(widest);
  }

  /// The level of images that count so many times each.
  template <typename Times>
  [[nodiscard]] Level level(double rate, const Times& times) const {
    double above = 0;
    for (std::size_t i = 0; i < pixels.size();) {
      const double score = pixels[i].score;
      double with_ties = above;
      for (; i < pixels.size() && pixels[i].score == score; ++i) {
        const std::size_t image = pixels[i].image;
        with_ties += times(image) * (static_cast<double>(widest) / static_cast<double>(sizes[image]));
      }
      const bool last = i == pixels.size() && !std::isfinite(complete_above);
      if (with_ties / whole() > rate || last) return {score, above};
      above = with_ties;
    }
    return {std::nullopt, above};
  }
};

/// Of a stream of images: how large each is, the pixel above which no more than a share of its pixels lie, and the
/// largest pixels of all of them. All of it is exact, and nothing depends on the images' order or on how they were
/// sharded. Pixels are finite. Whatever throws leaves it as it was.
class ImagePixels {
 public:
  struct Image {
    std::size_t size;  ///< in pixels
    double number;     ///< the least pixel above which no more than the share lie

    template <typename Self, typename Archive>
    static void exchange(Self& self, Archive& archive) {
      archive(self.size);
      archive(self.number);
    }
  };

  /// Keeps `most` pixels, 1 <= most < 2^60, and all that equal none of the next.
  ImagePixels(std::size_t most, double rate) : most_{most}, rate_{rate} {}

  /// Images of one pixel each.
  template <std::floating_point T>
  void append(std::span<const T> scores) {
    make_room(scores.size(), kept_room(scores.size()));
    for (const T score : scores) {
      const std::size_t image = images_.size();
      images_.push_back({1, static_cast<double>(stats::one_zero(score))});
      keep(std::span(&score, 1), image);
    }
    pixel_count_ += scores.size();
  }

  /// The pixels of one image, of which there is at least one.
  template <std::floating_point T>
  void append_map(std::span<const T> pixels) {
    const std::size_t rank = pixels.size() - stats::share_count(pixels.size(), rate_);
    const auto number = static_cast<double>(stats::order_statistic(pixels, rank));
    make_room(1, kept_room(pixels.size()));
    const std::size_t image = images_.size();
    images_.push_back({pixels.size(), number});
    for (std::size_t begin = 0; begin < pixels.size(); begin += block) {
      keep(pixels.subspan(begin, std::min(block, pixels.size() - begin)), image);
    }
    pixel_count_ += pixels.size();
  }

  void merge(const ImagePixels& other) {
    const std::size_t pixel_count = sum_of_counts(pixel_count_, other.pixel_count_);
    make_room(other.images_.size(), other.kept_.size());
    const std::size_t before = images_.size();
    images_.insert(images_.end(), other.images_.begin(), other.images_.end());
    for (const ImagePixel& pixel : other.kept_) kept_.push_back({pixel.score, pixel.image + before});
    raise(other.bar_);
    shrink();
    pixel_count_ = pixel_count;
  }

  [[nodiscard]] std::size_t pixel_count() const noexcept { return pixel_count_; }
  [[nodiscard]] const std::vector<Image>& images() const noexcept { return images_; }

  /// O(k log k) for k kept pixels.
  [[nodiscard]] TopPixels top() const {
    ImagePixels own = *this;
    own.shrink();
    TopPixels top;
    top.complete_above = own.bar_;
    // The bar was the next after the `most` largest of those that came, and that many, and it, are still not below it.
    if (own.kept_.size() < own.pixel_count_) top.at_bar = most_ + 1 - own.kept_.size();
    top.pixels = std::move(own.kept_);
    number_canonically(top);
    return top;
  }

  /// For snapshots. What is read keeps its own `most` and rate.
  template <typename Self, typename Archive>
  static void exchange(Self& self, Archive& archive) {
    archive(self.pixel_count_);
    archive(self.images_);
    archive(self.kept_);
    archive(self.bar_);
  }
  [[nodiscard]] bool restored() const {
    if (pixel_count_ > most_count) return false;
    std::size_t left = pixel_count_;
    std::vector<std::size_t> room;
    for (const Image& image : images_) {
      if (image.size == 0 || image.size > left || !is_finite(image.number)) return false;
      left -= image.size;
      room.push_back(image.size);
    }
    if (left != 0 || kept_.size() > limit()) return false;
    for (const ImagePixel& pixel : kept_) {
      if (pixel.image >= room.size() || room[pixel.image]-- == 0) return false;
      if (!is_finite(pixel.score) || !(pixel.score > bar_)) return false;
    }
    // All are kept until there are more than `most`, and then at most that many above the bar stay after each cut.
    const bool complete = bar_ == -std::numeric_limits<double>::infinity();
    return complete ? kept_.size() == pixel_count_ : is_finite(bar_) && pixel_count_ > most_;
  }

 private:
  static constexpr std::size_t block = 512;

  /// Numbers the images by size, then by what is known of their pixels; those alike in both may have either number.
  void number_canonically(TopPixels& top) const {
    std::vector<ImagePixel>& pixels = top.pixels;
    std::ranges::sort(pixels, [](const ImagePixel& a, const ImagePixel& b) {
      return a.image != b.image ? a.image < b.image : a.score > b.score;
    });
    std::vector<std::size_t> begin(images_.size() + 1);
    for (const ImagePixel& pixel : pixels) ++begin[pixel.image + 1];
    for (std::size_t i = 1; i < begin.size(); ++i) begin[i] += begin[i - 1];
    std::vector<std::size_t> order(images_.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    const auto known = [&](std::size_t image) {
      return std::span(pixels).subspan(begin[image], begin[image + 1] - begin[image]);
    };
    std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
      if (images_[a].size != images_[b].size) return images_[a].size < images_[b].size;
      return std::ranges::lexicographical_compare(known(a), known(b), std::less<>(), &ImagePixel::score,
                                                  &ImagePixel::score);
    });
    std::vector<std::size_t>& number = begin;  // no longer needed
    top.sizes.resize(order.size());
    for (std::size_t i = 0; i < order.size(); ++i) {
      number[order[i]] = i;
      top.sizes[i] = images_[order[i]].size;
      top.widest = std::max(top.widest, top.sizes[i]);
    }
    for (ImagePixel& pixel : pixels) pixel.image = number[pixel.image];
    std::ranges::sort(pixels, [](const ImagePixel& a, const ImagePixel& b) {
      return a.score != b.score ? a.score > b.score : a.image < b.image;
    });
  }

  /// So many pixels are held at once, but while merging.
  [[nodiscard]] std::size_t limit() const noexcept { return 2 * most_ + block; }

  /// How many more pixels than there are could have to be held at once.
  [[nodiscard]] std::size_t kept_room(std::size_t more) const noexcept {
    return std::min(more, std::max(kept_.size(), limit()) - kept_.size());
  }

  /// Grows at least by half, but by that no further than `most`.
  template <typename T>
  static void make_room(std::vector<T>& all, std::size_t more, std::size_t most) {
    const std::size_t needed = all.size() + more;
    if (needed > all.capacity()) {
      all.reserve(std::max(needed, std::min(all.capacity() + all.capacity() / 2, most)));
    }
  }

  void make_room(std::size_t images, std::size_t pixels) {
    make_room(images_, images, images_.max_size());
    make_room(kept_, pixels, limit());
  }

  /// Takes what is above the bar; at most a block, for which there is room once those below a new bar are dropped.
  template <std::floating_point T>
  void keep(std::span<const T> pixels, std::size_t image) noexcept {
    if (!(static_cast<double>(stats::extent(pixels).most) > bar_)) return;
    if (kept_.size() + pixels.size() > kept_.capacity()) shrink();
    for (const T pixel : pixels) {
      const auto score = static_cast<double>(stats::one_zero(pixel));
      if (score > bar_) kept_.push_back({score, image});
    }
  }

  /// Drops all but those above the pixel after the `most_` largest. So which of several equal pixels stay is no
  /// question, and the bar does not depend on the order: it is that pixel of the whole stream.
  void shrink() noexcept {
    if (kept_.size() <= most_) return;
    const auto place = kept_.begin() + static_cast<std::ptrdiff_t>(most_);
    std::ranges::nth_element(kept_, place, std::greater<>(), &ImagePixel::score);
    raise(place->score);
  }

  void raise(double bar) noexcept {
    bar_ = std::max(bar_, bar);
    std::erase_if(kept_, [this](const ImagePixel& pixel) { return !(pixel.score > bar_); });
  }

  std::size_t most_;
  double rate_;
  std::size_t pixel_count_ = 0;
  std::vector<Image> images_;
  std::vector<ImagePixel> kept_;
  double bar_ = -std::numeric_limits<double>::infinity();  ///< pixels not above it are not kept
};

}  // namespace plimsoll::detail
