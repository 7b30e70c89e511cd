#include "scenarios/publisher.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "engine/connectors/log_client.h"
#include "engine/connectors/log_protocol.h"
#include "sim/check.h"

namespace flinch::scenarios {

namespace {

constexpr sim::Duration kPauseAfterFailure = std::chrono::milliseconds(100);
constexpr std::string_view kProducerName = "publisher";

class Publisher {
 public:
  Publisher(sim::Environment& environment, const Workload& workload,
            const PublisherOptions& options)
      : environment_(environment), workload_(workload), options_(options) {
    sim::Result<std::unique_ptr<engine::LogClient>> client =
        engine::LogClient::Open(environment, {.host = options.broker_host,
                                              .port = engine::kLogBrokerPort,
                                              .retry = {.deadline = std::chrono::seconds(5)}});
    sim::Check(client.has_value(), "the publisher has no host {} to write to", options.broker_host);
    client_ = *std::move(client);
  }

  void Run() {
    Insist(
        engine::CreateTopicRequest{.topic = workload_.topic, .partitions = workload_.partitions});
    Insist(engine::CreateTopicRequest{.topic = options_.output_topic,
                                      .partitions = options_.output_partitions});
    const engine::TopicInfoReply info = Insist(engine::TopicInfoRequest{.topic = workload_.topic});
    sim::Check(info.end_offsets.size() == workload_.partitions,
               "the topic {} has {} partitions instead of {}", workload_.topic,
               info.end_offsets.size(), workload_.partitions);
    Publish(info.end_offsets);
    Insist(engine::SealTopicRequest{.topic = workload_.topic});
    environment_.Trace(kPublished, {{"topic", workload_.topic}, {"rows", workload_.rows.size()}});
  }

 private:
  // What one partition is still to get: rows in order, from `sequence` on.
  struct Batch {
    uint64_t sequence = 0;
    std::vector<engine::ProducedRecord> records;
  };

  // Until the broker has done it.
  template <typename Request>
  typename Request::Reply Insist(const Request& request) {
    for (;;) {
      sim::Result<typename Request::Reply> reply = client_->Call(request);
      if (reply) {
        return *std::move(reply);
      }
      environment_.Sleep(kPauseAfterFailure);
    }
  }

  // `in_log` rows of each partition are there already, from an earlier life.
  void Publish(const std::vector<uint64_t>& in_log) {
    std::vector<uint64_t> seen(workload_.partitions, 0);
    std::vector<Batch> batches(workload_.partitions);
    for (const InputRow& row : workload_.rows) {
      const uint64_t sequence = seen.at(row.partition)++;
      if (sequence < in_log.at(row.partition)) {
        continue;
      }
      const sim::SimTime due = sim::kEpoch + row.publish_after;
      if (due > environment_.Now()) {
        SendAll(batches);
      }
      // Sending took its time; the row may be due by now.
      if (due > environment_.Now()) {
        environment_.Sleep(due - environment_.Now());
      }
      Batch& batch = batches.at(row.partition);
      if (batch.records.empty()) {
        batch.sequence = sequence;
      }
      batch.records.push_back({.key = row.key, .value = row.value, .timestamp = row.timestamp});
      if (batch.records.size() >= options_.batch_rows_max) {
        Send(row.partition, batch);
      }
    }
    SendAll(batches);
  }

  void SendAll(std::vector<Batch>& batches) {
    for (uint32_t partition = 0; partition < batches.size(); ++partition) {
      if (!batches[partition].records.empty()) {
        Send(partition, batches[partition]);
      }
    }
  }

  void Send(uint32_t partition, Batch& batch) {
    Insist(engine::ProduceRequest{.producer = std::string(kProducerName),
                                  .identity = {},
                                  .topic = workload_.topic,
                                  .partition = partition,
                                  .base_sequence = batch.sequence,
                                  .records = std::move(batch.records)});
    batch.records.clear();
  }

  sim::Environment& environment_;
  const Workload& workload_;
  const PublisherOptions& options_;
  std::unique_ptr<engine::LogClient> client_;
};

}  // namespace

void RunPublisher(sim::Environment& environment, const Workload& workload,
                  const PublisherOptions& options) {
  Publisher(environment, workload, options).Run();
}

}  // namespace flinch::scenarios
