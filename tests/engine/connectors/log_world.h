// A world with a log broker and clients of it, for tests of the connectors as processes.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "engine/connectors/log_client.h"
#include "engine/outside/log_broker.h"
#include "engine/stream_operator.h"
#include "sim/world/world.h"
#include "tests/support/plain_runtime.h"

namespace flinch::engine {

// What an operator emits, in memory.
class CollectingOutput final : public Output {
 public:
  // For sources of text only.
  sim::Result<void> Emit(const StreamRecord& record) override {
    values.push_back(*static_cast<const std::string*>(record.value));
    return {};
  }

  sim::Result<void> EmitWatermark(EventTime watermark) override {
    watermarks.push_back(watermark.nanos());
    return {};
  }

  std::vector<std::string> values;
  std::vector<int64_t> watermarks;
};

class LogWorld {
 public:
  explicit LogWorld(uint64_t seed = 1, sim::WorldOptions options = {})
      : world_(WithSeed(std::move(options), seed)) {
    broker_host_ = world_.AddHost("broker");
    client_host_ = world_.AddHost("client");
  }

  void StartBroker() {
    broker_ = world_.AddProcess(broker_host_, "broker", [](sim::Environment& environment) {
      RunLogBroker(environment, LogBrokerOptions());
    });
  }

  // Runs `body` in a process on a host until it returns. True when it did.
  bool Run(sim::HostId host, std::function<void(sim::Environment&)> body) {
    bool done = false;
    world_.AddProcess(host, "process-" + std::to_string(++processes_),
                      [body = std::move(body), &done](sim::Environment& environment) {
                        body(environment);
                        done = true;
                      });
    const sim::Outcome outcome = world_.Run([&done] { return done; });
    if (outcome.violation) {
      ADD_FAILURE() << outcome.violation->what << " at " << outcome.violation->where;
    }
    return outcome.ending == sim::Ending::kGoal;
  }

  bool RunClient(std::function<void(sim::Environment&, LogClient&)> body) {
    return Run(client_host_, [body = std::move(body)](sim::Environment& environment) {
      const std::unique_ptr<LogClient> client = OpenClient(environment);
      body(environment, *client);
    });
  }

  static std::unique_ptr<LogClient> OpenClient(sim::Environment& environment,
                                               const RetryOptions& retry = {}) {
    auto client =
        LogClient::Open(environment, {.host = "broker", .port = kLogBrokerPort, .retry = retry});
    sim::Check(client.has_value(), "the client opens");
    return *std::move(client);
  }

  void CrashBrokerAt(sim::Duration from_now, sim::Duration away) {
    const sim::SimTime time = world_.Now() + from_now;
    world_.At(time, [this] { world_.Crash(broker_); });
    world_.At(time + away, [this] { world_.Restart(broker_); });
  }

  void SetLinks(const sim::LinkCondition& condition) {
    world_.SetLink(client_host_, broker_host_, condition);
    world_.SetLink(broker_host_, client_host_, condition);
  }

  LogContents Contents() const {
    const auto bytes = world_.ReadFile(broker_host_, LogBrokerOptions().journal);
    auto contents = ReadJournal(bytes.value_or(Bytes()));
    sim::Check(contents.has_value(), "the journal can be read");
    return *std::move(contents);
  }

  // The values of a topic that readers of committed data see, by partition and offset.
  std::vector<std::string> Committed(const std::string& topic) const {
    std::vector<std::string> values;
    LogContents contents = Contents();
    for (const LogContents::Chunk& chunk : contents.topics[topic].chunks) {
      for (RecordCursor records = chunk.records.records();
           chunk.fate == RecordFate::kCommitted && !records.AtEnd();) {
        values.emplace_back(records.Take().value);
      }
    }
    return values;
  }

  // The traced events of these kinds, as "kind fields".
  std::vector<std::string> Traced(std::string_view prefix) const {
    std::vector<std::string> lines;
    for (const sim::RecordedEvent& event : world_.recording().events) {
      if (event.kind.starts_with(prefix)) {
        lines.push_back(event.kind + " " + sim::ShowFields(event));
      }
    }
    return lines;
  }

  sim::World& world() { return world_; }

  sim::HostId broker_host() const { return broker_host_; }

  sim::HostId client_host() const { return client_host_; }

  sim::ProcessId broker() const { return broker_; }

 private:
  static sim::WorldOptions WithSeed(sim::WorldOptions options, uint64_t seed) {
    options.seed = seed;
    options.keep = std::max(options.keep, sim::Keep::kTrace);
    options.limits.time_max = sim::SimTime(std::chrono::hours(1));
    return options;
  }

  sim::World world_;
  sim::HostId broker_host_;
  sim::HostId client_host_;
  sim::ProcessId broker_;
  uint32_t processes_ = 0;
};

// One record per call, so that a broker can die between any two.
inline sim::Result<ProduceReply> Publish(LogClient& client, const std::string& topic,
                                         uint32_t partition, uint64_t sequence,
                                         const std::string& value, EventTime timestamp = {}) {
  return client.Call(
      ProduceRequest{.producer = "publisher",
                     .identity = {},
                     .topic = topic,
                     .partition = partition,
                     .base_sequence = sequence,
                     .records = {{.key = "k", .value = value, .timestamp = timestamp}}});
}

// What a task gives an operator.
struct OperatorSetting {
  CollectingOutput output;
  Defects defects;
  std::string name = "op";
  uint32_t subtask = 0;
  uint32_t parallelism = 1;
  uint32_t attempt = 1;

  OperatorRuntime& Runtime(sim::Environment& environment) {
    runtime_.emplace(tests::PlainRuntime::Parts{.environment = environment,
                                                .output = output,
                                                .subtask = {.id = OperatorIdOf(name),
                                                            .name = name,
                                                            .index = SubtaskIndex(subtask),
                                                            .parallelism = parallelism,
                                                            .attempt = AttemptNumber(attempt)},
                                                .defects = defects});
    return *runtime_;
  }

 private:
  std::optional<tests::PlainRuntime> runtime_;
};

}  // namespace flinch::engine
