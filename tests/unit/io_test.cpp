// SPDX-License-Identifier: Apache-2.0
// Files: what the end-to-end tests of the program cannot reach.
#include <sys/stat.h>
#include <unistd.h>

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "files.hpp"
#include "plimsoll/io/file_error.hpp"
#include "plimsoll/io/label_file.hpp"
#include "plimsoll/io/score_file.hpp"
#include "plimsoll/io/state_file.hpp"
#include "plimsoll/io/threshold_file.hpp"
#include "plimsoll/io/write_file.hpp"
#include "plimsoll/thresholds/f1_threshold.hpp"
#include "plimsoll/thresholds/registry.hpp"
#include "random.hpp"
#include "signed_bytes.hpp"

namespace {

namespace fs = std::filesystem;
namespace io = plimsoll::io;
using plimsoll::Label;
using plimsoll::test::content_of;
using plimsoll::test::Folder;
using plimsoll::test::message_of;
using plimsoll::test::Random;

io::ThresholdFile file_with_cutoff(double cutoff) {
  io::ThresholdFile file;
  file.fit = plimsoll::make_threshold("manual", {{"value", 1.0}}).compute();
  file.fit.cutoff = plimsoll::Cutoff{cutoff};
  return file;
}

TEST_CASE("a threshold file gives the same bits back, in the shortest decimal") {
  Random random(12);
  for (int i = 0; i < 3000; ++i) {
    const double cutoff = random.normal() * std::exp2(static_cast<double>(random.below(600)) - 300);
    const std::string text = io::to_json(file_with_cutoff(cutoff));
    const auto back = io::from_json(text, "test");
    if (std::bit_cast<std::uint64_t>(back.fit.cutoff.value()) != std::bit_cast<std::uint64_t>(cutoff)) FAIL(text);
    // By brute force: the fewest significant digits that read back as the same double.
    int digits = 1;
    char buffer[40];
    for (;; ++digits) {
      std::snprintf(buffer, sizeof buffer, "%.*e", digits - 1, cutoff);
      if (std::strtod(buffer, nullptr) == cutoff) break;
    }
    const std::size_t begin = text.find("\"cutoff\": ") + 10;
    const std::string decimal = text.substr(begin, text.find(',', begin) - begin);
    // std::to_chars writes a whole number in full where that is no longer than with an exponent.
    const bool whole = decimal.find_first_of(".e") == std::string::npos;
    std::string significant;
    for (const char c : decimal.substr(0, decimal.find('e'))) {
      if (c >= '0' && c <= '9' && !(significant.empty() && c == '0')) significant += c;
    }
    const std::size_t allowed = static_cast<std::size_t>(digits) + (whole ? 5 : 0);
    if (significant.size() > allowed) FAIL(decimal << " has more than " << digits << " digits");
  }
  for (const double cutoff : {0.0, -0.0, 5e-324, std::numeric_limits<double>::max(),
                              std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()}) {
    const auto back = io::from_json(io::to_json(file_with_cutoff(cutoff)), "test");
    CHECK(std::bit_cast<std::uint64_t>(back.fit.cutoff.value()) == std::bit_cast<std::uint64_t>(cutoff));
  }
}

TEST_CASE("a threshold file gives everything back") {
  plimsoll::F1Threshold threshold{{.search = {.beta = 2, .prevalence = 0.25}}};
  threshold.update(std::vector<float>{1, 2, 3, 4}, std::vector<std::uint8_t>{0, 0, 1, 1});
  io::ThresholdFile file{threshold.compute(), plimsoll::ScoreDirection::lower_is_anomalous};
  file.fit.promise = {plimsoll::Guarantee::distribution_free, 0.01, 0.95, 7, 8, 0.125};
  file.fit.skipped_count = 3;
  file.fit.note = "with \"quotes\", a\nline break and \xc3\xa4";
  const io::ThresholdFile back = io::from_json(io::to_json(file), "test");
  CHECK(io::to_json(back) == io::to_json(file));
  CHECK(back.direction == file.direction);
  CHECK(back.library_version == PLIMSOLL_VERSION);
  CHECK(back.fit.method == "f1");
  CHECK(back.fit.parameters == file.fit.parameters);
  CHECK(back.fit.note == file.fit.note);
  CHECK(back.fit.promise.best_rate == 0.125);
  CHECK(back.fit.optimum->up_to == 3);
  CHECK(back.fit.normal_count == 2);
  CHECK(back.fit.skipped_count == 3);
  CHECK(back.fit.score_type == plimsoll::ScoreType::float32);
}

TEST_CASE("a threshold file gives what a model says of itself back") {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  io::ThresholdFile file = file_with_cutoff(1.5);
  CHECK_FALSE(io::from_json(io::to_json(file), "test").fit.interval.has_value());
  CHECK_FALSE(io::from_json(io::to_json(file), "test").fit.goodness.has_value());
  CHECK(io::from_json(io::to_json(file), "test").fit.estimates.empty());
  file.fit.trimmed_count = 17;
  file.fit.goodness = plimsoll::GoodnessOfFit{"anderson_darling", 0.1 + 0.2, 5e-324};
  file.fit.estimates = {
      {"", 0.1}, {"xi", -0.0}, {"cutoff", 1e300}, {"a \"b\"\n", infinity}, {std::string("x\0y", 3), -1}};
  for (const auto& [lower, upper] : {std::pair{-infinity, infinity}, {0.1, 0.3}, {-1e-300, infinity}, {2.5, 2.5}}) {
    file.fit.interval = plimsoll::CutoffInterval{lower, upper, 0.95, "profile likelihood"};
    const io::ThresholdFile back = io::from_json(io::to_json(file), "test");
    CHECK(back.fit.interval->lower == lower);
    CHECK(back.fit.interval->upper == upper);
    CHECK(back.fit.interval->confidence == 0.95);
    CHECK(back.fit.interval->method == "profile likelihood");
    CHECK(back.fit.goodness->test == "anderson_darling");
    CHECK(back.fit.goodness->statistic == 0.1 + 0.2);
    CHECK(back.fit.goodness->p_value == 5e-324);
    CHECK(back.fit.estimates == file.fit.estimates);
    CHECK(back.fit.trimmed_count == 17);
    CHECK(io::to_json(back) == io::to_json(file));
  }
  file.fit.estimates = {{"none", nan}};
  CHECK(std::isnan(io::from_json(io::to_json(file), "test").fit.estimates.at("none")));
  for (const auto status : {plimsoll::FitStatus::fit_rejected, plimsoll::FitStatus::not_converged}) {
    file.fit.status = status;
    CHECK(io::from_json(io::to_json(file), "test").fit.status == status);
  }
}

TEST_CASE("a threshold file gives every word back") {
  io::ThresholdFile file = file_with_cutoff(1.5);
  using plimsoll::FitStatus;
  for (const FitStatus status : {FitStatus::too_few_scores, FitStatus::missing_class, FitStatus::no_spread,
                                 FitStatus::not_applicable, FitStatus::not_converged, FitStatus::fit_rejected,
                                 FitStatus::undetectable, FitStatus::drifted, FitStatus::ok}) {
    file.fit.status = status;
    CHECK(io::from_json(io::to_json(file), "test").fit.status == status);
  }
  using plimsoll::Guarantee;
  for (const Guarantee guarantee : {Guarantee::distribution_free, Guarantee::model_based, Guarantee::none}) {
    file.fit.promise.guarantee = guarantee;
    CHECK(io::from_json(io::to_json(file), "test").fit.promise.guarantee == guarantee);
  }
  using plimsoll::ScoreType;
  for (const ScoreType type : {ScoreType::float16, ScoreType::float32, ScoreType::float64}) {
    file.fit.score_type = type;
    CHECK(io::from_json(io::to_json(file), "test").fit.score_type == type);
  }
  for (const auto direction :
       {plimsoll::ScoreDirection::lower_is_anomalous, plimsoll::ScoreDirection::higher_is_anomalous}) {
    file.direction = direction;
    CHECK(io::from_json(io::to_json(file), "test").direction == direction);
  }
}

TEST_CASE("a threshold file gives the curve of a search back, whose columns have one length") {
  io::ThresholdFile file = file_with_cutoff(1.5);
  CHECK(io::from_json(io::to_json(file), "test").fit.curve.empty());
  file.fit.curve = {{4, 0.25, 0.125, 0.5}, {3, std::nan(""), 0.375, 0.625}, {1.5, 0.75, 0.875, 1}};
  const auto back = io::from_json(io::to_json(file), "test").fit.curve;
  REQUIRE(back.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(back[i].cutoff == file.fit.curve[i].cutoff);
    if (i != 1) CHECK(back[i].objective == file.fit.curve[i].objective);
    CHECK(back[i].false_alarm_rate == file.fit.curve[i].false_alarm_rate);
    CHECK(back[i].recall == file.fit.curve[i].recall);
  }
  CHECK(std::isnan(back[1].objective));
  const auto whole = nlohmann::json::parse(io::to_json(file));
  CHECK(whole.at("curve").at("objective")[1].is_null());
  const std::string prefix = "line.json: not a threshold file that this version reads: field curve.";
  for (const std::string column : {"cutoff", "objective", "false_alarm_rate", "recall"}) {
    auto changed = whole;
    changed["curve"][column].push_back(0.5);
    CHECK(message_of([&] { static_cast<void>(io::from_json(changed.dump(), "line.json")); }) ==
          prefix + "cutoff, objective, false_alarm_rate and recall differ in length");
    changed["curve"].erase(column);
    CHECK(message_of([&] { static_cast<void>(io::from_json(changed.dump(), "line.json")); }) ==
          prefix + column + " is missing");
  }
}

TEST_CASE("a threshold file with a parameter that is called like a field gives it back") {
  io::ThresholdFile file = file_with_cutoff(0.1);
  for (const plimsoll::ParameterValue& value :
       {plimsoll::ParameterValue{"the shortest decimal of 0x3ff8000000000000"},
        plimsoll::ParameterValue{"the shortest decimal of 0x3ff8000000000000 and more"},
        plimsoll::ParameterValue{"\"cutoff\": 7"}, plimsoll::ParameterValue{""}, plimsoll::ParameterValue{-0.0},
        plimsoll::ParameterValue{0.1 + 0.2}, plimsoll::ParameterValue{}}) {
    file.fit.parameters["cutoff"] = value;
    file.fit.note = "\"cutoff\": 9";
    const io::ThresholdFile back = io::from_json(io::to_json(file), "test");
    CHECK(back.fit.parameters == file.fit.parameters);
    CHECK(back.fit.note == file.fit.note);
    CHECK(back.fit.cutoff.value() == 0.1);
  }
}

TEST_CASE("a threshold file whose estimates are no numbers says which") {
  auto json = nlohmann::json::parse(io::to_json(file_with_cutoff(1.5)));
  const std::string prefix = "line.json: not a threshold file that this version reads: field estimates.";
  const auto message = [&json](const std::string& name) {
    json["estimates"] = {{name, "many"}};
    return message_of([&] { static_cast<void>(io::from_json(json.dump(), "line.json")); });
  };
  CHECK(message("xi") == prefix + "xi is not a number");
  CHECK(message("a\nb") == prefix + "a?b is not a number");
  CHECK(message(std::string("a\0b", 3)) == prefix + "a?b is not a number");
}

TEST_CASE("a threshold file with a field missing says which") {
  const auto whole = nlohmann::json::parse(io::to_json(file_with_cutoff(1.5)));
  const std::string prefix = "line.json: not a threshold file that this version reads: ";
  for (const auto& [name, value] : whole.items()) {
    auto less = whole;
    less.erase(name);
    CHECK(message_of([&] { static_cast<void>(io::from_json(less.dump(), "line.json")); }) ==
          prefix + "field " + name + " is missing");
    if (!value.is_object() || name == "parameters") continue;
    for (const auto& [inner, unused] : value.items()) {
      if (inner == "text") continue;     // said for people, made again from the rest
      if (inner == "trimmed") continue;  // newer than the others, so that it may be absent
      less = whole;
      less[name].erase(inner);
      CHECK(message_of([&] { static_cast<void>(io::from_json(less.dump(), "line.json")); }) ==
            prefix + "field " + name + "." + inner + " is missing");
    }
  }
  auto other = whole;
  other["version"] = 2;
  CHECK(message_of([&] { static_cast<void>(io::from_json(other.dump(), "line.json")); }) ==
        prefix + "its version is 2, known is 1");
  other = whole;
  other["cutoff"] = 1.25;
  CHECK(message_of([&] { static_cast<void>(io::from_json(other.dump(), "line.json")); }) ==
        prefix + "field cutoff and cutoff_bits are different numbers; after an edit by hand fit with --method manual");
  CHECK(message_of([&] { static_cast<void>(io::from_json("{\"a\": ", "line.json")); }) ==
        "line.json: not JSON: error at byte 7");
  CHECK(message_of([&] { static_cast<void>(io::from_json("[1]", "line.json")); }) ==
        prefix + "it is not a JSON object");
}

TEST_CASE("files are replaced whole") {
  const Folder folder;
  const std::string path = folder.file("line.json");
  io::write_file(path, "first");
  io::write_file(path, "second");
  CHECK(content_of(path) == "second");
  fs::create_symlink("line.json", folder.file("link.json"));
  io::write_file(folder.file("link.json"), "third");
  CHECK(fs::is_symlink(folder.file("link.json")));
  CHECK(content_of(path) == "third");
  CHECK(folder.count() == 2);
  // What an earlier process of the same number left beside it is in nobody's way.
  const std::string left = path + "." + std::to_string(::getpid()) + ".0.tmp";
  io::write_file(left, "left");
  io::write_file(path, "fourth");
  CHECK(content_of(path) == "fourth");
  CHECK(content_of(left) == "left");
  fs::remove(left);
  CHECK(folder.count() == 2);
  CHECK_THROWS_AS(io::write_file(folder.file("no/such/folder"), "x"), io::FileError);
  CHECK_THROWS_AS(io::write_file(folder.file(""), "x"), io::FileError);
  CHECK(folder.count() == 2);
  // /dev/full takes no byte, and is still there afterwards.
  if (fs::exists("/dev/full")) {
    CHECK_THROWS_AS(io::write_file("/dev/full", "x"), io::FileError);
    CHECK(fs::is_character_file("/dev/full"));
  }
}

TEST_CASE("labels are written as NumPy reads them, and read back") {
  const Folder folder;
  const std::vector<Label> labels{Label::normal, Label::anomalous, Label::anomalous,
                                  Label::normal, Label::normal,    Label::anomalous};
  const std::string npy = io::labels_as_npy(labels, {2, 3});
  CHECK(npy.size() == 64 + 64 + 6);  // 10 + header, padded to a multiple of 64, then a byte a label
  CHECK(npy.substr(0, 8) == std::string("\x93NUMPY\x01\x00", 8));
  CHECK(npy.find("{'descr': '|u1', 'fortran_order': False, 'shape': (2,3,), }") == 10);
  CHECK(npy[127] == '\n');
  CHECK(npy.substr(128) == std::string("\0\1\1\0\0\1", 6));
  io::write_labels(folder.file("labels.npy"), labels, {2, 3});
  const io::LabelArray back = io::read_labels(folder.file("labels.npy"));
  CHECK(back.values == labels);
  CHECK(back.shape == std::vector<std::size_t>{2, 3});
  // 51 bytes of the header come before the shape and 4 behind it, then its end: with 62 between them 128 are full.
  const std::vector<std::size_t> ones(31, 1);
  const std::string full = io::labels_as_npy(std::vector<Label>{Label::anomalous}, ones);
  CHECK(full.size() == 128 + 1);
  CHECK(full.ends_with(",1,), }\n\1"));
  io::write_labels(folder.file("labels.txt"), labels, {2, 3});
  CHECK(content_of(folder.file("labels.txt")) == "0\n1\n1\n0\n0\n1\n");
  CHECK(io::read_labels(folder.file("labels.txt")).values == labels);
}

TEST_CASE("long files come in blocks that make up the whole") {
  const Folder folder;
  const std::size_t n = (std::size_t{1} << 18) * 2 + 17;
  std::ofstream csv(folder.file("scores.csv"));
  csv << "score\n";
  for (std::size_t i = 0; i < n; ++i) csv << i << "\n";
  csv.close();
  const auto reader = io::open_scores(folder.file("scores.csv"));
  io::ScoreBlock block;
  std::size_t next = 0;
  std::size_t blocks = 0;
  while (reader->next(block)) {
    ++blocks;
    for (const double score : std::get<std::vector<double>>(block.values)) {
      if (score != static_cast<double>(next++)) FAIL("score " << next - 1 << " is " << score);
    }
  }
  CHECK(next == n);
  CHECK(blocks == 3);
  CHECK(reader->progress() == 1.0);
}

TEST_CASE("a state file is the bytes of docs/formats.md") {
  const Folder folder;
  const std::string path = folder.file("shard.state");
  const io::StateFile file{{std::byte{7}, std::byte{8}, std::byte{9}}, plimsoll::ScoreDirection::lower_is_anomalous};
  io::write_state_file(path, file);
  const auto word = [](char first) { return first + std::string(7, '\0'); };
  std::string bytes = "plimcoll" + word(1) + word(1) + word(3) + "\7\10\11" + std::string(5, '\0');
  const auto with_checksum = [](const std::string& text) {
    std::vector<std::byte> all;
    for (const char c : text) all.push_back(static_cast<std::byte>(c));
    all.resize(all.size() + 8);
    std::string made;
    for (const std::byte b : plimsoll::test::signed_again(all)) made += static_cast<char>(b);
    return made;
  };
  CHECK(content_of(path) == with_checksum(bytes));
  CHECK(io::read_state_file(path).snapshot == file.snapshot);
  CHECK(io::read_state_file(path).direction == file.direction);
  const std::tuple<std::size_t, char, std::string> wrong[] = {
      {8, '\2', "has version 2, and this library reads version 1"},
      {16, '\2', "holds numbers that make no sense"},   // a direction
      {31, '\20', "holds numbers that make no sense"},  // 2^60 bytes
      {24, '\11', "is cut short"},                      // two words
      {24, '\2', "holds numbers that make no sense"},   // filled up with a 9
  };
  for (const auto& [place, value, what] : wrong) {
    std::string changed = bytes;
    changed[place] = value;
    std::ofstream(path, std::ios::binary) << with_checksum(changed);
    CHECK(message_of([&] { (void)io::read_state_file(path); }) == path + ": state file: the snapshot " + what);
  }
}

TEST_CASE("a state file of any length is read to its end") {
  // It is read a mebibyte at a time; 40 bytes of it are not the snapshot's.
  const Folder folder;
  for (const std::size_t size : {std::size_t{0}, std::size_t{1} << 20, (std::size_t{1} << 20) - 40,
                                 (std::size_t{2} << 20) - 40, (std::size_t{2} << 20) - 32}) {
    io::StateFile file;
    for (std::size_t i = 0; i < size; ++i) file.snapshot.push_back(static_cast<std::byte>(i * 2654435761U >> 24));
    io::write_state_file(folder.file("shard.state"), file);
    CHECK(fs::file_size(folder.file("shard.state")) == size + 40);
    CHECK((io::read_state_file(folder.file("shard.state")).snapshot == file.snapshot));
  }
}

TEST_CASE("text of a file is shown in one line, its first forty bytes, without what a terminal obeys") {
  auto json = nlohmann::json::parse(io::to_json(file_with_cutoff(1.5)));
  const auto shown = [&json](const std::string& word) {
    json["direction"] = word;
    const std::string message = message_of([&] { static_cast<void>(io::from_json(json.dump(), "line.json")); });
    const std::string begin =
        "line.json: not a threshold file that this version reads: field direction has the unknown word '";
    CHECK(message.starts_with(begin));
    return message.substr(begin.size());
  };
  CHECK(shown(" up~ ") == " up~ '");
  CHECK(shown("a\x1f\x7f\nb") == "a???b'");
  // U+0080 to U+009F are controls too, of two bytes each; U+00A0 and U+00BF are none.
  CHECK(shown("\xc2\x80|\xc2\x9f|") == "??|??|'");
  CHECK(shown("\xc2\xa0|\xc2\xbf") == "\xc2\xa0|\xc2\xbf'");
  CHECK(shown("\xc3\x80\xc3\x9f") == "\xc3\x80\xc3\x9f'");
  CHECK(shown(std::string(40, 'x')) == std::string(40, 'x') + "'");
  CHECK(shown(std::string(41, 'x')) == std::string(40, 'x') + "...'");
}

TEST_CASE("a file that is replaced keeps its permissions, whatever the umask") {
  const Folder folder;
  const std::string path = folder.file("line.json");
  const ::mode_t before = ::umask(0077);
  for (const fs::perms kept : {fs::perms{0600}, fs::perms{0664}, fs::perms{0666}, fs::perms{0755}, fs::perms{0400}}) {
    io::write_file(path, "old");
    fs::permissions(path, kept);
    io::write_file(path, "new");
    CHECK(content_of(path) == "new");
    CHECK(fs::status(path).permissions() == kept);
    fs::remove(path);
  }
  ::umask(before);
}

}  // namespace
