// SPDX-License-Identifier: Apache-2.0
// Estimators as bytes and back: a shard goes on elsewhere as if it had never left.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "catch.hpp"
#include "fit_text.hpp"
#include "plimsoll/thresholds/batch_threshold.hpp"
#include "plimsoll/thresholds/f1_threshold.hpp"
#include "plimsoll/thresholds/maximum_threshold.hpp"
#include "plimsoll/thresholds/pixel_threshold.hpp"
#include "plimsoll/thresholds/quantile_threshold.hpp"
#include "plimsoll/thresholds/registry.hpp"
#include "plimsoll/thresholds/sigma_threshold.hpp"
#include "plimsoll/thresholds/synthetic_threshold.hpp"
#include "random.hpp"
#include "signed_bytes.hpp"

namespace {

using namespace plimsoll;
using plimsoll::test::Random;
using plimsoll::test::signed_again;
using plimsoll::test::text_of;
using plimsoll::test::with_word;

using Bytes = std::vector<std::byte>;

struct Shard {
  std::vector<double> scores;
  std::vector<std::uint8_t> labels;
};

Shard draw(Random& random, std::size_t n, bool labelled) {
  Shard shard;
  for (std::size_t i = 0; i < n; ++i) {
    const bool anomalous = labelled && random.below(4) == 0;
    shard.scores.push_back(random.normal() + (anomalous ? 2 : 0));
    shard.labels.push_back(anomalous ? 1 : 0);
  }
  return shard;
}

/// Takes a shard: halves as floats, the rest as doubles, when told so.
void take(AnyThreshold& threshold, const Shard& shard, bool narrow) {
  if (narrow) {
    const std::vector<float> floats(shard.scores.begin(), shard.scores.end());
    threshold.update(floats, shard.labels);
  } else {
    threshold.update(shard.scores, shard.labels);
  }
}

TEST_CASE("shards that went through bytes give the fit of all scores at once, for every method") {
  Random random(71);
  for (const Method& method : methods()) {
    INFO(method.info().name);
    std::vector<ParameterMap> variants{{}};
    const auto has = [&](std::string_view name) {
      return std::ranges::find(method.info().parameters, name, &ParameterInfo::name) != method.info().parameters.end();
    };
    if (has("trim")) variants.push_back({{"trim", 0.1}});
    if (has("exact_limit")) variants.push_back({{"exact_limit", 30.0}});
    for (const ParameterMap& parameters : variants) {
      const bool labelled = method.info().needs_labels || method.info().name == "auto";
      AnyThreshold whole = method.make(parameters);
      std::vector<Bytes> states;
      for (std::size_t i = 0; i < 3; ++i) {
        const Shard shard = draw(random, i == 2 ? 0 : 60 + 30 * i, labelled);
        AnyThreshold part = method.make(parameters);
        take(whole, shard, i == 0);
        take(part, shard, i == 0);
        states.push_back(part.snapshot());
      }
      AnyThreshold merged = restore_threshold(states[2]);
      merged.merge(restore_threshold(states[1]));
      merged.merge(restore_threshold(states[0]));
      CHECK(text_of(merged.compute()) == text_of(whole.compute()));
      CHECK(merged.parameter_values() == whole.parameter_values());
      CHECK(restore_threshold(states[0]).snapshot() == states[0]);
    }
  }
}

TEST_CASE("maps pixel by pixel and what was skipped go through bytes") {
  Random random(72);
  std::vector<std::vector<float>> maps;
  std::vector<std::vector<std::uint8_t>> masks;
  for (std::size_t i = 0; i < 8; ++i) {
    std::vector<float> map(48);
    std::vector<std::uint8_t> mask(48);
    for (float& pixel : map) pixel = static_cast<float>(random.normal());
    if (i >= 4) {
      for (std::size_t j = 0; j < 9; ++j) mask[j] = 1;
      for (std::size_t j = 0; j < 9; ++j) map[j] += 3;
    }
    maps.push_back(std::move(map));
    masks.push_back(std::move(mask));
  }
  SECTION("the largest pixels of images, with a bar and without") {
    for (const std::size_t kept : {std::size_t{20}, std::size_t{100000}}) {
      const PixelThreshold fresh({.false_alarm_rate = 0.05, .kept = kept});
      PixelThreshold whole = fresh;
      PixelThreshold merged = fresh;
      for (const auto& map : maps) {
        PixelThreshold part = fresh;
        part.update(ScoreMap(map.data(), 6, 8));
        whole.update(ScoreMap(map.data(), 6, 8));
        merged.merge(PixelThreshold::restore(part.snapshot()));
      }
      CHECK(text_of(merged.compute()) == text_of(whole.compute()));
    }
  }
  SECTION("images drawn by the bootstrap, and weaker anomalies") {
    SyntheticThreshold whole({.input = {.map_reduction = MapReduction::every_pixel}});
    SyntheticThreshold first = whole;
    SyntheticThreshold second = whole;
    for (std::size_t i = 0; i < maps.size(); ++i) {
      const ScoreMap map(maps[i].data(), 6, 8);
      const Mask mask(masks[i].data(), 6, 8);
      whole.update(map, mask);
      (i % 2 == 0 ? first : second).update(map, mask);
    }
    whole.update_severity(0.5, std::vector<double>{1, 2, 3});
    first.update_severity(0.5, std::vector<double>{1, 2});
    second.update_severity(0.5, std::vector<double>{3});
    SyntheticThreshold merged = SyntheticThreshold::restore(first.snapshot());
    merged.merge(SyntheticThreshold::restore(second.snapshot()));
    CHECK(text_of(merged.compute()) == text_of(whole.compute()));
  }
  SECTION("skipped scores") {
    SigmaThreshold whole({.input = {.non_finite = NonFinite::skip}});
    whole.update(std::vector<double>{1, 2, std::numeric_limits<double>::quiet_NaN(), 4});
    CHECK(text_of(SigmaThreshold::restore(whole.snapshot()).compute()) == text_of(whole.compute()));
  }
  SECTION("a batch") {
    Random more(73);
    BatchThreshold whole;
    whole.update(draw(more, 100, false).scores);
    whole.update_batch(draw(more, 200, false).scores);
    CHECK(text_of(BatchThreshold::restore(whole.snapshot()).compute()) == text_of(whole.compute()));
  }
}

TEST_CASE("a state of a version is these bytes") {
  // By hand from the format: magic, version, method, parameters (name, kind, value), type, pixels, skipped, state, sum.
  QuantileThreshold threshold({.false_alarm_rate = 0.25});
  threshold.update(std::vector<float>{1.0F, 2.0F, -0.5F});
  Bytes expected;
  const auto word = [&](std::uint64_t value) {
    for (int i = 0; i < 8; ++i) expected.push_back(static_cast<std::byte>(value >> (8 * i)));
  };
  const auto text = [&](const std::string& characters) {
    word(characters.size());
    for (const char c : characters) expected.push_back(static_cast<std::byte>(c));
    while (expected.size() % 8 != 0) expected.push_back(std::byte{0});
  };
  for (const char c : std::string("plimstat")) expected.push_back(static_cast<std::byte>(c));
  word(1);
  text("quantile");
  const ParameterMap parameters = threshold.parameter_values();
  word(parameters.size());
  for (const auto& [name, value] : parameters) {
    text(name);
    word(value.index());
    if (value.index() == 1) word(std::bit_cast<std::uint64_t>(std::get<double>(value)));
    if (value.index() == 2) text(std::get<std::string>(value));
  }
  word(1);  // a type is known:
  word(1);  // float32
  word(0);  // no pixels
  word(0);  // none skipped
  word(0);  // floats
  word(3);
  word(0x400000003f800000);  // 2 and 1
  word(0x00000000bf000000);  // -0.5, and zeros
  word(0);                   // no doubles
  word(0);                   // the checksum
  CHECK(threshold.snapshot() == signed_again(expected));
}

TEST_CASE("bytes that are no state are refused, and say why") {
  QuantileThreshold threshold;
  threshold.update(std::vector<double>{1, 2, 3});
  const Bytes bytes = threshold.snapshot();
  const auto refusal = [](const Bytes& state) -> std::string {
    try {
      static_cast<void>(restore_threshold(state));
    } catch (const DataError& error) {
      return error.what();
    }
    return "taken";
  };
  using Catch::Matchers::Contains;
  CHECK_THAT(refusal({}), Contains("cut short"));
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CHECK_THAT(refusal(Bytes(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size))), Contains("cut short"));
  }
  Bytes longer = bytes;
  longer.insert(longer.end() - 8, 8, std::byte{0});
  CHECK_THAT(refusal(signed_again(longer)), Contains("longer than it should be"));
  Bytes changed = bytes;
  changed[bytes.size() - 12] ^= std::byte{1};
  CHECK_THAT(refusal(changed), Contains("checksum"));
  Bytes later = bytes;
  later[8] = std::byte{2};
  CHECK_THAT(refusal(signed_again(later)), Contains("version 2"));
  Bytes foreign = bytes;
  foreign[0] = std::byte{'x'};
  CHECK_THAT(refusal(foreign), Contains("is not one of"));
  Bytes unknown = bytes;
  unknown[24] = std::byte{'x'};
  CHECK_THAT(refusal(signed_again(unknown)), Contains("method xuantile"));
  CHECK_THROWS_WITH(SigmaThreshold::restore(bytes), Contains("is of method quantile, not of sigma"));
  // The first double becomes an infinity.
  CHECK_THAT(refusal(with_word(bytes, bytes.size() - 8 - 3 * 8, 0x7ff0000000000000)), Contains("make no sense"));
}

TEST_CASE("what is refused leaves every method as it was") {
  const std::vector<double> scores{1, 2, 3, 4, 5, 6};
  const std::vector<double> broken{1, 2, std::numeric_limits<double>::infinity()};
  const std::vector<std::uint8_t> few(5, 0);
  const std::vector<std::uint8_t> two{0, 1, 0, 2, 0, 0};
  const std::vector<std::uint8_t> all(6, 1);
  for (const Method& method : methods()) {
    INFO(method.info().name);
    AnyThreshold threshold = method.make({});
    threshold.update(scores);
    const Bytes before = threshold.snapshot();
    const auto refuses = [&](const auto& change) {
      CHECK_THROWS_AS(change(), DataError);
      CHECK(threshold.snapshot() == before);
    };
    refuses([&] { threshold.update(broken); });
    refuses([&] { threshold.update(scores, few); });
    refuses([&] { threshold.update(scores, two); });
    refuses([&] { threshold.update(ScoreMap(broken.data(), 1, 3)); });
    refuses([&] { threshold.update(ScoreMap(scores.data(), 2, 3), Mask(all.data(), 3, 2)); });
    const std::string_view name = method.info().name;
    if (!method.info().needs_labels && name != "manual" && name != "auto") {
      refuses([&] { threshold.update(scores, Label::anomalous); });
      refuses([&] { threshold.update(ScoreMap(scores.data(), 2, 3), Mask(all.data(), 2, 3)); });
    }
    AnyThreshold other = method.make({{"non_finite", std::string("skip")}});
    other.update(scores);
    CHECK_THROWS_AS(threshold.merge(other), ParameterError);
    CHECK(threshold.snapshot() == before);
  }
}

TEST_CASE("counts that the next scores would overflow are refused") {
  MaximumThreshold maximum;
  maximum.update(std::vector<double>{1, 2, 3});
  const Bytes bytes = maximum.snapshot();
  // The three scores are a 3 somewhere; another number there is read, up to 2^53.
  std::size_t places = 0;
  for (std::size_t place = 16; place + 16 <= bytes.size(); place += 8) {
    const auto with = [&](std::uint64_t number) { return with_word(bytes, place, number); };
    if (with(3) != bytes) continue;
    try {
      if (MaximumThreshold::restore(with(std::uint64_t{1} << 53)).compute().normal_count != std::size_t{1} << 53)
        continue;
    } catch (const DataError&) {
      continue;  // the length of a name
    }
    ++places;
    CHECK_THROWS_AS(MaximumThreshold::restore(with((std::uint64_t{1} << 53) + 1)), DataError);
    CHECK_THROWS_AS(MaximumThreshold::restore(with(~std::uint64_t{0})), DataError);
  }
  CHECK(places == 1);
}

TEST_CASE("whatever is written into a state, it is refused or it is an estimator") {
  // Words of every state overwritten by what lengths, indices and counts are not; none may crash or take much memory.
  Random random(74);
  std::size_t taken = 0;
  std::size_t refused = 0;
  for (const Method& method : methods()) {
    INFO(method.info().name);
    std::vector<ParameterMap> variants{{}};
    if (method.info().name == "f1") variants.push_back({{"exact_limit", 5.0}});
    for (const ParameterMap& parameters : variants) {
      AnyThreshold threshold = method.make(parameters);
      take(threshold, draw(random, 12, method.info().needs_labels), false);
      const Bytes bytes = threshold.snapshot();
      for (std::size_t word = 2; word + 1 < bytes.size() / 8; ++word) {
        const std::uint64_t values[] = {
            0, 1, 7, std::uint64_t{1} << 60, ~std::uint64_t{0}, std::bit_cast<std::uint64_t>(random.normal())};
        for (const std::uint64_t value : values) {
          try {
            const AnyThreshold restored = restore_threshold(with_word(bytes, 8 * word, value));
            static_cast<void>(restored.snapshot());
            ++taken;
          } catch (const DataError&) {
            ++refused;
          }
        }
      }
    }
  }
  CHECK(refused > taken);
}

}  // namespace
