// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <functional>
#include <iterator>
#include <span>
#include <type_traits>
#include <vector>

#include "plimsoll/core/error.hpp"
#include "plimsoll/core/label.hpp"
#include "plimsoll/core/mask.hpp"
#include "plimsoll/core/score_map.hpp"
#include "plimsoll/core/scores.hpp"

namespace plimsoll {

/// How synthetic_loop goes on.
struct SyntheticLoopOptions {
  std::size_t count = 0;  ///< how many synthetic images are made; 0: one of each normal image, and at least 60
  std::vector<double> severities{};  ///< also makes each weaker so, in (0, 1), for what the fit says of severity
  std::function<void(std::size_t done, std::size_t total)> progress{};  ///< called after each scored image
};

/// What synthetic_loop did.
struct SyntheticLoopReport {
  std::size_t normals = 0;     ///< normal images scored
  std::size_t synthetics = 0;  ///< synthetic images scored, weaker ones not counted
  std::size_t empty = 0;       ///< images to which the generator did nothing; not scored
};

namespace detail {

/// A view of what has one; the object itself where it has none.
template <typename T>
[[nodiscard]] decltype(auto) viewed(const T& object) {
  if constexpr (requires { object.view(); }) {
    return object.view();
  } else {
    return (object);
  }
}

/// How many images there are: the size of a range, or the count of a list that loads them one by one.
template <typename Images>
[[nodiscard]] std::size_t image_count(const Images& images) {
  if constexpr (requires { images.load(std::size_t{}); }) {
    return images.count;
  } else {
    return static_cast<std::size_t>(std::size(images));
  }
}

/// Calls `use` once with the image of this index.
template <typename Images, typename Use>
void with_image(const Images& images, std::size_t index, const Use& use) {
  if constexpr (requires { images.load(index); }) {
    const auto image = images.load(index);
    use(viewed(image));
  } else {
    use(viewed(images[index]));
  }
}

/// Calls `use` once with Scores of one score, or with a ScoreMap.
template <typename Result, typename Use>
void with_scores(const Result& result, const Use& use) {
  if constexpr (ScoreValue<Result>) {
    use(Scores(std::span<const Result>(&result, 1)));
  } else {
    use(ScoreMap(viewed(result)));
  }
}

}  // namespace detail

/// From normal images to a line: scores each of them once, then as many synthetic anomalies as asked for, and hands it
/// all to `line`, whose compute() gives the fit.
///
/// `images`: a range with operator[], or a list with `count` and `load(index)` (synth::ImageList). What has a view()
/// is handed on as that. `generate(image, index)` makes a synthetic anomaly, an object with `image` and `mask`
/// (synth::SyntheticAnomalies); number `index` of them is made of the image index % count, so that with the same
/// generator the same are made. With `severities` it is called as `generate(image, index, severity)` too.
/// `score(image)` gives a number, a ScoreMap, or what has a view() that is one. `line`: SyntheticThreshold, or for maps
/// SyntheticCalibrator, or CombinedThreshold without severities. An anomaly whose mask is empty is left out and
/// counted.
///
/// Throws DataError without an image, and what the callables and `line` throw; what it was handed until then stays in
/// it.
template <typename Images, typename Generate, typename Score, typename Line>
SyntheticLoopReport synthetic_loop(const Images& images, Generate&& generate, Score&& score, Line& line,
                                   const SyntheticLoopOptions& options = {}) {
  constexpr std::size_t fewest = 60;
  constexpr bool line_takes_severities = requires(Line any, ScoreMap map, Mask mask) {
    any.update_severity(0.5, map, mask);
  };
  SyntheticLoopReport report;
  const std::size_t normals = detail::image_count(images);
  if (normals == 0) throw DataError("synthetic_loop: there is no normal image");
  const std::size_t count = options.count > 0 ? options.count : std::max(normals, fewest);
  const std::size_t total = normals + count * (1 + options.severities.size());
  std::size_t done = 0;
  const auto step = [&](std::size_t steps) {
    done += steps;
    if (options.progress) options.progress(done, total);
  };
  for (std::size_t i = 0; i < normals; ++i) {
    detail::with_image(images, i, [&](const auto& image) {
      const auto result = score(image);
      detail::with_scores(result, [&](auto scores) { line.update(scores); });
    });
    ++report.normals;
    step(1);
  }
  // A score takes the label, a map the mask.
  const auto score_item = [&](const auto& item, const auto& use) {
    const auto result = score(detail::viewed(item.image));
    const Mask mask = item.mask;
    detail::with_scores(result, [&](auto scores) { use(scores, mask); });
  };
  for (std::size_t index = 0; index < count; ++index) {
    detail::with_image(images, index % normals, [&](const auto& image) {
      const auto item = generate(image, index);
      const Mask truth = item.mask;
      if (!truth.any()) {
        ++report.empty;
        step(1 + options.severities.size());
        return;
      }
      score_item(item, [&](auto scores, Mask mask) {
        if constexpr (std::same_as<decltype(scores), Scores>) {
          line.update(scores, Label::anomalous);
        } else {
          line.update(scores, mask);
        }
      });
      ++report.synthetics;
      step(1);
      if (options.severities.empty()) return;
      // One after the other: the first depends on Line alone, the second on the image.
      if constexpr (line_takes_severities) {
        if constexpr (std::is_invocable_v<Generate&, decltype(image), std::size_t, double>) {
          for (const double severity : options.severities) {
            score_item(generate(image, index, severity), [&](auto scores, Mask mask) {
              if constexpr (std::same_as<decltype(scores), Scores>) {
                line.update_severity(severity, scores);
              } else if (mask.any()) {
                line.update_severity(severity, scores, mask);
              }
            });
            step(1);
          }
          return;
        }
      }
      throw ParameterError(
          "synthetic_loop: severities need generate(image, index, severity), and a line that takes them");
    });
  }
  return report;
}

}  // namespace plimsoll
