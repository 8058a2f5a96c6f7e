// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <bit>
#include <boost/multiprecision/cpp_int.hpp>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

#include "plimsoll/core/config.hpp"
#include "plimsoll/core/snapshot_bytes.hpp"

namespace plimsoll::stats {

/// Count, mean and standard deviation of a stream of finite numbers, exact: the sums of x and of x^2 are kept
/// without rounding, and each result is rounded once. So the results do not depend on the order of the numbers
/// or on how they were sharded, do not cancel however far from zero the numbers lie, and a constant sample has
/// deviation 0. Fixed memory (1.7 kB), some nanoseconds a number, mergeable.
///
/// The sums are fixed-point integers in 32-bit digits held in 64-bit chunks whose carries are resolved late
/// (the small superaccumulator of Neal 2015, arXiv:1505.05571, section 3, here with three digits an addend).
class Moments {
 public:
  /// Adds finite numbers.
  template <std::floating_point T>
  void append(std::span<const T> numbers) {
    for (const T x : numbers) add(x);
  }

  /// Adds the numbers of the other. Throws DataError where both have more than 2^53, and then nothing is added.
  void merge(const Moments& other) {
    count_ = plimsoll::detail::sum_of_counts(count_, other.count_);
    sum_.merge(other.sum_);
    squares_.merge(other.squares_);
  }

  /// How many numbers were added.
  [[nodiscard]] std::size_t count() const noexcept { return count_; }

  /// The mean; count() >= 1. Correctly rounded, unless it is subnormal.
  [[nodiscard]] double mean() const {
    const Integer sum = sum_.integer();
    return ratio(sum, Integer(count_)).scaled(Sum::unit_exponent);
  }

  /// The standard deviation with divisor count() - ddof; count() > ddof. The square root of the correctly
  /// rounded variance, free of overflow and underflow on the way.
  [[nodiscard]] double standard_deviation(std::size_t ddof = 1) const {
    // (n sum x^2 - (sum x)^2) / (n (n - ddof)); both terms have the unit 2^(2 * -1074).
    static_assert(Squares::unit_exponent == 2 * Sum::unit_exponent);
    const Integer sum = sum_.integer();
    const Integer difference = Integer(count_) * squares_.integer() - sum * sum;
    const Ratio variance = ratio(difference, Integer(count_) * Integer(count_ - ddof));
    if (variance.mantissa == 0) return 0;
    const int odd = variance.exponent & 1;
    return std::ldexp(std::sqrt(std::ldexp(variance.mantissa, odd)),
                      (variance.exponent - odd) / 2 + Squares::unit_exponent / 2);
  }

  /// For snapshots.
  template <typename Self, typename Archive>
  static void exchange(Self& self, Archive& archive) {
    archive(self.count_);
    archive(self.sum_);
    archive(self.squares_);
  }
  /// Whether what was read can be: n sum x^2 is not below (sum x)^2, by Cauchy and Schwarz.
  [[nodiscard]] bool restored() const {
    if (count_ > plimsoll::detail::most_count) return false;
    const Integer sum = sum_.integer();
    const Integer squares = squares_.integer();
    return count_ == 0 ? sum == 0 && squares == 0 : Integer(count_) * squares >= sum * sum;
  }

 private:
  using Integer = boost::multiprecision::cpp_int;

  /// A sum of addends magnitude * 2^exponent, magnitude < 2^64, exponent in [UnitExponent, TopExponent].
  template <int UnitExponent, int TopExponent>
  class ExactSum {
   public:
    static constexpr int unit_exponent = UnitExponent;

    void add(std::uint64_t magnitude, int exponent, bool negative) noexcept {
      const auto position = static_cast<unsigned>(exponent - UnitExponent);
      const unsigned shift = position % digit_bits;
      std::int64_t* chunk = &chunks_[position / digit_bits];
      const std::uint64_t low = magnitude << shift;
      const std::uint64_t high = shift == 0 ? 0 : magnitude >> (64 - shift);
      const std::int64_t sign = negative ? -1 : 1;
      chunk[0] += sign * static_cast<std::int64_t>(low & digit_mask);
      chunk[1] += sign * static_cast<std::int64_t>(low >> digit_bits);
      chunk[2] += sign * static_cast<std::int64_t>(high);
      if (++pending_ == most_pending) carry();
    }

    void merge(const ExactSum& other) noexcept {
      ExactSum addend = other;
      addend.carry();
      carry();
      for (std::size_t i = 0; i < chunks_.size(); ++i) chunks_[i] += addend.chunks_[i];
      carry();
    }

    /// The sum in units of 2^UnitExponent.
    [[nodiscard]] Integer integer() const {
      Integer value = 0;
      for (std::size_t i = chunks_.size(); i-- > 0;) {
        value <<= digit_bits;
        value += chunks_[i];
      }
      return value;
    }

    /// For snapshots: the digits with carries resolved, which do not depend on how the sum came about.
    template <typename Self, typename Archive>
    static void exchange(Self& self, Archive& archive) {
      if constexpr (Archive::reads) {
        archive(self.chunks_);
      } else {
        ExactSum resolved = self;
        resolved.carry();
        archive(resolved.chunks_);
      }
    }
    [[nodiscard]] bool restored() const noexcept {
      for (std::size_t i = 0; i + 1 < chunks_.size(); ++i) {
        if (chunks_[i] < 0 || chunks_[i] > static_cast<std::int64_t>(digit_mask)) return false;
      }
      return chunks_.back() >= -top_limit && chunks_.back() <= top_limit;
    }

   private:
    static constexpr std::int64_t top_limit = std::int64_t{1} << 48;  // far above what 2^64 addends make of it
    static constexpr unsigned digit_bits = 32;
    static constexpr std::uint64_t digit_mask = 0xffffffff;
    static constexpr std::uint32_t most_pending = 1U << 30;  // each adds less than 2^32 to a chunk of 2^63

    void carry() noexcept {
      for (std::size_t i = 0; i + 1 < chunks_.size(); ++i) {
        const std::int64_t over = chunks_[i] >> digit_bits;  // floor, in C++20
        chunks_[i] -= over * (std::int64_t{1} << digit_bits);
        chunks_[i + 1] += over;
      }
      pending_ = 0;
    }

    // Room for the largest addend, 2^TopExponent * 2^64, and for 2^64 of them.
    static constexpr std::size_t size = (TopExponent - UnitExponent + 64 + 64) / digit_bits + 2;
    std::array<std::int64_t, size> chunks_{};
    std::uint32_t pending_ = 0;
  };

  // A double is m * 2^e with m < 2^53 and e in [-1074, 971]; its square the same with twice that.
  using Sum = ExactSum<-1074, 971>;
  using Squares = ExactSum<-2148, 1942 + 54>;

  template <std::floating_point T>
  void add(T x) noexcept {
    ++count_;
    // A float has 24 bits, so its square is an exact double, which saves splitting.
    const auto [magnitude, exponent] = decompose(static_cast<double>(x));
    sum_.add(magnitude, exponent, x < 0);
    if constexpr (sizeof(T) <= 4) {
      const auto [square, square_exponent] = decompose(static_cast<double>(x) * static_cast<double>(x));
      squares_.add(square, square_exponent, false);
    } else {
      const std::uint64_t high = magnitude >> 27;
      const std::uint64_t low = magnitude & ((std::uint64_t{1} << 27) - 1);
      squares_.add(high * high, 2 * exponent + 54, false);
      squares_.add(2 * high * low, 2 * exponent + 27, false);
      squares_.add(low * low, 2 * exponent, false);
    }
  }

  struct Parts {
    std::uint64_t magnitude;
    int exponent;
  };

  /// |x| = magnitude * 2^exponent, read off the bits.
  static Parts decompose(double x) noexcept {
    const auto bits = std::bit_cast<std::uint64_t>(x);
    const int biased = static_cast<int>((bits >> 52) & 0x7ff);
    const std::uint64_t fraction = bits & ((std::uint64_t{1} << 52) - 1);
    return biased == 0 ? Parts{fraction, -1074} : Parts{fraction | (std::uint64_t{1} << 52), biased - 1075};
  }

  /// mantissa * 2^exponent, the mantissa an integer with 53 bits or 0.
  struct Ratio {
    double mantissa;
    int exponent;
    [[nodiscard]] double scaled(int by) const noexcept { return std::ldexp(mantissa, exponent + by); }
  };

  /// numerator / denominator, the denominator above 0, rounded to nearest even with 53 bits.
  static Ratio ratio(const Integer& numerator, const Integer& denominator) {
    if (numerator == 0) return {0, 0};
    Integer magnitude = abs(numerator);
    // Scaled so that the quotient has 64 to 66 bits; the remainder only says whether there is more.
    const int shift = 65 + static_cast<int>(msb(denominator)) - static_cast<int>(msb(magnitude));
    Integer divisor = denominator;
    if (shift > 0) magnitude <<= shift;
    if (shift < 0) divisor <<= -shift;
    Integer remainder;
    Integer quotient;
    divide_qr(magnitude, divisor, quotient, remainder);
    const int drop = static_cast<int>(msb(quotient)) - 53;  // keep 54 bits: the last one rounds
    const Integer kept = quotient >> drop;
    const bool more = remainder != 0 || (kept << drop) != quotient;
    auto bits = static_cast<std::uint64_t>(kept);
    const bool half = (bits & 1) != 0;
    bits >>= 1;
    if (half && (more || (bits & 1) != 0)) ++bits;
    const double mantissa = static_cast<double>(bits);
    return {numerator < 0 ? -mantissa : mantissa, drop + 1 - shift};
  }

  std::size_t count_ = 0;
  Sum sum_;
  Squares squares_;
};

}  // namespace plimsoll::stats
