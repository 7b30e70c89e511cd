#include "reports/plot_svg.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <string_view>

#include <fmt/format.h>

#include "reports/foreign_text.h"

namespace flinch::reports {

namespace {

constexpr double kPlotWidth = 720;
constexpr double kPlotHeight = 400;
constexpr double kPlotLeft = 80;
constexpr double kPlotRight = 20;
constexpr double kPlotTop = 40;
constexpr double kPlotBottom = 60;
constexpr double kLegendRow = 16;
constexpr size_t kLabelMax = 60;
constexpr auto kDashes = std::to_array<std::string_view>({"none", "8 4", "2 3", "8 3 2 3"});

std::string Label(std::string_view text) { return EscapeMarkup(ForeignLine(text, kLabelMax)); }

// 1, 2 or 5 times a power of ten, so that there are four to ten of them.
double StepFor(double most) {
  const double power = std::pow(10.0, std::floor(std::log10(most / 4)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (most / (power * factor) <= 10) {
      return power * factor;
    }
  }
  return power * 10;
}

class Drawing {
 public:
  explicit Drawing(const Plot& plot) : plot_(plot) {
    double most = 0;
    for (const PlotLine& line : plot.lines) {
      for (const std::optional<Spread>& point : line.points) {
        most = std::max(most, point ? point->high : 0);
      }
    }
    most = most > 0 ? most : 1;
    step_ = StepFor(most);
    top_ = std::ceil(most / step_) * step_;
    legend_ = plot.lines.size() > 1 ? kLegendRow * static_cast<double>(plot.lines.size()) : 0;
  }

  std::string Draw() {
    const double height = kPlotHeight + legend_;
    svg_ = fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0:.0f}\" height=\"{1:.0f}\" "
        "viewBox=\"0 0 {0:.0f} {1:.0f}\" font-family=\"sans-serif\" font-size=\"12\" role=\"img\" "
        "aria-label=\"{2}\">\n<rect width=\"{0:.0f}\" height=\"{1:.0f}\" fill=\"white\"/>\n"
        "<text x=\"{3}\" y=\"20\" font-size=\"14\">{2}</text>\n",
        kPlotWidth, height, Label(plot_.title), kPlotLeft);
    DrawAxes();
    for (size_t index = 0; index < plot_.lines.size(); ++index) {
      DrawLine(index);
    }
    return svg_ + "</svg>\n";
  }

 private:
  double X(size_t category, size_t line) const {
    const auto count = static_cast<double>(std::max<size_t>(plot_.categories.size(), 1));
    const double room = (kPlotWidth - kPlotLeft - kPlotRight) / count;
    // Beside each other, so that no bar hides another.
    const double aside =
        static_cast<double>(line) - (static_cast<double>(plot_.lines.size()) - 1) / 2;
    return kPlotLeft + room * (static_cast<double>(category) + 0.5) + aside * 8;
  }

  double Y(double value) const {
    return kPlotHeight - kPlotBottom - value / top_ * (kPlotHeight - kPlotTop - kPlotBottom);
  }

  void DrawAxes() {
    for (int tick = 0; step_ * tick <= top_ * 1.0001; ++tick) {
      const double y = Y(step_ * tick);
      svg_ += fmt::format(
          "<line x1=\"{0}\" x2=\"{1}\" y1=\"{2:.1f}\" y2=\"{2:.1f}\" stroke=\"#cccccc\"/>\n"
          "<text x=\"{3}\" y=\"{4:.1f}\" text-anchor=\"end\">{5:.6g}</text>\n",
          kPlotLeft, kPlotWidth - kPlotRight, y, kPlotLeft - 6, y + 4, step_ * tick);
    }
    for (size_t category = 0; category < plot_.categories.size(); ++category) {
      svg_ += fmt::format("<text x=\"{:.1f}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n",
                          X(category, (plot_.lines.size() - 1) / 2), kPlotHeight - kPlotBottom + 18,
                          Label(plot_.categories[category]));
    }
    svg_ += fmt::format(
        "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n"
        "<text x=\"16\" y=\"{}\" text-anchor=\"middle\" transform=\"rotate(-90 16 "
        "{})\">{}</text>\n",
        (kPlotLeft + kPlotWidth - kPlotRight) / 2, kPlotHeight - 16, Label(plot_.across),
        kPlotHeight / 2, kPlotHeight / 2, Label(plot_.unit));
  }

  void DrawLine(size_t index) {
    const PlotLine& line = plot_.lines[index];
    const std::string_view dashes = kDashes[index % kDashes.size()];
    std::string points;
    for (size_t category = 0; category < line.points.size(); ++category) {
      if (const std::optional<Spread>& point = line.points[category]) {
        const double x = X(category, index);
        points += fmt::format(" {:.1f},{:.1f}", x, Y(point->middle));
        svg_ += fmt::format(
            "<line x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"{1:.1f}\" y2=\"{2:.1f}\" stroke=\"black\" "
            "stroke-width=\"2\"/>\n<circle cx=\"{0:.1f}\" cy=\"{3:.1f}\" r=\"4\" fill=\"{4}\" "
            "stroke=\"black\" stroke-width=\"1.5\"/>\n",
            x, Y(point->low), Y(point->high), Y(point->middle), index % 2 == 0 ? "black" : "white");
      }
    }
    if (!points.empty()) {
      svg_ += fmt::format(
          "<polyline fill=\"none\" stroke=\"black\" stroke-dasharray=\"{}\" points=\"{}\"/>\n",
          dashes, points.substr(1));
    }
    if (legend_ > 0) {
      const double y = kPlotHeight + kLegendRow * static_cast<double>(index);
      svg_ += fmt::format(
          "<line x1=\"{0}\" x2=\"{1}\" y1=\"{2:.0f}\" y2=\"{2:.0f}\" stroke=\"black\" "
          "stroke-dasharray=\"{3}\"/>\n<text x=\"{4}\" y=\"{5:.0f}\">{6}</text>\n",
          kPlotLeft, kPlotLeft + 40, y, dashes, kPlotLeft + 48, y + 4, Label(line.name));
    }
  }

  const Plot& plot_;
  double step_ = 1;
  double top_ = 1;
  double legend_ = 0;
  std::string svg_{};
};

}  // namespace

std::optional<Spread> SpreadOf(std::vector<double> values) {
  if (values.empty()) {
    return std::nullopt;
  }
  std::ranges::sort(values);
  // The nearest that was measured, and nothing between two.
  const auto at = [&values](size_t tenths) {
    return values[(values.size() - 1) * tenths / 10 +
                  ((values.size() - 1) * tenths % 10 >= 5 ? 1 : 0)];
  };
  return Spread{.low = at(1), .middle = at(5), .high = at(9)};
}

std::string ShowSvg(const Plot& plot) { return Drawing(plot).Draw(); }

}  // namespace flinch::reports
