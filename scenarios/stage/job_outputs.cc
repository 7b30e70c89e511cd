#include "scenarios/stage/job_outputs.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "engine/runtime/user_code.h"
#include "scenarios/input/lateness.h"
#include "scenarios/oracles/wording.h"
#include "sim/text/text.h"

namespace flinch::scenarios {

namespace {

enum class Reading : uint8_t { kCommitted, kOthers };

void AddRecords(const engine::LogContents& log, const std::string& topic, uint32_t output,
                Reading reading, std::vector<OutputRecord>& records) {
  const auto found = log.topics.find(topic);
  if (found == log.topics.end()) {
    return;
  }
  for (const engine::LogContents::Chunk& chunk : found->second.chunks) {
    const bool is_committed = chunk.fate == engine::RecordFate::kCommitted;
    if (is_committed != (reading == Reading::kCommitted)) {
      continue;
    }
    uint64_t offset = chunk.first_offset;
    for (engine::RecordCursor cursor = chunk.records.records(); !cursor.AtEnd(); ++offset) {
      const engine::RecordView record = cursor.Take();
      records.push_back({.key = std::string(record.key),
                         .value = std::string(record.value),
                         .transaction = chunk.transaction,
                         .log_partition = chunk.partition,
                         .offset = offset,
                         .output = output});
    }
  }
}

// " while reading the output "output" of the job "mine"".
std::string While(std::string_view doing, const JobCase& job, const OutputSpec& output) {
  return fmt::format(" while {} the output {} of the job {}", doing, text::Quote(output.name),
                     text::Quote(job.name));
}

}  // namespace

sim::Result<std::vector<OutputRecord>> ReadOutputs(const JobCase& job, const sim::World& world,
                                                   const engine::LogContents& log) {
  std::vector<OutputRecord> records;
  for (uint32_t index = 0; index < job.outputs.size(); ++index) {
    const OutputSpec& output = job.outputs[index];
    if (!output.read) {
      AddRecords(log, output.name, index, Reading::kCommitted, records);
      continue;
    }
    sim::Result<std::vector<OutputRecord>> own = engine::CallUserCode(
        [&] { return While("reading", job, output); },
        [&]() -> sim::Result<std::vector<OutputRecord>> { return output.read(world); });
    if (!own) {
      return own;
    }
    for (OutputRecord& record : *own) {
      record.output = index;
      records.push_back(std::move(record));
    }
  }
  return records;
}

std::vector<OutputRecord> ReadUncommitted(const JobCase& job, const engine::LogContents& log) {
  std::vector<OutputRecord> records;
  for (uint32_t index = 0; index < job.outputs.size(); ++index) {
    if (!job.outputs[index].read) {
      AddRecords(log, job.outputs[index].name, index, Reading::kOthers, records);
    }
  }
  return records;
}

sim::Result<std::vector<ExpectedRecord>> ExpectOutputs(const JobCase& job, const Scenario& scenario,
                                                       const Workload& workload,
                                                       const RunUndisturbed& undisturbed) {
  std::vector<ExpectedRecord> expected;
  std::optional<std::vector<OutputRecord>> reference;
  for (uint32_t index = 0; index < job.outputs.size(); ++index) {
    const OutputSpec& output = job.outputs[index];
    if (!output.law.needs_expectation) {
      continue;
    }
    if (output.expect) {
      sim::Result<std::vector<ExpectedRecord>> own =
          engine::CallUserCode([&] { return While("foretelling", job, output); },
                               [&]() -> sim::Result<std::vector<ExpectedRecord>> {
                                 return output.expect(scenario, workload);
                               });
      if (!own) {
        return own;
      }
      for (ExpectedRecord& record : *own) {
        record.output = index;
        expected.push_back(std::move(record));
      }
      continue;
    }
    if (!reference) {
      sim::Result<std::vector<OutputRecord>> run = undisturbed();
      if (!run) {
        return sim::Fail(run);
      }
      reference = *std::move(run);
    }
    for (const OutputRecord& record : *reference) {
      if (record.output == index) {
        expected.push_back({.key = record.key, .value = record.value, .output = index});
      }
    }
  }
  return expected;
}

std::string ShowExpectation(const JobCase& job, size_t records) {
  const std::string& judge = job.outputs.front().expected_by;
  return judge.empty() ? "" : fmt::format("{} records, by {}", records, judge);
}

std::vector<ReadRow> RowsFor(const JobCase& job, const Workload& workload, bool may_be_late) {
  std::vector<ReadRow> rows;
  if (!may_be_late && std::ranges::none_of(job.outputs, [](const OutputSpec& output) {
        return output.law.needs_rows;
      })) {
    return rows;
  }
  for (const InputRow& row : workload.rows) {
    const auto input = static_cast<uint32_t>(InputOf(job, row));
    rows.push_back({.key = row.key,
                    .value = row.value,
                    .timestamp = row.timestamp.nanos(),
                    .source = input * workload.partitions + row.partition});
  }
  return rows;
}

namespace {

constexpr size_t kResultsShown = 6;

// "1, 2, 3": those of one key.
std::string ShowResults(const OutputSpec& output, const std::vector<std::string_view>& values,
                        size_t from) {
  std::string shown = from > 0 ? "…" : "";
  for (size_t index = from; index < values.size() && index < from + kResultsShown; ++index) {
    shown += shown.empty() ? "" : ", ";
    shown += output.show_value ? output.show_value(values[index]) : ShowBytes(values[index]);
  }
  return shown + (values.size() > from + kResultsShown ? ", …" : "");
}

using ResultsByKey = std::map<std::string_view, std::vector<std::string_view>>;

// The first key whose results are not the same, both ways.
std::string ShowTwoOrders(const OutputSpec& output, const OutputView& view) {
  ResultsByKey one;
  ResultsByKey other;
  for (const ExpectedRecord* record : view.expected) {
    one[record->key].push_back(record->value);
  }
  for (const OutputRecord* record : view.found) {
    other[record->key].push_back(record->value);
  }
  for (const auto& [key, values] : one) {
    const std::vector<std::string_view>& others = other[key];
    if (values == others) {
      continue;
    }
    const auto parted = std::ranges::mismatch(values, others).in1 - values.begin();
    const size_t from =
        static_cast<size_t>(parted) - std::min<size_t>(static_cast<size_t>(parted), 2);
    return fmt::format("the results of key {} come as {} or as {}", ShowBytes(key),
                       ShowResults(output, values, from), ShowResults(output, others, from));
  }
  return "it writes other keys";
}

}  // namespace

std::string WhyLawsDoNotFit(const JobCase& job, const std::vector<ExpectedRecord>& first,
                            const std::vector<OutputRecord>& second) {
  for (uint32_t index = 0; index < job.outputs.size(); ++index) {
    const OutputSpec& output = job.outputs[index];
    if (output.expect || !output.law.needs_expectation) {
      continue;
    }
    OutputView view{.expected = {}, .found = {}, .complete = true};
    for (const ExpectedRecord& record : first) {
      if (record.output == index) {
        view.expected.push_back(&record);
      }
    }
    for (const OutputRecord& record : second) {
      if (record.output == index) {
        view.found.push_back(&record);
      }
    }
    const sim::Result<bool> fits =
        engine::CallUserCode([&] { return While("judging", job, output); },
                             [&]() -> sim::Result<bool> { return output.law.judge(view).empty(); });
    if (fits && !*fits) {
      return fmt::format(
          "The law {} does not fit the output {} of the job {}: even where nothing fails {}, by "
          "which partition is read first, and both are right. Demand less (same_multiset, "
          "last_per_key, conserves), or linearizes.",
          output.law.name, text::Quote(output.name), text::Quote(job.name),
          ShowTwoOrders(output, view));
    }
  }
  return "";
}

std::vector<JudgedOutput> JudgesOf(const JobCase& job, std::optional<Delivery> delivery,
                                   const Scenario* late,
                                   const std::function<void(std::string why)>& failed) {
  std::vector<JudgedOutput> judges;
  for (const OutputSpec& output : job.outputs) {
    const Law* const chosen = output.FindLaw(delivery);
    sim::Check(chosen != nullptr, "a valid scenario wants an output that nobody can judge");
    const bool may_drop = late != nullptr && output.late && delivery == Delivery::kExactlyOnce;
    const Law law = may_drop ? output.late(*late) : *chosen;
    JudgedOutput judge{.name = output.name,
                       .law = law,
                       .show_value = output.show_value,
                       .where = law.where.line() == 0 ? job.where : law.where};
    judge.law.judge = [&job, &output, law, failed](const OutputView& view) {
      sim::Result<std::vector<OutputBreach>> breaches = engine::CallUserCode(
          [&] { return While("judging", job, output); },
          [&]() -> sim::Result<std::vector<OutputBreach>> { return law.judge(view); });
      if (!breaches) {
        failed(breaches.error().message);
        return std::vector<OutputBreach>();
      }
      return *std::move(breaches);
    };
    judges.push_back(std::move(judge));
  }
  return judges;
}

std::string SilenceWhereLate(const JobCase& job, const Scenario& scenario, const Workload& workload,
                             std::vector<JudgedOutput>& judges) {
  const auto knows = [](const OutputSpec& output) { return output.late != nullptr; };
  const bool is_exact = DeliveryOf(scenario) == Delivery::kExactlyOnce;
  if (LateRows(scenario, workload).empty() ||
      (is_exact && std::ranges::all_of(job.outputs, knows))) {
    return "";
  }
  for (JudgedOutput& judge : judges) {
    judge.law.judge = [](const OutputView&) { return std::vector<OutputBreach>(); };
  }
  return fmt::format(
      "Rows lie further behind than job.out_of_orderness, and nobody can say what the output of "
      "the job {} then is: whether one is late is chance. Write \"auto\" or at least \"{}\".",
      text::Quote(job.name), sim::Show(workload.out_of_orderness));
}

}  // namespace flinch::scenarios
