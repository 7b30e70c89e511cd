#include "scenarios/jobs/algebra_reference.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "scenarios/jobs/job_references.h"
#include "sim/check.h"

namespace flinch::scenarios {

namespace {

std::vector<TimedRecord> Windows(StepKind kind, const std::vector<TimedRecord>& records,
                                 sim::Duration window) {
  std::map<std::pair<std::string, int64_t>, int64_t> sums;
  for (const TimedRecord& timed : records) {
    const int64_t start = WindowStart(timed.timestamp, window);
    const auto [sum, is_new] = sums.try_emplace({timed.record.key, start}, EmptyWindow(kind));
    sum->second = AddToWindow(kind, sum->second, timed.record.number);
  }
  std::vector<TimedRecord> results;
  for (const auto& [key_and_start, sum] : sums) {
    results.push_back({.record = {.key = key_and_start.first, .number = sum},
                       .timestamp = engine::EventTime(key_and_start.second + window.count() - 1)});
  }
  return results;
}

std::vector<TimedRecord> Counts(std::vector<TimedRecord> records) {
  std::map<std::string, int64_t> so_far;
  for (TimedRecord& timed : records) {
    timed.record.number = ++so_far[timed.record.key];
  }
  return records;
}

std::vector<TimedRecord> Distinct(const std::vector<TimedRecord>& records) {
  std::set<std::string> seen;
  std::vector<TimedRecord> results;
  for (const TimedRecord& timed : records) {
    std::string key = DistinctKey(timed.record);
    if (seen.insert(key).second) {
      results.push_back({.record = {.key = std::move(key), .number = timed.record.number},
                         .timestamp = timed.timestamp});
    }
  }
  return results;
}

std::vector<TimedRecord> Repeated(int64_t times, const std::vector<TimedRecord>& records) {
  std::vector<TimedRecord> results;
  for (const TimedRecord& timed : records) {
    for (int64_t more = 0; more < times; ++more) {
      results.push_back(timed);
      results.back().record.number += more;
    }
  }
  return results;
}

std::vector<TimedRecord> Apply(const Step& step, std::vector<TimedRecord> records,
                               sim::Duration window) {
  switch (step.kind) {
    case StepKind::kMap:
    case StepKind::kKey:
      for (TimedRecord& timed : records) {
        timed.record = Mapped(step, timed.record);
      }
      return records;
    case StepKind::kFilter:
      std::erase_if(records,
                    [&step](const TimedRecord& timed) { return !IsKept(step, timed.record); });
      return records;
    case StepKind::kFlatMap:
      return Repeated(step.n, records);
    case StepKind::kRebalance:
      return records;
    case StepKind::kCount:
      return Counts(std::move(records));
    case StepKind::kDistinct:
      return Distinct(records);
    case StepKind::kWindowCount:
    case StepKind::kWindowSum:
    case StepKind::kWindowMax:
      return Windows(step.kind, records, window);
  }
  sim::Unreachable("step {}", static_cast<int>(step.kind));
}

}  // namespace

int64_t FirstNumber(std::string_view value, engine::EventTime timestamp) {
  constexpr int64_t kNanosPerMilli = 1'000'000;
  int64_t number = timestamp.nanos() / kNanosPerMilli % kAlgebraModulus;
  for (const char byte : value) {
    number = (number * 31 + static_cast<unsigned char>(byte)) % kAlgebraModulus;
  }
  return (number + kAlgebraModulus) % kAlgebraModulus;
}

AlgebraRecord Mapped(const Step& step, const AlgebraRecord& record) {
  if (step.kind == StepKind::kKey) {
    return {.key = fmt::format("k{}", record.number % step.n), .number = record.number};
  }
  return {.key = record.key, .number = (record.number * step.n + 1) % kAlgebraModulus};
}

bool IsKept(const Step& step, const AlgebraRecord& record) { return record.number % step.n != 0; }

std::string DistinctKey(const AlgebraRecord& record) {
  return fmt::format("{}/{}", record.key, record.number);
}

int64_t EmptyWindow(StepKind kind) {
  return kind == StepKind::kWindowMax ? std::numeric_limits<int64_t>::min() : 0;
}

int64_t AddToWindow(StepKind kind, int64_t sum, int64_t number) {
  switch (kind) {
    case StepKind::kWindowCount:
      return sum + 1;
    case StepKind::kWindowSum:
      return (sum + number) % kAlgebraModulus;
    case StepKind::kWindowMax:
      return std::max(sum, number);
    default:
      sim::Unreachable("step {} is no window", static_cast<int>(kind));
  }
}

std::vector<TimedRecord> Evaluate(std::span<const Step> steps, std::span<const InputRow> rows,
                                  sim::Duration window) {
  std::vector<TimedRecord> records;
  for (const InputRow& row : rows) {
    records.push_back({.record = {.key = row.key, .number = FirstNumber(row.value, row.timestamp)},
                       .timestamp = row.timestamp});
  }
  for (const Step& step : steps) {
    records = Apply(step, std::move(records), window);
  }
  return records;
}

void AddRow(std::span<const Step> steps, const InputRow& row, sim::Duration window,
            SubjectRows& rows) {
  const StepKind keyed = steps.back().kind;
  for (const TimedRecord& timed :
       Evaluate(steps.first(steps.size() - 1), std::span(&row, 1), window)) {
    const AlgebraRecord& record = timed.record;
    if (keyed == StepKind::kDistinct) {
      rows.Add(DistinctKey(record), 0);
    } else if (keyed == StepKind::kCount) {
      rows.Add(record.key, 0);
    } else {
      const int64_t start = WindowStart(timed.timestamp, window);
      rows.Add(record.key, start, keyed == StepKind::kWindowCount ? 1 : record.number,
               start + window.count() - 1);
    }
  }
}

}  // namespace flinch::scenarios
