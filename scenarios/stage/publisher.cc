#include "scenarios/stage/publisher.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "engine/connectors/log_client.h"
#include "engine/outside/log_protocol.h"
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
    CreateInput();
    for (const std::string& topic : options_.output_topics) {
      CreateOutput({.topic = topic, .partitions = options_.output_partitions});
    }
    const engine::TopicInfoReply info = Insist(engine::TopicInfoRequest{.topic = workload_.topic});
    std::vector<uint64_t> in_log = info.end_offsets;
    partitions_ = static_cast<uint32_t>(in_log.size());
    sim::Check(partitions_ == workload_.partitions ||
                   partitions_ + workload_.late_partitions == workload_.partitions,
               "the topic {} has {} partitions instead of {}", workload_.topic, partitions_,
               workload_.partitions);
    in_log.resize(workload_.partitions);
    Publish(in_log);
    if (options_.seals) {
      Insist(engine::SealTopicRequest{.topic = workload_.topic});
    }
    environment_.Trace(kPublished, {{"topic", workload_.topic}, {"rows", workload_.rows.size()}});
  }

 private:
  // A topic that grows may have grown already, in an earlier life.
  void CreateInput() {
    while (workload_.late_partitions > 0) {
      const auto info = client_->Call(engine::TopicInfoRequest{.topic = workload_.topic});
      if (info) {
        return;
      }
      if (info.error().code == sim::ErrorCode::kNotFound) {
        break;
      }
      environment_.Sleep(kPauseAfterFailure);
    }
    Insist(engine::CreateTopicRequest{
        .topic = workload_.topic, .partitions = workload_.partitions - workload_.late_partitions});
  }

  // A log that another run has left may have it with other partitions: those do as well.
  void CreateOutput(const engine::CreateTopicRequest& request) {
    for (;;) {
      const auto created = client_->Call(request);
      if (created || created.error().code == sim::ErrorCode::kInvalidArgument) {
        return;
      }
      environment_.Sleep(kPauseAfterFailure);
    }
  }

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
    pending_.resize(workload_.partitions);
    for (const InputRow& row : workload_.rows) {
      const uint64_t sequence = seen.at(row.partition)++;
      if (sequence < in_log.at(row.partition)) {
        continue;
      }
      const sim::SimTime due = sim::kEpoch + row.publish_after;
      if (is_pending_ && due > send_at_) {
        SendAt(send_at_);
      }
      // Sending took its time; the row may be due by now.
      if (!std::exchange(is_pending_, true)) {
        send_at_ = sim::Later(std::max(due, environment_.Now()), options_.linger);
      }
      engine::ProducedBatch& batch = pending_.at(row.partition);
      if (batch.records.empty()) {
        batch.base_sequence = sequence;
      }
      batch.records.Append(row.key, row.value, row.timestamp);
      last_due_ = due;
      if (batch.records.size() >= options_.batch_rows_max) {
        SendAt(due);
      }
    }
    if (is_pending_) {
      SendAt(last_due_);  // nothing comes that would be worth waiting for
    }
  }

  // Sends what is pending, all partitions in one request, at that time or now if it has passed.
  void SendAt(sim::SimTime time) {
    if (time > environment_.Now()) {
      environment_.Sleep(time - environment_.Now());
    }
    engine::ProduceManyRequest request{
        .producer = std::string(kProducerName), .topic = workload_.topic, .batches = {}};
    for (uint32_t partition = 0; partition < pending_.size(); ++partition) {
      if (!pending_[partition].records.empty()) {
        request.batches.push_back(std::exchange(pending_[partition], {}));
        request.batches.back().partition = partition;
      }
    }
    is_pending_ = false;
    if (!request.batches.empty() && request.batches.back().partition >= partitions_) {
      partitions_ = workload_.partitions;
      Insist(engine::CreatePartitionsRequest{.topic = workload_.topic, .partitions = partitions_});
    }
    Insist(request);
  }

  sim::Environment& environment_;
  const Workload& workload_;
  const PublisherOptions& options_;
  std::unique_ptr<engine::LogClient> client_;
  std::vector<engine::ProducedBatch> pending_;  // by partition: rows in order
  uint32_t partitions_ = 0;                     // that the topic has
  bool is_pending_ = false;
  sim::SimTime send_at_{};   // when what is pending has waited long enough
  sim::SimTime last_due_{};  // of the youngest row that is pending
};

}  // namespace

void RunPublisher(sim::Environment& environment, const Workload& workload,
                  const PublisherOptions& options) {
  Publisher(environment, workload, options).Run();
}

}  // namespace flinch::scenarios
