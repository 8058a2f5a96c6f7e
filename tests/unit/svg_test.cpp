// SPDX-License-Identifier: Apache-2.0
// The charts of the report: ticks, escaping, places, and text that is well-formed XML.
#include "svg.hpp"

#include <cmath>
#include <cstddef>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "catch.hpp"
#include "xml_walk.hpp"

using namespace plimsoll::io::svg;

namespace {

std::vector<std::string> labels(const std::vector<Tick>& ticks) {
  std::vector<std::string> texts;
  for (const Tick& tick : ticks) texts.push_back(tick.label);
  return texts;
}

using Texts = std::vector<std::string>;

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// x from 0 to 10, y from 0 to 5: marks 0 to 5 in one digit, so the data's area begins at 40 + 9.
Chart chart() {
  return {"one", "A <title>", "Its \"words\" & more", {"x", 0, 10}, {"y", 0, 5}};
}

}  // namespace

TEST_CASE("svg: marks are multiples of 1, 2 or 5 times a power of ten, as few as asked for") {
  CHECK(labels(linear_ticks(0, 10, 6)) == Texts{"0", "2", "4", "6", "8", "10"});
  CHECK(labels(linear_ticks(0, 1, 6)) == Texts{"0", "0.2", "0.4", "0.6", "0.8", "1"});
  CHECK(labels(linear_ticks(-3.1, 7.9, 6)) == Texts{"-2", "0", "2", "4", "6"});
  CHECK(labels(linear_ticks(0, 1e-7, 4)) == Texts{"0", "5e-8", "1e-7"});
  CHECK(labels(linear_ticks(0, 3e9, 4)) == Texts{"0", "1e9", "2e9", "3e9"});
  // Neighbours differ in the tenth digit.
  CHECK(labels(linear_ticks(1000000, 1000000.002, 3)) == Texts{"1000000", "1000000.001", "1000000.002"});
  // Each value is the double that its label reads as.
  for (const Tick& tick : linear_ticks(0, 1, 11)) CHECK(tick.value == std::stod(tick.label));
  // No step leaves one mark alone.
  for (double low = 0.05; low < 3; low += 0.37) CHECK(linear_ticks(low, low + 1.3, 2).size() >= 2);
}

TEST_CASE("svg: marks of a logarithmic axis are powers of ten, thinned or refined where they must be") {
  CHECK(labels(log_ticks(0.001, 1.3, 7)) == Texts{"0.001", "0.01", "0.1", "1"});
  CHECK(labels(log_ticks(1e-6, 1, 4)) == Texts{"1e-6", "0.0001", "0.01", "1"});
  CHECK(labels(log_ticks(0.9, 30, 7)) == Texts{"1", "10"});
  CHECK(labels(log_ticks(1.5, 30, 7)) == Texts{"2", "5", "10", "20"});
  CHECK(labels(log_ticks(3, 4, 3)) == Texts{"3", "3.5", "4"});
}

TEST_CASE("svg: text is escaped, and what XML does not take is replaced") {
  CHECK(escaped("a<b & c>\"d'") == "a&lt;b &amp; c&gt;&quot;d&#39;");
  CHECK(escaped("\xCE\xBE \xE2\x89\xA4 \xF0\x9F\x98\x80") == "\xCE\xBE \xE2\x89\xA4 \xF0\x9F\x98\x80");
  const std::string other = "\xEF\xBF\xBD";
  CHECK(escaped(std::string_view("a\0b\x01\x7f", 5)) == "a" + other + "b" + other + other);
  CHECK(escaped("\xFF\xC3") == other + other);
  CHECK(escaped("\xC0\xAF") == other + other);              // overlong
  CHECK(escaped("\xED\xA0\x80") == other + other + other);  // a surrogate
  CHECK(escaped("\xEF\xBF\xBE") == other + other + other);  // U+FFFE
  CHECK(escaped("\xE2\x89") == other + other);              // cut off
  CHECK(escaped("tab\tline\n") == "tab\tline\n");
}

TEST_CASE("svg: coordinates have two decimals and no more signs than needed") {
  CHECK(coordinate(12) == "12");
  CHECK(coordinate(0.5) == "0.5");
  CHECK(coordinate(-3.254) == "-3.25");
  CHECK(coordinate(-0.001) == "0");
  CHECK(coordinate(1e14) == "100000000000000");
}

TEST_CASE("svg: places are the affine map of the axes") {
  // Left 49, right 464, top 12, bottom 272: 415 by 260.
  CHECK(chart().place({0, 0}).x == Approx(49));
  CHECK(chart().place({0, 0}).y == Approx(272));
  CHECK(chart().place({10, 5}).x == Approx(464));
  CHECK(chart().place({10, 5}).y == Approx(12));
  CHECK(chart().place({2.5, 1}).x == Approx(152.75));
  CHECK(chart().place({2.5, 1}).y == Approx(220));
  const Chart log("two", "t", "d", {"x", 1, 100, Scale::log}, {"y", 0, 5});
  CHECK(log.place({10, 0}).x == Approx(256.5));
}

TEST_CASE("svg: marks are drawn where they belong, and what is far out is cut off") {
  Chart one = chart();
  constexpr double infinity = std::numeric_limits<double>::infinity();
  one.line({{0, 0}, {5, 2.5}, {10, infinity}}, Colour::blue, Dash::dashed, "a line");
  one.line({{0, 0}, {std::nan(""), 1}, {10, 5}}, Colour::green, Dash::solid, "");
  one.band({{0, -infinity, 1}, {10, 1, infinity}}, Colour::green, "a band");
  one.bars({{0, 0, 5}}, 10, Colour::orange, "a bar");
  one.markers({{10, 5}, {infinity, 1}}, Colour::ink, Shape::square, "a marker");
  one.vertical(5, Colour::vermilion, Dash::dotted, "the cutoff");
  one.between(2.5, 5, Colour::purple, "an interval");
  const std::string text = one.element();
  INFO(text);
  CHECK(contains(text, "d=\"M49 272L256.5 142L464 -248\" class=\"line blue\" stroke-dasharray"));
  CHECK(contains(text, "d=\"M49 272M464 12\" class=\"line green\"/>"));  // a gap, and no dash
  CHECK(contains(text, "points=\"49 220 464 -248 464 220 49 532\""));
  CHECK(contains(text, "<rect x=\"49\" y=\"12\" width=\"415\" height=\"260\" class=\"bar orange\"/>"));
  CHECK(contains(text, "d=\"M464 12m-3 -3h6v6h-6z\" class=\"mark ink\""));
  CHECK(contains(text, "<line x1=\"256.5\" y1=\"12\" x2=\"256.5\" y2=\"272\" class=\"line vermilion\""));
  CHECK(contains(text, "<rect x=\"152.75\" y=\"12\" width=\"103.75\" height=\"260\" class=\"band purple\"/>"));
  CHECK(contains(text, ">10</text>"));
  for (const char* name : {"a line", "a band", "a bar", "a marker", "the cutoff", "an interval"}) {
    CHECK(contains(text, ">" + std::string(name) + "</text>"));
  }
}

TEST_CASE("svg: where an axis is logarithmic, 0 and what is below lie one area's size beyond it") {
  Chart log("two", "t", "d", {"x", 1, 100, Scale::log}, {"y", 1, 1e4, Scale::log});
  const double left = log.place({1, 1}).x;
  log.line({{10, 1}, {100, 100}, {0, 1e4}, {-3, 0}}, Colour::blue, Dash::solid, "a line");
  const std::string text = log.element();
  INFO(text);
  const std::string beyond = coordinate(2 * left - 464);
  CHECK(contains(text, "d=\"M" + coordinate((left + 464) / 2) + " 272L464 142L" + beyond + " 12L" + beyond + " 532\""));
}

TEST_CASE("svg: points nearer than a quarter of a unit are left out, but not the last") {
  Chart one = chart();
  std::vector<Point> points;
  for (int i = 0; i <= 100000; ++i) points.push_back({i * 1e-4, 1});
  one.line(points, Colour::blue, Dash::solid, "many");
  const std::string text = one.element();
  CHECK(text.size() < 40'000);  // 415 units hold 1660 points at most
  CHECK(contains(text, "L464 220\""));
}

TEST_CASE("svg: element and file are well-formed, scale, and say what they show") {
  Chart one = chart();
  one.line({{0, 0}, {5, 2.5}}, Colour::blue, Dash::dashed, "a & b <c>");
  for (const std::string& text : {one.element(), one.file()}) {
    INFO(text);
    const auto found = plimsoll::test::walk_xml(text);
    CHECK(found.error == "");
    CHECK(found.elements.at("title") == 1);
    CHECK(found.elements.at("desc") == 1);
    CHECK(contains(text, "<title id=\"one-title\">A &lt;title&gt;</title>"));
    CHECK(contains(text, "Its &quot;words&quot; &amp; more"));
    CHECK(contains(text, "role=\"img\" aria-labelledby=\"one-title one-desc\""));
    CHECK(contains(text, "viewBox=\"0 "));
    CHECK_FALSE(contains(text, "<script"));
  }
  CHECK_FALSE(contains(one.element(), "http"));
  CHECK(contains(one.file(), "<svg xmlns=\"http://www.w3.org/2000/svg\""));
  CHECK(contains(one.file(), "prefers-color-scheme:dark"));
}

TEST_CASE("svg: the walk of XML sees what is wrong") {
  using plimsoll::test::walk_xml;
  CHECK(walk_xml("<a><b x=\"1\"/>t &amp; u</a>").error == "");
  for (const char* wrong : {"<a><b></a></b>", "<a>", "<a/><b/>", "<a x=1/>", "<a x=\"1\" x=\"2\"/>", "<a>&nbsp;</a>",
                            "<a>x & y</a>", "<a x=\"<\"/>", "text", "<a></a>text", "</a>", "<a x=\"1\"y=\"2\"/>"}) {
    INFO(wrong);
    CHECK(walk_xml(wrong).error != "");
  }
}

TEST_CASE("svg: marks at the very ends of a range are drawn") {
  CHECK(labels(log_ticks(2, 5, 7)) == Texts{"2", "5"});
  CHECK(labels(log_ticks(1, 10, 7)) == Texts{"1", "10"});
  CHECK(labels(log_ticks(0.1, 1000, 5)) == Texts{"0.1", "1", "10", "100", "1000"});
  CHECK(labels(log_ticks(0.1, 1000, 4)) == Texts{"1", "100"});  // every second, 1 among them
  // 3 times 0.1 is just above 0.3, and the mark is drawn all the same; so it is where 0.3 is the upper end.
  CHECK(labels(linear_ticks(0.1 * 3, 0.7, 5)) == Texts{"0.3", "0.4", "0.5", "0.6", "0.7"});
  CHECK(labels(linear_ticks(-0.7, -0.1 * 3, 5)) == Texts{"-0.7", "-0.6", "-0.5", "-0.4", "-0.3"});
  // As many marks as asked for, but not one more.
  CHECK(linear_ticks(0, 10, 11).size() == 11);
  CHECK(linear_ticks(0, 10, 10).size() == 6);
}

TEST_CASE("svg: of UTF-8 the first and the last of each length are kept, and what is beside them is not") {
  const std::string other = "\xEF\xBF\xBD";
  for (const char* text : {" ", "~", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
                           "\xEF\xBF\xBD", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    CHECK(escaped(text) == text);
  }
  CHECK(escaped("\x1f") == other);
  for (const char* two : {"\xC1\xBF", "\xC2\x7F", "\xC2\xC0"}) {
    const std::string text = escaped(two);
    CHECK(text.starts_with(other));
    CHECK(text.find(two) == std::string::npos);
  }
  CHECK(escaped("\xE0\x9F\xBF") == other + other + other);
  CHECK(escaped("\xEF\xBF\xBF") == other + other + other);
  CHECK(escaped("\xF0\x8F\xBF\xBF") == other + other + other + other);
  CHECK(escaped("\xF4\x90\x80\x80") == other + other + other + other);
  CHECK(escaped("\xF5\x80\x80\x80") == other + other + other + other);
}

TEST_CASE("svg: colours, dashes and shapes are told apart, and the legend has the sample of each") {
  Chart one = chart();
  const std::vector<Dash> dashes{Dash::solid, Dash::dashed, Dash::dotted, Dash::dash_dot};
  const std::vector<Shape> shapes{Shape::circle, Shape::square, Shape::diamond, Shape::triangle};
  const std::vector<Colour> colours{Colour::ink,   Colour::blue,   Colour::vermilion,
                                    Colour::green, Colour::orange, Colour::purple};
  const Texts words{"ink", "blue", "vermilion", "green", "orange", "purple"};
  for (std::size_t i = 0; i < 4; ++i) {
    one.line({{0, 0}, {10, 5}}, colours[i], dashes[i], "line " + std::to_string(i));
    one.markers({{5, 2.5}}, colours[i + 2], shapes[i], "mark " + std::to_string(i));
  }
  Texts drawn;
  Texts samples;
  Texts names;
  const std::string text = one.element();
  std::string line;
  for (const char c : text) {
    if (c != '\n') {
      line += c;
      continue;
    }
    if (line.starts_with("<path ")) drawn.push_back(line);
    if (line.starts_with("<g ")) samples.push_back(line);
    if (line.starts_with("<text x=\"62\"")) names.push_back(line);
    line.clear();
  }
  REQUIRE(drawn.size() == 8);
  REQUIRE(samples.size() == 8);
  REQUIRE(names.size() == 8);
  const auto number = [](const std::string& element, const std::string& before) {
    return std::stod(element.substr(element.find(before) + before.size()));
  };
  std::set<std::string> looks;
  double last = 272;
  for (std::size_t i = 0; i < 8; ++i) {
    // What comes after the place is the look: the class and the dash, or the outline.
    const std::string look = drawn[i].substr(drawn[i].find(" class="), drawn[i].rfind("/>") - drawn[i].find(" class="));
    CHECK(contains(look, (i % 2 == 0 ? "line " : "mark ") + words[i / 2 + i % 2 * 2] + "\""));
    CHECK(contains(samples[i], look));
    if (i % 2 == 0) {
      looks.insert(look.substr(look.find('"', 8)));
    } else {
      const std::size_t begin = drawn[i].find('m', 9);  // after the place
      const std::string outline = drawn[i].substr(begin, drawn[i].find('z') + 1 - begin);
      looks.insert(outline);
      CHECK(contains(samples[i], "M16 10" + outline + "\""));
    }
    // Below each other, each beside its name, and none beyond the chart.
    const double top = number(samples[i], "translate(20 ");
    CHECK(top >= last);
    last = top + 20;
    CHECK(number(names[i], " y=\"") > top);
    CHECK(number(names[i], " y=\"") < last);
    CHECK(contains(names[i], (i % 2 == 0 ? ">line " : ">mark ") + std::to_string(i / 2) + "<"));
  }
  CHECK(looks.size() == 8);
  CHECK(last <= number(text, "viewBox=\"0 0 480 "));
  // A file has as much, and its title above.
  const std::string file = one.file();
  const std::string box = "viewBox=\"0 ";
  const double above = -number(file, box);
  CHECK(above > 20);
  CHECK(number(file, box + coordinate(-above) + " 480 ") == number(text, "viewBox=\"0 0 480 ") + above);
  CHECK(contains(file, ">A &lt;title&gt;</text>"));
  CHECK_FALSE(contains(text, ">A &lt;title&gt;</text>"));
}

TEST_CASE("svg: labels keep apart and on the chart, and what is no number is not drawn") {
  const Chart wide("one", "t", "d", {"x", 1000000, 1000000.002}, {"y", 0, 5});
  const std::string text = wide.element();
  double last = -1e9;
  std::size_t count = 0;
  const std::string begin = "<text x=\"";
  for (std::size_t at = text.find(begin); at != std::string::npos; at = text.find(begin, at + 1)) {
    if (!contains(text.substr(at, 60), "y=\"293\"")) continue;  // of the axis of x
    const double x = std::stod(text.substr(at + begin.size()));
    const std::size_t label = text.find('>', at) + 1;
    const double half = 4.5 * static_cast<double>(text.find('<', label) - label);
    const bool at_end = contains(text.substr(at, label - at), "text-anchor=\"end\"");
    CHECK((at_end ? x - 2 * half : x - half) > last);
    last = at_end ? x : x + half;
    CHECK(last <= 480);
    ++count;
  }
  CHECK(count >= 2);

  Chart one = chart();
  const double nan = std::nan("");
  one.band({{0, 0, 1}, {4, nan, 1}, {5, 0, nan}, {nan, 0, 1}, {10, 1, 2}}, Colour::blue, "");
  one.bars({{0, nan, 1}, {2, 0, nan}, {4, 2, 2}, {6, 1, 3}}, 2, Colour::blue, "");
  one.markers({{nan, 1}, {1, nan}, {2, 1}, {2.005, 1}, {4, 1}}, Colour::blue, Shape::square, "");
  one.vertical(nan, Colour::blue, Dash::solid, "");
  one.between(nan, 1, Colour::blue, "");
  one.between(1, nan, Colour::blue, "");
  const std::string drawn = one.element();
  INFO(drawn);
  // 415 units for 10 across, 260 for 5 down, from (49, 272) on.
  CHECK(contains(drawn, "<polygon points=\"49 220 464 168 464 220 49 272\""));
  CHECK(contains(drawn, "<rect x=\"298\" y=\"116\" width=\"83\" height=\"104\" class=\"bar blue\"/>"));
  CHECK(drawn.find("\"bar ") == drawn.rfind("\"bar "));
  CHECK(contains(drawn, "<path d=\"M132 220m-3 -3h6v6h-6zM215 220m-3 -3h6v6h-6z\" class=\"mark blue\"/>"));
  CHECK(drawn.find("\"band ") == drawn.rfind("\"band "));
  CHECK_FALSE(contains(drawn, "\"line "));
  CHECK_FALSE(contains(drawn, "<g "));  // no names, no legend
}

TEST_CASE("svg: what is far out lies one area's size beyond it, on every side") {
  Chart one = chart();
  one.line({{-1e9, -1e9}, {1e9, 1e9}}, Colour::blue, Dash::solid, "");
  // 415 by 260 from (49, 12) on.
  CHECK(contains(one.element(), "d=\"M-366 532L879 -248\""));
}

TEST_CASE("svg: an axis has its own label, and the numbers on the left have room") {
  const Chart one("one", "t", "d", {"across", 0, 10}, {"up", 0, 1000});
  // The widest number, 1000, has four letters of 9 units, beside 40.
  CHECK(one.place({0, 0}).x == Approx(76));
  CHECK(one.place({10, 1000}).x == Approx(464));
  const std::string text = one.element();
  // In the middle of 76 to 464, 45 units below the data; and that of y turned, in the middle of 12 to 272.
  CHECK(contains(text, "<text x=\"270\" y=\"317\" text-anchor=\"middle\">across</text>"));
  CHECK(contains(text, "transform=\"translate(17 142) rotate(-90)\">up</text>"));
}

TEST_CASE("svg: ranges beyond the powers of ten have marks at their ends, and so has a long one of one mark") {
  CHECK(labels(linear_ticks(0, 2e-300, 6)) == Texts{"0", "2e-300"});
  CHECK(labels(linear_ticks(-1e300, 2e300, 6)) == Texts{"-1e300", "2e300"});
  // Of 10, 100 and 1000 every third is 1000 alone.
  CHECK(labels(log_ticks(10, 1000, 1)) == Texts{"10", "1000"});
}

TEST_CASE("svg: of a band, too, what is nearer than a quarter of a unit is left out, but not the last") {
  Chart one = chart();
  std::vector<Reach> reaches;
  for (int i = 0; i <= 100000; ++i) reaches.push_back({i * 1e-4, 1, 2});
  one.band(reaches, Colour::blue, "");
  const std::string text = one.element();
  CHECK(text.size() < 80'000);  // 415 units hold 1660 points at most, above and below
  CHECK(contains(text, "464 168 464 220 "));
  // A step up or down at one place is no small one.
  Chart steps = chart();
  steps.band({{0, 0, 1}, {0, 0, 5}, {0, 1, 5}, {10, 1, 5}}, Colour::blue, "");
  CHECK(contains(steps.element(), "points=\"49 220 49 12 49 12 464 12 464 220 49 220 49 272 49 272\""));
}
