// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>  // sigaction
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

#include "commands.hpp"
#include "csv.hpp"
#include "json_object.hpp"
#include "options.hpp"
#include "plimsoll/adapt/fmt.hpp"
#include "plimsoll/io/calibration_file.hpp"
#include "plimsoll/monitor/anderson_darling_monitor.hpp"
#include "plimsoll/monitor/cusum_monitor.hpp"
#include "plimsoll/monitor/martingale_monitor.hpp"
#include "plimsoll/monitor/recalibration_count.hpp"
#include "plimsoll/stats/proportion.hpp"
#include "report.hpp"
#include "shown.hpp"

namespace plimsoll::cli {
namespace {

using nlohmann::ordered_json;
using AnyMonitor = std::variant<MartingaleMonitor, CusumMonitor, AndersonDarlingMonitor>;

/// An option that is one of a monitor's parameters: its name there, and the text that was given.
struct MonitorOption {
  const char* flag;
  const char* parameter;
  std::string text{};
};

struct WatchOptions {
  std::string line;
  std::string normal;
  std::string method = "martingale";
  std::string flagged = "keep";
  std::array<MonitorOption, 9> parameters{{{"--alarm-rate", "alarm_rate"},
                                           {"--run-length", "run_length"},
                                           {"--bet", "bet"},
                                           {"--shift", "shift"},
                                           {"--side", "side"},
                                           {"--window", "window"},
                                           {"--every", "every"},
                                           {"--policy", "policy"},
                                           {"--seed", "seed"}}};
  InputOptions input;
  FormatOption format;
};

/// What scores are decided by, from either kind of file.
struct WatchedLine {
  Cutoff cutoff;
  ScoreDirection direction;
  Promise promise;
  InputPolicy policy;        ///< what a map among the normal scores counts for
  NormalScoreTable normals;  ///< of the file; none in a threshold file
};

WatchedLine line_of(const WatchOptions& options) {
  io::AnyFile any = io::read_any_file(options.line);
  if (auto* file = std::get_if<io::CalibrationFile>(&any)) {
    if (!file->image) {
      throw UsageError(options.line + ": decides by masks alone, and watch by the scores of images");
    }
    return {file->calibration.cutoff,
            file->calibration.direction,
            file->image->promise,
            {.map_reduction = file->calibration.map_reduction, .top_share = file->calibration.top_share},
            {std::move(file->normal_scores), file->normal_count}};
  }
  const io::ThresholdFile& file = std::get<io::ThresholdFile>(any);
  if (!file.fit.ok()) {
    throw UsageError(fmt::format("{}: holds a fit without a cutoff ({})", options.line, file.fit.status));
  }
  try {
    return {file.fit.cutoff, file.direction, file.fit.promise, input_policy(file.fit.parameters), {}};
  } catch (const ParameterError& error) {
    throw DataError(options.line + ": not a threshold file that this version reads: " + error.what());
  }
}

NormalScoreTable read_normals(const WatchOptions& options, const WatchedLine& line) {
  std::vector<double> scores;
  read_scores(options.normal, options.input.column(), line.direction,
              [&](const io::ScoreBlock& block, const BlockPlace&) { append_scores(block, line.policy, scores); });
  try {
    return normal_score_table(scores, std::max<std::size_t>(2, scores.size()));
  } catch (const DataError& error) {
    throw DataError(shown_path(options.normal) + ": " + error.what());
  }
}

/// What is left of the table below the line.
NormalScoreTable below(const NormalScoreTable& table, Cutoff cutoff) {
  NormalScoreTable kept;
  std::uint32_t above = 0;  // the line or on it
  const auto first = std::ranges::find_if(table.knots, [cutoff](const auto& knot) { return cutoff(knot.score); });
  if (first != table.knots.end()) above = first->at_least;
  kept.count = table.count - above;
  for (auto knot = table.knots.begin(); knot != first; ++knot) {
    kept.knots.push_back({knot->score, knot->at_least - above, knot->above - above});
  }
  return kept;
}

NormalScoreTable normals_of(const WatchOptions& options, const WatchedLine& line) {
  NormalScoreTable table = line.normals;
  if (!options.normal.empty()) {
    table = read_normals(options, line);
  } else if (table.count == 0) {
    throw UsageError(options.line +
                     ": holds no normal scores to watch by, as only calibration files do (plimsoll fit --maps); give "
                     "--normal FILE, the scores that it was fitted to");
  }
  if (options.flagged == "skip") table = below(table, line.cutoff);
  if (table.count == 0) {
    throw UsageError((options.normal.empty() ? options.line : shown_path(options.normal)) +
                     ": there are no normal scores" + (options.flagged == "skip" ? " below the line" : ""));
  }
  return table;
}

/// The monitor with the parameters that were given.
template <typename M>
AnyMonitor make(const WatchOptions& options, const NormalScoreTable& normals) {
  ParameterMap given;
  const std::vector<ParameterInfo> infos = M::table().infos();
  for (const MonitorOption& option : options.parameters) {
    if (option.text.empty()) continue;
    const auto info = std::ranges::find(infos, option.parameter, [](const ParameterInfo& i) { return i.name; });
    if (info == infos.end()) {
      const bool rate = option.parameter == std::string_view("alarm_rate");
      throw UsageError(fmt::format("{} is not for --method {}{}", option.flag, M::method,
                                   rate ? ", which has a false alarm now and then: give --run-length, how often" : ""));
    }
    given.emplace(option.parameter, parse_value(M::method, *info, option.text));
  }
  return M(normals.view(), M::table().make(given));
}

AnyMonitor monitor_of(const WatchOptions& options, const NormalScoreTable& normals) {
  if (options.method == "cusum") return make<CusumMonitor>(options, normals);
  if (options.method != "anderson_darling") return make<MartingaleMonitor>(options, normals);
  std::uint64_t held = 0;
  for (const NormalScores::Knot& knot : normals.knots) held += knot.at_least - knot.above;
  if (held != normals.count) {
    throw UsageError(
        fmt::format("{}: holds {} of its {} normal scores, and anderson_darling needs all: give --normal FILE",
                    options.line, held, normals.count));
  }
  return make<AndersonDarlingMonitor>(options, normals);
}

[[noreturn]] void fail_to_read() {
  throw DataError("standard input: cannot be read: " + std::generic_category().message(errno));
}

/// A pipe that can be read from the moment on when the user interrupts: what waits for input waits for this too, and no
/// signal comes between a question and the waiting.
class Interruption {
 public:
  Interruption() {
    if (::pipe2(ends_.data(), O_CLOEXEC | O_NONBLOCK) != 0) {
      throw Error("no pipe: " + std::generic_category().message(errno));
    }
    writing_end = ends_[1];
    struct sigaction action {};
    action.sa_handler = [](int) {
      const int kept = errno;
      static_cast<void>(::write(writing_end, "", 1) == 1);
      errno = kept;
    };
    ::sigemptyset(&action.sa_mask);
    action.sa_flags =
        static_cast<int>(SA_RESTART | SA_RESETHAND);  // output goes on; a second signal ends a program that hangs
    ::sigaction(SIGINT, &action, nullptr);
    ::sigaction(SIGTERM, &action, nullptr);
  }
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;
  ~Interruption() {
    std::signal(SIGINT, SIG_DFL);
    std::signal(SIGTERM, SIG_DFL);
    for (const int end : ends_) ::close(end);
  }

  /// Waits until there is input, or its end, or until the user interrupts: then false.
  [[nodiscard]] bool wait_for_input() const {
    std::array<::pollfd, 2> either{{{STDIN_FILENO, POLLIN, 0}, {ends_[0], POLLIN, 0}}};
    while (::poll(either.data(), either.size(), -1) < 0) {
      if (errno != EINTR) fail_to_read();
    }
    return either[1].revents == 0;
  }

 private:
  inline static volatile std::sig_atomic_t writing_end = -1;
  std::array<int, 2> ends_{};
};

/// Standard input line by line, each as soon as it is there. Ends, as at the end of the file, when the user interrupts.
class InputLines {
 public:
  /// The next line, without its end; false when there is none.
  bool next(std::string& line) {
    for (;;) {
      if (const std::size_t end = text_.find('\n', searched_); end != std::string::npos) {
        expect_length(end - begin_);
        line.assign(text_, begin_, end - begin_);
        begin_ = searched_ = end + 1;
        ++number_;
        return true;
      }
      searched_ = text_.size();
      expect_length(searched_ - begin_);
      if (!fill()) break;
    }
    if (begin_ == text_.size() || interrupted_) return false;
    line.assign(text_, begin_);
    begin_ = searched_ = text_.size();
    ++number_;
    return true;
  }

  /// Of the last line, from 1.
  [[nodiscard]] std::size_t number() const { return number_; }

 private:
  void expect_length(std::size_t length) const {
    constexpr std::size_t longest = 4096;
    if (length <= longest) return;
    throw DataError(fmt::format("standard input, line {}: is longer than {} characters", number_ + 1, longest));
  }

  bool fill() {
    text_.erase(0, begin_);
    searched_ -= begin_;
    begin_ = 0;
    interrupted_ = !interruption_.wait_for_input();
    if (interrupted_) return false;
    std::array<char, 1 << 16> block;
    const ::ssize_t got = ::read(STDIN_FILENO, block.data(), block.size());
    if (got < 0) fail_to_read();
    text_.append(block.data(), static_cast<std::size_t>(got));
    return got > 0;
  }

  Interruption interruption_;
  bool interrupted_ = false;
  std::string text_;
  std::size_t begin_ = 0;     ///< of the line
  std::size_t searched_ = 0;  ///< up to where there is no end of it
  std::size_t number_ = 0;
};

/// A number as in score files, or nothing: for a line that is blank.
std::optional<double> parse_line(std::string_view line, std::size_t number) {
  constexpr std::string_view blanks = " \t\r";
  const std::size_t first = line.find_first_not_of(blanks);
  if (first == std::string_view::npos) return std::nullopt;
  const std::string text(line.substr(first, line.find_last_not_of(blanks) + 1 - first));
  double score = 0;
  if (!io::parse_number(text, score)) {
    throw DataError(fmt::format("standard input, line {}: {} is not a number; a line is one score, or nan", number,
                                io::shown(text)));
  }
  return score;
}

/// Everything printed is there at once, for whoever reads along.
void flush() {
  if (std::fflush(stdout) != 0) throw std::system_error(errno, std::generic_category());
}

/// Evidence, whose logarithm is given, as people bet: "31 to 1", "10^12.3 to 1".
std::string odds(double log_evidence) {
  const double digits = log_evidence / std::log(10.0);
  return std::abs(digits) < 6 ? fmt::format("{:.3g} to 1", std::exp(log_evidence))
                              : fmt::format("10^{:.1f} to 1", digits);
}

/// What the session came to.
struct Tally {
  std::size_t scores = 0;  ///< NaN included
  std::size_t flagged = 0;
  std::size_t skipped = 0;          ///< flagged, and not watched for it
  std::vector<std::size_t> alarms;  ///< the lines, the first hundred
};

class Watch {
 public:
  Watch(const WatchOptions& options, WatchedLine line, AnyMonitor monitor)
      : json_{options.format.format() == Format::json},
        skip_flagged_{options.flagged == "skip"},
        name_{options.line},
        line_{std::move(line)},
        monitor_{std::move(monitor)} {}

  int run() {
    InputLines input;
    std::string text;
    while (input.next(text)) {
      if (const auto score = parse_line(text, input.number())) take(*score, input.number());
    }
    json_ ? print_json() : print_text();
    return tally_.alarms.empty() ? success : drifted;
  }

 private:
  void take(double raw, std::size_t number) {
    const double score = directed(raw, line_.direction);
    ++tally_.scores;
    const bool flagged = line_.cutoff(score);
    if (flagged) {
      ++tally_.flagged;
      say_flagged(raw, number);
    }
    if (flagged && skip_flagged_ && score == score) {
      ++tally_.skipped;
      return;
    }
    if (std::visit([score](auto& monitor) { return monitor.step(score); }, monitor_) == AlarmState::raised) {
      if (tally_.alarms.size() < 100) tally_.alarms.push_back(number);
      say_drift(number);
    }
  }

  void say_flagged(double score, std::size_t number) const {
    if (json_) {
      say(ordered_json{{"line", number}, {"event", "anomalous"}, {"score", io::number_to_json(score)}});
    } else {
      fmt::print("line {}: {} is anomalous\n", number, detail::shortest(score));
    }
    flush();
  }

  void say_drift(std::size_t number) const {
    const double statistic = std::visit([](const auto& monitor) { return monitor.alarm_statistic(); }, monitor_);
    if (json_) {
      say(ordered_json{{"line", number}, {"event", "drift"}, {"statistic", statistic}, {"threshold", threshold()}});
    } else {
      fmt::print("line {}: DRIFT: the scores are not like the normal ones, {}\n", number, evidence(statistic));
    }
    flush();
  }

  static void say(const ordered_json& event) {
    fmt::print("{}\n", event.dump(-1, ' ', false, ordered_json::error_handler_t::replace));
  }

  [[nodiscard]] double threshold() const {
    return std::visit([](const auto& monitor) { return monitor.threshold(); }, monitor_);
  }
  [[nodiscard]] std::string evidence(double statistic) const {
    if (std::holds_alternative<CusumMonitor>(monitor_)) {
      return fmt::format("sum {:.3g} (alarm from {:.3g} on)", statistic, threshold());
    }
    return fmt::format("evidence {} (alarm from {} on)", odds(statistic), odds(threshold()));
  }

  /// What an alarm is worth.
  [[nodiscard]] std::string worth() const {
    if (const auto* cusum = std::get_if<CusumMonitor>(&monitor_)) {
      return fmt::format("a false alarm every {} scores, on average", detail::shortest(cusum->parameters().run_length));
    }
    const double rate = std::exp(-threshold());
    return fmt::format("a false alarm in at most {} % of streams, however long", detail::percent(rate, true));
  }

  void print_text() const {
    const auto [nan, statistic] =
        std::visit([](const auto& monitor) { return std::pair(monitor.nan_count(), monitor.statistic()); }, monitor_);
    fmt::print("{} scores, {} anomalous", tally_.scores, tally_.flagged);
    if (tally_.scores > 0) {
      const auto interval = stats::proportion_interval(tally_.flagged, tally_.scores, 0.95);
      fmt::print(", a share of {:.3f} [{:.3f}, {:.3f}] at 95 %", share(), interval.lower, interval.upper);
    }
    fmt::print("\n  promise   {}\n", line_.promise);
    if (nan > 0) fmt::print("  NaN       {}, anomalous, and not watched\n", nan);
    if (tally_.skipped > 0) fmt::print("  skipped   {} anomalous ones were not watched\n", tally_.skipped);
    if (tally_.alarms.empty()) {
      fmt::print("  drift     none, {}\n", evidence(statistic));
    } else {
      fmt::print("  drift     {} from line {}, now {}\n", tally_.alarms.size() == 1 ? "alarm" : "alarms",
                 tally_.alarms.front(), evidence(statistic));
    }
    fmt::print("  watched   by {}: {}\n", method(), worth());
    if (!tally_.alarms.empty()) fmt::print("  advice    {}\n", advice());
    flush();
  }

  void print_json() const {
    ordered_json json{{"event", "summary"},
                      {"threshold_file", name_},
                      {"scores", tally_.scores},
                      {"anomalous", tally_.flagged},
                      {"skipped", tally_.skipped}};
    std::visit([&](const auto& monitor) { json["nan"] = monitor.nan_count(); }, monitor_);
    if (tally_.scores > 0) {
      const auto interval = stats::proportion_interval(tally_.flagged, tally_.scores, 0.95);
      json["anomalous_share"] = {{"value", share()}, {"lower", interval.lower}, {"upper", interval.upper}};
    }
    json["method"] = method();
    std::visit(
        [&](const auto& monitor) {
          json["statistic"] = monitor.statistic();
          json["alarms"] = monitor.alarm_count();
        },
        monitor_);
    json["threshold"] = threshold();
    json["alarm_lines"] = tally_.alarms;
    json["normals_needed"] = recalibration_count(line_.promise);
    say(json);
    flush();
  }

  [[nodiscard]] double share() const {
    return static_cast<double>(tally_.flagged) / static_cast<double>(tally_.scores);
  }

  [[nodiscard]] std::string_view method() const {
    return std::visit([](const auto& monitor) { return monitor.method; }, monitor_);
  }

  [[nodiscard]] std::string advice() const {
    const std::size_t needed = recalibration_count(line_.promise);
    if (needed == 0) return "find out what changed, or fit a line to new normal scores";
    if (line_.promise.guarantee == Guarantee::model_based) {
      return fmt::format("find out what changed, or fit a line to new normal scores; this one rests on {}", needed);
    }
    return fmt::format("find out what changed, or fit a line to new normal scores: {} can promise {}", needed,
                       detail::promised_rate(line_.promise));
  }

  bool json_;
  bool skip_flagged_;
  std::string name_;
  WatchedLine line_;
  AnyMonitor monitor_;
  Tally tally_;
};

int run(const WatchOptions& options) {
  if (options.line == "-" || options.normal == "-") {
    throw UsageError("standard input gives the scores to watch, and nothing else");
  }
  if (options.format.format() == Format::csv)
    throw UsageError("watch prints text, or with --format json a line an event");
  WatchedLine line = line_of(options);
  AnyMonitor monitor = monitor_of(options, normals_of(options, line));
  return Watch(options, std::move(line), std::move(monitor)).run();
}

}  // namespace

void add_watch(CLI::App& app, int& status) {
  auto options = std::make_shared<WatchOptions>();
  CLI::App* command = app.add_subcommand(
      "watch", "Decide scores as they come, and raise an alarm when they are no longer like the normal ones");
  command->footer(
      "A line's promise holds for scores like those that it was fitted to. watch reads scores from standard input, "
      "one\n"
      "a line (nan is one too), says which are anomalous, and whether the stream as a whole has drifted:\n"
      "  martingale        a false alarm in at most 1 % of streams (--alarm-rate), however long they are\n"
      "  cusum             faster, and a false alarm every 10000 scores on average (--run-length)\n"
      "  anderson_darling  the last 100 scores (--window) against the normal ones; any change, not only up or down\n"
      "What is printed is there at once; the end of the input, or Ctrl-C, brings a summary. Exit status: 0 without an\n"
      "alarm, 3 with one, 2 for bad usage or input.\n"
      "\n"
      "Examples:\n"
      "  tail -f scores.txt | plimsoll watch cal.json\n"
      "  plimsoll watch line.json --normal normal.npy < scores.txt\n"
      "  plimsoll watch line.json --normal normal.npy --method cusum --run-length 100000 < scores.txt\n"
      "  plimsoll watch cal.json --flagged skip --format json < scores.txt");
  command->add_option("LINE", options->line, "a threshold or calibration file, from plimsoll fit")
      ->required()
      ->type_name("");
  command
      ->add_option("--normal", options->normal,
                   "the scores that the line was fitted to, .npy or CSV; without it those of the calibration file")
      ->type_name("FILE");
  options->input.add_column_to(*command);
  command->add_option("--method", options->method, "what looks for a drift [default martingale]")
      ->check(CLI::IsMember({"martingale", "cusum", "anderson_darling"}))
      ->type_name("NAME");
  command
      ->add_option("--flagged", options->flagged,
                   "whether anomalous scores are watched as well; skip: what is below the line is compared with what "
                   "was below it [default keep]")
      ->check(CLI::IsMember({"keep", "skip"}))
      ->type_name("WORD");
  const std::array<const char*, 9> help{
      "the largest probability of a false alarm over the whole stream; martingale and anderson_darling [default 0.01]",
      "scores between false alarms, on average; cusum [default 10000]",
      "what a martingale bets on: shift, power, mixture or jumper [default shift]",
      "the drift that cusum finds fastest, in standard deviations [default 1]",
      "to which side cusum looks: both, upper or lower [default both]",
      "the latest scores that anderson_darling compares [default 100]",
      "scores from one look of anderson_darling to the next [default 50]",
      "after an alarm: latch or once, it was all; rearm, the next one is waited for [default latch; cusum rearm]",
      "of the random numbers for ties [default 1]"};
  for (std::size_t i = 0; i < help.size(); ++i) {
    MonitorOption& option = options->parameters[i];
    command->add_option(option.flag, option.text, help[i])->type_name("X");
  }
  options->format.add_to(*command);
  refuse_empty_values(*command);
  command->callback([options, &status] { status = run(*options); });
}

}  // namespace plimsoll::cli
