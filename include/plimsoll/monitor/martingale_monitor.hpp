// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <boost/math/special_functions/gamma.hpp>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

#include "plimsoll/core/parameter_table.hpp"
#include "plimsoll/core/scores.hpp"
#include "plimsoll/decide/conformal.hpp"
#include "plimsoll/monitor/monitor.hpp"
#include "plimsoll/monitor/stream_ranks.hpp"
#include "plimsoll/stats/compensated_sum.hpp"
#include "plimsoll/stats/math_policy.hpp"
#include "plimsoll/thresholds/normal_score_table.hpp"

namespace plimsoll {

/// How a martingale bets against uniform p-values: each bet is a density on (0, 1).
enum class Bet : std::uint8_t {
  shift,    ///< that from some score on they are those of scores that have moved, up or down, or spread
  power,    ///< epsilon p^(epsilon - 1): that small ones are frequent
  mixture,  ///< the integral of the power martingales over epsilon in (0, 1)
  jumper,   ///< 1 + e (p - 1/2), e in -1, 0, 1, which jumps: that small or large ones are frequent, for a while
};

/// Parameters of MartingaleMonitor.
struct MartingaleParameters {
  double alarm_rate = 0.01;  ///< the largest probability of a false alarm over the whole stream; in (0, 1)
  Bet bet = Bet::shift;      ///< how the capital is staked
  double epsilon = 0.5;      ///< of Bet::power; in (0, 1)
  double jump = 0.01;        ///< of Bet::jumper: the probability of a jump; in (0, 1)
  AlarmPolicy policy = AlarmPolicy::latch;  ///< what follows the first alarm
  Bag bag = Bag::growing;                   ///< what scores are compared with
  std::size_t seed = 1;                     ///< of the random numbers for ties; below 2^53
  friend bool operator==(const MartingaleParameters&, const MartingaleParameters&) = default;
};

namespace detail {

/// log(exp(a) + exp(b)); -inf is 0.
[[nodiscard]] inline double log_sum(double a, double b) noexcept {
  const double larger = std::max(a, b);
  if (larger == -std::numeric_limits<double>::infinity()) return larger;
  return larger + std::log1p(std::exp(std::min(a, b) - larger));
}

/// The logarithm of the mixture martingale after t p-values whose logarithms sum to -s (t >= 1, s > 0):
///   integral of epsilon^t exp((1 - epsilon) s) over (0, 1) = e^s gamma(a, s) / s^a,  a = t + 1,
///   = sum over k of s^k / (a (a + 1) ... (a + k)).
/// The sum is used where gamma(a, s) would be below all doubles.
[[nodiscard]] inline double log_mixture(std::uint64_t t, double s) noexcept {
  const double a = static_cast<double>(t) + 1;
  const double share = boost::math::gamma_p(a, s, stats::MathPolicy());
  if (share > 1e-280) return s + boost::math::lgamma(a, stats::MathPolicy()) + std::log(share) - a * std::log(s);
  double sum = 0;
  double term = 1 / a;
  for (double k = 1; term > sum * 0x1p-54; ++k) {
    sum += term;
    term *= s / (a + k);
  }
  return std::log(sum);
}

}  // namespace detail

/// A conformal martingale: a gambler's capital, 1 at first, that is staked on the p-values of StreamRanks not being
/// independent and uniform. `statistic` is its logarithm. While the stream's scores are exchangeable with the normal
/// ones its capital grows to c with probability at most 1 / c, ever (Ville 1939), so an alarm at 1 / alarm_rate is
/// false with probability at most alarm_rate over the whole stream, however long. With AlarmPolicy::rearm the mean
/// number of false alarms is at most alarm_rate / (1 - alarm_rate). This takes Bag::growing; with Bag::fixed it holds
/// for no stream that is long enough (docs/monitor.md).
///
/// The bets, p the p-value, z = Phi^-1(1 - p) its normal score:
///   power    capital *= epsilon p^(epsilon - 1)
///            (Vovk, Nouretdinov and Gammerman 2003, ICML)
///   mixture  capital = integral over epsilon in (0, 1) of that
///            (the same)
///   jumper   capital = sum of C(e), e in -1, 0, 1;
///            first C(e) = (1 - jump) C(e) + jump / 3 capital, then C(e) *= 1 + e (p - 1/2)
///            (Vovk et al. 2021, Retrain or not retrain, algorithm 1)
///   shift    capital = W(t) + sum of R(f) over ten densities f;
///            R(f) = (R(f) + (W(t - 1) - W(t)) / 10) f(p) at score t,
///            W(t) = 1 / (1 + log(1 + t)) what is not at stake yet
/// The densities of `shift` are the likelihood ratios of z moved by +-1/4, +-1/2, +-1, +-2 and of z spread 3/2 and 2/3
/// times. As W(t - 1) - W(t) is staked from score t on, it is a mixture over when the change came as well; a prior on
/// change points as in Shiryaev's rule (1963) with a weight of 1 in all.
class MartingaleMonitor : public Monitor<MartingaleMonitor, MartingaleParameters> {
 public:
  static constexpr std::string_view method = "martingale";  ///< in messages, and as the program's `--method`
  static constexpr std::string_view magic = "plimmart";     ///< the first eight bytes of a snapshot

  /// Throws ParameterError, and DataError for an empty table or one that is not valid.
  explicit MartingaleMonitor(NormalScores normals, const Parameters& parameters = {})
      : Monitor(parameters), ranks_{method, normals, parameters.bag, parameters.seed} {
    restart();
  }
  /// The same of the scores themselves, finite ones: all of them are kept.
  explicit MartingaleMonitor(Scores normals, const Parameters& parameters = {})
      : MartingaleMonitor(normal_score_table(normals, std::max<std::size_t>(2, normals.size())).view(), parameters) {}

  static const ParameterTable<Parameters>& table() {
    static const ParameterTable<Parameters> rows(
        method,
        {detail::alarm_rate_row<Parameters>(),
         choice<Parameters>(
             "bet", [](auto& p) -> auto& { return p.bet; },
             {{Bet::shift, "shift"}, {Bet::power, "power"}, {Bet::mixture, "mixture"}, {Bet::jumper, "jumper"}},
             "what is bet on"),
         number<Parameters>(
             "epsilon", [](auto& p) -> auto& { return p.epsilon; }, Range::open(0, 1),
             "power: the exponent of p is epsilon - 1"),
         number<Parameters>(
             "jump", [](auto& p) -> auto& { return p.jump; }, Range::open(0, 1), "jumper: the probability of a jump"),
         detail::policy_row<Parameters>(), detail::bag_row<Parameters>(), detail::seed_row<Parameters>()});
    return rows;
  }

  /// Bets on a p-value that was had elsewhere, in place of a score's. For those who have their own: independent and
  /// uniform they must be, and above 0.
  void bet(const PValue& p) noexcept {
    ++time_;
    switch (parameters().bet) {
      case Bet::power:
        sum_ += std::log(parameters().epsilon) + (parameters().epsilon - 1) * std::log(p.upper);
        log_capital_ = sum_.value();
        return;
      case Bet::mixture:
        sum_ += -log_of(p);
        log_capital_ =
            sum_.value() > 0 ? detail::log_mixture(time_, sum_.value()) : -std::log1p(static_cast<double>(time_));
        return;
      case Bet::jumper: bet_jumper(p); return;
      default: bet_shift(p); return;
    }
  }

 private:
  friend Monitor;

  static constexpr std::size_t stakes = 10;

  MartingaleMonitor() = default;

  void feed(double score) noexcept { bet(ranks_.next(score)); }
  [[nodiscard]] double value() const noexcept { return log_capital_; }
  [[nodiscard]] double limit() const noexcept { return -std::log(parameters().alarm_rate); }

  void restart() noexcept {
    time_ = 0;
    sum_ = {};
    log_capital_ = 0;
    const bool shares = parameters().bet == Bet::jumper;
    shares_.fill(shares ? 1.0 / 3 : -std::numeric_limits<double>::infinity());
  }
  void forget() noexcept {
    ranks_.reset();
    restart();
  }

  /// log(p), to the last digit also where p is nearly 1.
  [[nodiscard]] static double log_of(const PValue& p) noexcept {
    return p.upper < p.lower ? std::log(p.upper) : std::log1p(-p.lower);
  }

  void bet_jumper(const PValue& p) noexcept {
    const double jump = parameters().jump;
    double sum = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      const double e = static_cast<double>(i) - 1;
      double& share = shares_[i];
      share = ((1 - jump) * share + jump / 3) * (1 + e * (p.upper - 0.5));
      sum += share;
    }
    for (std::size_t i = 0; i < 3; ++i) shares_[i] /= sum;
    sum_ += std::log(sum);
    log_capital_ = sum_.value();
  }

  void bet_shift(const PValue& p) noexcept {
    const double z = p.normal_score();
    const auto left = [](double t) { return 1 / (1 + std::log1p(t)); };
    const auto t = static_cast<double>(time_);
    const double last = std::log1p(t - 1);
    const double step = std::log1p(1 / t);  // log1p(t) - last; W(t - 1) - W(t) without its cancellation
    const double stake = std::log(step / ((1 + last) * (1 + last + step)) / static_cast<double>(stakes));
    log_capital_ = std::log(left(t));
    std::size_t i = 0;
    const auto play = [&](double log_ratio) {
      shares_[i] = detail::log_sum(shares_[i], stake) + log_ratio;
      log_capital_ = detail::log_sum(log_capital_, shares_[i]);
      ++i;
    };
    for (const double shift : {0.25, -0.25, 0.5, -0.5, 1.0, -1.0, 2.0, -2.0}) play(shift * z - shift * shift / 2);
    for (const double spread : {1.5, 1 / 1.5}) play(-std::log(spread) + z * z / 2 * (1 - 1 / (spread * spread)));
  }

  template <typename P, typename Archive>
  static void exchange_parameters(P& parameters, Archive& archive) {
    archive(parameters.alarm_rate);
    archive(parameters.bet);
    archive(parameters.epsilon);
    archive(parameters.jump);
    archive(parameters.policy);
    archive(parameters.bag);
    archive(parameters.seed);
  }
  template <typename Self, typename Archive>
  static void exchange(Self& self, Archive& archive) {
    archive(self.time_);
    archive(self.sum_);
    archive(self.log_capital_);
    for (auto& share : self.shares_) archive(share);
    StreamRanks::exchange(self.ranks_, archive);
  }
  [[nodiscard]] bool restored() {
    const bool jumper = parameters().bet == Bet::jumper;
    return time_ <= detail::most_count && is_finite(sum_.value()) &&
           (parameters().bet != Bet::mixture || sum_.value() >= 0) && is_finite(log_capital_) && ranks_.restored() &&
           ranks_.bag() == parameters().bag && ranks_.seed() == parameters().seed && ranks_.count() == count() &&
           std::ranges::all_of(shares_, [jumper](double share) {
             return jumper ? share >= 0 && share <= 1 : share < std::numeric_limits<double>::infinity();
           });
  }

  StreamRanks ranks_;
  std::uint64_t time_ = 0;     ///< p-values since the evidence began
  stats::CompensatedSum sum_;  ///< mixture: of -log(p); power, jumper: of the logarithms of the factors
  double log_capital_ = 0;
  std::array<double, stakes> shares_{};  ///< jumper: C(e) over the capital; shift: log R(f)
};

static_assert(DriftMonitor<MartingaleMonitor>);

}  // namespace plimsoll
