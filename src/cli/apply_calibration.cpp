// SPDX-License-Identifier: Apache-2.0
#include "apply_calibration.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "commands.hpp"
#include "json_object.hpp"
#include "maps.hpp"
#include "plimsoll/adapt/fmt.hpp"
#include "plimsoll/io/image_file.hpp"
#include "plimsoll/io/label_file.hpp"
#include "plimsoll/io/mask_file.hpp"
#include "plimsoll/io/npy_mask_writer.hpp"
#include "plimsoll/io/write_file.hpp"
#include "plimsoll/stats/confusion.hpp"
#include "report.hpp"
#include "shown.hpp"
#include "table.hpp"

namespace plimsoll::cli {
namespace {

/// One image, or one score.
struct Item {
  std::string name;  ///< of a map
  double score = 0;
  double normalised = 0;
  Label label = Label::normal;
  Verdict verdict = Verdict::normal;
  std::size_t regions = 0;
  std::size_t area = 0;  ///< pixels in the mask
  double p_value = std::nan("");
  bool discovered = false;
};

struct Results {
  std::vector<Item> items;
  bool maps = false;
  std::optional<stats::Confusion> images;  ///< labels against the truth
  std::optional<stats::Confusion> pixels;  ///< masks against true masks
  std::size_t normal_images = 0;           ///< by the truth
  std::size_t touched = 0;                 ///< of those, with a region
  std::optional<double> level;             ///< of false discoveries
  std::size_t discoveries = 0;
};

double read_rate(const char* name, const std::string& text) {
  return cli::read_share("apply", name, text);
}

std::string range_of(const FalseAlarmCurve& curve) {
  if (curve.empty()) return "holds no table of rates";
  return fmt::format("knows rates from {} to {}", six_digits(curve.knots[curve.count - 1].rate),
                     six_digits(curve.knots[0].rate));
}

/// The calibration at the rates that were asked for.
Calibration adjusted(const Application& application, const CalibrationOptions& options,
                     const Calibration& calibration) {
  Calibration result = calibration;
  if (!options.false_alarm_rate.empty()) {
    const auto changed = result.at_false_alarm_rate(read_rate("false_alarm_rate", options.false_alarm_rate));
    if (!changed) {
      throw UsageError(fmt::format("--false-alarm-rate {}: {} {}", options.false_alarm_rate,
                                   shown_path(application.calibration), range_of(result.rates)));
    }
    result = *changed;
  }
  if (options.high_share.empty() && options.low_share.empty()) return result;
  if (!result.mask) {
    throw UsageError(fmt::format("{}: {} has no masks", options.high_share.empty() ? "--low-share" : "--high-share",
                                 shown_path(application.calibration)));
  }
  const std::string& high = options.high_share.empty() ? options.low_share : options.high_share;
  const std::string& low = options.low_share.empty() ? options.high_share : options.low_share;
  const double high_share = read_rate(options.high_share.empty() ? "low_share" : "high_share", high);
  const double low_share = read_rate(options.low_share.empty() ? "high_share" : "low_share", low);
  if (high_share > low_share) {
    throw UsageError(
        fmt::format("--high-share {} is above --low-share {}: more images reach the lower level", high, low));
  }
  const auto changed = result.at_mask_shares(high_share, low_share);
  if (!changed) {
    std::string given;
    if (!options.high_share.empty()) given = "--high-share " + high;
    if (!options.low_share.empty()) given += (given.empty() ? "" : " ") + ("--low-share " + low);
    throw UsageError(fmt::format("{}: {} {}", given, shown_path(application.calibration), range_of(result.mask_rates)));
  }
  // The one level of a plain mask moves by either option; of two, the one that was not named stays.
  const MaskRule& before = *result.mask;
  MaskRule after = *changed->mask;
  if (before.low.value() < before.high.value()) {
    if (options.high_share.empty()) after.high = before.high;
    if (options.low_share.empty()) after.low = before.low;
  }
  if (after.high.value() < after.low.value()) {
    const char* given = options.low_share.empty() ? "--high-share" : "--low-share";
    throw UsageError(fmt::format("{} {}: the high level of the masks would be below the low one; give both shares",
                                 given, options.low_share.empty() ? high : low));
  }
  result.mask = after;
  return result;
}

/// Refuses to write masks into a folder that they may be read from, where they would replace what is read.
void refuse_same_folder(const std::string& output, const char* option, const std::string& input) {
  std::error_code error;
  if (input.empty() || !std::filesystem::equivalent(output, input, error)) return;
  throw UsageError(fmt::format("-o {}: masks would replace the pictures of {} {}", output, option, input));
}

/// Where masks go: one .npy file, or a folder of PNG files, beside which overlays lie.
class MaskOutput {
 public:
  MaskOutput(const std::string& output, const std::string& overlay, const std::vector<std::string>& names,
             const std::vector<std::size_t>& shape)
      : folder_{output}, has_overlay_{!overlay.empty()} {
    if (output == "-") throw UsageError("-o -: masks go to a folder, or to a .npy file");
    if (output.ends_with(".npy")) {
      if (has_overlay_) throw UsageError("--overlay needs a folder, not -o " + output);
      if (shape.empty())
        throw UsageError("-o " + output + " takes masks of one size, and these maps differ: -o FOLDER/");
      npy_.emplace(output, names.size(), shape[shape.size() - 2], shape.back());
      return;
    }
    if (has_overlay_) images_ = io::find_images(overlay, names);
    refuse_clashes(names);
    std::error_code error;
    std::filesystem::create_directories(folder_, error);
    if (!std::filesystem::is_directory(folder_)) {
      throw UsageError(fmt::format("-o {}: cannot make this folder; masks go to a folder, or to a .npy file", output));
    }
  }

  void add(std::size_t index, const std::string& name, const Mask& mask) {
    if (npy_) return npy_->add(mask);
    const std::filesystem::path folder(folder_);
    io::write_mask((folder / (name + ".png")).string(), mask);
    if (has_overlay_) io::write_overlay((folder / (name + "_overlay.png")).string(), images_[index], mask);
  }

  void finish() {
    if (npy_) npy_->finish();
  }

 private:
  /// Refuses a map that is called as the overlay of another.
  void refuse_clashes(const std::vector<std::string>& names) const {
    if (!has_overlay_) return;
    const std::unordered_set<std::string> all(names.begin(), names.end());
    for (const std::string& name : names) {
      if (!all.contains(name + "_overlay")) continue;
      throw UsageError(fmt::format("--overlay: the overlay of map {} has the name of map {}_overlay", name, name));
    }
  }

  std::string folder_;
  bool has_overlay_;
  std::vector<std::string> images_;
  std::optional<io::NpyMaskWriter> npy_;
};

/// The true labels of maps: one each, or masks that are read beside them.
class MapTruth {
 public:
  MapTruth(const Application& application, const std::vector<std::string>& names) {
    if (!application.labels.given()) return;
    const std::string& path = application.labels.path;
    if (path.empty()) throw UsageError("--label-column has no use with maps: give --labels with labels or masks");
    if (io::holds_masks(path)) {
      if (!application.labels.column.empty()) {
        throw UsageError(fmt::format("--label-column has no use with the masks of {}", path));
      }
      masks_.emplace(path, names, application.scores);
      return;
    }
    labels_ = application.labels.read(application.scores).values;
    if (labels_->size() != names.size()) {
      throw UsageError(fmt::format("{}: has {} labels for the {} maps of {}", shown_path(path), labels_->size(),
                                   names.size(), shown_path(application.scores)));
    }
  }

  [[nodiscard]] bool given() const { return masks_.has_value() || labels_.has_value(); }
  [[nodiscard]] bool has_masks() const { return masks_.has_value(); }

  /// The next map's: whether it is anomalous; its pixels are counted.
  bool next(std::size_t index, const io::ScoreBlock& block, const Mask& decided, stats::Confusion& pixels) {
    if (labels_) return (*labels_)[index] == Label::anomalous;
    const Mask mask = masks_->next(block);
    if (decided.size() == 0) return mask.any();
    for (std::size_t row = 0; row < mask.rows(); ++row) {
      const auto truth = mask.row(row);
      const auto flagged = decided.row(row);
      for (std::size_t column = 0; column < truth.size(); ++column)
        pixels.add(truth[column] != 0, flagged[column] != 0);
    }
    return mask.any();
  }

 private:
  std::optional<TrueMasks> masks_;
  std::optional<std::vector<Label>> labels_;
};

void add_regions(Table& table, std::size_t index, const Item& item, std::span<const Region> regions) {
  for (std::size_t i = 0; i < regions.size(); ++i) {
    const Region& region = regions[i];
    table.add({std::to_string(index), item.name, std::to_string(i), std::to_string(region.area),
               csv_number(region.peak), std::to_string(region.row_begin), std::to_string(region.row_end),
               std::to_string(region.column_begin), std::to_string(region.column_end),
               detail::shortest(region.centroid_row), detail::shortest(region.centroid_column)});
  }
}

Results decide_maps(const Application& application, const CalibrationOptions& options, const Calibration& calibration,
                    const NormalScores& normals, io::ScoreReader& reader) {
  const std::vector<std::string> names = reader.map_names();
  MapTruth truth(application, names);  // before anything is written
  std::optional<MaskOutput> output;
  if (!application.output.empty()) {
    if (!calibration.mask)
      throw UsageError(fmt::format("-o {}: {} has no masks", application.output, shown_path(application.calibration)));
    refuse_same_folder(application.output, "--overlay", options.overlay);
    refuse_same_folder(application.output, "--labels", application.labels.path);
    output.emplace(application.output, options.overlay, names, reader.shape());
  }
  Results results;
  results.maps = true;
  stats::Confusion images;
  stats::Confusion pixels;
  Table regions({"index", "name", "region", "area", "peak", "row_begin", "row_end", "column_begin", "column_end",
                 "centroid_row", "centroid_column"});
  GrowingWorkspace workspace;
  read_maps(reader, application.scores, [&](const io::ScoreBlock& block) {
    const std::size_t index = results.items.size();
    const Decision decision = calibration.decide(block.map(), workspace.of(block));
    Item item{.name = block.name,
              .score = decision.score,
              .normalised = calibration.normalised(decision.score),
              .label = decision.label,
              .verdict = decision.verdict,
              .regions = decision.regions.size()};
    for (const Region& region : decision.regions) item.area += region.area;
    if (normals.count > 0) item.p_value = normals.p_value(directed(decision.score, calibration.direction));
    if (output) output->add(index, block.name, decision.mask);
    if (!options.regions.empty()) add_regions(regions, index, item, decision.regions);
    if (truth.given()) {
      const bool anomalous = truth.next(index, block, decision.mask, pixels);
      images.add(anomalous, decision.label == Label::anomalous);
      results.normal_images += anomalous ? 0U : 1U;
      results.touched += !anomalous && !decision.regions.empty() ? 1U : 0U;
    }
    results.items.push_back(std::move(item));
  });
  if (output) output->finish();
  if (!options.regions.empty()) io::write_file(options.regions, regions.csv());
  if (truth.given()) results.images = images;
  if (truth.has_masks() && calibration.mask) results.pixels = pixels;
  return results;
}

Results decide_scores(const Application& application, const CalibrationOptions& options, const Calibration& calibration,
                      const NormalScores& normals, io::ScoreReader& reader) {
  for (const auto& [given, name] :
       {std::pair(&options.overlay, "--overlay"), std::pair(&options.regions, "--regions"),
        std::pair(&options.high_share, "--high-share"), std::pair(&options.low_share, "--low-share")}) {
    if (!given->empty()) {
      throw UsageError(fmt::format("{} is for maps, and {} holds plain scores", name, shown_path(application.scores)));
    }
  }
  Results results;
  std::vector<double> scores;
  const InputPolicy every{};
  const auto shape =
      read_scores(reader, application.scores, ScoreDirection::higher_is_anomalous,
                  [&](const io::ScoreBlock& block, const BlockPlace&) { append_scores(block, every, scores); });
  std::vector<Label> labels;
  for (const double score : scores) {
    Item item{.name = {},
              .score = score,
              .normalised = calibration.normalised(score),
              .label = calibration.label(score),
              .verdict = calibration.decide(score)};
    if (normals.count > 0) item.p_value = normals.p_value(directed(score, calibration.direction));
    labels.push_back(item.label);
    results.items.push_back(std::move(item));
  }
  if (application.labels.given()) {
    const auto truth = match_labels(application.labels.read(application.scores), shape, every,
                                    application.labels.name(application.scores), application.scores);
    stats::Confusion images;
    for (std::size_t i = 0; i < truth.size(); ++i)
      images.add(truth[i] == Label::anomalous, labels[i] == Label::anomalous);
    results.images = images;
  }
  if (!application.output.empty()) io::write_labels(application.output, labels, {labels.size()});
  return results;
}

/// Which items to take for anomalous so that at most a share of them, in expectation, is not.
void discover(Results& results, double level) {
  std::vector<double> p_values;
  for (const Item& item : results.items) p_values.push_back(item.p_value);
  std::vector<double> scratch(p_values.size());
  const Discoveries found = benjamini_hochberg(p_values, level, scratch);
  for (Item& item : results.items) item.discovered = found(item.p_value);
  results.level = level;
  results.discoveries = found.count;
}

std::size_t count_of(const Results& results, Verdict verdict) {
  return static_cast<std::size_t>(std::ranges::count(results.items, verdict, &Item::verdict));
}

void print_table(const Application& application, const CalibrationOptions& options, const io::CalibrationFile& file,
                 const Calibration& calibration, const Results& results) {
  if (file.image) {
    fmt::print("{}: {}, cutoff {}, promise: {}\n", shown_path(application.calibration),
               io::without_controls(file.image->method), detail::shortest(calibration.cutoff.value()),
               options.false_alarm_rate.empty() ? to_string(file.image->promise)
                                                : "false alarms about " + options.false_alarm_rate + ", by the table");
    if (calibration.direction == ScoreDirection::lower_is_anomalous) {
      fmt::print("low scores are strange: those of {} and lower are anomalous\n",
                 detail::shortest(-calibration.cutoff.value()));
    }
  }
  const std::size_t flagged =
      static_cast<std::size_t>(std::ranges::count(results.items, Label::anomalous, &Item::label));
  const char* what = results.maps ? "images" : "scores";
  fmt::print("{}: {} of {} {} anomalous", shown_path(application.scores), flagged, results.items.size(), what);
  const std::size_t review = count_of(results, Verdict::review);
  if (review > 0) fmt::print(", {} for review", review);
  if (results.maps && calibration.mask) {
    const auto masked = std::ranges::count_if(results.items, [](const Item& item) { return item.regions > 0; });
    fmt::print("; {} with a region in the mask", masked);
  }
  fmt::print("\n");
  if (results.level) {
    fmt::print("{} discoveries, of which at most {} % are false in expectation\n", results.discoveries,
               detail::percent(*results.level, true));
  }
  if (results.images) {
    Table table({"", "FPR [95 %]", "recall", "precision", "F1", "balanced accuracy"});
    const auto add = [&](const char* name, const stats::Confusion& confusion, const std::string& rate) {
      table.add({name, rate, three_decimals(confusion.recall()), three_decimals(confusion.precision()),
                 three_decimals(confusion.f1()), three_decimals(confusion.balanced_accuracy())});
    };
    add(what, *results.images, rate_with_interval(*results.images));
    // Pixels are not independent, so an interval would say too much.
    if (results.pixels) add("pixels", *results.pixels, fmt::format("{:.3g}", results.pixels->false_alarm_rate()));
    fmt::print("\n{}", table.text());
    if (results.maps && calibration.mask && results.normal_images > 0) {
      fmt::print("normal images with a region: {} of {}\n", results.touched, results.normal_images);
    }
  }
  constexpr std::size_t most = 20;
  std::vector<std::string> headings{"index"};
  if (results.maps) headings.emplace_back("name");
  headings.insert(headings.end(), {"score", "0 to 1", "verdict"});
  if (results.maps && calibration.mask) headings.insert(headings.end(), {"regions", "pixels"});
  Table table(headings);
  std::size_t shown = 0;
  std::size_t worth = 0;
  for (std::size_t i = 0; i < results.items.size(); ++i) {
    const Item& item = results.items[i];
    if (item.verdict == Verdict::normal) continue;
    ++worth;
    if (shown == most) continue;
    ++shown;
    std::vector<std::string> row{std::to_string(i)};
    if (results.maps) row.push_back(item.name);
    row.insert(row.end(),
               {six_digits(item.score), three_decimals(item.normalised), std::string(to_string(item.verdict))});
    if (results.maps && calibration.mask) {
      row.insert(row.end(), {std::to_string(item.regions), std::to_string(item.area)});
    }
    table.add(row);
  }
  if (shown > 0) fmt::print("\n{}", table.text());
  if (worth > shown) fmt::print("... and {} more: --format csv gives all\n", worth - shown);
  if (!application.output.empty()) fmt::print("\nwritten: {}\n", application.output);
}

std::vector<std::string> csv_row(std::size_t index, const Item& item, const Results& results) {
  std::vector<std::string> row{std::to_string(index)};
  if (results.maps) row.push_back(item.name);
  row.insert(row.end(), {csv_number(item.score), csv_number(item.normalised),
                         std::to_string(static_cast<int>(item.label)), std::string(to_string(item.verdict))});
  if (results.maps) row.insert(row.end(), {std::to_string(item.regions), std::to_string(item.area)});
  row.push_back(csv_number(item.p_value));
  if (results.level) row.emplace_back(item.discovered ? "1" : "0");
  return row;
}

void print_csv(const Results& results) {
  std::vector<std::string> headings{"index"};
  if (results.maps) headings.emplace_back("name");
  headings.insert(headings.end(), {"score", "normalised", "label", "verdict"});
  if (results.maps) headings.insert(headings.end(), {"regions", "area"});
  headings.emplace_back("p_value");
  if (results.level) headings.emplace_back("discovered");
  Table table(headings);
  for (std::size_t i = 0; i < results.items.size(); ++i) table.add(csv_row(i, results.items[i], results));
  fmt::print("{}", table.csv());
}

void print_json(const Application& application, const Calibration& calibration, const Results& results) {
  nlohmann::ordered_json json{{"calibration", application.calibration},
                              {"scores", application.scores},
                              {"cutoff", io::number_to_json(calibration.cutoff.value())},
                              {"count", results.items.size()},
                              {"anomalous", count_of(results, Verdict::anomalous)},
                              {"review", count_of(results, Verdict::review)}};
  if (results.level) json["discoveries"] = results.discoveries;
  if (results.images) add_metrics(json["metrics"], *results.images);
  if (results.pixels) add_metrics(json["pixel_metrics"], *results.pixels);
  if (results.images && results.maps && calibration.mask) {
    json["normal_images_with_region"] = {{"count", results.touched}, {"of", results.normal_images}};
  }
  auto& items = json["items"] = nlohmann::ordered_json::array();
  for (const Item& item : results.items) {
    nlohmann::ordered_json row;
    if (results.maps) row["name"] = item.name;
    row["score"] = io::number_to_json(item.score);
    row["normalised"] = io::number_to_json(item.normalised);
    row["label"] = static_cast<int>(item.label);
    row["verdict"] = to_string(item.verdict);
    if (results.maps) {
      row["regions"] = item.regions;
      row["area"] = item.area;
    }
    row["p_value"] = io::number_to_json(item.p_value);
    if (results.level) row["discovered"] = item.discovered;
    items.push_back(row);
  }
  fmt::print("{}\n", json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

}  // namespace

void CalibrationOptions::add_to(CLI::App& command) {
  const auto add = [&](const char* name, std::string& text, const char* help, const char* type) {
    command.add_option(name, text, help)->type_name(type)->group("Calibration files");
  };
  add("--overlay", overlay, "also draw the masks over these images, in the folder of the masks", "FOLDER");
  add("--regions", regions,
      "write the masks' regions as CSV: area, peak, bounding box, centroid; - for standard output", "FILE");
  add("--false-alarm-rate", false_alarm_rate, "the image cutoff of another rate, from the file's table", "X");
  add("--high-share", high_share, "the mask's high level, or its only one, at another share of normal images", "X");
  add("--low-share", low_share, "the mask's low level, or its only one, likewise", "X");
  add("--false-discovery-rate", discoveries,
      "also select images by Benjamini and Hochberg, at most this share of them falsely in expectation", "X");
  add("--expect-pipeline", expected_pipeline, "refuse a file with another --pipeline-hash", "HASH");
}

std::string CalibrationOptions::first_given() const {
  for (const auto& [text, name] :
       {std::pair(&overlay, "--overlay"), std::pair(&regions, "--regions"),
        std::pair(&false_alarm_rate, "--false-alarm-rate"), std::pair(&high_share, "--high-share"),
        std::pair(&low_share, "--low-share"), std::pair(&discoveries, "--false-discovery-rate"),
        std::pair(&expected_pipeline, "--expect-pipeline")}) {
    if (!text->empty()) return name;
  }
  return {};
}

int apply_calibration(const Application& application, const CalibrationOptions& options, io::CalibrationFile file) {
  const Calibration calibration = adjusted(application, options, file.calibration);
  std::optional<double> level;
  if (!options.discoveries.empty()) {
    if (file.normal_count == 0)
      throw UsageError(shown_path(application.calibration) + ": holds no normal scores to compare with");
    level = read_rate("false_discovery_rate", options.discoveries);
  }
  if (!options.overlay.empty() && application.output.empty()) {
    throw UsageError("--overlay draws beside the masks: give -o FOLDER/");
  }
  const auto reader = io::open_scores(application.scores, application.column);
  if (!reader->map_count() && !file.image) {
    throw UsageError(fmt::format("{}: holds no image cutoff, and {} holds plain scores",
                                 shown_path(application.calibration), shown_path(application.scores)));
  }
  Results results = reader->map_count() ? decide_maps(application, options, calibration, file.normals(), *reader)
                                        : decide_scores(application, options, calibration, file.normals(), *reader);
  if (level) discover(results, *level);
  if (application.output == "-" || options.regions == "-") return success;
  switch (application.format) {
    case Format::json: print_json(application, calibration, results); break;
    case Format::csv: print_csv(results); break;
    case Format::table: print_table(application, options, file, calibration, results); break;
  }
  return success;
}

}  // namespace plimsoll::cli
