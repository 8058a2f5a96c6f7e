// SPDX-License-Identifier: Apache-2.0
#include "collection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <memory>
#include <span>
#include <variant>

#include "maps.hpp"
#include "plimsoll/io/mask_file.hpp"

namespace plimsoll::cli {
namespace {

/// Collects a score file into the estimator, all with one label, and into `copy` if there is one. Whether it holds
/// maps.
bool collect_file(AnyThreshold& threshold, const std::string& path, const InputOptions& input, Label label,
                  CollectedNormals* copy) {
  const InputPolicy policy = input_policy(threshold.parameter_values());
  bool maps = false;
  read_scores(path, input.column(), input.direction(), [&](const io::ScoreBlock& block, const BlockPlace&) {
    maps = block.is_map;
    block.is_map ? threshold.update(block.map(), label) : threshold.update(block.scores(), label);
    if (copy != nullptr) copy->add(block, policy);
  });
  return maps;
}

/// Collects SCORES, each with its own label. Masks of maps are read one at a time.
void collect_labelled(AnyThreshold& threshold, const CollectionOptions& options) {
  const std::string& path = options.labels.path;
  std::unique_ptr<io::ScoreReader> reader;
  if (!path.empty() && options.labels.column.empty() && io::holds_masks(path)) {
    reader = io::open_scores(options.scores, options.input.column());
    if (reader->map_count()) {
      TrueMasks masks(path, reader->map_names(), options.scores);
      const auto take = [&](const io::ScoreBlock& block) { threshold.update(block.map(), masks.next(block)); };
      read_maps(*reader, options.scores, take, options.input.direction());
      return;
    }
  }
  const io::LabelArray labels = options.labels.read(options.scores);
  const std::string name = options.labels.name(options.scores);
  const InputOptions& input = options.input;
  std::size_t used = 0;
  const auto take = [&](const io::ScoreBlock& block, const BlockPlace& place) {
    if (block.is_map && place.shape.empty()) refuse_labels_of_uneven_maps(name, options.scores);
    const LabelUnit unit = unit_of(labels, place.shape, name, options.scores);
    const std::size_t size = block.scores().size();
    used = place.first_score + size;
    if (unit == LabelUnit::map) {
      threshold.update(block.map(), labels.values[place.index]);
    } else if (unit == LabelUnit::pixel) {  // masks from standard input
      threshold.update(block.map(), Mask(labels.values.data() + place.first_score, block.rows, block.columns));
    } else if (used <= labels.values.size()) {
      threshold.update(block.scores(), Labels(std::span(labels.values).subspan(place.first_score, size)));
    }
  };
  if (!reader) reader = io::open_scores(options.scores, input.column());
  const auto shape = read_scores(*reader, options.scores, input.direction(), take);
  static_cast<void>(unit_of(labels, shape, name, options.scores));  // a CSV file's length is known only now
}

}  // namespace

void CollectionOptions::add_scores_to(CLI::App& command) {
  command.add_option("SCORES", scores, "normal scores, .npy or CSV, - for standard input")->type_name("");
  command.add_option("--normal", normals, "the same; may be given several times")
      ->type_name("FILE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->group("Input");
  command.add_option("--anomalous", anomalous, "more scores, all of them anomalous")->type_name("FILE")->group("Input");
  labels.add_to(command, "SCORES");
}

void CollectionOptions::add_method_to(CLI::App& command) {
  command
      .add_option(
          "--method", method,
          fmt::format("one of `plimsoll methods`, with parameters if any: name:k=4 [default {}]", default_method))
      ->type_name("METHOD");
}

void CollectionOptions::add_parameters_to(CLI::App& command) {
  input.add_to(command);
  parameters.add_to(command);
}

void CollectionOptions::gather(const char* what_else) {
  if (!scores.empty()) normals.insert(normals.begin(), scores);
  if (normals.empty()) throw CLI::RequiredError(std::string("SCORES") + what_else);
  scores = normals.front();
}

MethodSpec CollectionOptions::chosen_method() const {
  const bool by_default = method.empty();
  MethodSpec spec = parse_method(by_default ? std::string(default_method) : method);
  parameters.check_all_used({spec.info}, by_default);
  return spec;
}

void CollectedNormals::add(const io::ScoreBlock& block, const InputPolicy& policy) {
  if (block.is_map && policy.map_reduction == MapReduction::every_pixel) {
    throw UsageError(
        "--contamination and --bootstrap need scores that are exchangeable, which pixels are not: reduce maps by "
        "--map-reduction maximum or top_mean");
  }
  std::vector<double> finite;
  std::visit(
      [&finite](const auto& values) {
        std::ranges::copy_if(values, std::back_inserter(finite), [](auto score) { return std::isfinite(score); });
      },
      block.values);
  if (finite.empty()) return;
  if (block.is_map) {
    scores.push_back(score_of(ScoreMap(finite.data(), 1, finite.size()), policy.map_reduction, policy.top_share));
  } else {
    scores.insert(scores.end(), finite.begin(), finite.end());
  }
  const bool averaged = block.is_map && policy.map_reduction == MapReduction::top_mean;
  type = std::max(type, averaged ? ScoreType::float64 : block.scores().type());
}

void check_labels(const CollectionOptions& options, const MethodInfo& method) {
  const bool labelled = options.labels.given();
  if (labelled && options.normals.size() > 1) {
    throw UsageError("--labels label one file: give one of SCORES and --normal");
  }
  if (method.needs_labels && !labelled && options.anomalous.empty()) {
    throw UsageError(fmt::format(
        "{} learns from labelled scores: give --labels or --anomalous, or --normal and --synthetic", method.name));
  }
  if (method.unlabelled && (labelled || !options.anomalous.empty())) {
    throw UsageError(fmt::format("{}: {} learns from unlabelled scores; f1 learns from labelled ones: --method f1",
                                 labelled ? "--labels" : "--anomalous " + options.anomalous, method.name));
  }
  if (find_parameter(method, "trim") != nullptr && method.name != default_method && !options.anomalous.empty()) {
    throw UsageError(fmt::format(
        "--anomalous {}: {} learns from normal scores only; f1 learns from normal and anomalous ones: --method f1",
        options.anomalous, method.name));
  }
}

bool collect(AnyThreshold& threshold, const CollectionOptions& options, CollectedNormals* copy) {
  bool normal_maps = false;
  if (options.labels.given()) {
    collect_labelled(threshold, options);
  } else {
    for (const std::string& path : options.normals) {
      normal_maps = collect_file(threshold, path, options.input, Label::normal, copy) || normal_maps;
    }
  }
  if (!options.anomalous.empty()) {
    collect_file(threshold, options.anomalous, options.input, Label::anomalous, nullptr);
  }
  return normal_maps;
}

}  // namespace plimsoll::cli
