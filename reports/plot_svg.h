// A plot as SVG: for each value of an option the spread of something measured, one line per value
// of a second option. Readable in black and white: lines differ by their dashes and marks.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace flinch::reports {

// Of many measurements; nothing where there is none.
struct Spread {
  double low = 0;  // a tenth is below
  double middle = 0;
  double high = 0;  // a tenth is above
};

// Of all but the order; nothing of none.
std::optional<Spread> SpreadOf(std::vector<double> values);

struct PlotLine {
  std::string name;                             // "" where there is one line
  std::vector<std::optional<Spread>> points{};  // one per category
};

struct Plot {
  std::string title;
  std::string across;  // what the categories are values of
  std::string unit;    // of what is measured
  std::vector<std::string> categories{};
  std::vector<PlotLine> lines{};
};

// Pure; what a user wrote is bounded and escaped.
std::string ShowSvg(const Plot& plot);

}  // namespace flinch::reports
