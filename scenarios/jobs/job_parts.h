// What a job of the log begins and ends with: rows out of the topic "input" or others, results into
// the topic "output" or others.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "engine/connectors/log_enumerator.h"
#include "engine/connectors/log_sink.h"
#include "engine/connectors/log_source.h"
#include "engine/data_stream.h"
#include "scenarios/input/workload.h"
#include "scenarios/jobs/job_case.h"
#include "scenarios/model/scenario.h"

namespace flinch::scenarios {

// A row as it comes out of the log.
struct LogRow {
  std::string key;
  std::string value;
  engine::EventTime timestamp{};

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.key);
    visit(self.value);
    visit(self.timestamp);
  }
};

// What a job that counts gives.
struct CountedKey {
  std::string key;
  int64_t count = 0;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.key);
    visit(self.count);
  }
};

inline engine::StreamOptions OptionsOf(const Scenario& scenario) {
  return {.parallelism = scenario.job.parallelism,
          .max_parallelism = scenario.options.max_parallelism};
}

// A job with several inputs names each topic as its case does (InputSpec::name), and each source.
inline engine::DataStream<LogRow> ReadInput(engine::StreamExecutionEnvironment& environment,
                                            const Scenario& scenario, const Workload& workload,
                                            std::string topic = std::string(kInputTopic),
                                            std::string source = "source") {
  const bool is_enumerated =
      scenario.options.source.assignment == engine::SourceAssignment::kEnumerator;
  const engine::LogSourceOptions options = {
      .topic = std::move(topic),
      .assignment =
          is_enumerated ? engine::SplitAssignment::kEnumerator : engine::SplitAssignment::kStatic,
      .discovery_interval = scenario.options.source.discovery_interval,
      .client = {.retry = {.deadline = scenario.options.sink.delivery_timeout}},
      .max_out_of_orderness = scenario.job.out_of_orderness.value_or(workload.out_of_orderness),
      .fetch_records_min = scenario.options.source.fetch_records_min,
      .fetch_wait = scenario.options.source.fetch_wait,
      .watermark_interval = scenario.options.source.watermark_interval,
      .fetch_records_max = scenario.options.source.fetch_records_max,
      .startup = scenario.options.source.startup};
  return environment.FromSource<LogRow>(
      std::move(source),
      [options] {
        return std::make_unique<engine::LogSource<LogRow>>(
            options, [](const engine::LogRecord& record) -> sim::Result<LogRow> {
              return LogRow{.key = std::string(record.key),
                            .value = std::string(record.value),
                            .timestamp = record.timestamp};
            });
      },
      is_enumerated ? engine::EnumerateLog(options) : engine::SplitEnumeratorFactory());
}

// `encode` gives the record's key and value in the log. A job with several outputs names each topic
// as its case does (OutputSpec::name), and each sink.
template <typename T, typename Encode>
void WriteOutput(engine::DataStream<T> results, const Scenario& scenario, Encode encode,
                 std::string topic = std::string(kOutputTopic), std::string sink = "sink") {
  const engine::LogSinkOptions options = {
      .topic = std::move(topic),
      .client = {.retry = {.deadline = scenario.options.sink.delivery_timeout}},
      .transaction_timeout = scenario.options.sink.transaction_timeout,
      .batch_records_max = scenario.options.sink.batch_records,
      .guarantee = scenario.options.sink.guarantee};
  results
      .SinkTo(std::move(sink),
              [options, encode] { return std::make_unique<engine::LogSink<T>>(options, encode); })
      .DisableChaining();
}

}  // namespace flinch::scenarios
