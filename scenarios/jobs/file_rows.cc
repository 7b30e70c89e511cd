#include "scenarios/jobs/file_rows.h"

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/connectors/file_sink.h"
#include "engine/data_stream.h"
#include "scenarios/jobs/job_parts.h"
#include "scenarios/jobs/job_references.h"
#include "sim/world/world.h"

namespace flinch::scenarios {

namespace {

constexpr std::string_view kFilesPath = "/out";

using FiledRow = std::pair<std::string, std::string>;

// Key and value, a tab between them; what would end either is written behind a backslash.
std::string TabbedLineOf(const FiledRow& row) {
  std::string line;
  const auto add = [&line](std::string_view text) {
    for (const char each : text) {
      if (each == '\\' || each == '\t' || each == '\n') {
        line += '\\';
      }
      line += each == '\t' ? 't' : each == '\n' ? 'n' : each;
    }
  };
  add(row.first);
  line += '\t';
  add(row.second);
  line += '\n';
  return line;
}

// What a reader makes of a file: a line that is cut off is a record, too, and a wrong one.
std::vector<OutputRecord> ReadLines(const std::string& path, std::string_view bytes) {
  std::vector<OutputRecord> records;
  OutputRecord record{.transaction = path};
  std::string* text = &record.key;
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (bytes[i] == '\\' && i + 1 < bytes.size()) {
      const char escaped = bytes[++i];
      *text += escaped == 't' ? '\t' : escaped == 'n' ? '\n' : escaped;
    } else if (bytes[i] == '\t') {
      text = &record.value;
    } else if (bytes[i] == '\n') {
      records.push_back(std::exchange(
          record, {.transaction = path, .offset = static_cast<uint64_t>(records.size() + 1)}));
      text = &record.key;
    } else {
      *text += bytes[i];
    }
  }
  if (!record.key.empty() || !record.value.empty()) {
    records.push_back(std::move(record));
  }
  return records;
}

// As anybody does who knows no more than what names with a dot in front mean.
std::vector<OutputRecord> ReadFiles(const sim::World& world) {
  std::vector<OutputRecord> records;
  for (const std::string& path : world.ListShared(kFilesPath)) {
    if (std::string_view(path).substr(path.rfind('/') + 1).starts_with('.')) {
      continue;
    }
    for (OutputRecord& record : ReadLines(path, world.ReadSharedFile(path).value_or(""))) {
      records.push_back(std::move(record));
    }
  }
  return records;
}

engine::StreamGraph BuildFileRows(const Scenario& scenario, const Workload& workload) {
  using namespace std::chrono_literals;
  engine::StreamExecutionEnvironment environment(scenario.job.name, OptionsOf(scenario));
  const engine::FileSinkOptions options = {
      .path = std::string(kFilesPath),
      .suffix = ".tsv",
      .rolling = {.bytes_max = 2000, .rollover_interval = 700ms, .inactivity_interval = 300ms},
      .buffer_bytes = 200};
  const auto bucket_of = [window = scenario.job.window](const FiledRow&, engine::EventTime time) {
    return std::to_string(WindowStart(time, window) / 1'000'000'000);
  };
  ReadInput(environment, scenario, workload)
      .Map("copy", [](const LogRow& row) { return FiledRow(row.key, row.value); })
      .SinkTo("sink",
              [options, bucket_of] {
                return std::make_unique<engine::FileSink<FiledRow>>(options, TabbedLineOf,
                                                                    bucket_of);
              })
      .DisableChaining();
  return environment.Build();
}

std::vector<ExpectedRecord> ExpectFiledRows(const Scenario&, const Workload& workload) {
  std::vector<ExpectedRecord> expected;
  for (const InputRow& row : workload.rows) {
    expected.push_back({.key = row.key, .value = row.value});
  }
  return expected;
}

}  // namespace

JobCase FileRows() {
  return {.name = "file_rows",
          .what = "rows as they are, in files, by windows of job.window",
          .build = BuildFileRows,
          .outputs = {{.name = "files",
                       .law = SameMultiset(std::source_location()),
                       .expect = ExpectFiledRows,
                       .read = ReadFiles}},
          .where = {}};
}

}  // namespace flinch::scenarios
