#include "reports/trace_export.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "reports/foreign_text.h"
#include "reports/messages.h"

namespace flinch::reports {

namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kValueMax = 2'000;
constexpr size_t kTraceReplayMax = 16'000;
// Beyond these a reader whose numbers are doubles would be wrong.
constexpr int64_t kExactMax = 1LL << 53;

std::string Quote(std::string_view text, size_t bytes_max = kValueMax) {
  return Json(ForeignLine(text, bytes_max)).dump();
}

std::string JsonNumber(int64_t number) {
  const bool is_exact = number <= kExactMax && number >= -kExactMax;
  return is_exact ? fmt::format("{}", number) : fmt::format("\"{}\"", number);
}

std::string FieldsJson(const sim::RecordedEvent& event) {
  std::string text = "{";
  for (const auto& [name, value] : event.fields) {
    const auto* const number = std::get_if<int64_t>(&value);
    text +=
        fmt::format("{}{}:{}", text.size() > 1 ? "," : "", Quote(name),
                    number != nullptr ? JsonNumber(*number) : Quote(std::get<std::string>(value)));
  }
  return text + "}";
}

// ---- Trace events ------------------------------------------------------------------------------

// Microseconds, with the nanoseconds behind the point.
std::string Micros(sim::SimTime time) {
  const int64_t nanos = sim::Nanos(time);
  return fmt::format("{}.{:03}", nanos / 1'000, nanos % 1'000);
}

class ChromeTrace {
 public:
  ChromeTrace(const sim::Recording& recording, const TraceHeader& header) : recording_(recording) {
    const std::vector<std::string> lanes = LanesOf(recording);
    Add(fmt::format(R"({{"ph":"M","pid":1,"name":"process_name","args":{{"name":{}}}}})",
                    Quote(fmt::format("flinch {} seed {}", header.scenario, header.seed))));
    for (const std::string& lane : lanes) {
      const size_t number = lanes_.size() + 1;
      lanes_[lane] = number;
      Add(fmt::format(R"({{"ph":"M","pid":1,"tid":{},"name":"thread_name","args":{{"name":{}}}}})",
                      number, Quote(lane)));
      Add(fmt::format(R"({{"ph":"M","pid":1,"tid":{0},"name":"thread_sort_index",)"
                      R"("args":{{"sort_index":{0}}}}})",
                      number));
    }
  }

  void AddEvents() {
    for (const sim::RecordedEvent& event : recording_.events) {
      if (!IsTold(event)) {
        continue;
      }
      // A slice of a nanosecond: flows end at slices only.
      Add(fmt::format(R"({{"ph":"X","pid":1,"tid":{},"ts":{},"dur":0.001,"cat":"event",)"
                      R"("name":{},"args":{{"event":{},"fields":{}}}}})",
                      lanes_.at(event.process), Micros(event.time), Quote(event.kind),
                      event.id.value(), FieldsJson(event)));
      if (event.kind.starts_with("fault.")) {
        Add(fmt::format(R"({{"ph":"i","s":"g","pid":1,"tid":{},"ts":{},"cat":"fault","name":{}}})",
                        lanes_.at(event.process), Micros(event.time), Quote(event.kind)));
      }
    }
  }

  void AddMessages() {
    for (const Message& message : PassageOf(recording_).messages) {
      const auto from = lanes_.find(message.from);
      const auto to = lanes_.find(message.to);
      if (message.effect == sim::EventId() || from == lanes_.end() || to == lanes_.end()) {
        continue;
      }
      AddEnd("send", "s", from->second, message.sent_at, message);
      AddEnd("receive", "f", to->second, message.arrived_at, message);
    }
  }

  void AddCheckpoints(const std::vector<CheckpointRow>& checkpoints, sim::SimTime end) {
    for (const CheckpointRow& row : checkpoints) {
      const std::string name =
          fmt::format("checkpoint {}{}", row.id, row.aborted ? ": " + row.reason : "");
      const sim::SimTime over = row.aborted.value_or(row.notified.value_or(end));
      AddSpan(row, name, row.triggered, over);
      if (row.completed) {
        AddSpan(row, "acknowledgements", row.triggered, *row.completed);
        AddSpan(row, "store", *row.completed, row.stored.value_or(over));
      }
      if (row.stored && row.notified) {
        AddSpan(row, "notify", *row.stored, *row.notified);
      }
    }
  }

  std::string Finish(const TraceHeader& header) && {
    return fmt::format(
        "{{\"displayTimeUnit\":\"ms\",\"otherData\":{{\"scenario\":{},\"seed\":\"{}\","
        "\"verdict\":{},\"digest\":\"{}\",\"replay\":{}}},\n\"traceEvents\":[\n{}]}}\n",
        Quote(header.scenario), header.seed, Quote(header.verdict), sim::Show(header.digest),
        Quote(header.replay, kTraceReplayMax), events_);
  }

 private:
  void Add(const std::string& event) { events_ += (events_.empty() ? "" : ",\n") + event; }

  void AddEnd(std::string_view name, std::string_view phase, size_t lane, sim::SimTime at,
              const Message& message) {
    Add(fmt::format(
        R"({{"ph":"X","pid":1,"tid":{},"ts":{},"dur":0.001,"cat":"message","name":"{}"}})", lane,
        Micros(at), name));
    Add(fmt::format(
        R"({{"ph":"{}","pid":1,"tid":{},"ts":{},"cat":"message","name":"message","id":{}{}}})",
        phase, lane, Micros(at), message.arrived.value(), phase == "f" ? R"(,"bp":"e")" : ""));
  }

  // Nested by name within one identity, as asynchronous spans are.
  void AddSpan(const CheckpointRow& row, const std::string& name, sim::SimTime begin,
               sim::SimTime end) {
    for (const auto& [phase, at] : {std::pair("b", begin), std::pair("e", end)}) {
      Add(fmt::format(
          R"({{"ph":"{}","pid":1,"tid":1,"ts":{},"cat":"checkpoint","id":"{}@{}","name":{}}})",
          phase, Micros(at), row.id, sim::Nanos(row.triggered), Quote(name)));
    }
  }

  const sim::Recording& recording_;
  std::map<std::string, size_t> lanes_{};
  std::string events_{};
};

// ---- Vector clocks -----------------------------------------------------------------------------

using Clock = std::map<std::string, uint64_t>;

std::string ShowClocks(const sim::Recording& recording) {
  const Passage passage = PassageOf(recording);
  std::map<std::string, Clock> now;      // of each process
  std::map<uint64_t, Clock> of_event{};  // of what may be a cause
  std::string text = "(?<event>.*)\\n(?<host>\\S+) (?<clock>\\{.*\\})\n\n";
  for (const sim::RecordedEvent& event : recording.events) {
    if (!IsTold(event)) {
      continue;
    }
    Clock& clock = now[event.process];
    if (const auto cause = passage.causes.find(event.id.value()); cause != passage.causes.end()) {
      for (const auto& [process, count] : of_event[cause->second]) {
        clock[process] = std::max(clock[process], count);
      }
    }
    ++clock[event.process];
    of_event[event.id.value()] = clock;
    std::string shown;
    for (const auto& [process, count] : clock) {
      shown += fmt::format("{}{}:{}", shown.empty() ? "" : ",", Quote(process), count);
    }
    text += fmt::format("#{} {} {}\n{} {{{}}}\n", event.id.value(), event.kind,
                        ForeignLine(sim::ShowFields(event), kValueMax), event.process, shown);
  }
  return text;
}

// ---- JSON Lines --------------------------------------------------------------------------------

std::string ShowLines(const sim::Recording& recording, const TraceHeader& header) {
  std::string text = fmt::format(
      "{{\"flinch_trace\":1,\"scenario\":{},\"seed\":\"{}\",\"verdict\":{},\"digest\":\"{}\","
      "\"replay\":{}}}\n",
      Quote(header.scenario), header.seed, Quote(header.verdict), sim::Show(header.digest),
      Quote(header.replay, kTraceReplayMax));
  for (const sim::RecordedEvent& event : recording.events) {
    text += fmt::format(R"({{"id":{},"t_ns":{},"process":{},"kind":{})", event.id.value(),
                        sim::Nanos(event.time), Quote(event.process), Quote(event.kind));
    if (event.cause != sim::EventId()) {
      text += fmt::format(",\"cause\":{}", event.cause.value());
    }
    text += fmt::format(",\"fields\":{}}}\n", FieldsJson(event));
  }
  return text;
}

}  // namespace

std::string ExportTrace(const sim::Recording& recording, TraceFormat format,
                        const TraceHeader& header, const std::vector<CheckpointRow>& checkpoints) {
  switch (format) {
    case TraceFormat::kShiviz:
      return ShowClocks(recording);
    case TraceFormat::kJsonl:
      return ShowLines(recording, header);
    case TraceFormat::kChrome:
      break;
  }
  ChromeTrace trace(recording, header);
  trace.AddEvents();
  trace.AddMessages();
  trace.AddCheckpoints(checkpoints,
                       recording.events.empty() ? sim::SimTime() : recording.events.back().time);
  return std::move(trace).Finish(header);
}

}  // namespace flinch::reports
