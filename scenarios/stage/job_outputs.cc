#include "scenarios/stage/job_outputs.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "engine/runtime/user_code.h"
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

std::vector<JudgedOutput> JudgesOf(const JobCase& job,
                                   const std::function<void(std::string why)>& failed) {
  std::vector<JudgedOutput> judges;
  for (const OutputSpec& output : job.outputs) {
    JudgedOutput judge{.name = output.name, .law = output.law, .show_value = output.show_value};
    judge.law.judge = [&job, &output, failed](const OutputView& view) {
      sim::Result<std::vector<OutputBreach>> breaches = engine::CallUserCode(
          [&] { return While("judging", job, output); },
          [&]() -> sim::Result<std::vector<OutputBreach>> { return output.law.judge(view); });
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

}  // namespace flinch::scenarios
