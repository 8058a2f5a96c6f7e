// SPDX-License-Identifier: Apache-2.0
// report: the page and its figures.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "catch.hpp"
#include "json_file.hpp"
#include "npy_file.hpp"
#include "plimsoll/core/parameter.hpp"
#include "random.hpp"
#include "workspace.hpp"
#include "xml_walk.hpp"

using namespace plimsoll::cli_test;
using plimsoll::test::walk_xml;

namespace {

const std::vector<std::string> all_figures{"f1", "false-alarms", "histogram",       "mean-residual-life", "objective",
                                           "qq", "return-level", "scale-stability", "shape-stability"};

std::vector<double> draw(std::size_t n, std::uint64_t seed, double shift = 0) {
  plimsoll::test::Random random(seed);
  std::vector<double> scores(n);
  for (double& score : scores) score = random.exponential() + shift;
  return scores;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// normal.npy of 400 scores, line.json fitted to it by `fit`, test.npy and y.npy of 60 normal and 40 anomalous ones.
struct WithLine : Workspace {
  explicit WithLine(const std::string& fit = "--method tail") {
    write("normal.npy", npy(draw(400, 1)));
    check_success(run("fit normal.npy " + fit + " -o line.json"));
    std::vector<double> test = draw(60, 2);
    const std::vector<double> anomalous = draw(40, 3, 2);
    test.insert(test.end(), anomalous.begin(), anomalous.end());
    write("test.npy", npy(test));
    std::vector<double> labels(100, 0);
    std::fill(labels.begin() + 60, labels.end(), 1);
    write("y.npy", npy(labels));
  }
};

const std::string report = "report line.json --normal normal.npy --method quantile -o report.html ";

/// The figure of the page, or the sentence in its place.
std::string figure(const std::string& page, const std::string& id) {
  const std::size_t begin = page.find("<figure id=\"figure-" + id + "\">");
  if (begin == std::string::npos) return "no such figure";
  return page.substr(begin, page.find("</figure>", begin) - begin);
}

/// Well-formed, with every figure or why not, and nothing that is fetched or run.
/// How many cells each row of the page's table has, the heading's too.
std::set<std::size_t> row_widths(const std::string& page) {
  std::set<std::size_t> widths;
  for (std::size_t row = page.find("<tr>"); row != std::string::npos; row = page.find("<tr>", row + 1)) {
    const std::string cells = page.substr(row, page.find("</tr>", row) - row);
    std::size_t width = 0;
    for (const std::string end : {"</th>", "</td>"}) {
      for (std::size_t at = cells.find(end); at != std::string::npos; at = cells.find(end, at + 1)) ++width;
    }
    widths.insert(width);
  }
  return widths;
}

void check_page(const std::string& page) {
  const auto walk = walk_xml(page);
  CHECK(walk.error == "");
  for (const std::string& id : all_figures) {
    INFO(id);
    CHECK(walk.ids.contains("figure-" + id));
    CHECK((contains(figure(page, id), "<svg") || contains(figure(page, id), "Left out: ")));
  }
  for (const char* bad : {"http", "<script", "src=", "href=", "url(", "@import", "nan", "inf\""}) {
    INFO(bad);
    CHECK_FALSE(contains(page, bad));
  }
  CHECK(contains(page, "prefers-color-scheme:dark"));
  CHECK(contains(page, "width=device-width"));
  CHECK(row_widths(page).size() == 1);
}

}  // namespace

TEST_CASE("report: a page with every figure, and each as a file") {
  const WithLine workspace;
  const Outcome outcome = workspace.run(report + "--test test.npy --labels y.npy --svg figures/all");
  check_success(outcome);
  CHECK(outcome.out == "");
  const std::string page = workspace.read("report.html");
  check_page(page);
  for (const std::string& id : all_figures) {
    INFO(id);
    if (id == "objective") {  // tail searches nothing
      CHECK(contains(figure(page, id), "Left out: the fit kept no searched curve."));
      continue;
    }
    CHECK(contains(figure(page, id), "<svg id=\"" + id + "\""));
    const std::string file = workspace.read("figures/all/" + id + ".svg");
    const auto walk = walk_xml(file);
    CHECK(walk.error == "");
    CHECK(walk.elements.at("title") == 1);
    CHECK(walk.elements.at("desc") == 1);
    CHECK(file.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\""));
  }
  CHECK_FALSE(std::filesystem::exists(workspace.path("figures/all/objective.svg")));
  CHECK(contains(figure(page, "histogram"), "fitted density: Gumbel"));
  CHECK(contains(figure(page, "histogram"), "fitted density: generalised Pareto tail"));
  CHECK(contains(figure(page, "false-alarms"), "promised: about 5 %"));
  CHECK(contains(page, "<td>this line (tail)</td>"));
  CHECK(contains(page, "<td>quantile</td>"));
  CHECK(contains(page, "60 normal, 40 anomalous"));
}

TEST_CASE("report: the band of rates ends at its last bound from the largest score on") {
  const Workspace workspace;
  workspace.write("normal.npy", npy({1, 2, 3, 4, 5}));
  check_success(workspace.run("fit normal.npy --method maximum -o line.json"));
  check_success(workspace.run("report line.json --normal normal.npy -o report.html --svg figures"));
  const std::string drawn = workspace.read("figures/false-alarms.svg");
  const std::string said = "which ends at ";
  const double bound = std::stod(drawn.substr(drawn.find(said) + said.size()));
  // Its points: to the right along the upper bounds, and back.
  std::vector<std::pair<double, double>> points;
  const std::size_t begin = drawn.find("<polygon points=\"") + 17;
  const std::vector<std::string> numbers = split(drawn.substr(begin, drawn.find('"', begin) - begin), ' ');
  for (std::size_t i = 0; i + 1 < numbers.size(); i += 2) {
    points.emplace_back(std::stod(numbers[i]), std::stod(numbers[i + 1]));
  }
  const auto rightmost = std::ranges::max_element(points, {}, [](const auto& point) { return point.first; });
  REQUIRE(rightmost - points.begin() > 1);
  CHECK((rightmost - 1)->second == rightmost->second);
  CHECK((rightmost - 1)->first == (rightmost - 2)->first);  // a step, at the largest score
  CHECK((rightmost - 2)->second < rightmost->second);
  // The rate 1 is where it begins; a tenth is as far below it as the grid says.
  const auto grid = [&](const std::string& rate) {
    const std::string above = drawn.substr(0, drawn.find(" text-anchor=\"end\">" + rate + "</text>"));
    const std::string mark = " y2=\"";
    return std::stod(above.substr(above.rfind(mark) + mark.size()));
  };
  CHECK(points.front().second == grid("1"));
  CHECK(rightmost->second == Approx(grid("1") - (grid("0.1") - grid("1")) * std::log10(bound)).margin(0.02));
}

TEST_CASE("report: the largest of n scores is drawn where it is passed once in n + 1") {
  const Workspace workspace;
  const std::vector<double> scores = draw(99, 7);
  workspace.write("normal.npy", npy(scores));
  check_success(workspace.run("fit normal.npy --method gpd -o line.json"));
  check_success(workspace.run("report line.json --normal normal.npy -o report.html --svg figures"));
  const std::string drawn = workspace.read("figures/return-level.svg");
  // The last mark, and the place of 100 on the axis.
  const std::size_t end = drawn.find(" class=\"mark blue\"");
  REQUIRE(end != std::string::npos);
  const double mark = std::stod(drawn.substr(drawn.rfind('M', end) + 1));
  const std::string label = drawn.substr(0, drawn.find(">100</text>"));
  const double hundred = std::stod(label.substr(label.rfind(" x=\"") + 4));
  CHECK(mark == Approx(hundred).margin(0.02));
}

TEST_CASE("report: mean excesses are drawn from two tail starts on") {
  const Workspace workspace;
  // Of 1, 2 and 3 the starts are 1 and 2; of 1 and 2 only 1 has scores above it.
  for (const int values : {3, 2}) {
    std::vector<double> scores;
    for (int i = 0; i < 60; ++i) scores.push_back(1 + i % values);
    workspace.write("normal.npy", npy(scores));
    check_success(workspace.run("fit normal.npy --method sigma -o line.json"));
    check_success(workspace.run("report line.json --normal normal.npy -o report.html"));
    const std::string drawn = figure(workspace.read("report.html"), "mean-residual-life");
    CHECK(contains(drawn, "<svg") == (values == 3));
    CHECK(contains(drawn, "Left out: there are 60 normal scores, too few different ones") == (values == 2));
  }
}

TEST_CASE("report: the best F1 is that of the labels") {
  const WithLine workspace("--method manual --value 2.5");
  workspace.write("test.csv", "1\n2\n3\n4\n5\n");
  workspace.write("labels.csv", "0\n0\n1\n0\n1\n");
  check_success(workspace.run(report + "--test test.csv --labels labels.csv"));
  // From 3 on: two caught, one false alarm, F1 = 4 / 5. The bounds of the rate are those of 1 in 3, by SciPy's
  // binomtest(1, 3).proportion_ci().
  const std::string page = workspace.read("report.html");
  check_page(page);
  CHECK(contains(figure(page, "f1"), "the best F1 is 0.800 at 3."));
  CHECK(contains(page, "<td>0.333 [0.008, 0.906]</td><td>1.000</td><td>0.800</td>"));
  // No cutoff parts 5 from 5: from there on one is caught of one, with a false alarm.
  workspace.write("test.csv", "1\n5\n5\n");
  workspace.write("labels.csv", "0\n0\n1\n");
  check_success(workspace.run(report + "--test test.csv --labels labels.csv"));
  CHECK(contains(figure(workspace.read("report.html"), "f1"), "the best F1 is 0.667 at 5."));
}

TEST_CASE("report: the densities are those of the fit") {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"--method gpd", "generalised Pareto tail"},
      {"--method gev", "generalised extreme value"},
      {"--method gumbel", "Gumbel"},
      {"--method parametric --family gamma --least-p-value 0", "gamma"},
      {"--method parametric --family weibull --least-p-value 0", "Weibull"},
      {"--method parametric --family normal --least-p-value 0", "normal"},
      {"--method parametric --family log_normal --least-p-value 0", "log-normal"},
      {"--method parametric --family logistic --least-p-value 0", "logistic"}};
  for (const auto& [fit, name] : cases) {
    INFO(fit);
    const WithLine workspace(fit);
    check_success(workspace.run(report));
    const std::string page = workspace.read("report.html");
    check_page(page);
    CHECK(contains(figure(page, "histogram"), "fitted density: " + name + "<"));
    CHECK(contains(figure(page, "false-alarms"), "fitted: " + name + "<"));
  }
  const WithLine workspace("--method quantile");
  check_success(workspace.run(report));
  CHECK(contains(figure(workspace.read("report.html"), "histogram"), "The method fits no density"));
}

TEST_CASE("report: a searched line shows what was searched") {
  const WithLine workspace;
  workspace.write("synthetic.npy", npy(draw(80, 5, 3)));
  check_success(workspace.run("fit --normal normal.npy --synthetic synthetic.npy -o line.json --method synthetic"));
  check_success(workspace.run(report));
  const std::string page = workspace.read("report.html");
  check_page(page);
  CHECK(contains(figure(page, "objective"), "<svg id=\"objective\""));
  CHECK(contains(figure(page, "f1"), "Left out: it takes labelled scores: --test and --labels."));
}

TEST_CASE("report: of a calibration the line of image scores is shown") {
  const Workspace workspace;
  workspace.write("maps.npy", npy(draw(80 * 16, 6), {.shape = {80, 4, 4}}));
  check_success(workspace.run("fit --maps maps.npy -o cal.json"));
  check_success(workspace.run("report cal.json --normal maps.npy --method gev -o report.html"));
  const std::string page = workspace.read("report.html");
  check_page(page);
  CHECK(contains(page, "<dd>80 normal scores of maps.npy</dd>"));
  CHECK_FALSE(contains(page, "not as many"));
}

TEST_CASE("report: few, equal, huge, tiny and low scores are drawn, or the page says why not") {
  const std::vector<std::vector<double>> samples{{1},
                                                 {0, 0, 0},
                                                 std::vector<double>(100, 7),
                                                 {1e300, 2e300, -1e300},
                                                 {1e-300, 2e-300},
                                                 {1e6, 1e6 + 1e-9},
                                                 draw(25, 4),
                                                 draw(9000, 4)};
  for (const auto& sample : samples) {
    INFO(sample.size() << " from " << sample[0]);
    const Workspace workspace;
    workspace.write("normal.npy", npy(sample));
    check_success(workspace.run("fit normal.npy --method maximum -o line.json"));
    check_success(workspace.run("report line.json --normal normal.npy --method mad -o report.html"));
    check_page(workspace.read("report.html"));
  }
  const WithLine workspace("--method tail --direction lower");
  check_success(workspace.run(report));
  const std::string page = workspace.read("report.html");
  check_page(page);
  CHECK(contains(page, "so all numbers here are of negated scores"));
  CHECK(contains(figure(page, "histogram"), ">negated score</text>"));
}

TEST_CASE("report: numbers that no fit gives are drawn, or left out") {
  const WithLine workspace("--method gpd");
  const auto line = nlohmann::json::parse(workspace.read("line.json"));
  const auto check_drawn = [&](const char* pointer, const nlohmann::json& value) {
    INFO(pointer << " = " << value.dump());
    nlohmann::json edited = line;
    edited[nlohmann::json::json_pointer(pointer)] = value;
    workspace.write("line.json", edited.dump());
    check_success(workspace.run(report));
    check_page(workspace.read("report.html"));
  };
  for (const double rate : {5e-324, 1e-310, -1.0}) check_drawn("/promise/false_alarm_rate", rate);
  for (const char* estimate :
       {"/estimates/sigma", "/estimates/xi", "/estimates/tail_start", "/estimates/exceedances"}) {
    for (const nlohmann::json& value : std::vector<nlohmann::json>{5e-324, 1e308, "-inf", nullptr}) {
      check_drawn(estimate, value);
    }
  }
}

TEST_CASE("report: what is written by others cannot leave its place in the page") {
  const WithLine workspace("--method manual --value 1");
  std::string line = workspace.read("line.json");
  const std::string key = "\"note\": \"";
  const std::size_t note = line.find(key);
  REQUIRE(note != std::string::npos);
  line.insert(note + key.size(), R"(<script>alert(1)</script> & ]]> \u0007)");
  workspace.write("<b>&'.json", line);
  check_success(workspace.run("report \"<b>&'.json\" --normal normal.npy --method mad -o report.html"));
  const std::string page = workspace.read("report.html");
  check_page(page);
  CHECK(contains(page, "&lt;script&gt;alert(1)&lt;/script&gt; &amp; ]]&gt; \xEF\xBF\xBD"));
  CHECK(contains(page, "Report on &lt;b&gt;&amp;&#39;.json"));
}

TEST_CASE("report: scores that are not those of the fit are remarked on") {
  const WithLine workspace;
  check_success(workspace.run(report));
  CHECK_FALSE(contains(workspace.read("report.html"), "not as many"));
  workspace.write("normal.npy", npy(draw(300, 1)));
  check_success(workspace.run(report));
  CHECK(contains(workspace.read("report.html"), "these are not as many as the line was fitted to"));
}

TEST_CASE("report: bad usage and input are refused, and no page is written") {
  const WithLine workspace;
  workspace.write("nan.csv", "1\nnan\n2\n");
  workspace.write("empty.csv", "");
  workspace.write("file", "");
  const auto refused = [&](const std::string& arguments, std::initializer_list<std::string_view> mentions) {
    check_refused(workspace.run("report " + arguments), 2, mentions);
    CHECK_FALSE(std::filesystem::exists(workspace.path("report.html")));
  };
  refused("line.json -o report.html", {"--normal"});
  refused("line.json --normal normal.npy", {"--output"});
  refused("--normal normal.npy -o report.html", {"LINE"});
  refused("- --normal normal.npy -o report.html", {"LINE", "standard input"});
  refused("line.json --normal - --test - --labels y.npy -o report.html", {"standard input cannot give both"});
  refused("line.json --normal normal.npy --labels y.npy -o report.html", {"--test"});
  refused("line.json --normal normal.npy --test test.npy -o report.html", {"--labels"});
  refused("line.json --normal missing.npy -o report.html", {"missing.npy"});
  refused("normal.npy --normal normal.npy -o report.html", {"normal.npy"});
  refused("line.json --normal nan.csv -o report.html", {"nan.csv: score 1 is not finite"});
  refused("line.json --normal normal.npy --method f1 -o report.html", {"--method f1", "labels"});
  refused("line.json --normal normal.npy --method nonsense -o report.html", {"nonsense"});
  refused("line.json --normal normal.npy --method mad --svg file -o report.html", {"--svg file"});
  refused("line.json --normal normal.npy --test test.npy --labels nan.csv -o report.html", {"nan.csv"});
}

TEST_CASE("report: the strangest maps are shown with their masks") {
  const Workspace workspace;
  // Normal maps of noise below 1. Of 14 test maps all but one are flat; map i has i pixels of 5 in its first row.
  workspace.write("normal.npy", npy(draw(60 * 100, 6), {.shape = {60, 10, 10}}));
  std::vector<double> pixels(14 * 100, 0.5);
  for (std::size_t map = 0; map < 14; ++map) {
    for (std::size_t i = 0; i < map && i < 10; ++i) pixels[map * 100 + i] = 50 + static_cast<double>(map);
  }
  workspace.write("maps.npy", npy(pixels, {.shape = {14, 10, 10}}));
  check_success(workspace.run("fit --maps normal.npy --map-reduction maximum -o cal.json"));
  check_success(workspace.run("report cal.json --normal normal.npy --maps maps.npy --method gev -o report.html"));
  const std::string page = workspace.read("report.html");
  check_page(page);
  CHECK(contains(page, "The 12 strangest of maps.npy"));
  const std::size_t first = page.find("<b>maps_13</b>: anomalous, score 63, 1 region of 10 pixels");
  const std::size_t second = page.find("<b>maps_12</b>: anomalous, score 62, 1 region of 10 pixels");
  CHECK(first < second);
  CHECK(second < page.size());
  CHECK(contains(page, "<b>maps_03</b>: anomalous, score 53, 1 region of 3 pixels"));
  CHECK_FALSE(contains(page, "<b>maps_01</b>"));  // the thirteenth
  // Of 10 x 10 pixels each is a cell; the mask's panel begins two cells right of the map's.
  CHECK(contains(page, "<path class=\"mask\" d=\"M12 0h10v1h-10z\"/>"));
  CHECK(contains(page, "<path class=\"mask\" d=\"M12 0h3v1h-3z\"/>"));
  CHECK(contains(page, "<path d=\"M0 0h10v1h-10z\" fill-opacity=\"1\"/>"));  // from 63 the darkest, in steps of 7.8

  // Where low scores are strange, the lowest come first.
  for (double& pixel : pixels) pixel = -pixel;
  workspace.write("low.npy", npy(pixels, {.shape = {14, 10, 10}}));
  std::vector<double> negated = draw(60 * 100, 6);
  for (double& pixel : negated) pixel = -pixel;
  workspace.write("normal_low.npy", npy(negated, {.shape = {60, 10, 10}}));
  check_success(workspace.run("fit --maps normal_low.npy --map-reduction maximum --direction lower -o low.json"));
  check_success(workspace.run("report low.json --normal normal_low.npy --maps low.npy -o low.html"));
  const std::string low = workspace.read("low.html");
  CHECK(low.find("<b>low_13</b>: anomalous, score -63, 1 region of 10 pixels") < low.find("<b>low_12</b>: anomalous"));
  CHECK_FALSE(contains(low, "<b>low_01</b>"));

  check_success(workspace.run("fit normal.npy --method maximum -o line.json"));
  check_refused(workspace.run("report line.json --normal normal.npy --maps maps.npy -o r.html"), 2,
                {"line.json", "calibration"});
  check_refused(workspace.run("report cal.json --normal normal.npy --maps absent.npy -o r.html"), 2, {"absent.npy"});
}
