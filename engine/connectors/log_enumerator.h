// Finds the partitions of a topic and gives each to one reader of a log source.
//
// Shape:    in the JobManager. A split is a partition; it belongs to reader `partition %
//           parallelism`, which gets it when it registers. The broker is asked for partitions at
//           the start and then after each `discovery_interval`, until the topic is sealed: then
//           there never will be others, and readers are told so.
// State:    which partitions are given out, and of those that wait where they begin.
// Errors:   a topic that is not there within the retry deadline, or a broker that is away for
//           longer, fails the job.
// Survives: a partition that comes twice, from its discovery and from a reader that lost it.
// Source:   Flink's KafkaSourceEnumerator; there the first partition of a topic belongs to a reader
//           that a hash of its name chooses, here to the first.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "engine/connectors/log_client.h"
#include "engine/connectors/log_source.h"
#include "engine/source.h"

namespace flinch::engine {

// What SnapshotState holds.
struct LogEnumeratorState {
  std::vector<uint32_t> assigned;
  std::vector<SourceOffset> waiting;

  friend bool operator==(const LogEnumeratorState&, const LogEnumeratorState&) = default;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.assigned);
    visit(self.waiting);
  }
};

class LogEnumerator final : public SplitEnumerator {
 public:
  // The context outlives it.
  LogEnumerator(SplitEnumeratorContext& context, const LogSourceOptions& options);

  sim::Result<void> Start(const Bytes* restored) override;
  void AddReader(SubtaskIndex reader) override;
  void AddSplitsBack(SubtaskIndex reader, std::vector<SourceSplit> splits) override;
  Bytes SnapshotState(CheckpointId checkpoint) override;

  // What the broker answered: how many partitions the topic has, and whether there may be more.
  void OnPartitions(uint32_t partitions, bool is_sealed);

 private:
  void Discover();
  void OnTopicInfo(const sim::Result<TopicInfoReply>& info);
  void DiscoverLater(sim::Duration delay);
  SubtaskIndex OwnerOf(uint32_t partition) const;
  // What waits for this reader, if it is registered; and that nothing more comes, if nothing does.
  void Serve(SubtaskIndex reader);

  SplitEnumeratorContext& context_;
  LogSourceOptions options_;
  std::unique_ptr<LogClient> client_;
  std::set<uint32_t> assigned_;
  std::map<uint32_t, SourceOffset> waiting_;  // by partition
  bool is_complete_ = false;                  // no partition can come any more
  bool is_asking_ = false;
  uint64_t starts_ = 0;
  sim::SimTime topic_due_{};  // when a topic that is not there becomes an error
};

// For DataStream's FromSource.
SplitEnumeratorFactory EnumerateLog(const LogSourceOptions& options);

}  // namespace flinch::engine
