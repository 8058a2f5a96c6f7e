// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "json_file.hpp"
#include "npy_file.hpp"
#include "plimsoll/core/parameter.hpp"
#include "random.hpp"
#include "workspace.hpp"

using namespace plimsoll::cli_test;

namespace {

/// A workspace with 60 maps of noise, times a sign.
class WithMaps : public Workspace {
 public:
  explicit WithMaps(double sign = 1) {
    plimsoll::test::Random random(5);
    std::vector<double> pixels(60 * 12 * 16);
    for (double& pixel : pixels) pixel = sign * static_cast<float>(random.exponential());
    write("normal.npy", npy(pixels, {.type = "<f4", .shape = {60, 12, 16}}));
  }
};

/// What the fit lines and sentences say, whatever their line breaks.
std::string flat(const Outcome& outcome) {
  check_success(outcome);
  std::string text;
  for (const char c : outcome.out) {
    const char shown = c == '\n' ? ' ' : c;
    if (shown != ' ' || !text.ends_with(' ')) text += shown;
  }
  return text;
}

void check_mentions(const std::string& text, const std::vector<std::string>& parts) {
  for (const std::string& part : parts) {
    INFO(text);
    INFO("to be mentioned: " << part);
    CHECK(text.find(part) != std::string::npos);
  }
}

nlohmann::json read_json(const Workspace& workspace, const std::string& name) {
  return nlohmann::json::parse(workspace.read(name));
}

}  // namespace

TEST_CASE("inspect: a calibration file in words") {
  const WithMaps workspace;
  check_success(
      workspace.run("fit --maps normal.npy --mask hysteresis --false-alarm-rate 0.05 --review-rate 0.2 --erosion 1 "
                    "--dilation 2 --fill-holes --minimum-area 4 --connectivity 4 --normalisation tail "
                    "--pipeline 'PatchCore, 12 x 16' --pipeline-hash a1b2 -o cal.json"));
  const auto file = read_json(workspace, "cal.json");
  const auto shown = [](const nlohmann::json& fit) { return fit.at("cutoff").dump(); };
  const Outcome outcome = workspace.run("inspect cal.json");
  const std::string text = flat(outcome);
  check_mentions(
      text, {"cal.json: a calibration file, version 1, written by plimsoll 0.1.0",
             "high scores are strange",
             "PatchCore, 12 x 16",
             "a1b2",
             "the mean of the largest 0.2 % of its map's pixels",
             "when its score is from " + shown(file["image"]["fit"]) + " on",
             "when its score is from " + shown(file["image"]["review"]) + " on, and it is not anomalous",
             "both stay, and a normal image with a region is for review",
             "tail, from 60 normal scores",
             "about 5 % of new normal images are called anomalous, if the fitted model is right",
             "about 20 % of new normal images have a score that reaches this cutoff",
             "step 1 take the pixels from " + shown(file["mask"]["low"]) + " on, the low level",
             "step 2 pixels that share a side make one region",
             "step 3 keep the regions that have a pixel from " + shown(file["mask"]["high"]) + " on, the high level",
             "step 4 shrink what is left by 1 pixel on all sides",
             "step 5 grow it by 2 pixels on all sides",
             "step 6 fill holes",
             "step 7 drop regions of fewer than 4 pixels",
             "of new normal images have a pixel that reaches this level",
             "r the false-alarm rate of the score as a cutoff",
             "60 normal image scores",
             "1 / 61 = 0.0163934"});
  for (const std::string& line : lines_of(outcome.out)) CHECK(line.size() <= 100);
}

TEST_CASE("inspect: a plain calibration file is told whole, and nothing that it has not") {
  const WithMaps workspace;
  check_success(
      workspace.run("fit --maps normal.npy --method maximum --high-share 0.3 --agreement mask_wins -o cal.json"));
  const auto json = json_of(workspace.run("inspect cal.json --format json"));
  const Outcome outcome = workspace.run("inspect cal.json");
  std::string text = flat(outcome);
  const auto six = [](const nlohmann::json& number) { return fmt::format("{:.6g}", number.get<double>()); };
  // Takes the text up to what is expected next.
  const auto next = [&](const std::string& part) {
    INFO(text);
    INFO(part);
    CHECK(text.starts_with(part));
    text.erase(0, part.size());
  };
  next("cal.json: a calibration file, version 1, written by plimsoll " + json.at("library_version").get<std::string>() +
       " scores high scores are strange; one equal to a cutoff is anomalous, and so is NaN made by unknown hash none");
  next(
      " An image score the mean of the largest 0.2 % of its map's pixels anomalous when its mask has a region; its "
      "score "
      "only decides on review review never agreement when label and mask disagree, the mask wins: an image is "
      "anomalous "
      "when its mask has a region");
  const auto fit = [&](const nlohmann::json& told) {
    next(" in words " + told.at("promise").at("in_words").get<std::string>() + " method " +
         told.at("method").get<std::string>() + ", from 60 normal scores (" + told.at("score_type").get<std::string>() +
         ") cutoff " + told.at("cutoff").dump() + " promise " + told.at("promise").at("text").get<std::string>());
    if (told.contains("interval")) {
      const auto& interval = told.at("interval");
      next(" interval [" + six(interval.at("lower")) + ", " + six(interval.at("upper")) +
           "] with 95 % confidence, by order statistics");
    }
    if (told.at("note") != "") next(" note " + told.at("note").get<std::string>());
  };
  next(" The image cutoff");
  const auto& image = json.at("image");
  // 1 / 61; a promise is rounded up.
  CHECK(image.at("cutoff").at("promise").at("in_words") ==
        "at most 1.64 % of new normal images have a score that reaches this cutoff, whatever the distribution of their "
        "scores, on average over calibrations like this one; 60 normals can promise no less than 1.64 %");
  fit(image.at("cutoff"));
  const auto& mask = json.at("mask");
  next(" A mask step 1 take the pixels from " + mask.at("high").at("cutoff").dump() +
       " on step 2 pixels that share a side or a corner make one region The mask's level");
  CHECK(mask.at("high").contains("interval"));
  fit(mask.at("high"));
  next(" Shown as 0 to 1, 1/2 at the cutoff image " + image.at("normalised").get<std::string>() + " pixel " +
       mask.at("normalised").get<std::string>());
  // A fitted maximum knows one rate, which is no table; that of the masks has 1 / 60.5 and more.
  next(
      " Other rates, by plimsoll apply --false-alarm-rate and --high-share normal images flagged image cutoff mask "
      "level");
  CHECK(image.at("rates").at("rows").empty());
  const auto& rows = mask.at("rates").at("rows");
  CHECK(rows.size() == 5);
  for (const auto& row : rows)
    next(fmt::format(" {:g} % - {}", 100 * row.at("rate").get<double>(), six(row.at("cutoff"))));
  next(" known: none for images, 1.65 % to 50 % for masks; between stored rates interpolated");
  next(" p-values by 60 normal image scores, all kept; the least possible is 1 / 61 = 0.0163934");
  CHECK(text == " ");
  CHECK(json.at("p_values") == nlohmann::json({{"normals", 60}, {"kept", 60}, {"least", 1.0 / 61}}));
}

TEST_CASE("inspect: JSON holds the facts of the file") {
  const WithMaps workspace;
  check_success(
      workspace.run("fit --maps normal.npy --mask hysteresis --false-alarm-rate 0.05 --review-rate 0.2 -o cal.json"));
  const auto file = read_json(workspace, "cal.json");
  const auto json = json_of(workspace.run("inspect cal.json --format json"));
  CHECK(json.at("kind") == "calibration");
  CHECK(json.at("version") == file.at("version"));
  CHECK(json.at("library_version") == file.at("library_version"));
  CHECK(json.at("pipeline") == file.at("pipeline"));
  const auto same_fit = [](const nlohmann::json& shown, const nlohmann::json& fit) {
    CHECK(shown.at("cutoff").get<double>() == cutoff_of(fit));
    for (const char* name : {"method", "status", "counts", "note"}) CHECK(shown.at(name) == fit.at(name));
    CHECK(shown.value("interval", nlohmann::json()) == fit.value("interval", nlohmann::json()));
    CHECK(shown.value("estimates", nlohmann::json()) == fit.value("estimates", nlohmann::json()));
    for (const char* name : {"text", "guarantee", "false_alarm_rate", "confidence", "normals", "best_rate"}) {
      CHECK(shown.at("promise").at(name) == fit.at("promise").at(name));
    }
  };
  same_fit(json.at("image").at("cutoff"), file.at("image").at("fit"));
  same_fit(json.at("image").at("review_cutoff"), file.at("image").at("review"));
  same_fit(json.at("mask").at("high"), file.at("mask").at("high"));
  same_fit(json.at("mask").at("low"), file.at("mask").at("low"));
  CHECK(json.at("mask").at("agreement") == file.at("agreement"));
  for (const char* name : {"connectivity", "erosion", "dilation", "fill_holes", "minimum_area"}) {
    CHECK(json.at("mask").at(name) == file.at("mask").at(name));
  }
  // A stored rate has its own cutoff, to the bit; that of the fit is stored.
  const auto& rows = json.at("image").at("rates").at("rows");
  const auto own = std::ranges::find_if(rows, [](const auto& row) { return row.at("rate") == 0.05; });
  REQUIRE(own != rows.end());
  CHECK(own->at("cutoff").template get<double>() == cutoff_of(file.at("image").at("fit")));
  // A half, a fifth, a tenth and so on to a ten thousandth, as far as the tables know them.
  for (const char* part : {"image", "mask"}) {
    const auto& rates = json.at(part).at("rates");
    std::vector<double> expected;
    for (const double rate : {0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.001, 0.0001}) {
      if (rate >= rates.at("least_rate") && rate <= rates.at("largest_rate")) expected.push_back(rate);
    }
    std::vector<double> told;
    for (const auto& row : rates.at("rows")) told.push_back(row.at("rate"));
    CHECK(told == expected);
    CHECK(told.size() == (std::string(part) == "image" ? 8 : 5));
  }
  const auto& stored = file.at("tables").at("image_rates").at("rate");
  CHECK(json.at("image").at("rates").at("least_rate") == stored.back());
  CHECK(json.at("image").at("rates").at("largest_rate") == stored.front());
  CHECK(json.at("p_values").at("normals") == 60);
}

TEST_CASE("inspect: where low scores are strange numbers are those of the scores as they come") {
  const WithMaps workspace(-1);
  check_success(workspace.run("fit --maps normal.npy --direction lower --agreement either -o cal.json"));
  const auto file = read_json(workspace, "cal.json");
  const double cutoff = -cutoff_of(file.at("image").at("fit"));
  REQUIRE(cutoff < 0);
  const auto json = json_of(workspace.run("inspect cal.json --format json"));
  CHECK(json.at("image").at("cutoff").at("cutoff") == cutoff);
  const auto& interval = json.at("mask").at("high").at("interval");
  CHECK(interval.at("lower") == -file.at("mask").at("high").at("interval").at("upper").get<double>());
  CHECK(interval.at("upper") == -file.at("mask").at("high").at("interval").at("lower").get<double>());
  const auto& rows = json.at("image").at("rates").at("rows");
  REQUIRE(rows.size() > 1);
  CHECK(rows.front().at("cutoff") > rows.back().at("cutoff"));  // the rarer, the lower
  const std::string text = flat(workspace.run("inspect cal.json"));
  check_mentions(text, {"low scores are strange", "the mean of the lowest 0.2 % of its map's pixels",
                        "when its score is of " + nlohmann::json(cutoff).dump() +
                            " and lower, or when its mask has a "
                            "region",
                        "review never", "(-score - "});
}

TEST_CASE("inspect: a promise on scores is no promise on images when their masks decide as well") {
  const WithMaps workspace;
  for (const std::string agreement : {"review", "label_wins", "mask_wins", "either"}) {
    check_success(workspace.run("fit --maps normal.npy -o cal.json --agreement " + agreement));
    const auto image = json_of(workspace.run("inspect cal.json --format json")).at("image");
    const auto words = image.at("cutoff").at("promise").at("in_words").get<std::string>();
    const bool by_mask = agreement == "mask_wins" || agreement == "either";
    CHECK((words.find("are called anomalous") == std::string::npos) == by_mask);
    CHECK((image.at("anomalous").get<std::string>().find("mask") != std::string::npos) == by_mask);
  }
}

TEST_CASE("inspect: formulas have the numbers of the file") {
  const WithMaps workspace;
  const std::string kind = GENERATE("min_max", "z_score");
  check_success(workspace.run("fit --maps normal.npy -o cal.json --normalisation " + kind));
  auto file = read_json(workspace, "cal.json");
  file["image"]["normalisation"]["minimum"] = -2.5;
  file["image"]["normalisation"]["maximum"] = 4.25;
  file["image"]["normalisation"]["deviation"] = 0.75;
  file["mask"]["normalisation"]["minimum"] = 1;
  file["mask"]["normalisation"]["maximum"] = 1;
  file["mask"]["normalisation"]["deviation"] = 0;
  file["image"]["fit"]["cutoff"] = 3.5;
  file["image"]["fit"]["cutoff_bits"] = "0x400c000000000000";
  workspace.write("cal.json", file.dump());
  const std::string text = flat(workspace.run("inspect cal.json"));
  check_mentions(text, {kind == "min_max" ? "(score - 3.5) / (4.25 + 2.5) + 1/2, cut at 0 and 1"
                                          : "Phi((score - 3.5) / 0.75), Phi the standard normal distribution function",
                        "there is no unit to measure by"});
}

TEST_CASE("inspect: a threshold file") {
  const Workspace workspace;
  check_success(workspace.run("fit " + example("bottle-knn/normal.npy") +
                              " --method quantile --false-alarm-rate 0.1 --confidence 0.9 -o line.json"));
  const auto file = read_json(workspace, "line.json");
  const std::string text = flat(workspace.run("inspect line.json"));
  check_mentions(text,
                 {"line.json: a threshold file, version 1", "a score as it is; of a map, each pixel",
                  "from " + file.at("cutoff").dump() + " on", "quantile, from 57 normal scores (float32)",
                  "of new normal scores are called anomalous, whatever the distribution", "kept with 90 % confidence"});
  const auto json = json_of(workspace.run("inspect line.json --format json"));
  CHECK(json.at("kind") == "threshold");
  CHECK(json.at("cutoff").at("cutoff") == file.at("cutoff"));

  workspace.write("map.npy", npy({1, 2, 3, 4}, {.type = "<f4", .shape = {1, 2, 2}}));
  check_success(workspace.run("fit map.npy --method manual --value 3 --map-reduction maximum -o max.json"));
  check_mentions(flat(workspace.run("inspect - ", workspace.read("max.json"))),
                 {"the largest pixel of its map", "nothing is promised about new normal images"});
}

TEST_CASE("inspect: a fit without a cutoff says why") {
  const Workspace workspace;
  check_success(workspace.run("fit - --method quantile -o line.json", count_to(30)));
  auto file = read_json(workspace, "line.json");  // as a program may write one
  file["status"] = "too_few_scores";
  file["cutoff"] = "inf";
  file["cutoff_bits"] = "0x7ff0000000000000";
  file["note"] = "more are needed";
  workspace.write("failed.json", file.dump());
  const std::string text = flat(workspace.run("inspect failed.json"));
  check_mentions(text, {"cutoff none: too_few_scores", "note more are needed"});
  CHECK(text.find("anomalous from") == std::string::npos);
  CHECK(json_of(workspace.run("inspect failed.json --format json")).at("cutoff").at("cutoff").is_null());
}

TEST_CASE("inspect: control characters of a file do not reach the terminal") {
  const WithMaps workspace;
  check_success(workspace.run("fit --maps normal.npy -o cal.json"));
  auto file = read_json(workspace, "cal.json");
  file["pipeline"]["text"] = "one\n\x1b[2Jtwo\x7f";
  file["image"]["fit"]["method"] = "\x1b[31mred\rblue";
  file["image"]["fit"]["note"] = "a\x1b[0mb";
  workspace.write("cal.json", file.dump());
  const Outcome outcome = workspace.run("inspect cal.json");
  check_success(outcome);
  const auto control = [](char c) { return (c >= 0 && c < ' ' && c != '\n') || c == 0x7f; };
  CHECK(std::ranges::none_of(outcome.out, control));
  check_mentions(outcome.out, {"one??[2Jtwo?\n"});
  // Nor does a line's end, which would begin a line of the file's own.
  file["library_version"] = "1\nforged";
  file["image"]["fit"]["note"] = "a\nforged";
  file["image"]["fit"]["estimates"] = {{"b\nforged", 1}};
  file["image"]["fit"]["interval"] = {{"lower", 0}, {"upper", 1}, {"confidence", 0.95}, {"method", "c\nforged"}};
  file["image"]["fit"]["goodness"] = {{"test", "d\nforged"}, {"statistic", 0}, {"p_value", 1}};
  file["image"]["fit"]["optimum"] = {{"objective", "e\nforged"}, {"value", 1}, {"above", 0}, {"up_to", 1}};
  workspace.write("named.json", file.dump());
  const Outcome forged = workspace.run("inspect named.json");
  check_success(forged);
  for (const std::string& line : lines_of(forged.out)) CHECK_FALSE(line.starts_with("forged"));
  check_mentions(forged.out, {"1?forged", "a?forged", "b?forged", "c?forged", "d?forged", "e?forged"});
  const Outcome applied = workspace.run("apply cal.json normal.npy");
  check_success(applied);
  CHECK(std::ranges::none_of(applied.out, control));
  check_mentions(applied.out, {"cal.json: ?[31mred?blue, cutoff "});
}

TEST_CASE("inspect: behind a word that is too long lines are broken as ever") {
  const WithMaps workspace;
  check_success(workspace.run("fit --maps normal.npy -o cal.json"));
  auto file = read_json(workspace, "cal.json");
  const std::string giant(120, 'g');
  const std::string word(86, 'a');
  file["pipeline"]["text"] = giant + " " + word + " bc " + giant + " d";
  workspace.write("cal.json", file.dump());
  const std::vector<std::string> lines = lines_of(workspace.run("inspect cal.json").out);
  const auto first = std::ranges::find(lines, "  made by   " + giant);
  REQUIRE(lines.end() - first > 5);
  const std::string indent(12, ' ');
  CHECK(std::vector<std::string>(first + 1, first + 6) ==
        std::vector<std::string>{indent + word, indent + "bc", indent + giant, indent + "d", "  hash      none"});
  // What ends in the hundredth column ends there.
  file["pipeline"]["text"] = word + " b";
  workspace.write("cal.json", file.dump());
  const std::vector<std::string> whole = lines_of(workspace.run("inspect cal.json").out);
  CHECK(std::ranges::find(whole, "  made by   " + word + " b") != whole.end());
}

TEST_CASE("inspect: what it does not take is refused") {
  const Workspace workspace;
  check_success(workspace.run("fit - --method manual -o line.json", "1\n"));
  workspace.write("other.json", "{}");
  check_refused(workspace.run("inspect line.json --format csv"), 2, {"inspect", "csv"});
  check_refused(workspace.run("inspect other.json"), 2, {"other.json"});
  check_refused(workspace.run("inspect nowhere.json"), 2, {"nowhere.json"});
  check_refused(workspace.run("inspect"), 2, {"FILE"});
}

TEST_CASE("inspect: lines are broken before the word that would pass the hundredth column") {
  const WithMaps workspace;
  check_success(workspace.run("fit --maps normal.npy -o cal.json"));
  auto file = read_json(workspace, "cal.json");
  // Words of these many letters, from the twelfth column on.
  std::string text;
  std::vector<std::string> expected;
  const auto add_line = [&](const std::vector<std::size_t>& lengths) {
    std::string line;
    for (const std::size_t length : lengths) {
      line += (line.empty() ? "" : " ") + std::string(length, static_cast<char>('a' + line.size() % 26));
    }
    text += (text.empty() ? "" : " ") + line;
    expected.push_back((expected.empty() ? "  made by   " : std::string(12, ' ')) + line);
    return expected.back().size();
  };
  CHECK(add_line({20, 20, 20, 25}) == 100);
  CHECK(add_line({21, 30, 20, 14}) == 100);
  CHECK(add_line({40, 37}) == 90);  // the next word has ten letters: 101
  CHECK(add_line({10, 1}) == 24);
  CHECK(add_line({88}) == 100);
  CHECK(add_line({89}) == 101);  // it cannot be broken
  file["pipeline"]["text"] = text;
  workspace.write("cal.json", file.dump());
  const Outcome outcome = workspace.run("inspect cal.json");
  check_success(outcome);
  const std::vector<std::string> lines = lines_of(outcome.out);
  REQUIRE(lines.size() > expected.size() + 2);
  CHECK(std::vector<std::string>(lines.begin() + 2, lines.begin() + 2 + std::ssize(expected)) == expected);
  CHECK(lines[2 + expected.size()] == "  hash      none");
}

TEST_CASE("inspect: p-values of a table that is thinned, and of none") {
  const WithMaps workspace;
  check_success(workspace.run("fit --maps normal.npy -o cal.json"));
  auto file = read_json(workspace, "cal.json");
  file["tables"]["normal_scores"] = {
      {"count", 99}, {"score", {0.5, 1.5, 2.5}}, {"at_least", {99, 40, 2}}, {"above", {60, 12, 0}}};
  workspace.write("thinned.json", file.dump());
  check_mentions(flat(workspace.run("inspect thinned.json")),
                 {"p-values by 99 normal image scores, thinned to 3; the least possible is 1 / 100 = 0.01"});
  CHECK(json_of(workspace.run("inspect thinned.json --format json")).at("p_values") ==
        nlohmann::json({{"normals", 99}, {"kept", 3}, {"least", 0.01}}));
  const auto none = nlohmann::json::array();
  file["tables"]["normal_scores"] = {{"count", 0}, {"score", none}, {"at_least", none}, {"above", none}};
  workspace.write("none.json", file.dump());
  check_mentions(flat(workspace.run("inspect none.json")), {"p-values none: no normal scores are kept"});
  CHECK(json_of(workspace.run("inspect none.json --format json")).at("p_values").is_null());
}

TEST_CASE("inspect: every fact of a calibration is told, where low scores are strange too") {
  const bool is_low = GENERATE(false, true);
  const WithMaps workspace(is_low ? -1 : 1);
  check_success(
      workspace.run(std::string("fit --maps normal.npy --mask hysteresis --review-rate 0.2 --erosion 3 "
                                "--dilation 1 --top-share 0.05 --normalisation tail -o cal.json --direction ") +
                    (is_low ? "lower" : "higher")));
  auto file = read_json(workspace, "cal.json");
  const auto raw = [&](const nlohmann::json& fit) { return is_low ? -cutoff_of(fit) : cutoff_of(fit); };
  const auto side = [&](const nlohmann::json& fit) {
    const std::string number = plimsoll::detail::shortest(raw(fit));
    return is_low ? "of " + number + " and lower" : "from " + number + " on";
  };
  file["image"]["fit"]["goodness"] = {{"test", "cramer_von_mises"}, {"statistic", 0.25}, {"p_value", 0.625}};
  file["image"]["fit"]["optimum"] = {{"objective", "youden"}, {"value", 0.75}, {"above", 1}, {"up_to", 2}};
  file["image"]["fit"]["interval"] = {{"lower", 3}, {"upper", 5}, {"confidence", 0.875}, {"method", "by hand"}};
  file["image"]["fit"]["counts"] = {{"normal", 60}, {"anomalous", 4}, {"skipped", 5}, {"trimmed", 6}};
  workspace.write("cal.json", file.dump());
  const auto json = json_of(workspace.run("inspect cal.json --format json"));
  CHECK(json.at("file") == "cal.json");
  CHECK(json.at("direction") == file.at("direction"));
  const auto& image = json.at("image");
  const std::string score =
      is_low ? "the mean of the lowest 5 % of its map's pixels" : "the mean of the largest 5 % of its map's pixels";
  CHECK(image.at("score") == score);
  CHECK(image.at("map_reduction") == "top_mean");
  CHECK(image.at("top_share") == 0.05);
  CHECK(image.at("anomalous") == "when its score is " + side(file["image"]["fit"]));
  CHECK(image.at("review") == "when its score is " + side(file["image"]["review"]) +
                                  ", and it is not anomalous; when its score is normal, and its mask has a region");
  const auto& cutoff = image.at("cutoff");
  CHECK(cutoff.at("score_type") == file["image"]["fit"]["score_type"]);
  CHECK(cutoff.at("counts") == file["image"]["fit"]["counts"]);
  CHECK(cutoff.at("goodness") == file["image"]["fit"]["goodness"]);
  CHECK(cutoff.at("optimum") == nlohmann::json({{"objective", "youden"}, {"value", 0.75}}));
  CHECK(cutoff.at("interval") ==
        nlohmann::json(
            {{"lower", is_low ? -5 : 3}, {"upper", is_low ? -3 : 5}, {"confidence", 0.875}, {"method", "by hand"}}));
  CHECK(image.at("review_cutoff").at("cutoff") == raw(file["image"]["review"]));
  // r / (r + r(s)), the rates of the lines being those of the fit: docs/decide.md.
  const std::string by_table = std::string(" + r), r the false-alarm rate of the ") + (is_low ? "negated " : "") +
                               "score as a cutoff, by the table of rates";
  CHECK(image.at("normalised") == "0.05 / (0.05" + by_table);
  CHECK(json.at("mask").at("normalised") == "0.2 / (0.2" + by_table);
  const auto& mask = json.at("mask");
  CHECK(mask.at("high").at("cutoff") == raw(file["mask"]["high"]));
  CHECK(mask.at("low").at("cutoff") == raw(file["mask"]["low"]));
  CHECK(mask.at("high").at("score_type") == "float32");
  CHECK(mask.at("when_they_disagree") == "both stay, and a normal image with a region is for review");
  const std::vector<std::string> steps{
      "take the pixels " + side(file["mask"]["low"]) + ", the low level",
      "pixels that share a side or a corner make one region",
      "keep the regions that have a pixel " + side(file["mask"]["high"]) + ", the high level",
      "shrink what is left by 3 pixels on all sides", "grow it by 1 pixel on all sides"};
  CHECK(mask.at("steps") == nlohmann::json(steps));
  // The largest and the least rate of each table.
  for (const auto& [told, table] : {std::pair(&image, "image_rates"), {&mask, "mask_rates"}}) {
    const auto& stored = file.at("tables").at(table).at("rate");
    CHECK(told->at("rates").at("least_rate") == stored.back());
    CHECK(told->at("rates").at("largest_rate") == stored.front());
  }
  const std::string text = flat(workspace.run("inspect cal.json"));
  check_mentions(text, {"scores " + std::string(is_low ? "low" : "high") + " scores are strange; one equal to a cutoff",
                        "An image score " + score, "tail, from 60 normal and 4 anomalous scores (",
                        "goodness cramer_von_mises = 0.25, p = 0.625", "reached youden = 0.75"});
  for (std::size_t i = 0; i < steps.size(); ++i) check_mentions(text, {fmt::format("step {} {}", i + 1, steps[i])});
}

TEST_CASE("inspect: a threshold file is told for maps and for low scores") {
  const Workspace workspace;
  workspace.write("one.csv", "8.5\n");
  check_success(
      workspace.run("fit one.csv --method manual --value -8.5 --direction lower --map-reduction top_mean --top-share "
                    "0.25 -o line.json"));
  const std::string unit = "a score as it is; of a map, the mean of the lowest 25 % of its map's pixels";
  check_mentions(flat(workspace.run("inspect line.json")),
                 {"scores low scores are strange", "decides " + unit, "anomalous of 8.5 and lower",
                  "nothing is promised about new normal images", "manual, from 1 normal score (float64)"});
  const auto json = json_of(workspace.run("inspect line.json --format json"));
  CHECK(json.at("file") == "line.json");
  CHECK(json.at("version") == 1);
  CHECK(json.at("direction") == "lower_is_anomalous");
  CHECK(json.at("decides") == unit);
  CHECK(json.at("cutoff").at("cutoff") == 8.5);
  workspace.write("both.csv", "score,label\n1,0\n2,0\n3,1\n");
  check_success(workspace.run("fit both.csv --label-column label --method f1 -o f1.json"));
  const auto search = json_of(workspace.run("inspect f1.json --format json")).at("cutoff");
  CHECK(search.at("optimum") == nlohmann::json({{"objective", "f_beta"}, {"value", 1}}));
  CHECK(search.at("counts") == counts_of(2, 1, 0));
  CHECK(search.at("score_type") == "float64");
  check_mentions(flat(workspace.run("inspect f1.json")), {"f1, from 2 normal and 1 anomalous scores (float64)"});
}

TEST_CASE("inspect: what decides alone is told so, and what there is not") {
  const Workspace workspace;
  workspace.write("pixel.json", R"({"pixel_threshold": 2.5, "min": 0, "max": 8})");
  check_success(workspace.run("import pixel.json -o masks.json"));
  const std::string masks = flat(workspace.run("inspect masks.json"));
  check_mentions(masks, {"anomalous when its mask has a region; its score only decides on review", "review never",
                         "step 1 take the pixels from 2.5 on step 2 pixels that share",
                         "The mask's level in words nothing is promised about new normal images method manual, from 0 "
                         "normal scores (float32)",
                         // No score is anomalous, so none is in the middle, whatever the range.
                         "image 0 below inf, 1/2 at it, 1 above it, as there is no unit to measure by",
                         "pixel (score - 2.5) / (8 - 0) + 1/2, cut at 0 and 1",
                         "none: the cutoffs cannot be moved to other rates", "none: no normal scores are kept"});
  CHECK(masks.find("The image cutoff") == std::string::npos);
  const auto json = json_of(workspace.run("inspect masks.json --format json"));
  CHECK_FALSE(json.at("image").contains("cutoff"));
  CHECK_FALSE(json.at("image").contains("review_cutoff"));
  CHECK_FALSE(json.at("mask").contains("low"));
  CHECK(json.at("image").at("rates") ==
        nlohmann::json({{"least_rate", nullptr}, {"largest_rate", nullptr}, {"rows", nlohmann::json::array()}}));
  auto file = read_json(workspace, "masks.json");
  file["agreement"] = "either";
  workspace.write("either.json", file.dump());
  check_mentions(
      flat(workspace.run("inspect either.json")),
      {"anomalous never by its score, as it has no cutoff, or when its mask has a region", "either makes the image"});

  workspace.write("image.json", R"({"image_threshold": 2.5, "min": -1, "max": 3})");
  check_success(workspace.run("import image.json -o scores.json"));
  const std::string scores = flat(workspace.run("inspect scores.json"));
  check_mentions(scores, {"score the largest pixel of its map anomalous when its score is from 2.5 on review never",
                          "Masks none", "image (score - 2.5) / (3 + 1) + 1/2, cut at 0 and 1"});
  for (const char* absent : {"agreement", "step 1", " pixel (", "The mask"}) {
    CHECK(scores.find(absent) == std::string::npos);
  }
  CHECK(json_of(workspace.run("inspect scores.json --format json")).at("mask").is_null());
}

TEST_CASE("inspect: each kind of promise has its words") {
  const Workspace workspace;
  const std::string normal = example("bottle-knn/normal.npy");  // 57 scores
  for (const auto& [method, words] :
       {std::pair{"gpd",
                  "about 1 % of new normal scores are called anomalous, if the fitted model is right: an "
                  "estimate, no bound"},
        {"gpd --confidence 0.9",
         "at most 1 % of new normal scores are called anomalous, if the fitted model is right; such a promise is kept "
         "with 90 % confidence"},
        {"quantile",  // and no less than 1 / 58, rounded up
         "at most 5 % of new normal scores are called anomalous, whatever the distribution of their scores, on average "
         "over calibrations like this one; 57 normals can promise no less than 1.73 %"},
        {"sigma", "nothing is promised about new normal scores"}}) {
    INFO(method);
    check_success(workspace.run("fit " + normal + " -o line.json --method " + method));
    CHECK(json_of(workspace.run("inspect line.json --format json")).at("cutoff").at("promise").at("in_words") == words);
  }
}

TEST_CASE("inspect: each agreement has its words") {
  const WithMaps workspace;
  for (const auto& [agreement, words] :
       {std::pair{"review", "both stay, and a normal image with a region is for review"},
        {"label_wins", "the label wins: a normal image has no mask"},
        {"mask_wins", "the mask wins: an image is anomalous when its mask has a region"},
        {"either", "either makes the image anomalous"}}) {
    check_success(workspace.run("fit --maps normal.npy -o cal.json --agreement " + std::string(agreement)));
    const auto json = json_of(workspace.run("inspect cal.json --format json"));
    const auto& mask = json.at("mask");
    // Without a review cutoff only label and mask that disagree are for review, where the rule says so.
    CHECK(json.at("image").at("review") ==
          (agreement == std::string("review") ? "when its score is normal, and its mask has a region" : "never"));
    CHECK(mask.at("agreement") == agreement);
    CHECK(mask.at("when_they_disagree") == words);
  }
}
