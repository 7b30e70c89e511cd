#include "reports/timeline_text.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "reports/plain_text.h"

namespace flinch::reports {

namespace {

constexpr std::string_view kKernelPrefix = "sim.";
constexpr std::string_view kFaultPrefix = "fault.";

struct Row {
  bool fault = false;
  std::string number;
  std::string time;
  std::string_view process;
  std::string_view kind;
  std::string rest;  // fields and cause
};

struct Timeline {
  std::vector<Row> rows;
  size_t left_out = 0;  // events beyond the limit
};

// Where an event's cause leads, over kernel steps, to an event of the timeline. Causes come before
// their effects, so one pass in order knows the answer for every cause.
class Causes {
 public:
  // Number of the event in the timeline that led to `event`; 0: none.
  uint64_t Of(const sim::RecordedEvent& event) const {
    const auto found = leads_to_.find(event.cause.value());
    return found == leads_to_.end() ? 0 : found->second;
  }

  void Shown(const sim::RecordedEvent& event) { leads_to_[event.id.value()] = event.id.value(); }

  void Hidden(const sim::RecordedEvent& event) { leads_to_[event.id.value()] = Of(event); }

 private:
  std::map<uint64_t, uint64_t> leads_to_;
};

Row MakeRow(const sim::RecordedEvent& event, uint64_t cause) {
  Row row{.fault = event.kind.starts_with(kFaultPrefix),
          .number = fmt::format("#{}", event.id.value()),
          .time = ShowClock(event.time, ClockDigits::kMicros),
          .process = event.process,
          .kind = event.kind,
          .rest = OneLine(sim::ShowFields(event))};
  if (cause != 0) {
    row.rest += fmt::format("{}<- #{}", row.rest.empty() ? "" : "  ", cause);
  }
  return row;
}

Timeline Collect(const sim::Recording& recording, const TimelineOptions& options) {
  Timeline timeline;
  Causes causes;
  for (const sim::RecordedEvent& event : recording.events) {
    if (event.kind.starts_with(kKernelPrefix)) {
      causes.Hidden(event);
      continue;
    }
    if (options.lines_max.has_value() && timeline.rows.size() >= *options.lines_max) {
      ++timeline.left_out;
      continue;
    }
    timeline.rows.push_back(MakeRow(event, causes.Of(event)));
    causes.Shown(event);
  }
  return timeline;
}

}  // namespace

std::string ShowTimeline(const sim::Recording& recording, const TimelineOptions& options) {
  const Timeline timeline = Collect(recording, options);
  size_t number_width = 0;
  size_t time_width = 0;
  size_t process_width = 0;
  size_t kind_width = 0;
  for (const Row& row : timeline.rows) {
    number_width = std::max(number_width, row.number.size());
    time_width = std::max(time_width, row.time.size());
    process_width = std::max(process_width, row.process.size());
    kind_width = std::max(kind_width, row.kind.size());
  }
  std::string text;
  for (const Row& row : timeline.rows) {
    std::string line = fmt::format("{} {:<{}}  {:>{}}  {:<{}}  {:<{}}  {}", row.fault ? '!' : ' ',
                                   row.number, number_width, row.time, time_width, row.process,
                                   process_width, row.kind, kind_width, row.rest);
    line.erase(line.find_last_not_of(' ') + 1);
    text += line;
    text += '\n';
  }
  if (timeline.left_out > 0) {
    text += fmt::format("  and {} more {}\n", ShowCount(timeline.left_out),
                        timeline.left_out == 1 ? "event" : "events");
  }
  return text;
}

}  // namespace flinch::reports
