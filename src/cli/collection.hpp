// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "options.hpp"
#include "plimsoll/core/any_threshold.hpp"
#include "plimsoll/io/score_file.hpp"

/// \file
/// Scores from files into an estimator: what `fit` and `collect` share.

namespace plimsoll::cli {

/// What is fitted when no method is named.
inline constexpr std::string_view default_method = "auto";

struct CollectionOptions {
  std::string scores;                ///< SCORES
  std::vector<std::string> normals;  ///< --normal, and SCORES
  TrueLabels labels;
  std::string anomalous;
  std::string method;  ///< empty: not given
  InputOptions input;
  ParameterOptions parameters;

  /// The options that say which scores there are, and of which method.
  void add_scores_to(CLI::App& command);
  void add_method_to(CLI::App& command);
  /// Those that say how to read them, and the method's parameters.
  void add_parameters_to(CLI::App& command);

  /// SCORES as the first of the normals. Throws UsageError when there is none, or when labels are of several files.
  void gather(const char* what_else);

  /// The method that is named, or the default. Throws UsageError for a parameter that it does not have.
  [[nodiscard]] MethodSpec chosen_method() const;
};

/// The normal scores as the method sees them, for what fits more than once.
struct CollectedNormals {
  std::vector<double> scores;
  ScoreType type = ScoreType::float16;  ///< the widest so far
  [[nodiscard]] Scores view() const { return {scores, type}; }

  /// Adds a block that the method has taken in already: all finite, unless those that are not are skipped.
  void add(const io::ScoreBlock& block, const InputPolicy& policy);
};

/// Throws UsageError for labels or anomalous scores where the method has no use for them, and for none where it has.
void check_labels(const CollectionOptions& options, const MethodInfo& method);

/// Collects all of them, and the normal ones into `copy` if there is one. Whether the last file of normals held maps.
bool collect(AnyThreshold& threshold, const CollectionOptions& options, CollectedNormals* copy = nullptr);

}  // namespace plimsoll::cli
