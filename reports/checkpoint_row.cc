#include "reports/checkpoint_row.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "reports/plain_text.h"

namespace flinch::reports {

namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kColumns = 13;
// Columns that are left out where nothing stands in them.
constexpr size_t kReusedColumn = 7;
constexpr size_t kInFlightColumn = 8;

using Cells = std::array<std::string, kColumns>;

constexpr std::array<std::string_view, kColumns> kHeads = {
    "ID",     "Status",    "Acknowledged", "Trigger Time", "Latest Ack", "End to End", "Data Size",
    "Reused", "In-Flight", "Start Delay",  "Alignment",    "Sync",       "Async"};

std::optional<sim::Duration> Between(const std::optional<sim::SimTime>& from,
                                     const std::optional<sim::SimTime>& to) {
  return from && to && *to >= *from ? std::optional(*to - *from) : std::nullopt;
}

// "12ms", "1.204s"; "-" of what did not happen.
std::string ShowSpan(const std::optional<sim::Duration>& span) {
  if (!span) {
    return "-";
  }
  const int64_t micros = span->count() / 1'000;
  if (micros < 1'000) {
    return micros == 0 ? "0" : fmt::format("{}us", micros);
  }
  const int64_t millis = micros / 1'000;
  return millis < 10'000 ? fmt::format("{}ms", millis)
                         : fmt::format("{}.{}s", millis / 1'000, millis % 1'000 / 100);
}

std::string ShowTime(const std::optional<sim::SimTime>& time) {
  return time ? ShowClock(*time) : "-";
}

std::string ShowSize(uint64_t bytes) {
  constexpr uint64_t kKibi = 1'024;
  if (bytes < 10 * kKibi) {
    return fmt::format("{} B", bytes);
  }
  const bool is_kibi = bytes < 10 * kKibi * kKibi;
  return fmt::format("{} {}", bytes / (is_kibi ? kKibi : kKibi * kKibi), is_kibi ? "KiB" : "MiB");
}

std::string ShowInFlight(const std::optional<uint64_t>& bytes) {
  return bytes ? ShowSize(*bytes) : "-";
}

template <typename Span>
std::optional<sim::Duration> Longest(const CheckpointRow& row, Span span) {
  std::optional<sim::Duration> longest;
  for (const SubtaskCheckpoint& subtask : row.subtasks) {
    longest = std::max(longest, span(subtask));
  }
  return longest;
}

Cells CellsOf(const CheckpointRow& row) {
  return {std::to_string(row.id),
          std::string(row.status()),
          fmt::format("{}/{}", row.acknowledged(), row.expected),
          ShowClock(row.triggered),
          ShowTime(row.latest_acknowledgement()),
          ShowSpan(row.end_to_end()),
          ShowSize(row.bytes()),
          row.reused() == 0 ? "-" : ShowSize(row.reused()),
          ShowInFlight(row.in_flight()),
          ShowSpan(Longest(
              row, [&row](const auto& subtask) { return subtask.start_delay(row.triggered); })),
          ShowSpan(Longest(row, [](const auto& subtask) { return subtask.alignment(); })),
          ShowSpan(Longest(row, [](const auto& subtask) { return subtask.synchronous(); })),
          ShowSpan(Longest(row, [](const auto& subtask) { return subtask.asynchronous(); }))};
}

Cells CellsOf(const CheckpointRow& row, const SubtaskCheckpoint& subtask) {
  return {"",
          "",
          OneLine(subtask.subtask),
          "",
          ShowTime(subtask.received),
          ShowSpan(Between(row.triggered, subtask.received)),
          ShowSize(subtask.bytes + subtask.shared),
          subtask.reused == 0 ? "-" : ShowSize(subtask.reused),
          ShowInFlight(subtask.in_flight),
          ShowSpan(subtask.start_delay(row.triggered)),
          ShowSpan(subtask.alignment()),
          ShowSpan(subtask.synchronous()),
          ShowSpan(subtask.asynchronous())};
}

// "watermark 2026-01-01T00:04:10Z, since checkpoint 4"
std::string ShowWatermark(const SubtaskCheckpoint& subtask) {
  if (subtask.watermark.empty()) {
    return "";
  }
  return fmt::format("watermark {}{}", subtask.watermark,
                     subtask.watermark_since == 0
                         ? ""
                         : fmt::format(", since checkpoint {}", subtask.watermark_since));
}

class Table {
 public:
  Table() {
    for (size_t i = 0; i < kColumns; ++i) {
      lines_.front().cells[i] = kHeads[i];
    }
  }

  void Add(Cells cells, std::string tail = {}) {
    lines_.push_back({.cells = std::move(cells), .tail = std::move(tail)});
  }

  std::string Show() const {
    std::array<size_t, kColumns> widths{};
    for (const Row& line : lines_) {
      for (size_t i = 0; i < kColumns; ++i) {
        widths[i] = std::max(widths[i], line.cells[i].size());
      }
    }
    // Only where some checkpoint is unaligned, or shares files.
    const auto is_empty = [this](size_t column) {
      return std::all_of(lines_.begin() + 1, lines_.end(),
                         [column](const Row& line) { return line.cells[column] == "-"; });
    };
    const bool shows_reused = !is_empty(kReusedColumn);
    const bool shows_in_flight = !is_empty(kInFlightColumn);
    std::string text;
    for (const Row& line : lines_) {
      std::string shown = "  ";
      for (size_t i = 0; i < kColumns; ++i) {
        if ((i == kInFlightColumn && !shows_in_flight) || (i == kReusedColumn && !shows_reused)) {
          continue;
        }
        // Words begin together, numbers end together.
        const bool is_word = i == 1 || i == 2;
        shown += is_word ? fmt::format("{:<{}}  ", line.cells[i], widths[i])
                         : fmt::format("{:>{}}  ", line.cells[i], widths[i]);
      }
      shown += line.tail;
      text += shown.substr(0, shown.find_last_not_of(' ') + 1) + '\n';
    }
    return text;
  }

 private:
  struct Row {
    Cells cells{};
    std::string tail{};
  };

  std::vector<Row> lines_{Row{}};
};

}  // namespace

std::optional<sim::Duration> SubtaskCheckpoint::start_delay(sim::SimTime triggered) const {
  const std::optional<sim::SimTime> passed = aligned ? aligned : snapshot;
  return Between(triggered, first_barrier ? first_barrier : passed);
}

std::optional<sim::Duration> SubtaskCheckpoint::alignment() const {
  return Between(first_barrier, aligned);
}

std::optional<sim::Duration> SubtaskCheckpoint::synchronous() const {
  // An unaligned one is taken with the first barrier.
  return Between(aligned && aligned <= snapshot ? aligned : snapshot, snapshot);
}

std::optional<sim::Duration> SubtaskCheckpoint::asynchronous() const {
  return Between(snapshot, uploaded);
}

std::string_view CheckpointRow::status() const {
  return stored ? "COMPLETED" : (aborted ? "FAILED" : "IN_PROGRESS");
}

uint64_t CheckpointRow::acknowledged() const {
  return static_cast<uint64_t>(std::ranges::count_if(
      subtasks, [](const SubtaskCheckpoint& each) { return each.received.has_value(); }));
}

std::optional<sim::SimTime> CheckpointRow::latest_acknowledgement() const {
  std::optional<sim::SimTime> latest;
  for (const SubtaskCheckpoint& subtask : subtasks) {
    latest = std::max(latest, subtask.received);
  }
  return latest;
}

std::optional<sim::Duration> CheckpointRow::end_to_end() const {
  return Between(triggered, aborted ? aborted : latest_acknowledgement());
}

uint64_t CheckpointRow::bytes() const {
  uint64_t sum = 0;
  for (const SubtaskCheckpoint& subtask : subtasks) {
    sum += subtask.bytes + subtask.shared;
  }
  return sum;
}

uint64_t CheckpointRow::reused() const {
  uint64_t sum = 0;
  for (const SubtaskCheckpoint& subtask : subtasks) {
    sum += subtask.reused;
  }
  return sum;
}

std::optional<uint64_t> CheckpointRow::in_flight() const {
  std::optional<uint64_t> sum;
  for (const SubtaskCheckpoint& subtask : subtasks) {
    if (subtask.in_flight) {
      sum = sum.value_or(0) + *subtask.in_flight;
    }
  }
  return sum;
}

namespace {

void Put(Json& object, std::string_view key, const std::optional<sim::Duration>& span) {
  if (span) {
    object[key] = span->count();
  }
}

Json ToObject(const SubtaskCheckpoint& subtask, sim::SimTime triggered) {
  Json object{{"subtask", subtask.subtask}, {"bytes", subtask.bytes + subtask.shared}};
  if (subtask.reused > 0) {
    object["reused_bytes"] = subtask.reused;
  }
  if (subtask.in_flight) {
    object["persisted_in_flight_bytes"] = *subtask.in_flight;
  }
  if (!subtask.watermark.empty()) {
    object["watermark"] = subtask.watermark;
  }
  if (subtask.watermark_since != 0) {
    object["watermark_since_checkpoint"] = subtask.watermark_since;
  }
  if (subtask.received) {
    object["acknowledged_ns"] = sim::Nanos(*subtask.received);
  }
  Put(object, "start_delay_ns", subtask.start_delay(triggered));
  Put(object, "alignment_ns", subtask.alignment());
  Put(object, "sync_ns", subtask.synchronous());
  Put(object, "async_ns", subtask.asynchronous());
  return object;
}

}  // namespace

std::string ToJson(const std::vector<CheckpointRow>& rows) {
  Json array = Json::array();
  for (const CheckpointRow& row : rows) {
    Json object{{"id", row.id}, {"status", row.status()}};
    if (!row.reason.empty()) {
      object["reason"] = row.reason;
    }
    object["triggered_ns"] = sim::Nanos(row.triggered);
    if (const std::optional<sim::SimTime> latest = row.latest_acknowledgement()) {
      object["latest_ack_ns"] = sim::Nanos(*latest);
    }
    Put(object, "end_to_end_ns", row.end_to_end());
    object["acknowledged"] = row.acknowledged();
    object["expected"] = row.expected;
    object["bytes"] = row.bytes();
    if (const std::optional<uint64_t> in_flight = row.in_flight()) {
      object["persisted_in_flight_bytes"] = *in_flight;
    }
    if (row.reused() > 0) {
      object["reused_bytes"] = row.reused();
    }
    Json subtasks = Json::array();
    for (const SubtaskCheckpoint& subtask : row.subtasks) {
      subtasks.push_back(ToObject(subtask, row.triggered));
    }
    object["subtasks"] = std::move(subtasks);
    array.push_back(std::move(object));
  }
  return array.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string ShowCheckpoints(const std::vector<CheckpointRow>& rows) {
  Table table;
  for (const CheckpointRow& row : rows) {
    table.Add(CellsOf(row), OneLine(row.reason));
  }
  return rows.empty() ? std::string() : table.Show();
}

std::string ShowCheckpointDetails(const std::vector<CheckpointRow>& rows) {
  Table table;
  for (const CheckpointRow& row : rows) {
    table.Add(CellsOf(row), OneLine(row.reason));
    for (const SubtaskCheckpoint& subtask : row.subtasks) {
      table.Add(CellsOf(row, subtask), ShowWatermark(subtask));
    }
  }
  return rows.empty() ? std::string() : table.Show();
}

namespace {

std::vector<sim::Duration> SortedDurations(const std::vector<CheckpointRow>& rows) {
  std::vector<sim::Duration> spans;
  for (const CheckpointRow& row : rows) {
    if (const auto span = row.end_to_end(); span && row.stored) {
      spans.push_back(*span);
    }
  }
  std::ranges::sort(spans);
  return spans;
}

// The smallest that so many percent do not exceed; there is one.
template <typename Value>
const Value& At(const std::vector<Value>& sorted, size_t percent) {
  const size_t rank = (sorted.size() * percent + 99) / 100;
  return sorted[std::max<size_t>(rank, 1) - 1];
}

}  // namespace

bool TellsDurations(const std::vector<CheckpointRow>& rows) {
  const std::vector<sim::Duration> spans = SortedDurations(rows);
  return !spans.empty() && (At(spans, 50) > std::chrono::seconds(1) ||
                            std::ranges::any_of(rows, [](const CheckpointRow& row) {
                              return row.in_flight().has_value();
                            }));
}

std::string ShowDurations(const std::vector<CheckpointRow>& rows) {
  const std::vector<sim::Duration> spans = SortedDurations(rows);
  if (spans.empty()) {
    return "-";
  }
  std::string text = fmt::format("{} at 50 %, {} at 99 %, {} at most", ShowSpan(At(spans, 50)),
                                 ShowSpan(At(spans, 99)), ShowSpan(spans.back()));
  std::vector<uint64_t> in_flight;
  for (const CheckpointRow& row : rows) {
    if (const auto bytes = row.in_flight(); bytes && row.stored) {
      in_flight.push_back(*bytes);
    }
  }
  std::ranges::sort(in_flight);
  if (!in_flight.empty()) {
    text += fmt::format("; in flight {} at 50 %, {} at most", ShowSize(At(in_flight, 50)),
                        ShowSize(in_flight.back()));
  }
  return text;
}

}  // namespace flinch::reports
