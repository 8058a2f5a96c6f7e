// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "catch.hpp"
#include "json_file.hpp"
#include "npy_file.hpp"
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

TEST_CASE("inspect: lines are broken before the word that would pass the hundredth column") {
  const WithMaps workspace;
  check_success(workspace.run("fit --maps normal.npy -o cal.json"));
  auto file = read_json(workspace, "cal.json");
  // "  made by   " has 12 columns. A word that ends in column 100 stays, one that would end in column 101 does not.
  const std::string word(86, 'a');
  const auto told = [&](const std::string& text) {
    file["pipeline"]["text"] = text;
    workspace.write("cal.json", file.dump());
    const std::vector<std::string> lines = lines_of(workspace.run("inspect cal.json").out);
    const auto first = std::ranges::find_if(lines, [](const auto& line) { return line.starts_with("  made by "); });
    REQUIRE(lines.end() - first > 3);
    return std::vector<std::string>(first, first + 3);
  };
  const std::string name = "  made by   ";
  const std::string indent(12, ' ');
  CHECK(told(word + " " + "b").at(0) == name + word + " b");
  const auto broken = told(word + " bc d");
  CHECK(broken.at(0) == name + word);
  CHECK(broken.at(1) == indent + "bc d");
  // A word that is too long stands alone, and what follows it is broken as ever.
  const std::string giant(120, 'g');
  const auto after = told(giant + " " + word + " bc");
  CHECK(after.at(0) == name + giant);
  CHECK(after.at(1) == indent + word);
  CHECK(after.at(2) == indent + "bc");
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
