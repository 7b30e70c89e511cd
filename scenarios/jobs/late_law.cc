#include "scenarios/jobs/late_law.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "engine/serializer.h"
#include "scenarios/jobs/job_output.h"
#include "scenarios/jobs/job_references.h"
#include "scenarios/model/timestamp.h"

namespace flinch::scenarios {

namespace {

struct Window {
  int64_t rows = 0;
  int64_t dropped = 0;  // of them, at most
  std::vector<const OutputRecord*> found{};
  int64_t counted = 0;
};

using FiredWindows = std::map<std::pair<std::string_view, int64_t>, Window>;

FiredWindows WindowsOf(const OutputView& output, sim::Duration size) {
  FiredWindows windows;
  std::map<uint32_t, int64_t> newest;  // by source
  for (const ReadRow& row : output.rows) {
    const int64_t start = WindowStart(engine::EventTime(row.timestamp), size);
    Window& window = windows[{row.key, start}];
    ++window.rows;
    const auto [found, is_first] = newest.emplace(row.source, row.timestamp);
    const bool may_be_late = found->second - output.out_of_orderness >= start + size.count();
    if (may_be_late && output.dropped.contains(row.timestamp)) {
      ++window.dropped;
    }
    found->second = std::max(found->second, row.timestamp);
  }
  return windows;
}

OutputBreach Breach(std::string kind, const OutputRecord& record) {
  return {.kind = std::move(kind), .key = record.key, .value = record.value, .copies = {&record}};
}

// Puts what was found to its windows; what belongs to none is a breach.
std::vector<OutputBreach> Assign(const OutputView& output, FiredWindows& windows) {
  std::vector<OutputBreach> breaches;
  std::map<std::string_view, std::pair<int64_t, const OutputRecord*>> last;  // by key
  for (const OutputRecord* record : output.found) {
    const sim::Result<WindowCount> count = engine::Decode<WindowCount>(record->value);
    const auto window =
        count ? windows.find({record->key, count->window_start.nanos()}) : windows.end();
    if (window == windows.end()) {
      breaches.push_back(Breach("foreign", *record));
      continue;
    }
    window->second.found.push_back(record);
    window->second.counted = count->count;
    const auto [before, is_first] =
        last.emplace(record->key, std::pair(count->window_start.nanos(), record));
    if (!is_first && before->second.first > count->window_start.nanos()) {
      breaches.push_back(Breach("misplaced", *record));
      breaches.back().earlier = before->second.second;
    }
    before->second = {count->window_start.nanos(), record};
  }
  return breaches;
}

std::optional<OutputBreach> BreachOf(std::string_view key, int64_t start, const Window& window,
                                     bool complete) {
  const auto told = [&](std::string kind, std::string sentence) {
    return OutputBreach{.kind = std::move(kind),
                        .key = key,
                        .value = {},
                        .expected = 1,
                        .copies = window.found,
                        .sentence = std::move(sentence)};
  };
  const std::string name =
      fmt::format("The window of {} from {}", key, ShowUtc(engine::EventTime(start)));
  if (window.found.size() > 1) {
    return told("doubled", fmt::format("{} is in the output {} times.", name, window.found.size()));
  }
  if (window.counted > window.rows) {
    return told("foreign",
                fmt::format("{} counts {} rows, of {}.", name, window.counted, window.rows));
  }
  const bool is_due = complete || !window.found.empty();
  if (is_due && window.counted < window.rows - window.dropped) {
    return told("lost",
                fmt::format("{} counts {} rows of {}, and only {} of them {} dropped as late.",
                            name, window.counted, window.rows, window.dropped,
                            window.dropped == 1 ? "was" : "were"));
  }
  return std::nullopt;
}

}  // namespace

Law CountsLessDropped(sim::Duration window, std::source_location where) {
  return {.name = "counts_less_dropped",
          .promise =
              "Each window counts all its rows, but for those that were dropped as late and "
              "could be.",
          .judge =
              [size = window](const OutputView& output) {
                FiredWindows windows = WindowsOf(output, size);
                std::vector<OutputBreach> breaches = Assign(output, windows);
                for (const auto& [place, each] : windows) {
                  if (std::optional<OutputBreach> breach =
                          BreachOf(place.first, place.second, each, output.complete)) {
                    breaches.push_back(*std::move(breach));
                  }
                }
                return breaches;
              },
          .needs_rows = true,
          .where = where};
}

}  // namespace flinch::scenarios
