// SPDX-License-Identifier: Apache-2.0
#include "svg.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace plimsoll::io::svg {
namespace {

// Of a chart, in its units.
constexpr double width = 480;
constexpr double letter = 9;  ///< about as wide as one
constexpr double top = 12;
constexpr double right = 464;
constexpr double bottom = 272;      ///< of the area of the data
constexpr double axis_height = 60;  ///< of the labels below it
constexpr double key_height = 24;
constexpr double title_height = 34;  ///< of a file's

/// The length of the UTF-8 sequence at the front of a text, 0 where there is none (RFC 3629, section 4).
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : std::uint8_t{0};
  };
  const auto follows = [&](std::size_t i) { return byte(i) >= 0x80 && byte(i) < 0xC0; };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first < 0xE0) return follows(1) ? 2 : 0;
  if (first >= 0xE0 && first < 0xF0) {
    const bool shortest = first != 0xE0 || byte(1) >= 0xA0;
    const bool no_surrogate = first != 0xED || byte(1) < 0xA0;
    const bool character = first != 0xEF || byte(1) != 0xBF || byte(2) < 0xBE;  // U+FFFE and U+FFFF are none of XML
    return follows(1) && follows(2) && shortest && no_surrogate && character ? 3 : 0;
  }
  if (first >= 0xF0 && first < 0xF5) {
    const bool in_range = (first != 0xF0 || byte(1) >= 0x90) && (first != 0xF4 || byte(1) < 0x90);
    return follows(1) && follows(2) && follows(3) && in_range ? 4 : 0;
  }
  return 0;
}

/// The value with so many significant digits, and exponents as people write them: "1e-5".
std::string general(double value, int digits) {
  if (value == 0) return "0";
  std::array<char, 64> buffer;
  const auto end =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::general, digits).ptr;
  std::string text(buffer.data(), end);
  if (const std::size_t e = text.find('e'); e != std::string::npos) {
    std::size_t zeros = e + 2;
    while (text[zeros] == '0') ++zeros;
    const bool negative = text[e + 1] == '-';
    text = text.substr(0, e + 1) + (negative ? "-" : "") + text.substr(zeros);
  }
  return text;
}

/// 10^exponent, as its decimal reads.
double power_of_ten(int exponent) {
  const std::string text = "1e" + std::to_string(exponent);
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// The 1, 2 and 5 times powers of ten in [low, high].
std::vector<Tick> one_two_five(double low, double high) {
  std::vector<Tick> ticks;
  for (int exponent = static_cast<int>(std::floor(std::log10(low))) - 1; power_of_ten(exponent) <= high; ++exponent) {
    for (const int digit : {1, 2, 5}) {
      const double value = exponent < 0 ? digit / power_of_ten(-exponent) : digit * power_of_ten(exponent);
      if (value >= low && value <= high) ticks.push_back({value, general(value, 6)});
    }
  }
  return ticks;
}

std::string_view word(Colour colour) {
  switch (colour) {
    case Colour::blue: return "blue";
    case Colour::vermilion: return "vermilion";
    case Colour::green: return "green";
    case Colour::orange: return "orange";
    case Colour::purple: return "purple";
    default: return "ink";
  }
}

std::string_view dashes(Dash dash) {
  switch (dash) {
    case Dash::dashed: return " stroke-dasharray=\"9 5\"";
    case Dash::dotted: return " stroke-dasharray=\"2 4\"";
    case Dash::dash_dot: return " stroke-dasharray=\"10 4 2 4\"";
    default: return "";
  }
}

std::string attribute(std::string_view name, double value) {
  return " " + std::string(name) + "=\"" + coordinate(value) + "\"";
}

std::string stroke(Colour colour, Dash dash) {
  return " class=\"line " + std::string(word(colour)) + "\"" + std::string(dashes(dash));
}

std::string fill(Colour colour, std::string_view kind) {
  return " class=\"" + std::string(kind) + " " + std::string(word(colour)) + "\"";
}

std::string segment(Point from, Point to, const std::string& attributes) {
  return "<line" + attribute("x1", from.x) + attribute("y1", from.y) + attribute("x2", to.x) + attribute("y2", to.y) +
         attributes + "/>";
}

std::string rectangle(double x, double y, double w, double h, const std::string& attributes) {
  return "<rect" + attribute("x", x) + attribute("y", y) + attribute("width", w) + attribute("height", h) + attributes +
         "/>";
}

std::string place_text(Point p) {
  return coordinate(p.x) + " " + coordinate(p.y);
}

/// A marker of about 7 units, as a part of a path.
std::string outline(Point p, Shape shape) {
  const std::string at = "M" + place_text(p);
  switch (shape) {
    case Shape::square: return at + "m-3 -3h6v6h-6z";
    case Shape::diamond: return at + "m0 -4.5l4 4.5l-4 4.5l-4 -4.5z";
    case Shape::triangle: return at + "m0 -4l4 7h-8z";
    default: return at + "m-3 0a3 3 0 1 0 6 0a3 3 0 1 0 -6 0z";
  }
}

std::string label(Point p, std::string_view attributes, const std::string& content) {
  return "<text" + attribute("x", p.x) + attribute("y", p.y) + std::string(attributes) + ">" + escaped(content) +
         "</text>\n";
}

/// Whether labels of marks, evenly over a length, come too near to each other.
bool crowded(const std::vector<Tick>& ticks, double length) {
  std::size_t letters = 0;
  for (const Tick& tick : ticks) letters = std::max(letters, tick.label.size() + 2);
  return letter * static_cast<double>(letters * (ticks.size() - 1)) > length;
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const char c = text[0];
    if (length > 1) {
      result += text.substr(0, length);
    } else if (length == 0 || (static_cast<unsigned char>(c) < ' ' && c != '\t' && c != '\n') || c == 0x7f) {
      result += "\xEF\xBF\xBD";
    } else if (c == '&') {
      result += "&amp;";
    } else if (c == '<') {
      result += "&lt;";
    } else if (c == '>') {
      result += "&gt;";
    } else if (c == '"') {
      result += "&quot;";
    } else if (c == '\'') {
      result += "&#39;";
    } else {
      result += c;
    }
    text.remove_prefix(std::max<std::size_t>(1, length));
  }
  return result;
}

std::string coordinate(double value) {
  std::array<char, 64> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed, 2).ptr;
  std::string text(buffer.data(), end);
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text == "-0" ? "0" : text;
}

std::vector<Tick> linear_ticks(double low, double high, int about) {
  const double span = high - low;
  // Powers of ten are no doubles beyond.
  if (!(span > 1e-290 && span < 1e290)) return {{low, general(low, 3)}, {high, general(high, 3)}};
  const auto most = static_cast<double>(std::max(2, about));
  // The steps from a small one up, until few enough of their multiples are in the range.
  const int first = static_cast<int>(std::floor(std::log10(span / most))) - 1;
  double step = 0;
  double from = 0;
  double to = 0;
  int power = first;
  int digit = 0;
  const auto try_step = [&](int p, int d) {
    step = p < 0 ? d / power_of_ten(-p) : d * power_of_ten(p);
    // A multiple that the rounding puts just outside is inside.
    from = std::ceil(low / step - 1e-9);
    to = std::floor(high / step + 1e-9);
  };
  for (bool found = false; !found; ++power) {
    for (const int d : {1, 2, 5}) {
      try_step(power, d);
      digit = d;
      found = to - from + 1 <= most;
      if (found) break;
    }
  }
  --power;
  while (to - from < 1) {  // one mark says nothing of the scale: the next finer step
    digit == 1 ? (digit = 5, --power) : (digit = digit == 5 ? 2 : 1);
    try_step(power, digit);
  }
  std::vector<Tick> ticks;
  const double largest = std::max(std::abs(from), std::abs(to));
  const int digits = std::clamp(static_cast<int>(std::floor(std::log10(largest * digit))) + 1, 1, 17);
  for (double k = from; k <= to; ++k) {
    // By the power of ten that divides exactly, so that 0.3 is the number that is written so.
    const double value = power < 0 ? k * digit / power_of_ten(-power) : k * digit * power_of_ten(power);
    ticks.push_back({value == 0 ? 0 : value, general(value, std::max(digits, 6))});
  }
  return ticks;
}

std::vector<Tick> log_ticks(double low, double high, int about) {
  const int first = static_cast<int>(std::ceil(std::log10(low) - 1e-9));
  const int last = static_cast<int>(std::floor(std::log10(high) + 1e-9));
  const int count = last - first + 1;
  if (count < 2) {
    std::vector<Tick> ticks = one_two_five(low, high);
    return ticks.size() < 2 ? linear_ticks(low, high, about) : ticks;
  }
  const int stride = (count + about - 1) / std::max(1, about);
  std::vector<Tick> ticks;
  for (int exponent = first; exponent <= last; ++exponent) {
    // Counted from 1, so that it has a mark where the range holds it.
    if (exponent % stride == 0) ticks.push_back({power_of_ten(exponent), general(power_of_ten(exponent), 6)});
  }
  if (ticks.size() < 2) {
    ticks = {{power_of_ten(first), general(power_of_ten(first), 6)},
             {power_of_ten(last), general(power_of_ten(last), 6)}};
  }
  return ticks;
}

double Axis::share(double value) const {
  if (scale == Scale::linear) return (value - low) / (high - low);
  return std::log(value / low) / std::log(high / low);
}

std::vector<Tick> Axis::ticks(int about) const {
  return scale == Scale::log ? log_ticks(low, high, about) : linear_ticks(low, high, about);
}

std::string_view style_sheet() {
  return R"(:root{color-scheme:light dark;--paper:#fff;--ink:#1a1a1a;--grid:#d9d9d9;--blue:#0072b2;--vermilion:#c44e00;
--green:#007a5a;--orange:#a86f00;--purple:#a8558a}
@media (prefers-color-scheme:dark){:root{--paper:#16181c;--ink:#e8e8e8;--grid:#3b3f46;--blue:#56b4e9;
--vermilion:#ff8a3d;--green:#2fc79b;--orange:#e69f00;--purple:#d98fbd}}
.chart{background:var(--paper);color:var(--ink);font:16px system-ui,sans-serif}
.chart text{fill:var(--ink)}
.chart .ink{--own:var(--ink)}.chart .blue{--own:var(--blue)}.chart .vermilion{--own:var(--vermilion)}
.chart .green{--own:var(--green)}.chart .orange{--own:var(--orange)}.chart .purple{--own:var(--purple)}
.chart .line{fill:none;stroke:var(--own);stroke-width:2;stroke-linejoin:round}
.chart .band{fill:var(--own);fill-opacity:.22;stroke:none}
.chart .bar{fill:var(--own);fill-opacity:.35;stroke:var(--own);stroke-width:.75}
.chart .mark{fill:var(--own);fill-opacity:.55;stroke:var(--own);stroke-width:.75}
.chart .grid{stroke:var(--grid);stroke-width:1}.chart .axis{fill:none;stroke:var(--ink);stroke-width:1}
.chart .title{font-size:18px;font-weight:600}
)";
}

Chart::Chart(std::string id, std::string title, std::string description, Axis x, Axis y)
    : id_{std::move(id)},
      title_{std::move(title)},
      description_{std::move(description)},
      x_{std::move(x)},
      y_{std::move(y)},
      y_ticks_{y_.ticks(6)} {
  std::size_t longest = 1;
  for (const Tick& tick : y_ticks_) longest = std::max(longest, tick.label.size());
  left_ = 40 + letter * static_cast<double>(longest);
}

Point Chart::place(Point point) const {
  return {left_ + (right - left_) * x_.share(point.x), bottom - (bottom - top) * y_.share(point.y)};
}

Point Chart::clipped(Point point) const {
  // What is far out must not be a huge number; one area's size beyond it is as good. The logarithm of 0 is -inf.
  if (x_.scale == Scale::log) point.x = std::max(point.x, 0.0);
  if (y_.scale == Scale::log) point.y = std::max(point.y, 0.0);
  const Point p = place(point);
  return {std::clamp(p.x, 2 * left_ - right, 2 * right - left_), std::clamp(p.y, 2 * top - bottom, 2 * bottom - top)};
}

void Chart::add_key(std::string sample, const std::string& name) {
  if (!name.empty()) keys_.push_back({std::move(sample), name});
}

void Chart::bars(const std::vector<Reach>& bars, double bar_width, Colour colour, const std::string& name) {
  for (const Reach& bar : bars) {
    if (std::isnan(bar.x) || std::isnan(bar.lower) || std::isnan(bar.upper)) continue;
    const Point from = clipped({bar.x, bar.upper});
    const Point to = clipped({bar.x + bar_width, bar.lower});
    if (to.y > from.y) marks_ += rectangle(from.x, from.y, to.x - from.x, to.y - from.y, fill(colour, "bar")) + "\n";
  }
  add_key(rectangle(8, 4, 16, 12, fill(colour, "bar")), name);
}

void Chart::band(const std::vector<Reach>& reaches, Colour colour, const std::string& name) {
  std::vector<Point> upper;
  std::vector<Point> lower;
  for (std::size_t i = 0; i < reaches.size(); ++i) {
    const Reach& reach = reaches[i];
    if (std::isnan(reach.x) || std::isnan(reach.lower) || std::isnan(reach.upper)) continue;
    const Point high = clipped({reach.x, reach.upper});
    const Point low = clipped({reach.x, reach.lower});
    if (!upper.empty() && i + 1 < reaches.size() && std::abs(high.x - upper.back().x) < 0.25 &&
        std::abs(high.y - upper.back().y) < 0.25 && std::abs(low.y - lower.back().y) < 0.25) {
      continue;
    }
    upper.push_back(high);
    lower.push_back(low);
  }
  if (!upper.empty()) {
    std::string points;
    for (const Point& p : upper) points += (points.empty() ? "" : " ") + place_text(p);
    std::for_each(lower.rbegin(), lower.rend(), [&](const Point& p) { points += " " + place_text(p); });
    marks_ += "<polygon points=\"" + points + "\"" + fill(colour, "band") + "/>\n";
  }
  add_key(rectangle(2, 4, 28, 12, fill(colour, "band")), name);
}

void Chart::line(const std::vector<Point>& points, Colour colour, Dash dash, const std::string& name) {
  std::string path;
  bool pen_down = false;
  Point last{};
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (std::isnan(points[i].x) || std::isnan(points[i].y)) {
      pen_down = false;
      continue;
    }
    const Point p = clipped(points[i]);
    if (pen_down && i + 1 < points.size() && std::abs(p.x - last.x) < 0.25 && std::abs(p.y - last.y) < 0.25) continue;
    path += (pen_down ? "L" : "M") + place_text(p);
    pen_down = true;
    last = p;
  }
  if (!path.empty()) marks_ += "<path d=\"" + path + "\"" + stroke(colour, dash) + "/>\n";
  add_key(segment({0, 10}, {32, 10}, stroke(colour, dash)), name);
}

void Chart::markers(const std::vector<Point>& points, Colour colour, Shape shape, const std::string& name) {
  std::string path;
  bool any = false;
  Point last{};
  for (const Point& point : points) {
    if (!std::isfinite(point.x) || !std::isfinite(point.y)) continue;
    const Point p = clipped(point);
    if (any && std::abs(p.x - last.x) < 0.25 && std::abs(p.y - last.y) < 0.25) continue;
    path += outline(p, shape);
    any = true;
    last = p;
  }
  if (any) marks_ += "<path d=\"" + path + "\"" + fill(colour, "mark") + "/>\n";
  add_key("<path d=\"" + outline({16, 10}, shape) + "\"" + fill(colour, "mark") + "/>", name);
}

void Chart::vertical(double x, Colour colour, Dash dash, const std::string& name) {
  if (std::isnan(x)) return;
  const double at = clipped({x, y_.high}).x;
  marks_ += segment({at, top}, {at, bottom}, stroke(colour, dash)) + "\n";
  add_key(segment({16, 0}, {16, 20}, stroke(colour, dash)), name);
}

void Chart::between(double low, double high, Colour colour, const std::string& name) {
  if (std::isnan(low) || std::isnan(high)) return;
  const double from = clipped({low, y_.high}).x;
  const double to = clipped({high, y_.high}).x;
  marks_ += rectangle(from, top, to - from, bottom - top, fill(colour, "band")) + "\n";
  add_key(rectangle(10, 0, 12, 20, fill(colour, "band")), name);
}

std::string Chart::element() const {
  return text(false);
}

std::string Chart::file() const {
  return text(true);
}

std::string Chart::text(bool alone) const {
  const double height = bottom + axis_height + key_height * static_cast<double>(keys_.size()) + 4;
  const double above = alone ? title_height : 0;
  std::string svg = "<svg";
  if (alone) svg += " xmlns=\"http://www.w3.org/2000/svg\"";
  svg += " id=\"" + escaped(id_) + "\" class=\"chart\" viewBox=\"0 " + coordinate(-above) + " " + coordinate(width) +
         " " + coordinate(height + above) + "\" role=\"img\" aria-labelledby=\"" + escaped(id_) + "-title " +
         escaped(id_) + "-desc\">\n";
  svg += "<title id=\"" + escaped(id_) + "-title\">" + escaped(title_) + "</title>\n";
  svg += "<desc id=\"" + escaped(id_) + "-desc\">" + escaped(description_) + "</desc>\n";
  if (alone) {
    svg += "<style>\n" + std::string(style_sheet()) + "</style>\n";
    svg += rectangle(0, -above, width, height + above, " style=\"fill:var(--paper)\"") + "\n";
    svg += label({width / 2, -10}, " class=\"title\" text-anchor=\"middle\"", title_);
  }
  std::vector<Tick> x_ticks = x_.ticks(7);
  for (int about = 6; about >= 2 && crowded(x_ticks, right - left_); --about) x_ticks = x_.ticks(about);
  for (const Tick& tick : x_ticks) {
    const double x = place({tick.value, y_.low}).x;
    svg += segment({x, top}, {x, bottom}, " class=\"grid\"") + "\n";
    // A long number at the right end stays on the chart.
    const bool fits = x + letter / 2 * static_cast<double>(tick.label.size()) < width - 2;
    svg += label({fits ? x : width - 2, bottom + 21}, fits ? " text-anchor=\"middle\"" : " text-anchor=\"end\"",
                 tick.label);
  }
  for (const Tick& tick : y_ticks_) {
    const double y = place({x_.low, tick.value}).y;
    svg += segment({left_, y}, {right, y}, " class=\"grid\"") + "\n";
    svg += label({left_ - 6, y + 5}, " text-anchor=\"end\"", tick.label);
  }
  // A view of its own cuts off what is beyond the axes.
  svg += "<svg" + attribute("x", left_) + attribute("y", top) + attribute("width", right - left_) +
         attribute("height", bottom - top) + " viewBox=\"" + coordinate(left_) + " " + coordinate(top) + " " +
         coordinate(right - left_) + " " + coordinate(bottom - top) + "\">\n" + marks_ + "</svg>\n";
  svg += rectangle(left_, top, right - left_, bottom - top, " class=\"axis\"") + "\n";
  svg += label({(left_ + right) / 2, bottom + 45}, " text-anchor=\"middle\"", x_.label);
  svg += label({0, 0},
               " text-anchor=\"middle\" transform=\"translate(17 " + coordinate((top + bottom) / 2) + ") rotate(-90)\"",
               y_.label);
  double y = bottom + axis_height;
  for (const Key& key : keys_) {
    svg += "<g transform=\"translate(20 " + coordinate(y) + ")\">" + key.sample + "</g>\n";
    svg += label({62, y + 15}, "", key.name);
    y += key_height;
  }
  return svg + "</svg>\n";
}

}  // namespace plimsoll::io::svg
