// SPDX-License-Identifier: Apache-2.0
// report: the page and its figures.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <limits>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "json_file.hpp"
#include "npy_file.hpp"
#include "plimsoll/core/parameter.hpp"
#include "plimsoll/stats/gpd_bound.hpp"
#include "plimsoll/stats/gpd_fit.hpp"
#include "plimsoll/stats/gpd_interval.hpp"
#include "plimsoll/stats/simultaneous_band.hpp"
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
  const Outcome printed =
      workspace.run("report line.json --normal normal.npy --method quantile --test test.npy --labels y.npy -o -");
  check_success(printed);
  CHECK(printed.out == page);
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
  // From 5 on one is caught of two, from 2 on both with two false alarms: 2 / 3 each. The cutoff with fewer is best.
  workspace.write("test.csv", "3\n2\n5\n4\n");
  workspace.write("labels.csv", "0\n1\n1\n0\n");
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
      {"--method parametric --family logistic --least-p-value 0", "logistic"},
      {"--method parametric --least-p-value 0", "gamma"}};  // which the note says is the best
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
  refused("line.json --normal - --test - --labels y.npy -o report.html",
          {"--normal - and --test -: standard input can be read but once"});
  refused("line.json --normal normal.npy --labels y.npy -o report.html", {"--test"});
  refused("line.json --normal normal.npy --test test.npy -o report.html", {"--labels"});
  refused("line.json --normal missing.npy -o report.html", {"missing.npy"});
  refused("normal.npy --normal normal.npy -o report.html", {"normal.npy"});
  refused("line.json --normal nan.csv -o report.html", {"nan.csv: score 1 is not finite"});
  refused("line.json --normal normal.npy --method f1 -o report.html", {"--method f1", "labels"});
  refused("line.json --normal normal.npy --method histogram -o report.html",
          {"--method histogram: learns from unlabelled scores, and report fits to normal scores alone"});
  workspace.write("none.csv", "score\n");
  refused("line.json --normal none.csv -o report.html", {"none.csv: there are no normal scores"});
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
  // Who names no method gets these rows, in this order.
  std::size_t at = low.find("<tr><td>this line (");
  for (const std::string name : {"tail", "quantile", "quantile:confidence=0.95", "gpd", "sigma", "mad", "maximum"}) {
    at = low.find("</tr>\n<tr><td>", at) + 6;
    CHECK(low.substr(at, 8 + name.size() + 5) == "<tr><td>" + name + "</td>");
  }
  CHECK(low.find("</tr>\n<tr><td>", at) == std::string::npos);

  check_success(workspace.run("fit normal.npy --method maximum -o line.json"));
  check_refused(workspace.run("report line.json --normal normal.npy --maps maps.npy -o r.html"), 2,
                {"line.json", "calibration"});
  check_refused(workspace.run("report cal.json --normal normal.npy --maps absent.npy -o r.html"), 2, {"absent.npy"});
}

namespace {

struct Place {
  double x;
  double y;
};

/// A figure that is a file of its own, read back: what its axes' marks say of places, and what is drawn where.
class Drawing {
 public:
  enum class Axes { linear, log_x, log_y };

  explicit Drawing(const std::string& svg, Axes axes = Axes::linear) : lines_{lines_of(svg)}, axes_{axes} {
    // Each line of the grid has its label behind it.
    for (std::size_t i = 0; i + 1 < lines_.size(); ++i) {
      if (!contains(lines_[i], "class=\"grid\"/>")) continue;
      const std::string& label = lines_[i + 1];
      const double value = std::stod(label.substr(label.find('>') + 1));
      const double x = number(lines_[i], "x1");
      const double y = number(lines_[i], "y1");
      (x == number(lines_[i], "x2") ? across_ : down_).emplace_back(value, x == number(lines_[i], "x2") ? x : y);
    }
    REQUIRE(across_.size() > 1);
    REQUIRE(down_.size() > 1);
  }

  [[nodiscard]] double x(double value) const { return place(across_, axes_ == Axes::log_x, value); }
  [[nodiscard]] double y(double value) const { return place(down_, axes_ == Axes::log_y, value); }

  /// The value at a place on a linear axis of x.
  [[nodiscard]] double value_at(double x) const {
    const auto& [low, from] = across_.front();
    const auto& [high, to] = across_.back();
    return low + (high - low) * (x - from) / (to - from);
  }

  /// A number among an element's attributes.
  static double number(const std::string& element, const std::string& attribute) {
    const std::string begin = " " + attribute + "=\"";
    const std::size_t at = element.find(begin);
    REQUIRE(at != std::string::npos);
    return std::stod(element.substr(at + begin.size()));
  }

  /// The elements of the data that begin and have a class so; samples of the legend are none.
  [[nodiscard]] std::vector<std::string> elements(const std::string& begin, const std::string& part) const {
    std::vector<std::string> found;
    for (const std::string& line : lines_) {
      if (line.starts_with(begin) && contains(line, "class=\"" + part)) found.push_back(line);
    }
    return found;
  }

  /// Where a path's lines or markers are.
  [[nodiscard]] std::vector<Place> path(const std::string& part) const {
    const std::vector<std::string> found = elements("<path", part);
    REQUIRE(found.size() == 1);
    std::vector<Place> places;
    for (const char* at = found[0].c_str(); *at != 0; ++at) {
      if (*at != 'M' && *at != 'L') continue;
      char* end = nullptr;
      const double x = std::strtod(at + 1, &end);
      places.push_back({x, std::strtod(end, nullptr)});
    }
    REQUIRE_FALSE(places.empty());
    return places;
  }

  /// The corners of the one band that has this class: along the upper ends, and back.
  [[nodiscard]] std::vector<Place> polygon(const std::string& part) const {
    const std::vector<std::string> found = elements("<polygon", part);
    REQUIRE(found.size() == 1);
    const std::size_t begin = found[0].find('"') + 1;
    const std::vector<std::string> numbers = split(found[0].substr(begin, found[0].find('"', begin) - begin), ' ');
    std::vector<Place> places;
    for (std::size_t i = 0; i + 1 < numbers.size(); i += 2) {
      places.push_back({std::stod(numbers[i]), std::stod(numbers[i + 1])});
    }
    return places;
  }

 private:
  using Marks = std::vector<std::pair<double, double>>;

  static double place(const Marks& marks, bool log, double value) {
    const auto& [low, from] = marks.front();
    const auto& [high, to] = marks.back();
    const double share = log ? std::log(value / low) / std::log(high / low) : (value - low) / (high - low);
    return from + (to - from) * share;
  }

  std::vector<std::string> lines_;
  Axes axes_;
  Marks across_;
  Marks down_;
};

/// Places have two decimals, and so have the marks that they are reckoned from.
constexpr double tolerance = 0.05;

void check_place(const Place& drawn, double x, double y) {
  CHECK(drawn.x == Approx(x).margin(tolerance));
  // What is far out is drawn one area's height, 260, beyond it: from -248 to 532.
  CHECK(drawn.y == Approx(std::clamp(y, -248.0, 532.0)).margin(tolerance));
}

/// The first and the last of the points are drawn at the ends, and nothing is drawn where there is none.
void check_points(const std::vector<Place>& drawn, const std::vector<Place>& expected) {
  REQUIRE(expected.size() > 1);
  REQUIRE(drawn.size() > 1);
  check_place(drawn.front(), expected.front().x, expected.front().y);
  check_place(drawn.back(), expected.back().x, expected.back().y);
  std::size_t strays = 0;
  for (const Place& point : drawn) {
    strays += std::ranges::none_of(expected, [&](const Place& other) {
      return std::abs(point.x - other.x) < tolerance && std::abs(point.y - other.y) < tolerance;
    });
  }
  CHECK(strays == 0);
}

Drawing drawing(const Workspace& workspace, const std::string& id, Drawing::Axes axes = Drawing::Axes::linear) {
  return Drawing(workspace.read("figures/" + id + ".svg"), axes);
}

/// A line of `gpd` and its figures, read back.
struct WithTail : WithLine {
  WithTail() : WithLine("--method gpd") {
    check_success(run(report + "--svg figures"));
    line = nlohmann::json::parse(read("line.json"));
    const auto& estimates = line.at("estimates");
    start = estimates.at("tail_start");
    sigma = estimates.at("sigma");
    xi = estimates.at("xi");
    scores = draw(400, 1);
    std::ranges::sort(scores);
    for (const double score : scores) {
      if (score > start) exceedances.push_back(score - start);
    }
    REQUIRE(estimates.at("exceedances") == exceedances.size());
    REQUIRE(std::abs(xi) > 0.001);
  }

  /// The exceedance that a share of exceedances is above, by the fitted tail.
  [[nodiscard]] double upper_quantile(double share) const { return sigma / xi * (std::pow(share, -xi) - 1); }

  /// The scores above the one that is drawn at this place, less it.
  [[nodiscard]] std::vector<double> above(const Drawing& drawn, double x, double& least) const {
    least = *std::ranges::min_element(scores, {}, [&](double score) { return std::abs(drawn.x(score) - x); });
    std::vector<double> excesses;
    for (const double score : scores) {
      if (score > least) excesses.push_back(score - least);
    }
    return excesses;
  }

  nlohmann::json line;
  double start = 0;
  double sigma = 0;
  double xi = 0;
  std::vector<double> scores;       ///< ascending
  std::vector<double> exceedances;  ///< ascending
};

}  // namespace

TEST_CASE("report: bars are the density of the scores, and the fitted one lies over them") {
  const WithTail workspace;
  const Drawing drawn = drawing(workspace, "histogram");
  const std::vector<double>& scores = workspace.scores;
  // Freedman and Diaconis: at most two interquartile ranges, of definition 7, over the cube root of n.
  const auto quantile = [&](double p) {
    const double place = 399 * p;
    const auto below = static_cast<std::size_t>(place);
    return scores[below] + (place - std::floor(place)) * (scores[below + 1] - scores[below]);
  };
  const double span = scores.back() - scores.front();
  const double bins = std::ceil(span / (2 * (quantile(0.75) - quantile(0.25)) / std::cbrt(400.0)));
  REQUIRE(bins > 5);
  REQUIRE(bins < 60);
  const double width = span / bins;
  const std::vector<std::string> bars = drawn.elements("<rect", "bar blue");
  std::size_t bar = 0;
  for (double bin = 0; bin < bins; ++bin) {
    const double from = scores.front() + bin * width;
    const double to = bin + 1 < bins ? from + width : 1e9;
    const auto count = std::ranges::count_if(scores, [=](double score) { return score >= from && score < to; });
    if (count == 0) continue;
    REQUIRE(bar < bars.size());
    INFO(bars[bar]);
    check_place({Drawing::number(bars[bar], "x"), Drawing::number(bars[bar], "y")}, drawn.x(from),
                drawn.y(static_cast<double>(count) / 400 / width));
    CHECK(Drawing::number(bars[bar], "width") == Approx(drawn.x(width) - drawn.x(0)).margin(tolerance));
    CHECK(Drawing::number(bars[bar], "y") + Drawing::number(bars[bar], "height") ==
          Approx(drawn.y(0)).margin(tolerance));
    ++bar;
  }
  CHECK(bar == bars.size());
  // The density of all scores, of which a share lies in the tail.
  const double share = static_cast<double>(workspace.exceedances.size()) / 400;
  const std::vector<Place> curve = drawn.path("line green");
  check_place(curve.front(), drawn.x(workspace.start), drawn.y(share / workspace.sigma));
  double furthest = 0;
  for (const Place& point : curve) {
    const double excess = std::max(drawn.value_at(point.x) - workspace.start, 0.0);
    const double density =
        share / workspace.sigma * std::pow(1 + workspace.xi * excess / workspace.sigma, -1 / workspace.xi - 1);
    furthest = std::max(furthest, std::abs(point.y - drawn.y(density)));
  }
  CHECK(furthest < tolerance);
  // The line and its interval.
  const double cutoff = workspace.line.at("cutoff");
  const std::vector<std::string> verticals = drawn.elements("<line", "line vermilion");
  REQUIRE(verticals.size() == 1);
  CHECK(Drawing::number(verticals[0], "x1") == Approx(drawn.x(cutoff)).margin(tolerance));
  const std::vector<std::string> intervals = drawn.elements("<rect", "band orange");
  REQUIRE(intervals.size() == 1);
  const double left = drawn.x(workspace.line.at("interval").at("lower"));
  CHECK(Drawing::number(intervals[0], "x") == Approx(left).margin(tolerance));
  CHECK(Drawing::number(intervals[0], "width") ==
        Approx(drawn.x(workspace.line.at("interval").at("upper")) - left).margin(tolerance));
  CHECK(contains(workspace.read("figures/histogram.svg"),
                 fmt::format("Histogram of 400 normal scores from {:.6g} to {:.6g}; the cutoff is at {:.6g}.",
                             scores.front(), scores.back(), cutoff)));
}

TEST_CASE(
    "report: the shares above each score are drawn as steps, with the bounds of all rates and what was promised") {
  const Workspace workspace;
  workspace.write("normal.npy", npy({2, 5, 1, 3, 2}));
  check_success(workspace.run("fit normal.npy --method maximum -o line.json"));
  check_success(workspace.run("report line.json --normal normal.npy -o report.html --svg figures"));
  const Drawing drawn = drawing(workspace, "false-alarms", Drawing::Axes::log_y);
  // Of five 4, 2, 1 and none lie above 1, 2, 3 and 5. None is infinitely far down.
  const std::vector<Place> steps = drawn.path("line blue");
  REQUIRE(steps.size() == 9);
  double before = 1;
  std::size_t step = 1;
  for (const auto& [score, share] : {std::pair{1.0, 0.8}, {2.0, 0.4}, {3.0, 0.2}, {5.0, 0.0}}) {
    check_place(steps[step], drawn.x(score), drawn.y(before));
    check_place(steps[step + 1], drawn.x(score), share > 0 ? drawn.y(share) : 1e9);
    before = share;
    step += 2;
  }
  CHECK(steps.front().y == Approx(drawn.y(1)).margin(tolerance));
  // The band is as long, and goes back below.
  const std::vector<Place> band = drawn.polygon("band blue");
  REQUIRE(band.size() == 20);
  const plimsoll::stats::SimultaneousBand bounds(5, 0.95);
  before = 1;
  step = 1;
  for (const auto& [score, rank] : {std::pair{1.0, 1U}, {2.0, 3U}, {3.0, 4U}, {5.0, 5U}}) {
    check_place(band[step], drawn.x(score), drawn.y(before));
    before = bounds.rate_bound(rank);
    check_place(band[step + 1], drawn.x(score), drawn.y(before));
    check_place(band[19 - step - 1], drawn.x(score), steps[step + 1].y);
    step += 2;
  }
  CHECK(band[9].y == Approx(drawn.y(before)).margin(tolerance));
  // The largest of five is passed once in six.
  const std::vector<Place> promised = drawn.path("mark ink");
  REQUIRE(promised.size() == 1);
  check_place(promised[0], drawn.x(5), drawn.y(1.0 / 6));
}

TEST_CASE("report: exceedances are drawn against the fitted tail's quantiles, within the bounds of each") {
  const WithTail workspace;
  const Drawing drawn = drawing(workspace, "qq");
  const std::size_t count = workspace.exceedances.size();
  const auto m = static_cast<double>(count);
  std::vector<Place> expected;
  for (std::size_t k = 1; k <= count; ++k) {
    const double x = workspace.upper_quantile((m + 1 - static_cast<double>(k)) / (m + 1));
    expected.push_back({drawn.x(x), drawn.y(workspace.exceedances[k - 1])});
  }
  check_points(drawn.path("mark blue"), expected);
  CHECK(drawn.path("mark blue").size() == count);                                          // of few exceedances all
  for (const Place& mark : drawn.path("mark blue")) CHECK((mark.y > 12 && mark.y < 272));  // in the area
  // The least of m uniform numbers is Beta(1, m), and the largest Beta(m, 1), whose quantiles have a form.
  const std::vector<Place> band = drawn.polygon("band green");
  const auto check_end = [&](std::size_t upper, std::size_t lower, double x, double high, double low) {
    check_place(band[upper], x, drawn.y(workspace.upper_quantile(1 - high)));
    check_place(band[lower], x, drawn.y(workspace.upper_quantile(1 - low)));
  };
  check_end(0, band.size() - 1, expected.front().x, 1 - std::pow(0.025, 1 / m), 1 - std::pow(0.975, 1 / m));
  check_end(band.size() / 2 - 1, band.size() / 2, expected.back().x, std::pow(0.975, 1 / m), std::pow(0.025, 1 / m));
  // On the line both are equal.
  const std::vector<Place> line = drawn.path("line green");
  REQUIRE(line.size() == 2);
  check_place(line[0], drawn.x(0), drawn.y(0));
  const double most = workspace.upper_quantile(1 / (m + 1));
  check_place(line[1], drawn.x(most), drawn.y(most));
}

TEST_CASE("report: levels are those that the tail passes once in so many scores, with their intervals") {
  const WithTail workspace;
  const Drawing drawn = drawing(workspace, "return-level", Drawing::Axes::log_x);
  // The fit is the likeliest tail itself.
  const std::size_t count = workspace.exceedances.size();
  const double share = static_cast<double>(count) / 400;
  const plimsoll::stats::GpdTail tail{workspace.exceedances, plimsoll::stats::gpd_mle(workspace.exceedances), 400};
  const std::vector<Place> levels = drawn.path("line green");
  const std::vector<Place> band = drawn.polygon("band green");
  REQUIRE(levels.size() == 13);  // as docs/report.md says
  REQUIRE(band.size() == 26);
  const double first = std::log(1.05 / share);
  const double last = std::log(4000);
  for (std::size_t i = 0; i < 13; ++i) {
    const double period = std::exp(first + (last - first) * static_cast<double>(i) / 12);
    check_place(levels[i], drawn.x(period), drawn.y(workspace.start + workspace.upper_quantile(1 / (period * share))));
    const auto interval = plimsoll::stats::gpd_return_level_interval(tail, 1 / period, 0.95);
    check_place(band[i], drawn.x(period), drawn.y(workspace.start + interval.upper));
    check_place(band[25 - i], drawn.x(period), drawn.y(workspace.start + interval.lower));
  }
  // x(r) of n is passed once in (n + 1) / (n + 1 - r).
  std::vector<Place> seen;
  for (std::size_t from_top = count; from_top > 0; --from_top) {
    seen.push_back({drawn.x(401.0 / static_cast<double>(from_top)), drawn.y(workspace.scores[400 - from_top])});
  }
  check_points(drawn.path("mark blue"), seen);
  CHECK(drawn.path("mark blue").size() == count);
  for (const Place& mark : drawn.path("mark blue")) CHECK((mark.y > 12 && mark.y < 272));
  for (const Place& end : drawn.path("line vermilion")) {
    CHECK(end.y == Approx(drawn.y(workspace.line.at("cutoff"))).margin(tolerance));
  }
  CHECK(
      contains(workspace.read("figures/return-level.svg"),
               fmt::format("{:.6g} for one in 4000", workspace.start + workspace.upper_quantile(1 / (4000 * share)))));
}

TEST_CASE("report: mean excesses have 1.96 standard errors to both sides") {
  const WithTail workspace;
  const Drawing drawn = drawing(workspace, "mean-residual-life");
  const std::vector<Place> means = drawn.path("line blue");
  const std::vector<Place> band = drawn.polygon("band blue");
  REQUIRE(means.size() > 20);
  REQUIRE(band.size() == 2 * means.size());
  double start = 0;
  std::size_t fewest = 400;
  for (std::size_t i = 0; i < means.size(); ++i) {
    const std::vector<double> excesses = workspace.above(drawn, means[i].x, start);
    const auto n = static_cast<double>(excesses.size());
    fewest = std::min(fewest, excesses.size());
    double mean = 0;
    for (const double excess : excesses) mean += excess / n;
    double squares = 0;
    for (const double excess : excesses) squares += (excess - mean) * (excess - mean);
    const double error = 1.959964 * std::sqrt(squares / (n - 1) / n);
    INFO(n << " above " << start);
    check_place(means[i], drawn.x(start), drawn.y(mean));
    check_place(band[i], drawn.x(start), drawn.y(mean + error));
    check_place(band[band.size() - 1 - i], drawn.x(start), drawn.y(mean - error));
  }
  CHECK(fewest < 15);  // where a wrong divisor is seen
  CHECK(means.front().x == Approx(drawn.x(workspace.scores.front())).margin(tolerance));
  const std::vector<std::string> verticals = drawn.elements("<line", "line purple");
  REQUIRE(verticals.size() == 1);
  CHECK(Drawing::number(verticals[0], "x1") == Approx(drawn.x(workspace.start)).margin(tolerance));
}

TEST_CASE("report: shape and scale of each tail are the likeliest, with 1.96 standard errors to both sides") {
  const WithTail workspace;
  for (const std::string id : {"shape-stability", "scale-stability"}) {
    INFO(id);
    const Drawing drawn = drawing(workspace, id);
    const std::vector<Place> values = drawn.path("line green");
    const std::vector<Place> band = drawn.polygon("band green");
    REQUIRE(values.size() > 10);
    REQUIRE(band.size() == 2 * values.size());
    double start = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const std::vector<double> excesses = workspace.above(drawn, values[i].x, start);
      const auto estimate = plimsoll::stats::gpd_mle(excesses);
      const auto errors = plimsoll::stats::gpd_errors(excesses, estimate.family);
      REQUIRE(errors);
      double value = estimate.family.xi;
      double variance = errors->xi * errors->xi;
      if (id == "scale-stability") {  // of sigma - xi start
        value = estimate.family.sigma - estimate.family.xi * start;
        variance = errors->sigma * errors->sigma + start * start * errors->xi * errors->xi -
                   2 * start * errors->correlation * errors->sigma * errors->xi;
      }
      const double error = 1.959964 * std::sqrt(variance);
      check_place(values[i], drawn.x(start), drawn.y(value));
      check_place(band[i], drawn.x(start), drawn.y(value + error));
      check_place(band[band.size() - 1 - i], drawn.x(start), drawn.y(value - error));
    }
  }
}

TEST_CASE("report: the searched curve is that of the file, each share by its own line") {
  const WithLine workspace;
  workspace.write("synthetic.npy", npy(draw(80, 5, 2)));
  check_success(workspace.run("fit --normal normal.npy --synthetic synthetic.npy -o line.json --method synthetic"));
  check_success(workspace.run(report + "--svg figures"));
  const Drawing drawn = drawing(workspace, "objective");
  const auto curve = nlohmann::json::parse(workspace.read("line.json")).at("curve");
  for (const auto& [part, share] :
       {std::pair{"line green", "objective"}, {"line blue", "recall"}, {"line purple", "false_alarm_rate"}}) {
    INFO(share);
    std::vector<Place> expected;
    for (std::size_t i = 0; i < curve.at("cutoff").size(); ++i) {
      if (!curve.at("cutoff")[i].is_number()) continue;
      expected.push_back({drawn.x(curve.at("cutoff")[i]), drawn.y(curve.at(share)[i])});
    }
    check_points(drawn.path(part), expected);
  }
  std::vector<double> cutoffs;
  for (const auto& cutoff : curve.at("cutoff")) {
    if (cutoff.is_number()) cutoffs.push_back(cutoff);
  }
  const auto [least, most] = std::ranges::minmax(cutoffs);
  const std::string name = nlohmann::json::parse(workspace.read("line.json")).at("optimum").at("objective");
  CHECK(contains(workspace.read("figures/objective.svg"),
                 fmt::format("{} over {} cutoffs from {:.6g} to {:.6g}, on the calibration scores.", name,
                             cutoffs.size(), least, most)));
}

TEST_CASE("report: F1, recall and false alarms of every cutoff are counted on the labelled scores") {
  const WithLine workspace;
  check_success(workspace.run(report + "--test test.npy --labels y.npy --svg figures"));
  const Drawing drawn = drawing(workspace, "f1");
  std::vector<double> test = draw(60, 2);
  const std::vector<double> anomalous = draw(40, 3, 2);
  test.insert(test.end(), anomalous.begin(), anomalous.end());
  std::vector<double> cutoffs = test;
  std::ranges::sort(cutoffs, std::greater<>());
  std::vector<Place> f1, recall, rate;
  double best = 0;
  double best_cutoff = 0;
  for (const double cutoff : cutoffs) {
    const auto flagged = [=](double score) { return score >= cutoff; };
    const auto caught = static_cast<double>(std::ranges::count_if(anomalous, flagged));
    const auto alarms = static_cast<double>(std::ranges::count_if(test, flagged)) - caught;
    const double value = 2 * caught / (2 * caught + alarms + (40 - caught));
    f1.push_back({drawn.x(cutoff), drawn.y(value)});
    recall.push_back({drawn.x(cutoff), drawn.y(caught / 40)});
    rate.push_back({drawn.x(cutoff), drawn.y(alarms / 60)});
    if (value > best) best_cutoff = cutoff;
    best = std::max(best, value);
  }
  check_points(drawn.path("line green"), f1);
  check_points(drawn.path("line blue"), recall);
  check_points(drawn.path("line purple"), rate);
  const std::vector<Place> mark = drawn.path("mark ink");
  REQUIRE(mark.size() == 1);
  check_place(mark[0], drawn.x(best_cutoff), drawn.y(best));
  CHECK(
      contains(workspace.read("figures/f1.svg"),
               fmt::format("of cutoffs on 100 labelled scores; the best F1 is {:.3f} at {:.6g}.", best, best_cutoff)));
}

TEST_CASE("report: the rows of the table are counted on the test scores, where low ones are strange too") {
  const auto table = [](const Workspace& workspace) {
    const std::string page = workspace.read("report.html");
    const std::size_t begin = page.find("<tbody>");
    return page.substr(begin, page.find("</tbody>") - begin);
  };
  const std::string arguments =
      "report line.json --normal normal.npy --test test.npy --labels y.npy --method maximum --method sigma:k=1 "
      "--method quantile:confidence=0.9,false_alarm_rate=0.1 -o report.html --svg figures";
  const WithLine workspace("--method manual --value 2.5");
  check_success(workspace.run(arguments));
  const std::string rows = table(workspace);
  const std::vector<double> normals = draw(400, 1);
  double mean = 0;
  for (const double score : normals) mean += score / 400;
  double squares = 0;
  for (const double score : normals) squares += (score - mean) * (score - mean);
  const double largest = *std::ranges::max_element(normals);
  for (const auto& [name, cutoff, promise] :
       {std::tuple{"this line (manual)", 2.5, "none"},
        {"maximum", std::nextafter(largest, 1e9), "&lt;= 0.249 % on average"},  // once in 401
        {"sigma:k=1", mean + std::sqrt(squares / 399), "none"}}) {
    const double line = cutoff;  // clang 14 cannot capture structured bindings
    const auto flagged = [=](double score) { return score >= line; };
    const auto alarms = static_cast<double>(std::ranges::count_if(draw(60, 2), flagged));
    const auto caught = static_cast<double>(std::ranges::count_if(draw(40, 3, 2), flagged));
    INFO(rows);
    const std::size_t begin = rows.find(
        fmt::format("<tr><td>{}</td><td>{:.6g}</td><td>{}</td><td>{:.3f} [", name, cutoff, promise, alarms / 60));
    REQUIRE(begin != std::string::npos);
    const std::string row = rows.substr(begin, rows.find("</tr>", begin) - begin);
    CHECK(contains(row, fmt::format("]</td><td>{:.3f}</td><td>{:.3f}</td><td>{:.3f}</td><td>", caught / 40,
                                    2 * caught / (caught + alarms + 40), (caught / 40 + 1 - alarms / 60) / 2)));
  }
  CHECK(contains(rows, "<td>&lt;= 10 % at 90 %</td>"));

  // The same scores negated make the same page, but for what the scores are called.
  const WithLine low("--method manual --value 2.5");
  const auto negated = [](std::vector<double> scores) {
    for (double& score : scores) score = -score;
    return npy(scores);
  };
  low.write("normal.npy", negated(draw(400, 1)));
  std::vector<double> test = draw(60, 2);
  for (const double score : draw(40, 3, 2)) test.push_back(score);
  low.write("test.npy", negated(test));
  auto line = nlohmann::json::parse(low.read("line.json"));
  line["direction"] = "lower_is_anomalous";
  low.write("line.json", line.dump());
  check_success(low.run(arguments));
  CHECK(table(low) == rows);
  for (const std::string id : {"f1", "mean-residual-life", "histogram"}) {
    INFO(id);
    CHECK(low.read("figures/" + id + ".svg").find("negated score") != std::string::npos);
    for (const std::string part : {"line blue", "mark ink"}) {
      const auto marks = drawing(workspace, id).elements("<path", part);
      CHECK(drawing(low, id).elements("<path", part) == marks);
    }
    CHECK(drawing(low, id).elements("<rect", "bar") == drawing(workspace, id).elements("<rect", "bar"));
  }
}

TEST_CASE("report: what the line was fitted to is said in full") {
  const WithLine workspace;
  std::vector<double> scores = draw(400, 1);
  scores.insert(scores.begin() + 7, std::nan(""));
  scores.push_back(std::numeric_limits<double>::infinity());
  workspace.write("normal.npy", npy(scores));
  check_success(workspace.run("fit normal.npy --method gpd --trim 0.1 --non-finite skip -o line.json"));
  check_success(workspace.run(report));
  std::string page = workspace.read("report.html");
  // Trimmed scores are normal scores, too, so nothing is amiss.
  CHECK(contains(page, "<dd>360 normal and 0 anomalous scores (float64), 2 skipped, 40 trimmed</dd>"));
  CHECK(contains(page, "<dd>400 normal scores of normal.npy, 2 not finite</dd>"));
  CHECK_FALSE(contains(page, "not as many"));
  auto line = nlohmann::json::parse(workspace.read("line.json"));
  CHECK(contains(
      page, fmt::format("<dd>[{:.6g}, {:.6g}] with 95 % confidence, by {}</dd>",
                        line.at("interval").at("lower").get<double>(), line.at("interval").at("upper").get<double>(),
                        line.at("interval").at("method").get<std::string>())));
  CHECK(contains(page, fmt::format("<dd>anderson_darling = {:.6g}, p = {:.6g}</dd>",
                                   line.at("goodness").at("statistic").get<double>(),
                                   line.at("goodness").at("p_value").get<double>())));
  CHECK(contains(page, "false_alarm_rate = 0.01, "));

  // One score fewer is said; of a searched line what was reached, and by which cutoffs.
  scores.pop_back();
  scores.pop_back();
  workspace.write("normal.npy", npy(scores));
  check_success(workspace.run(report));
  CHECK(contains(workspace.read("report.html"), "these are not as many as the line was fitted to"));
  workspace.write("scores.csv", "1\n2\n3\n4\n5\n");
  workspace.write("labels.csv", "0\n0\n1\n0\n1\n");
  check_success(workspace.run("fit scores.csv --labels labels.csv --method f1 -o line.json"));
  workspace.write("normal.npy", npy({1, 2, 4}));
  check_success(workspace.run(report));
  page = workspace.read("report.html");
  // From 3 on two are caught, with a false alarm: 4 / 5. Every cutoff above 2 decides so.
  CHECK(contains(page, "<dt>reached</dt><dd>f_beta = 0.8, by every cutoff in (2, 3]</dd>"));
  CHECK(contains(page, "<dd>3 normal and 2 anomalous scores (float64), 0 skipped, 0 trimmed</dd>"));
  CHECK_FALSE(contains(page, "not as many"));
}

TEST_CASE("report: maps are shown in cells of at most 48 a side, each the strangest of its pixels") {
  const Workspace workspace;
  workspace.write("normal.npy", npy(draw(60 * 98, 6), {.shape = {60, 2, 49}}));
  check_success(workspace.run("fit --maps normal.npy --map-reduction maximum -o cal.json"));
  for (const std::size_t pixels : {48U, 49U, 96U, 97U}) {
    const std::size_t side = (pixels + 47) / 48;
    const std::size_t cells = (pixels + side - 1) / side;
    const std::size_t across = (2 + side - 1) / side;
    for (const bool wide : {true, false}) {
      INFO(pixels << (wide ? " wide" : " high"));
      // Two pixels of 60: the first of the third cell, and the very last.
      std::vector<double> map(2 * pixels, 0.5);
      map[wide ? 2 * side : 2 * side * 2] = 60;
      map.back() = 60;
      workspace.write("maps.npy", npy(map, {.shape = {1, wide ? 2 : pixels, wide ? pixels : 2}}));
      check_success(workspace.run("report cal.json --normal normal.npy --method maximum --maps maps.npy -o r.html"));
      const std::string page = workspace.read("r.html");
      const std::size_t columns = wide ? cells : across;
      const std::size_t rows = wide ? across : cells;
      CHECK(contains(page, fmt::format("class=\"map\" viewBox=\"0 0 {} {}\"", 2 * columns + 2, rows)));
      const auto path = [&](std::size_t left) {
        return wide ? fmt::format("M{} 0h1v1h-1zM{} {}h1v1h-1z", left + 2, left + cells - 1, across - 1)
                    : fmt::format("M{} 2h1v1h-1zM{} {}h1v1h-1z", left, left + across - 1, cells - 1);
      };
      CHECK(contains(page, "<path d=\"" + path(0) + "\" fill-opacity=\"1\"/>"));
      CHECK(contains(page, "<path class=\"mask\" d=\"" + path(columns + 2) + "\"/>"));
    }
  }
}

TEST_CASE("report: maps by their strangeness, NaN first and ties in their order, low ones as well as high ones") {
  const Workspace workspace;
  const auto drawings = [](const std::string& page) {
    std::vector<std::string> found;
    for (const std::string& line : lines_of(page)) {
      if (line.starts_with("<path ")) found.push_back(line);
      if (line.starts_with("<figcaption><b>")) found.push_back(line.substr(line.find(", ")));
    }
    return found;
  };
  std::vector<std::vector<std::string>> shown;
  for (const double sign : {1.0, -1.0}) {
    std::vector<double> normals = draw(60 * 20, 6);
    for (double& pixel : normals) pixel *= sign;
    workspace.write("normal.npy", npy(normals, {.shape = {60, 4, 5}}));
    check_success(workspace.run("fit --maps normal.npy --map-reduction maximum -o cal.json --review-rate 0.5 " +
                                std::string(sign < 0 ? "--direction lower" : "")));
    const auto line = nlohmann::json::parse(workspace.read("cal.json"));
    const double review = line.at("image").at("review").at("cutoff");  // of negated scores where low ones are strange
    std::vector<double> pixels(15 * 20, 0.25);
    pixels[0 * 20 + 3] = 60;  // one pixel; two that do not touch; NaN
    pixels[1 * 20 + 3] = pixels[1 * 20 + 19] = 61;
    pixels[2 * 20 + 7] = std::nan("");
    pixels[3 * 20 + 7] = review;
    for (double& pixel : pixels) pixel *= sign;
    workspace.write("maps.npy", npy(pixels, {.shape = {15, 4, 5}}));
    check_success(workspace.run("report cal.json --normal normal.npy --method maximum --maps maps.npy -o r.html"));
    const std::string page = workspace.read("r.html");
    const std::string minus = sign < 0 ? "-" : "";
    std::size_t at = 0;
    for (const std::string& caption :
         {std::string("<b>maps_02</b>: anomalous, score NaN, 1 region of 1 pixel<"),
          "<b>maps_01</b>: anomalous, score " + minus + "61, 2 regions of 2 pixels<",
          "<b>maps_00</b>: anomalous, score " + minus + "60, 1 region of 1 pixel<",
          fmt::format("<b>maps_03</b>: for review, score {:.6g}, no region<", sign * review),
          "<b>maps_04</b>: normal, score " + minus + "0.25, no region<", std::string("<b>maps_05</b>: normal"),
          std::string("<b>maps_11</b>: normal")}) {
      INFO(caption);
      const std::size_t place = page.find(caption, at);
      CHECK(place != std::string::npos);
      at = place == std::string::npos ? at : place;
    }
    CHECK_FALSE(contains(page, "<b>maps_12</b>"));
    CHECK(contains(page, "The 12 strangest of maps.npy"));
    shown.push_back(drawings(page));
    if (sign < 0) {  // captions but for the scores
      std::ranges::for_each(
          shown[1], [](std::string& text) { text.erase(std::remove(text.begin(), text.end(), '-'), text.end()); });
      std::ranges::for_each(
          shown[0], [](std::string& text) { text.erase(std::remove(text.begin(), text.end(), '-'), text.end()); });
    }
  }
  CHECK(shown[0] == shown[1]);
}

TEST_CASE("report: scores come from the column that is named, or from standard input") {
  const WithLine workspace("--method manual --value 2.5");
  const std::string options = " --labels y.npy --method mad -o report.html --svg figures";
  const auto figures = [&](const std::string& arguments, const std::string& input = {}) {
    check_success(workspace.run("report line.json " + arguments + options, input));
    return workspace.read("figures/histogram.svg") + workspace.read("figures/f1.svg");
  };
  const std::string expected = figures("--normal normal.npy --test test.npy");
  const auto table = [](const std::vector<double>& scores) {
    std::string text = "other,score\n";
    for (const double score : scores) text += "9," + plimsoll::detail::shortest(score) + "\n";
    return text;
  };
  workspace.write("normal.csv", table(draw(400, 1)));
  std::vector<double> test = draw(60, 2);
  for (const double score : draw(40, 3, 2)) test.push_back(score);
  workspace.write("test.csv", table(test));
  CHECK(figures("--normal normal.csv --test test.csv --column score") == expected);
  CHECK(figures("--normal normal.csv --test test.csv --column 2") == expected);
  CHECK(figures("--normal normal.csv --test test.csv --column other") != expected);
  CHECK(figures("--normal - --test test.npy", workspace.read("normal.npy")) == expected);
  CHECK(figures("--normal normal.npy --test -", workspace.read("test.npy")) == expected);
}

namespace {

/// Where a line that goes to the right is at x.
double height_at(const std::vector<Place>& line, double x) {
  for (std::size_t i = 0; i + 1 < line.size(); ++i) {
    const Place& from = line[i];
    const Place& to = line[i + 1];
    if (from.x <= x && x <= to.x) return from.y + (to.y - from.y) * (x - from.x) / (to.x - from.x);
  }
  return std::nan("");
}

/// The line of the cutoff, and the two sides of what is drawn in.
void check_cutoff_inside(const std::string& svg) {
  const auto number = [](const std::string& text) { return std::stod(text); };
  const std::string frame = svg.substr(svg.find("<rect", svg.find("</svg>")));
  REQUIRE(contains(frame.substr(0, frame.find('\n')), "class=\"axis\""));
  const double left = Drawing::number(frame, "x");
  const double right = left + Drawing::number(frame, "width");
  const std::string before = svg.substr(0, svg.find(" class=\"line vermilion\""));
  const double x = number(before.substr(before.rfind(" x1=\"") + 5));
  CHECK(x > left);
  CHECK(x < right);
}

/// n quantiles of the standard exponential distribution.
std::vector<double> exponential_quantiles(std::size_t n) {
  std::vector<double> scores;
  for (std::size_t i = 0; i < n; ++i) {
    scores.push_back(-std::log((static_cast<double>(n - i) - 0.5) / static_cast<double>(n)));
  }
  return scores;
}

}  // namespace

TEST_CASE("report: the fitted rates meet the cutoff at the rate that it was put at, and are areas under the density") {
  for (const std::string fit :
       {"gpd", "gev", "gumbel", "parametric --family gamma", "parametric --family weibull",
        "parametric --family normal", "parametric --family log_normal", "parametric --family logistic"}) {
    INFO(fit);
    const WithLine workspace("--method " + fit + (fit.find(' ') == std::string::npos ? "" : " --least-p-value 0"));
    check_success(workspace.run(report + "--svg figures"));
    const auto line = nlohmann::json::parse(workspace.read("line.json"));
    const double cutoff = line.at("cutoff");
    const Drawing rates = drawing(workspace, "false-alarms", Drawing::Axes::log_y);
    const std::vector<Place> above = rates.path("line green");
    CHECK(height_at(above, rates.x(cutoff)) ==
          Approx(rates.y(line.at("promise").at("false_alarm_rate"))).margin(tolerance));
    const auto rate_at = [&](double y) { return std::pow(10, (rates.y(1) - y) / (rates.y(0.1) - rates.y(1))); };
    // From half of the cutoff on, where all densities are smooth, by trapezoids.
    const Drawing drawn = drawing(workspace, "histogram");
    const std::vector<Place> density = drawn.path("line green");
    const auto density_at = [&](double y) { return (y - drawn.y(0)) / (drawn.y(1) - drawn.y(0)); };
    double area = 0;
    double from = std::nan("");
    for (std::size_t i = 0; i + 1 < density.size(); ++i) {
      const double left = drawn.value_at(density[i].x);
      if (left < cutoff / 2) continue;
      if (std::isnan(from)) from = left;
      area += (drawn.value_at(density[i + 1].x) - left) * (density_at(density[i].y) + density_at(density[i + 1].y)) / 2;
    }
    CHECK(area > 0.05);
    CHECK(area == Approx(rate_at(height_at(above, rates.x(from))) - rate_at(above.back().y)).margin(0.001));
  }
}

TEST_CASE("report: of two fitted distributions each has a line of its own") {
  const WithLine workspace("--method tail");
  check_success(workspace.run(report + "--svg figures"));
  const auto estimates = nlohmann::json::parse(workspace.read("line.json")).at("estimates");
  const double mu = estimates.at("gumbel_mu");
  const double sigma = estimates.at("gumbel_sigma");
  const auto rarity = [&](double score) { return std::exp(-(score - mu) / sigma); };
  const Drawing densities = drawing(workspace, "histogram");
  double furthest = 0;
  for (const Place& point : densities.path("line green")) {
    const double rare = rarity(densities.value_at(point.x));
    furthest = std::max(furthest, std::abs(point.y - densities.y(rare * std::exp(-rare) / sigma)));
  }
  CHECK(furthest < tolerance);
  // The other one is of the tail alone: from its start on, where the share of the tail is above.
  const double start = estimates.at("tail_start");
  const double share = estimates.at("exceedances").get<double>() / 400;
  check_place(densities.path("line purple").front(), densities.x(start),
              densities.y(share / estimates.at("sigma").get<double>()));
  const Drawing rates = drawing(workspace, "false-alarms", Drawing::Axes::log_y);
  check_place(rates.path("line purple").front(), rates.x(start), rates.y(share));
  furthest = 0;
  for (const Place& point : rates.path("line green")) {
    const double rate = 1 - std::exp(-rarity(rates.value_at(point.x)));
    furthest = std::max(furthest, std::abs(point.y - rates.y(rate)));
  }
  CHECK(furthest < tolerance);
}

TEST_CASE("report: a figure of a tail takes as many scores as it says, and is drawn of just as many") {
  struct Case {
    std::size_t count;
    std::string id;
    std::string left_out;  ///< empty: it is drawn
  };
  const std::string few_starts = "fewer than two tail starts allow an estimate with its error.";
  // Above the .9 quantile of 191 and of 192 scores are 19 and 20; of 191 it is the 172nd of them. Means take more than
  // twice ten scores, and estimates twice more than twenty.
  const std::string few_above = fmt::format("19 normal scores lie above the tail start {:.6g}, and it takes 20.",
                                            exponential_quantiles(191)[171]);
  for (const Case& one :
       {Case{191, "qq", few_above}, Case{191, "return-level", few_above}, Case{192, "qq", ""},
        Case{192, "return-level", ""},
        Case{20, "mean-residual-life", "there are 20 normal scores, too few different ones to try tail starts."},
        Case{21, "mean-residual-life", ""}, Case{41, "shape-stability", "of the 41 normal scores " + few_starts},
        Case{41, "scale-stability", "of the 41 normal scores " + few_starts}, Case{42, "shape-stability", ""},
        Case{42, "scale-stability", ""}}) {
    INFO(one.count << " " << one.id);
    const Workspace workspace;
    workspace.write("normal.npy", npy(exponential_quantiles(one.count)));
    check_success(workspace.run("fit normal.npy --method sigma -o line.json"));
    check_success(workspace.run(report));
    const std::string drawn = figure(workspace.read("report.html"), one.id);
    CHECK(contains(drawn, "<svg") == one.left_out.empty());
    if (!one.left_out.empty()) CHECK(contains(drawn, "<p>Left out: " + one.left_out + "</p>"));
  }
}

TEST_CASE("report: the captions say where the tail is from, and where the scores end") {
  for (const std::string method : {"gpd", "tail", "quantile"}) {
    INFO(method);
    const bool own = method != "quantile";  // a tail of the fit
    const WithLine workspace("--method " + method);
    check_success(workspace.run(report));
    const std::string page = workspace.read("report.html");
    CHECK(contains(figure(page, "qq"), "which were estimated here by maximum likelihood") == !own);
    CHECK(contains(figure(page, "return-level"), "Right of 400 the level is extrapolated."));
    CHECK(contains(figure(page, "mean-residual-life"), "tail start of the fit") == own);
    CHECK(contains(figure(page, "shape-stability"), "tail start of the fit") == own);
    CHECK(contains(figure(page, "scale-stability"), "tail start of the fit") == own);
    // The other two have an interval.
    CHECK(contains(figure(page, "histogram"), "interval of the cutoff, 95 %") == (method != "tail"));
    CHECK(contains(figure(page, "histogram"), "Bars and curve should agree") == own);
    std::vector<double> scores = draw(400, 1);
    std::ranges::sort(scores);
    // The last start has ten scores above it.
    CHECK(contains(
        figure(page, "mean-residual-life"),
        fmt::format("above tail starts from {:.6g} to {:.6g}, with 95 % intervals.", scores[0], scores[400 - 10 - 1])));
    CHECK(contains(figure(page, "shape-stability"), fmt::format("from {:.6g} to {:.6g}, with 95 % intervals.",
                                                                scores[400 - 200 - 1], scores[400 - 20 - 1])));
  }
}

TEST_CASE("report: the cutoff is within every figure that it is drawn in, wherever it lies") {
  const WithLine workspace("--method manual --value 1");
  for (const std::string value : {"1000", "-1000", "1e-9"}) {
    INFO(value);
    check_success(workspace.run("fit normal.npy --method manual --value=" + value + " -o line.json"));
    check_success(workspace.run(report + "--test test.npy --labels y.npy --svg figures"));
    for (const std::string id : {"histogram", "false-alarms", "f1"}) {
      INFO(id);
      check_cutoff_inside(workspace.read("figures/" + id + ".svg"));
    }
  }
}

TEST_CASE("report: of labelled scores of one class, or of none that is finite") {
  const WithLine workspace("--method manual --value 2.5");
  workspace.write("test.csv", "1\n2\n3\n");
  workspace.write("normal.csv", "0\n0\n0\n");
  workspace.write("anomalous.csv", "1\n1\n1\n");
  workspace.write("both.csv", "0\n1\n1\n");
  workspace.write("infinite.csv", "inf\n-inf\ninf\n");
  const auto drawn = [&](const std::string& test, const std::string& labels) {
    check_success(workspace.run(report + "--test " + test + " --labels " + labels));
    return figure(workspace.read("report.html"), "f1");
  };
  CHECK(contains(drawn("test.csv", "normal.csv"), "Left out: none of the labelled scores is anomalous."));
  CHECK(contains(drawn("infinite.csv", "both.csv"), "Left out: none of the labelled scores is finite."));
  // Infinite scores are no cutoffs, and are flagged by all: from 3 on, two of two, or one and a false alarm.
  workspace.write("some.csv", "2\n3\ninf\n-inf\n");
  workspace.write("caught.csv", "0\n1\n1\n0\n");
  workspace.write("alarm.csv", "0\n1\n0\n0\n");
  CHECK(contains(drawn("some.csv", "caught.csv"), "on 4 labelled scores; the best F1 is 1.000 at 3."));
  CHECK(contains(drawn("some.csv", "alarm.csv"), "on 4 labelled scores; the best F1 is 0.667 at 3."));
  // All are anomalous, so that there is no rate of false alarms.
  const std::string anomalous = drawn("test.csv", "anomalous.csv");
  CHECK(contains(anomalous, "the best F1 is 1.000 at 1."));
  CHECK(contains(anomalous, "class=\"line blue\""));
  for (const std::string& line : lines_of(anomalous)) {
    CHECK_FALSE((line.starts_with("<path") && contains(line, "class=\"line purple\"")));
  }
}

TEST_CASE("report: an interval without an end does not squeeze what is drawn beside it") {
  const Workspace workspace;
  std::vector<double> scores;
  for (int i = 1; i <= 59; ++i) scores.push_back(i);
  workspace.write("normal.npy", npy(scores));
  check_success(workspace.run("fit normal.npy --method quantile -o line.json"));
  REQUIRE(nlohmann::json::parse(workspace.read("line.json")).at("interval").at("upper") == "inf");
  check_success(workspace.run(report + "--svg figures"));
  const Drawing drawn = drawing(workspace, "histogram");
  const std::string svg = workspace.read("figures/histogram.svg");
  const std::string frame = svg.substr(svg.find("<rect", svg.find("</svg>")));
  const double width = Drawing::number(frame, "width");
  CHECK(drawn.x(59) - drawn.x(1) > 0.7 * width);
  // It begins at its lower end, and goes on to the right side at least.
  const std::vector<std::string> intervals = drawn.elements("<rect", "band orange");
  REQUIRE(intervals.size() == 1);
  const double left = Drawing::number(intervals[0], "x");
  CHECK(left == Approx(drawn.x(52)).margin(tolerance));
  CHECK(left + Drawing::number(intervals[0], "width") >= Drawing::number(frame, "x") + width);
}

TEST_CASE("report: there are five bars at least, sixty at most, and of equal scores one about them") {
  const Workspace workspace;
  const auto bars = [&](const std::vector<double>& scores) {
    workspace.write("normal.npy", npy(scores));
    check_success(workspace.run("fit normal.npy --method manual --value 2 -o line.json"));
    check_success(workspace.run(report + "--svg figures"));
    return drawing(workspace, "histogram").elements("<rect", "bar blue");
  };
  const auto width = [](const std::string& bar) { return Drawing::number(bar, "width"); };
  // Quartiles of 7 alone have no range.
  std::vector<double> scores(97, 7);
  for (const double score : {1.0, 2.0, 3.0}) scores.push_back(score);
  std::vector<std::string> found = bars(scores);
  REQUIRE(found.size() == 3);  // of 1 and 2, of 3, and of 7
  Drawing drawn = drawing(workspace, "histogram");
  for (const std::string& bar : found) CHECK(width(bar) == Approx((drawn.x(7) - drawn.x(1)) / 5).margin(tolerance));
  // 200 scores below 8 and one of 1000: by their quartiles there would be thousands.
  scores = draw(200, 1);
  scores.push_back(1000);
  found = bars(scores);
  REQUIRE(found.size() == 2);
  drawn = drawing(workspace, "histogram");
  for (const std::string& bar : found) CHECK(width(bar) == Approx((drawn.x(1000) - drawn.x(0)) / 60).margin(tolerance));
  // All of the area is in the one bar.
  found = bars(std::vector<double>(100, 7));
  REQUIRE(found.size() == 1);
  drawn = drawing(workspace, "histogram");
  CHECK(Drawing::number(found[0], "x") + width(found[0]) / 2 == Approx(drawn.x(7)).margin(tolerance));
  CHECK(Drawing::number(found[0], "y") ==
        Approx(drawn.y((drawn.x(1) - drawn.x(0)) / width(found[0]))).margin(tolerance));
}

TEST_CASE("report: a promised rate far below one score of all is within the figure") {
  const WithLine workspace("--method gpd --false-alarm-rate 1e-6");
  check_success(workspace.run(report + "--svg figures"));
  const Drawing drawn = drawing(workspace, "false-alarms", Drawing::Axes::log_y);
  const std::vector<Place> promised = drawn.path("mark ink");
  REQUIRE(promised.size() == 1);
  CHECK(promised[0].y == Approx(drawn.y(1e-6)).margin(tolerance));
  CHECK(promised[0].y < 272);  // where the area ends
}

TEST_CASE("report: of a method without a cutoff it is said why, and nothing is counted") {
  const Workspace workspace;
  std::string sevens;
  for (int i = 0; i < 50; ++i) sevens += "7\n";
  workspace.write("normal.csv", sevens);
  workspace.write("test.csv", "7\n7\n8\n");
  workspace.write("labels.csv", "0\n0\n1\n");
  check_success(workspace.run("fit normal.csv --method manual --value 7.5 -o line.json"));
  const std::string arguments = "report line.json --normal normal.csv --method mad -o r.html";
  check_success(workspace.run(arguments));
  std::string page = workspace.read("r.html");
  CHECK(contains(page, "<th>method</th><th>threshold</th><th>promised FPR</th><th>note</th></tr>"));
  CHECK(contains(page, "<tr><td>this line (manual)</td><td>7.5</td><td>none</td><td></td></tr>"));
  CHECK(contains(page, "<tr><td>mad</td><td>no_spread</td><td>-</td><td>more than half"));
  CHECK(contains(page, "<p>Fitted to the 50 normal scores shown here.</p>"));
  check_success(workspace.run(arguments + " --test test.csv --labels labels.csv"));
  page = workspace.read("r.html");
  CHECK(contains(page, "<th>FPR [95 %]</th><th>recall</th><th>F1</th><th>balanced accuracy</th><th>note</th></tr>"));
  // SciPy's binomtest(0, 2).proportion_ci() ends at 1 - .025^(1/2) = .842.
  CHECK(contains(page,
                 "<td>none</td><td>0.000 [0.000, 0.842]</td><td>1.000</td><td>1.000</td><td>1.000</td><td></td></tr>"));
  CHECK(contains(page,
                 "<tr><td>mad</td><td>no_spread</td><td>-</td><td>-</td><td>-</td><td>-</td><td>-</td><td>more than"));
  CHECK(contains(page, "shown here, judged on test.csv: 2 normal, 1 anomalous.</p>"));
}

TEST_CASE("report: a map's cells have eight shades, in one scale for all maps that are shown") {
  const Workspace workspace;
  workspace.write("normal.npy", npy(draw(60 * 16, 6), {.shape = {60, 4, 4}}));
  check_success(workspace.run("fit --maps normal.npy --map-reduction maximum -o cal.json"));
  const auto drawn = [&](const std::vector<double>& pixels, const std::vector<std::size_t>& shape) {
    workspace.write("maps.npy", npy(pixels, {.shape = shape}));
    check_success(workspace.run("report cal.json --normal normal.npy --method maximum --maps maps.npy -o r.html"));
    std::vector<std::string> paths;
    for (const std::string& line : lines_of(workspace.read("r.html"))) {
      if (line.starts_with("<path d=") && contains(line, "fill-opacity=")) paths.push_back(line);
    }
    return paths;
  };
  using Texts = std::vector<std::string>;
  // From 0 to 8 an eighth each; the lightest is not drawn, and the largest value is of the last shade.
  CHECK(drawn({0, 1, 2, 3, 4, 5, 6, 7, 8}, {1, 1, 9}) ==
        Texts{"<path d=\"M1 0h1v1h-1z\" fill-opacity=\"0.14\"/>", "<path d=\"M2 0h1v1h-1z\" fill-opacity=\"0.29\"/>",
              "<path d=\"M3 0h1v1h-1z\" fill-opacity=\"0.43\"/>", "<path d=\"M4 0h1v1h-1z\" fill-opacity=\"0.57\"/>",
              "<path d=\"M5 0h1v1h-1z\" fill-opacity=\"0.71\"/>", "<path d=\"M6 0h1v1h-1z\" fill-opacity=\"0.86\"/>",
              "<path d=\"M7 0h2v1h-2z\" fill-opacity=\"1\"/>"});
  CHECK(contains(workspace.read("r.html"), "<p>The 1 strangest of maps.npy: "));
  // The other map's values count: 4 is in the middle.
  CHECK(drawn({8, 8, 4, 0}, {2, 1, 2}) ==
        Texts{"<path d=\"M0 0h2v1h-2z\" fill-opacity=\"1\"/>", "<path d=\"M0 0h1v1h-1z\" fill-opacity=\"0.57\"/>"});
  // Of one value nothing stands out, but NaN does.
  CHECK(drawn({0.5, 0.5, 0.5, 0.5}, {1, 2, 2}).empty());
  CHECK(drawn({0.5, 0.5, std::nan(""), 0.5}, {1, 2, 2}) == Texts{"<path d=\"M0 1h1v1h-1z\" fill-opacity=\"1\"/>"});
}

TEST_CASE("report: maps among the normal scores count as the calibration has it") {
  const Workspace workspace;
  const std::vector<double> pixels = draw(60 * 16, 6);
  workspace.write("maps.npy", npy(pixels, {.shape = {60, 4, 4}}));
  check_success(workspace.run("fit --maps maps.npy --map-reduction top_mean --top-share 0.5 -o cal.json"));
  check_success(workspace.run("report cal.json --normal maps.npy --method maximum -o r.html --svg figures"));
  double least = 1e9;
  double most = 0;
  for (std::size_t map = 0; map < 60; ++map) {
    const auto first = pixels.begin() + static_cast<std::ptrdiff_t>(16 * map);
    std::vector<double> own(first, first + 16);
    std::ranges::sort(own, std::greater<>());
    double mean = 0;
    for (std::size_t i = 0; i < 8; ++i) mean += own[i] / 8;
    least = std::min(least, mean);
    most = std::max(most, mean);
  }
  CHECK(contains(workspace.read("figures/histogram.svg"),
                 fmt::format("Histogram of 60 normal scores from {:.6g} to {:.6g}; ", least, most)));
}

TEST_CASE("report: rates of a class that is not there are none") {
  const Workspace workspace;
  workspace.write("normal.csv", "1\n2\n3\n4\n5\n6\n7\n");
  workspace.write("test.csv", "7\n7\n8\n");
  check_success(workspace.run("fit normal.csv --method manual --value 7.5 -o line.json"));
  const auto row = [&](const std::string& labels) {
    workspace.write("labels.csv", labels);
    check_success(workspace.run(
        "report line.json --normal normal.csv --test test.csv --labels labels.csv --method maximum -o r.html"));
    const std::string page = workspace.read("r.html");
    const std::string begin = "<tr><td>this line (manual)</td><td>7.5</td><td>none</td>";
    const std::size_t at = page.find(begin);
    REQUIRE(at != std::string::npos);
    return page.substr(at + begin.size(), page.find("</tr>", at) - at - begin.size());
  };
  // One of three is caught: F1 is 2 / (2 + 2).
  CHECK(row("1\n1\n1\n") == "<td>-</td><td>0.333</td><td>0.500</td><td>-</td><td></td>");
  // SciPy's binomtest(1, 3).proportion_ci().
  CHECK(row("0\n0\n0\n").starts_with("<td>0.333 [0.008, 0.906]</td><td>-</td>"));
}

TEST_CASE("report: the facts of the line are those of its file") {
  const WithLine workspace("--method gpd");
  check_success(workspace.run(report));
  const std::string page = workspace.read("report.html");
  const auto line = nlohmann::json::parse(workspace.read("line.json"));
  const auto check_fact = [&](const std::string& name, const std::string& value) {
    INFO(name << ": " << value);
    CHECK(contains(page, "<dt>" + name + "</dt><dd>" + value + "</dd>\n"));
  };
  check_fact("method", "gpd");
  check_fact("status", "ok");
  check_fact("cutoff", plimsoll::detail::shortest(line.at("cutoff").get<double>()));
  check_fact("promise", line.at("promise").at("text"));
  std::string estimates;
  for (const auto& [name, value] : line.at("estimates").items()) {
    estimates += fmt::format("{}{} = {:.6g}", estimates.empty() ? "" : ", ", name, value.get<double>());
  }
  check_fact("estimates", estimates);
  std::string parameters;
  for (const auto& [name, value] : line.at("parameters").items()) {
    const std::string text = value.is_null()     ? "unset"
                             : value.is_string() ? value.get<std::string>()
                                                 : plimsoll::detail::shortest(value.get<double>());
    parameters += (parameters.empty() ? "" : ", ") + name + " = " + text;
  }
  check_fact("parameters", parameters);
  CHECK_FALSE(contains(page, "<dt>reached</dt>"));
  CHECK_FALSE(contains(page, "<dt>direction</dt>"));
}
