// SPDX-License-Identifier: Apache-2.0
// Constants for anomalib, against its arithmetic written again.
#include "plimsoll/io/anomalib_constants.hpp"

#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "catch.hpp"
#include "plimsoll/core/error.hpp"
#include "plimsoll/io/anomalib_calibration.hpp"
#include "plimsoll/stats/ordered_bits.hpp"
#include "random.hpp"

namespace {

namespace io = plimsoll::io;
using plimsoll::Cutoff;
using plimsoll::Label;
using plimsoll::stats::from_ordered_bits;
using plimsoll::stats::ordered_bits;
using plimsoll::test::Random;
using Line = io::AnomalibConstants::Line;

constexpr double infinity = std::numeric_limits<double>::infinity();

/// PostProcessor of anomalib 2 at its default sensitivity, on tensors of floats: each operation is rounded by itself.
bool post_processor_flags(const Line& line, float score) {
  const float difference = score - line.threshold;
  const float range = line.maximum - line.minimum;
  const float quotient = difference / range;
  const float normalised = quotient + 0.5F;
  const float clamped = normalised < 0 ? 0.0F : normalised > 1 ? 1.0F : normalised;
  return clamped > 0.5F;  // false of NaN
}

/// How many floats around the cutoff, beside it or far away are decided otherwise.
std::size_t differences(const Line& line, Cutoff cutoff, std::uint64_t seed) {
  std::size_t wrong = 0;
  const auto count = [&](float score) { wrong += post_processor_flags(line, score) != cutoff(score); };
  const std::uint32_t middle = ordered_bits(cutoff.as<float>());
  for (std::uint32_t bits = middle - 3000; bits != middle + 3000; ++bits) {
    const auto score = from_ordered_bits<float>(bits);
    if (std::isfinite(score)) count(score);
  }
  Random random(seed);
  for (int i = 0; i < 1000; ++i) {
    const auto score = from_ordered_bits<float>(static_cast<std::uint32_t>(random.uniform() * 0x1p32));
    if (!std::isnan(score)) count(score);
  }
  for (const float score : {0.0F, -0.0F, std::numeric_limits<float>::denorm_min(), std::numeric_limits<float>::max(),
                            std::numeric_limits<float>::lowest(), std::numeric_limits<float>::infinity(),
                            -std::numeric_limits<float>::infinity()}) {
    count(score);
  }
  return wrong;
}

/// A calibration with an image line, and a plain mask when there is a level.
io::CalibrationFile calibration(double cutoff, std::optional<double> level = {}) {
  io::CalibrationFile file;
  file.image.emplace();
  file.image->cutoff = file.calibration.cutoff = Cutoff{cutoff};
  file.calibration.normalisation = {.minimum = 0.25, .maximum = 7.5};
  file.calibration.pixel_normalisation = {.minimum = -1, .maximum = 6};
  if (level) {
    file.high.emplace();
    file.high->cutoff = Cutoff{*level};
    file.calibration.mask = plimsoll::MaskRule{.high = Cutoff{*level}};
  }
  return file;
}

std::string message_of(const io::CalibrationFile& file) {
  std::string message = "no error";
  try {
    static_cast<void>(io::anomalib_constants_of(file, "cal.json"));
  } catch (const plimsoll::ParameterError& error) {
    message = error.what();
  }
  return message;
}

TEST_CASE("anomalib constants decide every float as the calibration does") {
  Random random(3);
  for (std::uint64_t i = 0; i < 200; ++i) {
    // Lines within the range of the scores and beyond, none of them a float.
    const double unit = std::exp2(std::floor(random.normal() * 10));
    io::CalibrationFile file = calibration(unit * (0.1 + random.exponential()), unit * (0.1 + random.exponential()));
    file.calibration.normalisation = {.minimum = 0, .maximum = unit * (0.5 + random.uniform())};
    file.calibration.pixel_normalisation = {.minimum = -unit / 3, .maximum = unit * (0.5 + random.uniform())};
    if (i % 4 == 1) file.calibration.normalisation.kind = plimsoll::NormalisationKind::tail;  // which has no range
    if (i % 4 == 2) file.calibration.pixel_normalisation = {.minimum = unit, .maximum = unit};
    const io::AnomalibConstants constants = io::anomalib_constants_of(file, "cal.json");
    CHECK(differences(*constants.image, file.calibration.cutoff, i) == 0);
    CHECK(differences(*constants.pixel, file.calibration.mask->high, i) == 0);
    CHECK(constants.image->minimum < constants.image->maximum);
  }
}

TEST_CASE("anomalib constants by hand") {
  const io::AnomalibConstants constants = io::anomalib_constants_of(calibration(4, 3.1), "cal.json");
  // The floats below 4 are 2^-22 apart. 2^-25 of the range, 7.25, is 2^-22.14: less, so that one float is enough.
  CHECK(constants.image == Line{4 - 0x1p-22F, 0.25F, 7.5F});
  CHECK(constants.pixel->minimum == -1);
  CHECK(constants.pixel->maximum == 6);
  // 3.1 is no float; the least above it is anomalous, the one below normal.
  CHECK(post_processor_flags(*constants.pixel, 3.1000001F));
  CHECK_FALSE(post_processor_flags(*constants.pixel, 3.0999999F));
  CHECK_FALSE(io::anomalib_constants_of(calibration(4), "cal.json").pixel);
  // The line itself as the threshold would not do.
  CHECK_FALSE(post_processor_flags({4, 0.25F, 7.5F}, 4));

  // Without a range of scores the line is in the middle of [0, 8], of which 2^-25 is 2^-22: a tie, so two floats.
  io::CalibrationFile file = calibration(4);
  file.calibration.normalisation = {};
  CHECK(io::anomalib_constants_of(file, "cal.json").image == Line{4 - 0x1p-21F, 0, 8});

  // An image that is decided by its mask has the pixels' line.
  file = calibration(4, 3.1);
  file.image.reset();
  file.calibration.agreement = plimsoll::Agreement::mask_wins;
  CHECK(io::anomalib_constants_of(file, "cal.json").image == constants.pixel);

  CHECK(
      io::to_json(io::AnomalibConstants{.image = Line{0.1F, 0, 0.5F}, .pixel = {}}) ==
      "{\n  \"image\": {\n    \"_image_threshold\": 0.10000000149011612,\n    \"image_min\": 0.0,\n    \"image_max\": "
      "0.5\n  }\n}\n");
}

TEST_CASE("metadata that is written and read again decides alike") {
  Random random(4);
  for (int i = 0; i < 200; ++i) {
    const io::CalibrationFile file = calibration(random.normal(), random.normal());
    const std::string text = io::to_json(io::anomalib_metadata_of(file, "cal.json"));
    const io::CalibrationFile again = io::calibration_of(io::parse_anomalib_metadata(text, "metadata.json"), "again");
    const auto same = [](Cutoff one, Cutoff two) {
      const auto at = one.as<float>();
      return one(at) == two(at) && one(std::nextafter(at, -1e30F)) == two(std::nextafter(at, -1e30F)) && two(at) &&
             !two(std::nextafter(at, -1e30F));
    };
    CHECK(same(file.calibration.cutoff, again.calibration.cutoff));
    CHECK(same(file.calibration.mask->high, again.calibration.mask->high));
    CHECK(again.calibration.normalisation == file.calibration.normalisation);
    CHECK(again.calibration.pixel_normalisation == file.calibration.pixel_normalisation);
    CHECK(again.calibration.agreement == plimsoll::Agreement::review);
  }
  // Without a range none is written, whether there was none or it was a single number.
  for (const io::AnomalibMetadata& none :
       {io::AnomalibMetadata{.image_threshold = 2, .pixel_threshold = {}, .image_range = {}, .pixel_range = {}},
        io::AnomalibMetadata{.image_threshold = 2,
        .pixel_threshold = {},
        .image_range = io::AnomalibMetadata::Range{3, 3},
        .pixel_range = {}}}) {
    const io::CalibrationFile file = io::calibration_of(none, "metadata.json");
    CHECK(io::to_json(io::anomalib_metadata_of(file, "cal.json")) == "{\n  \"image_threshold\": 2.0\n}\n");
    // No unit to measure by: normalised scores are a step.
    const plimsoll::Calibration& line = file.calibration;
    for (const double score : {-1e30, 1.9, 2.1, 1e30}) {
      CHECK(line.normalisation(score, line.cutoff) == (score < 2 ? 0 : 1));
      CHECK(line.pixel_normalisation(score, line.cutoff) == (score < 2 ? 0 : 1));
    }
  }
  // What was read is written as it was: the thresholds are floats, as anomalib's are.
  io::AnomalibMetadata metadata;
  metadata.image_threshold = 1.3347105979919434;
  metadata.image_range = io::AnomalibMetadata::Range{0.5, 3.25};
  const io::CalibrationFile file = io::calibration_of(metadata, "metadata.json");
  CHECK(io::anomalib_metadata_of(file, "cal.json") == metadata);
  CHECK(io::to_json(metadata) ==
        "{\n  \"image_threshold\": 1.3347105979919434,\n  \"pred_scores.min\": 0.5,\n  \"pred_scores.max\": 3.25\n}\n");
}

TEST_CASE("what anomalib has no constants for is refused with the reason") {
  const std::string no = ", which anomalib has no constants for";
  const auto changed = [](const auto& change) {
    io::CalibrationFile file = calibration(4, 3);
    change(file.calibration);
    return message_of(file);
  };
  using plimsoll::Calibration;
  CHECK(changed([](Calibration& c) { c.direction = plimsoll::ScoreDirection::lower_is_anomalous; }) ==
        "cal.json: low scores are anomalous" + no);
  CHECK(changed([](Calibration& c) { c.map_reduction = plimsoll::MapReduction::top_mean; }) ==
        "cal.json: an image's score is the mean of a top share" + no);
  CHECK(changed([](Calibration& c) { c.mask->low = Cutoff{2}; }) == "cal.json: the mask has hysteresis" + no);
  CHECK(changed([](Calibration& c) { c.mask->erosion = 1; }) == "cal.json: the mask is eroded or dilated" + no);
  CHECK(changed([](Calibration& c) { c.mask->dilation = 1; }) == "cal.json: the mask is eroded or dilated" + no);
  CHECK(changed([](Calibration& c) { c.mask->fill_holes = true; }) == "cal.json: the mask's holes are filled" + no);
  CHECK(changed([](Calibration& c) { c.mask->minimum_area = 2; }) ==
        "cal.json: the mask's small regions are dropped" + no);
  for (const auto agreement :
       {plimsoll::Agreement::label_wins, plimsoll::Agreement::mask_wins, plimsoll::Agreement::either}) {
    CHECK(changed([&](Calibration& c) { c.agreement = agreement; }) == "cal.json: label and mask are reconciled" + no);
  }
  CHECK(changed([](Calibration& c) { c.mask->connectivity = plimsoll::Connectivity::four; }) == "no error");
  CHECK(changed([](Calibration& c) { c.review_cutoff = Cutoff{1}; }) == "no error");

  const std::string none = "cal.json: image: no float is a threshold with which anomalib 2 flags from ";
  CHECK(message_of(calibration(0)) == none + "0 on, when scores are from 0.25 to 7.5");
  CHECK(message_of(calibration(infinity)) == none + "inf on, when scores are from 0.25 to 7.5");
  CHECK(message_of(calibration(std::nan(""))) == none + "nan on, when scores are from 0.25 to 7.5");
  CHECK(message_of(calibration(1e300)).starts_with(none + "1e+300"));
  for (const double cutoff : {infinity, -infinity, 1e300, std::nan("")}) {
    CHECK_THROWS_AS(static_cast<void>(io::anomalib_metadata_of(calibration(cutoff), "cal.json")),
                    plimsoll::ParameterError);
  }
  // Ranges that are none: what is beyond a float, NaN, turned round.
  for (const plimsoll::Normalisation strange :
       {plimsoll::Normalisation{.minimum = -1e300, .maximum = 1e300},
        plimsoll::Normalisation{.minimum = std::nan(""), .maximum = 1},
        plimsoll::Normalisation{.minimum = 3, .maximum = 1}, plimsoll::Normalisation{.minimum = 0, .maximum = 1e-60}}) {
    io::CalibrationFile file = calibration(4);
    file.calibration.normalisation = strange;
    if (strange.maximum > 1e30) {
      CHECK(message_of(file).starts_with(none));
    } else {
      CHECK(io::anomalib_constants_of(file, "cal.json").image == Line{4 - 0x1p-21F, 0, 8});
    }
  }
}

TEST_CASE("an image that is decided by its mask has the pixels' line in anomalib") {
  // As of a threshold file of pixels: there is an image cutoff, but it is the mask's.
  io::CalibrationFile file = calibration(3.1, 3.1);
  file.calibration.agreement = plimsoll::Agreement::mask_wins;
  const io::AnomalibConstants constants = io::anomalib_constants_of(file, "cal.json");
  CHECK(constants.image->minimum == -1);
  CHECK(constants.image->maximum == 6);
  CHECK(constants.image == constants.pixel);
  const io::AnomalibMetadata metadata = io::anomalib_metadata_of(file, "cal.json");
  CHECK(metadata.image_range == io::AnomalibMetadata::Range{-1, 6});
  CHECK(metadata.image_range == metadata.pixel_range);
  CHECK(metadata.image_threshold == metadata.pixel_threshold);
  // Where the mask does not win, equal cutoffs do not make it one line.
  for (const auto agreement : {plimsoll::Agreement::label_wins, plimsoll::Agreement::either}) {
    file.calibration.agreement = agreement;
    CHECK(message_of(file) == "cal.json: label and mask are reconciled, which anomalib has no constants for");
  }
  // How maps would be reduced does not matter where no image is decided by a score.
  io::CalibrationFile masks = calibration(4, 3.1);
  masks.image.reset();
  masks.calibration.agreement = plimsoll::Agreement::mask_wins;
  masks.calibration.map_reduction = plimsoll::MapReduction::top_mean;
  CHECK(message_of(masks) == "no error");
  // Neither images nor pixels: nothing.
  CHECK(message_of({}) == "cal.json: decides nothing");
  CHECK_THROWS_WITH(static_cast<void>(io::anomalib_metadata_of({}, "cal.json")), "cal.json: decides nothing");
}

TEST_CASE("anomalib gets the range of scores that are normalised by it, and lines below 0 have one of their own") {
  const Line in_the_middle{4 - 0x1p-21F, 0, 8};  // by hand, see above
  for (const auto kind : {plimsoll::NormalisationKind::z_score, plimsoll::NormalisationKind::tail}) {
    io::CalibrationFile file = calibration(4);
    file.calibration.normalisation.kind = kind;
    CHECK(io::anomalib_constants_of(file, "cal.json").image == in_the_middle);
    CHECK_FALSE(io::anomalib_metadata_of(file, "cal.json").image_range);
  }
  // -4 is in the middle of [-8, 0]. The floats below it are 2^-21 apart, and 2^-25 of the range is 2^-22: one is
  // enough.
  io::CalibrationFile file = calibration(-4);
  file.calibration.normalisation = {};
  CHECK(io::anomalib_constants_of(file, "cal.json").image == Line{-4 - 0x1p-21F, -8, 0});
  CHECK(differences({-4 - 0x1p-21F, -8, 0}, Cutoff{-4}, 1) == 0);
}

TEST_CASE("what is said of a line that anomalib cannot have names the line") {
  CHECK(message_of(calibration(4, 0)) ==
        "cal.json: pixel: no float is a threshold with which anomalib 2 flags from 0 on, when scores are from -1 to 6");
  CHECK_THROWS_WITH(static_cast<void>(io::anomalib_metadata_of(calibration(infinity), "cal.json")),
                    "cal.json: image: the cutoff inf is no finite float");
  CHECK_THROWS_WITH(static_cast<void>(io::anomalib_metadata_of(calibration(4, 1e300), "cal.json")),
                    "cal.json: pixel: the cutoff 1e+300 is no finite float");
}

}  // namespace
