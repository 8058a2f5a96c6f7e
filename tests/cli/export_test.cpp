// SPDX-License-Identifier: Apache-2.0
// The exported header, compiled by itself into a program without exceptions, type information and heap, decides as
// `plimsoll apply` does.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "catch.hpp"
#include "json_file.hpp"
#include "npy_file.hpp"
#include "random.hpp"
#include "workspace.hpp"

using namespace plimsoll::cli_test;

namespace {

/// Runs a command in the workspace's folder; what it prints is in the file `log`.
bool succeeds(const Workspace& workspace, const std::string& command) {
  const std::string line = "cd '" + workspace.path(".").string() + "' && (" + command + ") > log 2>&1";
  return std::system(line.c_str()) == 0;
}

/// Compiles the program beside the header that it includes, against the library's headers or what is in `folder`.
void compile(const Workspace& workspace, const std::string& source, const std::string& folder = PLIMSOLL_INCLUDE) {
  workspace.write("program.cpp", source);
  const bool compiled =
      succeeds(workspace, PLIMSOLL_COMPILER
                              " -std=c++20 -Os -fno-exceptions -fno-rtti -Wall -Wextra -Wpedantic -Wconversion"
                              " -Wsign-conversion -Wshadow -Werror -I'" +
                              folder + "' program.cpp -o program");
  INFO(workspace.read("log"));
  REQUIRE(compiled);
}

/// Reads maps of 12 x 16 floats and prints each decision, numbers by their bits, then its mask. A heap is not there.
constexpr std::string_view map_program = R"(
#include "line.hpp"
#include <bit>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <new>
void* operator new(std::size_t) { std::abort(); }
void operator delete(void*) noexcept { std::abort(); }
void operator delete(void*, std::size_t) noexcept { std::abort(); }
static plimsoll::MapWorkspace<12, 16> workspace;
static float pixels[12 * 16];
int main() {
  while (std::fread(pixels, sizeof pixels, 1, stdin) == 1) {
    const plimsoll::Decision d = line.decide(plimsoll::ScoreMap(pixels, 12, 16, 16), workspace);
    std::size_t area = 0;
    for (const plimsoll::Region& region : d.regions) area += region.area;
    const double p = line_normals.p_value(plimsoll::directed(d.score, line.direction));
    std::printf("%d %d %zu %zu %" PRIx64 " %" PRIx64 " %.17g\n", static_cast<int>(d.label),
                static_cast<int>(d.verdict), d.regions.size(), area, std::bit_cast<std::uint64_t>(d.score),
                std::bit_cast<std::uint64_t>(p), line.normalised(d.score));
    for (std::size_t row = 0; row < d.mask.rows(); ++row) {
      for (const std::uint8_t byte : d.mask.row(row)) std::putchar('0' + byte);
    }
    std::putchar('\n');
  }
}
)";

constexpr std::size_t rows = 12;
constexpr std::size_t columns = 16;

/// Maps of noise; each third has a bright square, and the last two a NaN and an infinity.
std::vector<double> maps(std::uint64_t seed, std::size_t count, bool strange, double sign) {
  plimsoll::test::Random random(seed);
  std::vector<double> pixels(count * rows * columns);
  for (double& pixel : pixels) pixel = sign * static_cast<float>(random.exponential());
  if (!strange) return pixels;
  for (std::size_t map = 0; map < count; map += 3) {
    const double strength = 1.5 * static_cast<double>(map % 7);
    for (std::size_t row = 3; row < 8; ++row) {
      for (std::size_t column = 4; column < 10; ++column) {
        double& pixel = pixels[(map * rows + row) * columns + column];
        pixel = static_cast<float>(pixel + sign * strength);
      }
    }
  }
  pixels[(count - 1) * rows * columns + 5] = std::nan("");
  pixels[(count - 2) * rows * columns + 5] = sign * std::numeric_limits<double>::infinity();
  return pixels;
}

std::string floats_of(const std::vector<double>& values) {
  std::string bytes;
  for (const double value : values) {
    const auto bits = std::bit_cast<std::uint32_t>(static_cast<float>(value));
    for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(bits >> shift & 0xff);
  }
  return bytes;
}

/// The cell as a number; empty is NaN.
double number(const std::string& cell) {
  return cell.empty() ? std::nan("") : std::strtod(cell.c_str(), nullptr);
}

double of_bits(const std::string& hexadecimal) {
  return std::bit_cast<double>(static_cast<std::uint64_t>(std::stoull(hexadecimal, nullptr, 16)));
}

/// As C++ writes all bits of a number.
std::string literal(const nlohmann::json& value) {
  char text[64];
  std::snprintf(text, sizeof text, "%a", value.get<double>());
  return text;
}

/// static_asserts that the constant holds what the file does and decisions on maps do not show.
std::string assertions(const nlohmann::json& file) {
  std::string text;
  const auto equal = [&text](const std::string& member, const std::string& value) {
    text += "static_assert(line." + member + " == " + value + ");\n";
  };
  const auto normalisation = [&](const std::string& member, const nlohmann::json& json) {
    equal(member + ".kind", "plimsoll::NormalisationKind::" + json.at("kind").get<std::string>());
    for (const std::string field : {"minimum", "maximum", "deviation"}) {
      equal(member + "." + field, literal(json.at(field)));
    }
  };
  const auto curve = [&](const std::string& member, const nlohmann::json& json) {
    const std::size_t count = json.at("rate").size();
    equal(member + ".count", std::to_string(count));
    for (std::size_t i = 0; i < count; ++i) {
      const std::string knot = member + ".knots[" + std::to_string(i) + "]";
      equal(knot + ".rate", literal(json.at("rate").at(i)));
      equal(knot + ".cutoff", literal(json.at("cutoff").at(i)));
    }
  };
  normalisation("normalisation", file.at("image").at("normalisation"));
  normalisation("pixel_normalisation", file.at("mask").at("normalisation"));
  curve("rates", file.at("tables").at("image_rates"));
  curve("mask_rates", file.at("tables").at("mask_rates"));
  return text;
}

constexpr double infinity = std::numeric_limits<double>::infinity();

}  // namespace

TEST_CASE("export: the compiled constant decides maps as apply does") {
  struct Case {
    const char* arguments;
    double sign;
  };
  const Case one = GENERATE(
      Case{"--mask hysteresis --fill-holes --minimum-area 3 --review-rate 0.3 --normalisation tail", 1},
      Case{"--direction lower --erosion 1 --dilation 1 --connectivity 4 --agreement either --normalisation z_score",
           -1},
      Case{"--method quantile --agreement label_wins --high-share 0.5", 1});
  const Workspace workspace;
  workspace.write("normal.npy", npy(maps(1, 60, false, one.sign), {.type = "<f4", .shape = {60, rows, columns}}));
  const std::vector<double> test = maps(2, 40, true, one.sign);
  workspace.write("test.npy", npy(test, {.type = "<f4", .shape = {40, rows, columns}}));
  workspace.write("test.bin", floats_of(test));
  check_success(
      workspace.run("fit --maps normal.npy --false-alarm-rate 0.1 -o cal.json " + std::string(one.arguments)));
  const Outcome applied = workspace.run("apply cal.json test.npy --format csv -o masks.npy");
  check_success(applied);
  check_success(workspace.run("export --cpp cal.json -o line.hpp"));
  compile(workspace, std::string(map_program) + assertions(nlohmann::json::parse(workspace.read("cal.json"))));
  REQUIRE(succeeds(workspace, "./program < test.bin > decisions"));

  const std::vector<std::string> expected = lines_of(applied.out);
  const std::vector<int> masks = npy_bytes(workspace.read("masks.npy")).values;
  const std::vector<std::string> decided = lines_of(workspace.read("decisions"));
  REQUIRE(expected.at(0) == "index,name,score,normalised,label,verdict,regions,area,p_value");
  REQUIRE(expected.size() == 41);
  REQUIRE(decided.size() == 80);
  std::vector<std::size_t> verdicts(3);
  std::size_t set = 0;
  for (std::size_t i = 0; i < 40; ++i) {
    const std::vector<std::string> apply = split(expected[i + 1], ',');
    const std::vector<std::string> own = split(decided[2 * i], ' ');
    INFO(expected[i + 1]);
    CHECK(own[0] == apply[4]);
    const std::size_t verdict = std::stoul(own[1]);
    ++verdicts.at(verdict);
    CHECK(std::vector<std::string>{"normal", "review", "anomalous"}.at(verdict) == apply[5]);
    CHECK(own[2] == apply[6]);
    CHECK(own[3] == apply[7]);
    CHECK(same({of_bits(own[4])}, {number(apply[2])}));
    CHECK(same({of_bits(own[5])}, {number(apply[8])}));
    // Compilers may contract a product and a sum, which moves the last bits of a logarithm's interpolation.
    const double normalised = number(own[6]);
    CHECK(((std::isnan(normalised) && apply[3].empty()) || std::abs(normalised - number(apply[3])) <= 1e-14));
    std::string mask;
    for (std::size_t pixel = 0; pixel < rows * columns; ++pixel) {
      mask += static_cast<char>('0' + (masks[i * rows * columns + pixel] != 0 ? 1 : 0));
    }
    CHECK(decided[2 * i + 1] == mask);
    set += static_cast<std::size_t>(std::ranges::count(mask, '1'));
  }
  // The comparison is of something.
  CHECK(verdicts[0] > 0);
  CHECK(verdicts[2] > 0);
  CHECK(set > 0);
}

TEST_CASE("export: a threshold file decides scores as apply does") {
  const Workspace workspace;
  check_success(workspace.run("fit " + example("bottle-knn/normal.npy") + " --method gpd -o threshold.json"));
  const Outcome applied = workspace.run("apply threshold.json " + example("bottle-knn/test.npy") + " --format csv");
  check_success(applied);
  check_success(workspace.run("export --cpp threshold.json --name bottle_line -o line.hpp"));
  const std::string header = workspace.read("line.hpp");
  CHECK(header.find("normals{") == std::string::npos);  // a threshold file keeps none
  const std::string program = R"(
#include "line.hpp"
#include <cstdio>
static_assert(bottle_line_pipeline_hash.empty());
int main() {
  double score;
  while (std::scanf("%lf", &score) == 1) std::printf("%d\n", static_cast<int>(bottle_line.label(score)));
}
)";
  std::string scores;
  std::string labels;
  const std::vector<std::string> lines = lines_of(applied.out);
  for (std::size_t i = 1; i < lines.size(); ++i) {
    scores += split(lines[i], ',').at(1) + "\n";
    labels += split(lines[i], ',').at(2) + "\n";
  }
  // At the line itself and just below it.
  const double cutoff = cutoff_of(nlohmann::json::parse(workspace.read("threshold.json")));
  char text[64];
  for (const double score : {cutoff, std::nextafter(cutoff, -infinity)}) {
    std::snprintf(text, sizeof text, "%a\n", score);
    scores += text;
  }
  labels += "1\n0\n";
  workspace.write("scores.txt", scores);
  compile(workspace, program);
  REQUIRE(succeeds(workspace, "./program < scores.txt > labels.txt"));
  CHECK(workspace.read("labels.txt") == labels);
  compile(workspace, "#include \"plimsoll_decide.hpp\"\n" + program, PLIMSOLL_SINGLE_HEADER_FOLDER);
  REQUIRE(succeeds(workspace, "./program < scores.txt > again.txt"));
  CHECK(workspace.read("again.txt") == labels);
  CHECK(labels.find("0\n") < labels.size() - 4);
  CHECK(labels.find("1\n") < labels.size() - 4);
}

TEST_CASE("export: no text of a file gets out of its comment or string") {
  const std::string hostile =
      "*/ \"; /* \\ \?\?/ \n#error from a line feed\r#error from a return\t\v\f\x7f\x01 Pr\xc3\xbc"
      "fung \xe2\x80\xae 7\\";
  const Workspace workspace;
  workspace.write("normal.npy", npy(maps(1, 60, false, 1), {.type = "<f4", .shape = {60, rows, columns}}));
  check_success(workspace.run("fit --maps normal.npy -o cal.json"));
  auto json = nlohmann::json::parse(workspace.read("cal.json"));
  json["pipeline"] = {{"text", hostile}, {"hash", "\\"}};
  json["library_version"] = hostile;
  json["image"]["fit"]["method"] = hostile;
  json["mask"]["high"]["method"] = "ends in \\";
  workspace.write("a\n#error name\\", json.dump());
  check_success(workspace.run("export --cpp 'a\n#error name\\' -o line.hpp"));
  const std::string header = workspace.read("line.hpp");
  CHECK(std::ranges::all_of(header, [](char c) { return c == '\n' || (c >= ' ' && c < 0x7f); }));
  compile(workspace, R"(
#include "line.hpp"
#include <cstdio>
static_assert(line_pipeline_hash == "\x5c");
int main() { std::fwrite(line_pipeline_text.data(), 1, line_pipeline_text.size(), stdout); }
)");
  REQUIRE(succeeds(workspace, "./program > text"));
  CHECK(workspace.read("text") == hostile);
}

TEST_CASE("export: to standard output, with another name, without normals") {
  const Workspace workspace;
  workspace.write("normal.npy", npy(maps(1, 60, false, 1), {.type = "<f4", .shape = {60, rows, columns}}));
  check_success(workspace.run("fit --maps normal.npy -o cal.json"));
  const Outcome printed = workspace.run("export cal.json --cpp");
  check_success(printed);
  CHECK(printed.out.starts_with("// Generated by plimsoll export"));
  CHECK(printed.out.ends_with("};\n"));
  CHECK(printed.out.find("\n#pragma once\n") != std::string::npos);
  CHECK(printed.out.find("promise: false alarms about") != std::string::npos);
  CHECK(workspace.run("export --cpp cal.json -o -").out == printed.out);
  CHECK(printed.out.find("// From \"cal.json\", ") != std::string::npos);
  CHECK(workspace.run("export --cpp -", workspace.read("cal.json")).out.find("// From \"standard input\", ") !=
        std::string::npos);
  CHECK(workspace.run("export --cpp - -o -", workspace.read("cal.json")).out.find("line_normals{") !=
        std::string::npos);

  const Outcome bare = workspace.run("export --cpp cal.json --name Line2 --without-normals");
  check_success(bare);
  CHECK(bare.out.find(" Line2{") != std::string::npos);
  CHECK(bare.out.find(" Line2_pipeline_hash = \"\";") != std::string::npos);
  CHECK(bare.out.find("ormals{") == std::string::npos);
  CHECK(bare.out.find("conformal.hpp") == std::string::npos);
}

TEST_CASE("export: anomalib decides by the constants as apply does") {
  const Workspace workspace;
  workspace.write("normal.npy", npy(maps(1, 60, false, 1), {.type = "<f4", .shape = {60, rows, columns}}));
  std::vector<double> test = maps(2, 40, true, 1);
  test.resize(39 * rows * columns);  // the last has a NaN, which is normal to anomalib
  workspace.write("test.npy", npy(test, {.type = "<f4", .shape = {39, rows, columns}}));
  check_success(workspace.run("fit --maps normal.npy --map-reduction maximum --false-alarm-rate 0.2 -o cal.json"));
  const Outcome applied = workspace.run("apply cal.json test.npy --format csv -o masks.npy");
  check_success(applied);
  const std::vector<int> masks = npy_bytes(workspace.read("masks.npy")).values;

  const auto constants = json_of(workspace.run("export --anomalib cal.json"));
  // PostProcessor's formula, in float, at its default sensitivity.
  const auto flags = [&](const std::string& which, double score) {
    const auto number = [&](const std::string& name) { return constants.at(which).at(name).get<float>(); };
    const float range = number(which + "_max") - number(which + "_min");
    const float normalised = (static_cast<float>(score) - number("_" + which + "_threshold")) / range + 0.5F;
    return normalised > 0.5F;
  };
  const std::vector<std::string> lines = lines_of(applied.out);
  std::size_t anomalous = 0;
  for (std::size_t i = 0; i < 39; ++i) {
    const auto first = test.begin() + static_cast<std::ptrdiff_t>(i * rows * columns);
    const double score = *std::max_element(first, first + rows * columns);
    CHECK(split(lines.at(i + 1), ',').at(4) == (flags("image", score) ? "1" : "0"));
    anomalous += flags("image", score);
  }
  CHECK(anomalous > 3);
  CHECK(anomalous < 36);
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < test.size(); ++i) wrong += flags("pixel", test[i]) != (masks[i] != 0);
  CHECK(wrong == 0);
  CHECK(std::ranges::count(masks, 0) < static_cast<std::ptrdiff_t>(masks.size()));

  // Through the metadata of older versions and back.
  check_success(workspace.run("export --anomalib-metadata cal.json -o metadata.json"));
  check_success(workspace.run("import metadata.json -o again.json"));
  const Outcome again = workspace.run("apply again.json test.npy --format csv -o masks_again.npy");
  check_success(again);
  CHECK(npy_bytes(workspace.read("masks_again.npy")).values == masks);
  const std::vector<std::string> others = lines_of(again.out);
  REQUIRE(others.size() == lines.size());
  for (std::size_t i = 1; i < lines.size(); ++i) {
    for (const std::size_t cell : {2U, 4U, 5U, 6U, 7U})
      CHECK(split(others[i], ',').at(cell) == split(lines[i], ',').at(cell));
  }

  const auto files = workspace.files();
  for (const std::string mask : {"hysteresis", "plain --minimum-area 3", "plain --fill-holes", "plain --erosion 1"}) {
    const Workspace other;
    other.write("normal.npy", workspace.read("normal.npy"));
    check_success(other.run("fit --maps normal.npy --map-reduction maximum -o rule.json --mask " + mask));
    check_refused(other.run("export --anomalib rule.json -o no.json"), 2, {"rule.json", "the mask", "anomalib"});
    check_refused(other.run("export --anomalib-metadata rule.json -o no.json"), 2, {"rule.json", "the mask"});
    CHECK(std::ranges::count(other.files(), "no.json") == 0);
  }
  check_refused(workspace.run("export --anomalib --cpp cal.json -o no.json"), 2, {"--cpp", "--anomalib"});
  check_refused(workspace.run("export --anomalib nowhere.json -o no.json"), 2, {"nowhere.json"});
  check_refused(workspace.run("export --anomalib metadata.json -o no.json"), 2, {"metadata.json", "format"});
  CHECK(workspace.files() == files);
}

TEST_CASE("export: what is about the C++ constant has no use for anomalib") {
  const Workspace workspace;
  check_success(workspace.run("fit - --method manual -o line.json", "1\n"));
  for (const std::string format : {"--anomalib", "--anomalib-metadata"}) {
    for (const std::string option : {"--name a", "--without-normals"}) {
      INFO(format << " " << option);
      check_refused(workspace.run("export " + format + " line.json " + option), 2,
                    {option.substr(0, option.find(' ')) + " requires --cpp"});
    }
  }
}

TEST_CASE("export: what cannot be a constant is refused, and nothing is written") {
  const Workspace workspace;
  check_success(workspace.run("fit - --method manual --value 3 -o line.json", "1\n"));
  auto failed = nlohmann::json::parse(workspace.read("line.json"));
  failed["status"] = "no_spread";
  workspace.write("failed.json", failed.dump());
  workspace.write("other.json", "{}");
  const auto files = workspace.files();
  for (const std::string name :
       {"class", "co_await", "xor", "_line", "line_", "a__b", "main", "std", "plimsoll", "1st", "a-b", "a::b", "a b",
        "Pr\xc3\xbc"
        "fung"}) {
    check_refused(workspace.run("export --cpp line.json --name '" + name + "' -o line.hpp"), 2, {"'" + name + "'"});
  }
  check_refused(workspace.run("export --cpp line.json --name '' -o line.hpp"), 2, {"--name"});
  for (const std::string flag : {"--cpp=no", "--anomalib=no", "--anomalib-metadata=no", "--cpp --without-normals=no"}) {
    check_refused(workspace.run("export " + flag + " line.json -o line.hpp"), 2, {"flag"});
  }
  check_refused(workspace.run("export --cpp line.json -o ''"), 2, {"--output: the value is empty"});
  check_refused(workspace.run("export line.json -o line.hpp"), 2, {"--cpp"});
  check_refused(workspace.run("export --cpp -o line.hpp"), 2, {"FILE"});
  check_refused(workspace.run("export --cpp other.json -o line.hpp"), 2, {"other.json", "format"});
  check_refused(workspace.run("export --cpp failed.json -o line.hpp"), 2, {"failed.json", "no_spread"});
  check_refused(workspace.run("export --cpp nowhere.json -o line.hpp"), 2, {"nowhere.json"});
  check_refused(workspace.run("export --cpp line.json -o nowhere/line.hpp"), 2, {"nowhere"});
  CHECK(workspace.files() == files);
}
