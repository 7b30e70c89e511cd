#include "reports/hunt_page.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "reports/foreign_text.h"
#include "reports/page_files.h"
#include "reports/page_marks.h"
#include "reports/plain_text.h"

namespace flinch::reports {

namespace {

constexpr size_t kGroupBytes = 3'500'000;
constexpr size_t kStoryMax = 12;
constexpr size_t kLineMax = 2'000;
constexpr size_t kPasteMax = 16'000;
constexpr size_t kReportMax = 100'000;
constexpr size_t kPointsMax = 400;
constexpr size_t kRowsMax = 500;
constexpr uint64_t kWidth = 640;
constexpr uint64_t kHeight = 200;

std::string Text(std::string_view text, size_t bytes_max = kLineMax) {
  return EscapeMarkup(ForeignLine(text, bytes_max));
}

std::string GroupSection(const HuntPageGroup& group) {
  std::string text = fmt::format("<div class=\"finding\"><h3>{}</h3>\n<p>{} {}, such as {}</p>\n",
                                 Text(group.signature), ShowCount(group.count),
                                 group.count == 1 ? "run" : "runs", Text(group.exemplar));
  if (!group.story.empty()) {
    text += "<ol>";
    const size_t shown = std::min(group.story.size(), kStoryMax);
    for (size_t index = 0; index < shown; ++index) {
      text += fmt::format("<li>{}</li>", Text(group.story[index]));
    }
    text += shown < group.story.size()
                ? fmt::format("</ol>\n<p>and {} more faults</p>\n", group.story.size() - shown)
                : "</ol>\n";
  }
  text += fmt::format("<p>{}</p>\n", Text(group.witness));
  for (const auto& [what, line] : group.replays) {
    text +=
        fmt::format("<p>{}</p><pre tabindex=\"0\">{}</pre>\n", Text(what), Text(line, kPasteMax));
  }
  return text + "</div>\n";
}

std::string GroupsSection(const HuntPage& page) {
  std::string text = "<section><h2>Groups of failures</h2>\n";
  if (page.groups.empty()) {
    text += "<p>No failure was found.</p>\n";
  }
  size_t shown = 0;
  while (shown < page.groups.size() && text.size() < kGroupBytes) {
    text += GroupSection(page.groups[shown++]);
  }
  if (shown < page.groups.size()) {
    text += fmt::format("<p>and {} more groups</p>\n", page.groups.size() - shown);
  }
  return text + "</section>\n";
}

// As many as can be seen, the last one included.
std::vector<CurvePoint> Thinned(const std::vector<CurvePoint>& curve) {
  std::vector<CurvePoint> points;
  const size_t every = curve.size() / kPointsMax + 1;
  for (size_t index = 0; index < curve.size(); ++index) {
    if (index % every == 0 || index + 1 == curve.size()) {
      points.push_back(curve[index]);
    }
  }
  return points;
}

// A staircase: what was known stays known until the next point.
std::string Staircase(const std::vector<CurvePoint>& points, uint64_t CurvePoint::* member,
                      std::string_view dashes) {
  uint64_t most = 1;
  for (const CurvePoint& point : points) {
    most = std::max(most, point.*member);
  }
  const uint64_t runs = std::max<uint64_t>(points.back().runs, 1);
  std::string line;
  uint64_t before = 0;
  for (const CurvePoint& point : points) {
    const uint64_t x = 40 + point.runs * (kWidth - 60) / runs;
    line += fmt::format(" {},{}", x, kHeight - 30 - before * (kHeight - 50) / most);
    before = point.*member;
    line += fmt::format(" {},{}", x, kHeight - 30 - before * (kHeight - 50) / most);
  }
  return fmt::format(
      "<polyline fill=\"none\" stroke=\"currentColor\" stroke-width=\"2\"{} points=\"{}\"/>\n",
      dashes, line.substr(1));
}

std::string CurveSection(const HuntPage& page) {
  if (page.curve.empty()) {
    return "";
  }
  const std::vector<CurvePoint> points = Thinned(page.curve);
  const CurvePoint& last = points.back();
  std::string text = fmt::format(
      "<section><h2>What was found when</h2>\n<div class=\"wide\" tabindex=\"0\" role=\"region\" "
      "aria-label=\"Discovery curve\"><svg width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\" "
      "role=\"img\" aria-label=\"After {2} runs {3} kinds of failure and {4} cells of the protocol "
      "were known\">\n",
      kWidth, kHeight, last.runs, last.groups, last.cells);
  text += fmt::format(
      "<line x1=\"40\" y1=\"{0}\" x2=\"{1}\" y2=\"{0}\" stroke=\"currentColor\"/>\n"
      "<text x=\"{1}\" y=\"{2}\" text-anchor=\"end\" fill=\"currentColor\">{3} runs</text>\n",
      kHeight - 30, kWidth - 20, kHeight - 10, ShowCount(last.runs));
  text += Staircase(points, &CurvePoint::groups, "");
  if (last.cells > 0) {
    text += Staircase(points, &CurvePoint::cells, " stroke-dasharray=\"6 4\"");
  }
  text += fmt::format(
      "</svg></div>\n<p>Whole line: kinds of failure, in the end {}. Dashed: cells of the protocol "
      "that faults struck, in the end {}. Each has its own height; runs in the order of their "
      "seeds.</p>\n<details><summary>as a table</summary><table><tr><th scope=\"col\">runs</th>"
      "<th scope=\"col\">kinds of failure</th><th scope=\"col\">cells</th></tr>\n",
      ShowCount(last.groups), ShowCount(last.cells));
  for (const CurvePoint& point : points) {
    text += fmt::format("<tr><td>{}</td><td>{}</td><td>{}</td></tr>\n", point.runs, point.groups,
                        point.cells);
  }
  return text + "</table></details></section>\n";
}

std::string SearchesSection(const HuntPage& page) {
  std::string text =
      "<section><h2>Searches compared</h2>\n<div class=\"wide\" tabindex=\"0\" role=\"region\" "
      "aria-label=\"Searches\"><table><thead><tr><th "
      "scope=\"col\">Search</th><th scope=\"col\">Runs</th><th scope=\"col\">Failures</th><th "
      "scope=\"col\">Kinds</th><th scope=\"col\">Cells struck</th></tr></thead><tbody>\n";
  for (const SearchRow& row : page.searches) {
    text += fmt::format(
        "<tr><td>{}</td><td class=\"number\">{}</td><td class=\"number\">{}</td><td "
        "class=\"number\">{}</td><td class=\"number\">{}</td></tr>\n",
        Text(row.name), row.runs, row.failures, row.groups, row.cells);
  }
  return text + "</tbody></table></div></section>\n";
}

// In words, not by colour.
std::string MapSection(const CellMap& map) {
  if (map.rows.empty()) {
    return "";
  }
  std::string text =
      "<section><h2>What was struck, and what never was</h2>\n<p>Steps of the protocol and who "
      "does them, against what may strike there. ● struck, – never, empty: no run can.</p>\n<div "
      "class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"What was struck\"><table><thead>"
      "<tr><th scope=\"col\">Step</th>";
  for (const std::string& column : map.columns) {
    text += fmt::format("<th scope=\"col\">{}</th>", Text(column));
  }
  text += "</tr></thead><tbody>\n";
  for (size_t index = 0; index < std::min(map.rows.size(), kRowsMax); ++index) {
    const auto& [name, states] = map.rows[index];
    text += fmt::format("<tr><th scope=\"row\">{}</th>", Text(name));
    for (const CellState state : states) {
      text += state == CellState::kStruck   ? "<td><span aria-label=\"struck\">●</span></td>"
              : state == CellState::kMissed ? "<td><span aria-label=\"never\">–</span></td>"
                                            : "<td></td>";
    }
    text += "</tr>\n";
  }
  return text + "</tbody></table></div></section>\n";
}

}  // namespace

std::string ShowHuntPage(const HuntPage& hunt) {
  std::string page(kHuntHtml);
  FillMark("@title@", fmt::format("{}: {}", Text(hunt.title), Text(hunt.verdict)), page);
  FillMark("@style@", kRunCss, page);
  FillMark(
      "@body@",
      fmt::format("<header><h1>{}</h1><p class=\"{}\">{}</p></header>\n<main>\n{}{}{}{}"
                  "<section><h2>The report</h2><pre tabindex=\"0\">{}</pre></section>\n</main>",
                  Text(hunt.title), hunt.groups.empty() ? "passed" : "failed", Text(hunt.verdict),
                  GroupsSection(hunt), CurveSection(hunt), SearchesSection(hunt),
                  MapSection(hunt.map), EscapeMarkup(Foreign(hunt.text, kReportMax))),
      page);
  return page;
}

}  // namespace flinch::reports
