// A log without a process around it, for tests of what it does with each request.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "engine/outside/log_state.h"
#include "sim/time.h"

namespace flinch::engine {

struct LogFixture {
  LogState state;
  sim::SimTime now = sim::AtNanos(1'000);
  std::vector<LogEvent> events;
  bool changed = false;  // by the last command

  template <typename Command>
  auto Do(const Command& command) {
    LogEffects effects;
    auto reply = state.Apply(command, now, effects);
    events.insert(events.end(), effects.events.begin(), effects.events.end());
    changed = effects.changed;
    return reply;
  }

  void CreateTopic(const std::string& topic, uint32_t partitions) {
    sim::Check(Do(CreateTopicRequest{.topic = topic, .partitions = partitions}).has_value(),
               "topic {} is created", topic);
  }

  sim::Result<ProducerIdentity> Init(const std::string& id, uint64_t session = 0,
                                     std::string owner = "") {
    return Do(InitProducerRequest{.transactional_id = id,
                                  .owner = {.name = std::move(owner), .session = session},
                                  .timeout = std::chrono::seconds(10)});
  }

  sim::Result<ProduceReply> Produce(const std::string& producer, ProducerIdentity identity,
                                    uint32_t partition, uint64_t sequence,
                                    const std::vector<std::string>& values) {
    ProduceRequest request{.producer = producer,
                           .identity = identity,
                           .topic = "t",
                           .partition = partition,
                           .base_sequence = sequence,
                           .records = {}};
    for (const std::string& value : values) {
      request.records.Append("k", value, EventTime(7));
    }
    return Do(request);
  }

  sim::Result<LogAcknowledged> End(const std::string& id, ProducerIdentity identity,
                                   TransactionEnd end) {
    return Do(EndTransactionRequest{.transactional_id = id, .identity = identity, .end = end});
  }

  FetchedPartition Fetch(uint32_t partition, uint64_t offset = 0, uint32_t records_max = 1000,
                         Isolation isolation = Isolation::kReadCommitted) const {
    const sim::Result<FetchReply> reply = state.Query(
        FetchRequest{.positions = {{.topic = "t", .partition = partition, .offset = offset}},
                     .records_max = records_max,
                     .isolation = isolation});
    sim::Check(reply.has_value(), "the fetch from offset {} succeeds", offset);
    return reply->partitions.front();
  }

  std::vector<std::string> Committed(uint32_t partition) const { return Values(Fetch(partition)); }

  std::vector<std::string> Everything(uint32_t partition) const {
    return Values(Fetch(partition, 0, 1000, Isolation::kReadUncommitted));
  }

  static std::vector<std::string> Values(const FetchedPartition& fetched) {
    std::vector<std::string> values;
    for (const FetchedBatch& batch : fetched.batches) {
      for (RecordCursor records = batch.records.records(); !records.AtEnd();) {
        values.emplace_back(records.Take().value);
      }
    }
    return values;
  }
};

}  // namespace flinch::engine
