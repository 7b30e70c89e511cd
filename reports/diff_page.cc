#include "reports/diff_page.h"

#include <algorithm>
#include <string_view>
#include <tuple>
#include <vector>

#include <fmt/format.h>

#include "reports/foreign_text.h"
#include "reports/messages.h"
#include "reports/page_files.h"
#include "reports/page_marks.h"
#include "reports/plain_text.h"

namespace flinch::reports {

namespace {

constexpr size_t kRowsBefore = 15;
constexpr size_t kRowsBehind = 1'000;
constexpr size_t kDiffTextMax = 1'000;

using Told = std::vector<const sim::RecordedEvent*>;

Told ToldOf(const sim::Recording& recording) {
  Told told;
  for (const sim::RecordedEvent& event : recording.events) {
    if (IsTold(event)) {
      told.push_back(&event);
    }
  }
  return told;
}

// Whether both did the same at the same time; the numbers of events count the kernel's steps, too.
bool AreAlike(const sim::RecordedEvent& left, const sim::RecordedEvent& right) {
  const auto what = [](const sim::RecordedEvent& event) {
    return std::tie(event.time, event.process, event.kind, event.fields);
  };
  return what(left) == what(right);
}

std::string DiffCell(const sim::RecordedEvent* event) {
  if (event == nullptr) {
    return "<td></td>";
  }
  const std::string text = fmt::format("#{} {} {} {}", event->id.value(), event->process,
                                       event->kind, sim::ShowFields(*event));
  return fmt::format("<td class=\"long\">{}</td>", EscapeMarkup(ForeignLine(text, kDiffTextMax)));
}

// `sign`: for who sees no colours.
std::string DiffRow(std::string_view sign, const sim::RecordedEvent* left,
                    const sim::RecordedEvent* right) {
  const sim::RecordedEvent& one = left != nullptr ? *left : *right;
  return fmt::format("<tr><td>{}</td><td>{}</td>{}{}</tr>\n", sign,
                     ShowClock(one.time, ClockDigits::kMicros), DiffCell(left), DiffCell(right));
}

// From the first rows that differ, in the order of time.
std::string DiffRows(const Told& left, const Told& right, size_t from) {
  std::string rows;
  size_t count = 0;
  auto one = left.begin() + static_cast<std::ptrdiff_t>(from);
  auto other = right.begin() + static_cast<std::ptrdiff_t>(from);
  while ((one != left.end() || other != right.end()) && count < kRowsBehind) {
    ++count;
    if (one != left.end() && other != right.end() && AreAlike(**one, **other)) {
      rows += DiffRow("=", *one++, *other++);
    } else if (other == right.end() || (one != left.end() && (*one)->time <= (*other)->time)) {
      rows += DiffRow("◂", *one++, nullptr);
    } else {
      rows += DiffRow("▸", nullptr, *other++);
    }
  }
  const auto rest = (left.end() - one) + (right.end() - other);
  if (rest > 0) {
    rows += fmt::format(
        "<tr><td></td><td></td><td colspan=\"2\">{} more events are not in this "
        "page</td></tr>\n",
        rest);
  }
  return rows;
}

std::string DiffHead(const RunSummary& summary) {
  std::string text =
      fmt::format("{}, seed {}: {}", summary.scenario, summary.seed, Name(summary.verdict));
  for (const Finding& finding : summary.findings) {
    text += fmt::format("; {}: {}", finding.oracle, finding.witness);
  }
  return EscapeMarkup(ForeignLine(text, kDiffTextMax));
}

}  // namespace

std::string ShowDiffPage(const DiffSide& first, const DiffSide& second) {
  const Told left = ToldOf(first.recording);
  const Told right = ToldOf(second.recording);
  size_t common = 0;
  while (common < left.size() && common < right.size() && AreAlike(*left[common], *right[common])) {
    ++common;
  }
  const bool is_same = common == left.size() && common == right.size();
  std::string body = fmt::format(
      "<header><h1>Two runs</h1>\n<p>◂ {}</p>\n<p>▸ {}</p>\n<p>{}</p></header>\n<main>"
      "<section><h2>From where they differ</h2>\n<p class=\"small\">=: both at the same time; ◂ "
      "the first alone; ▸ the second alone.</p>\n<div class=\"wide\" tabindex=\"0\" "
      "role=\"region\" aria-label=\"Events of both runs\"><table><thead><tr>"
      "<th scope=\"col\"></th><th scope=\"col\">Time</th><th scope=\"col\">First</th>"
      "<th scope=\"col\">Second</th></tr></thead><tbody>\n",
      DiffHead(first.summary), DiffHead(second.summary),
      is_same ? "All that they told is the same."
              : fmt::format("The first {} events that they told are the same.", common));
  for (size_t row = common - std::min(common, kRowsBefore); row < common; ++row) {
    body += DiffRow("=", left[row], right[row]);
  }
  body += DiffRows(left, right, common) + "</tbody></table></div></section></main>";
  std::string page(kHuntHtml);
  FillMark("@title@", "flinch diff", page);
  FillMark("@style@", kRunCss, page);
  FillMark("@body@", body, page);
  return page;
}

}  // namespace flinch::reports
