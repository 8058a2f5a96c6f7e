// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

/// \file
/// Charts as static SVG: axes, lines, bands, bars and markers, for `plimsoll report`. What a chart shows is told by
/// dash and shape as well as by colour; colours are CSS variables that follow the reader's theme.

namespace plimsoll::io::svg {

/// The text as XML has it, in content and in attributes: & < > " ' as entities; control characters but tab and newline,
/// and bytes that are not UTF-8, as U+FFFD.
[[nodiscard]] std::string escaped(std::string_view text);

/// A coordinate: two decimals at most, "12", "0.5", "-3.25", never "-0" nor an exponent. |value| < 1e15.
[[nodiscard]] std::string coordinate(double value);

enum class Scale { linear, log };

/// Where an axis has marks, and what is written there.
struct Tick {
  double value;
  std::string label;
  friend bool operator==(const Tick&, const Tick&) = default;
};

/// The multiples of 1, 2 or 5 times a power of ten in [low, high], low < high, finite, of the step that gives the
/// number of marks nearest to `about` from below, at least two; the labels have the digits that tell neighbours apart.
/// The ends of a range that is narrower than 1e-290 or wider than 1e290.
[[nodiscard]] std::vector<Tick> linear_ticks(double low, double high, int about);

/// The powers of ten in [low, high], 0 < low < high, every second or third and so on when there are more than `about`;
/// where there are fewer than two, 1, 2 and 5 times powers of ten; where those are too, linear_ticks.
[[nodiscard]] std::vector<Tick> log_ticks(double low, double high, int about);

/// The range [low, high] of a chart, low < high, above 0 for Scale::log.
struct Axis {
  std::string label;  ///< with its unit
  double low = 0;
  double high = 1;
  Scale scale = Scale::linear;
  /// How far along the axis a value is: 0 at low, 1 at high.
  [[nodiscard]] double share(double value) const;
  [[nodiscard]] std::vector<Tick> ticks(int about) const;
};

struct Point {
  double x;
  double y;
};

/// A band's extent at x.
struct Reach {
  double x;
  double lower;
  double upper;
};

/// Of the palette of Okabe and Ito (2008, Color Universal Design); `ink` is the text's colour.
enum class Colour { ink, blue, vermilion, green, orange, purple };
enum class Dash { solid, dashed, dotted, dash_dot };
enum class Shape { circle, square, diamond, triangle };

/// The style sheet that every chart needs, for the head of a page; stand-alone charts bring it along. Its variables are
/// --paper, --ink, --grid, --blue and so on.
[[nodiscard]] std::string_view style_sheet();

/// A chart of 480 units' width, with text of 16 units and more, so that it can be read at a phone's width. Data is
/// clipped to the axes; points without a finite place (but for infinite ones, which are clipped) end a line; points
/// nearer to the one before than a quarter of a unit are left out.
class Chart {
 public:
  /// `id` is a word that is unique on the page; `description` says in words what is to be seen.
  Chart(std::string id, std::string title, std::string description, Axis x, Axis y);

  /// What is added later lies above. An empty name is not in the legend.
  void bars(const std::vector<Reach>& bars, double width, Colour colour, const std::string& name);  ///< from low to up
  void band(const std::vector<Reach>& reaches, Colour colour, const std::string& name);
  void line(const std::vector<Point>& points, Colour colour, Dash dash, const std::string& name);
  void markers(const std::vector<Point>& points, Colour colour, Shape shape, const std::string& name);
  void vertical(double x, Colour colour, Dash dash, const std::string& name);     ///< a line from bottom to top
  void between(double low, double high, Colour colour, const std::string& name);  ///< a band from bottom to top

  [[nodiscard]] const std::string& id() const { return id_; }
  [[nodiscard]] const std::string& title() const { return title_; }

  /// Where a point of the data lies, in units from the left and the top.
  [[nodiscard]] Point place(Point point) const;

  /// The chart as an element of a page that has the style sheet. It names no namespace.
  [[nodiscard]] std::string element() const;
  /// The chart as a file.
  [[nodiscard]] std::string file() const;

 private:
  struct Key {
    std::string sample;  ///< drawn in a box of 32 by 20 units
    std::string name;
  };

  [[nodiscard]] std::string text(bool alone) const;
  [[nodiscard]] Point clipped(Point point) const;
  void add_key(std::string sample, const std::string& name);

  std::string id_;
  std::string title_;
  std::string description_;
  Axis x_;
  Axis y_;
  std::vector<Tick> y_ticks_;
  double left_;
  std::string marks_;
  std::vector<Key> keys_;
};

}  // namespace plimsoll::io::svg
