#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include "engine/connectors/log_enumerator.h"
#include "sim/check.h"
#include "tests/contracts/contract.h"

namespace flinch::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Keeps what the enumerator of two readers says. There is no world: who asks the broker is not
// answered.
class KeepingContext final : public SplitEnumeratorContext {
 public:
  sim::Environment& environment() override { sim::Unreachable("there is no world"); }

  uint32_t parallelism() const override { return 2; }

  bool IsRegistered(SubtaskIndex reader) const override { return readers.contains(reader.value()); }

  void OnDiscovered(const SourceSplit& split) override { discovered.push_back(split.id); }

  sim::Result<void> AssignSplits(SubtaskIndex reader, std::vector<SourceSplit> splits) override {
    if (!splits.empty()) {
      ++assignments;
    }
    for (const SourceSplit& split : splits) {
      assigned[reader.value()].push_back(split.id);
      last.push_back(split);
    }
    return {};
  }

  sim::Result<void> SignalNoMoreSplits(SubtaskIndex reader) override {
    told_end.insert(reader.value());
    return {};
  }

  void CallAsync(std::string_view, std::move_only_function<Mail()>) override {}

  void CallLater(sim::Duration, Mail) override {}

  void FailJob(const std::string& reason) override { failure = reason; }

  std::set<uint32_t> readers;
  std::vector<std::string> discovered;
  std::map<uint32_t, std::vector<std::string>> assigned;
  std::vector<SourceSplit> last;
  std::set<uint32_t> told_end;
  size_t assignments = 0;
  std::string failure;
};

struct Enumeration {
  void Register(uint32_t reader) {
    context.readers.insert(reader);
    enumerator.AddReader(SubtaskIndex(reader));
  }

  KeepingContext context;
  LogEnumerator enumerator{context, {.topic = "t"}};
};

FLINK_CONTRACT(KafkaSourceEnumeratorTest, testDiscoverPartitionsTriggersAssignments) {
  Enumeration all;
  all.Register(0);
  all.Register(1);
  EXPECT_THAT(all.context.assigned, IsEmpty());
  all.enumerator.OnPartitions(4, false);
  EXPECT_THAT(all.context.assigned[0], ElementsAre("t-0", "t-2"));
  EXPECT_THAT(all.context.assigned[1], ElementsAre("t-1", "t-3"));
}

FLINK_CONTRACT(KafkaSourceEnumeratorTest, testReaderRegistrationTriggersAssignments) {
  Enumeration all;
  all.enumerator.OnPartitions(3, false);
  EXPECT_THAT(all.context.assigned, IsEmpty());
  all.Register(0);
  EXPECT_THAT(all.context.assigned[0], ElementsAre("t-0", "t-2"));
  EXPECT_THAT(all.context.assigned[1], IsEmpty());
  all.Register(1);
  EXPECT_THAT(all.context.assigned[1], ElementsAre("t-1"));
}

FLINK_CONTRACT(KafkaSourceEnumeratorTest, testDiscoverPartitionsPeriodically) {
  Enumeration all;
  all.Register(0);
  all.Register(1);
  all.enumerator.OnPartitions(2, false);
  all.enumerator.OnPartitions(2, false);
  EXPECT_EQ(all.context.assignments, 2U) << "nothing is new";
  all.enumerator.OnPartitions(3, false);
  EXPECT_THAT(all.context.discovered, ElementsAre("t-0", "t-1", "t-2"));
  EXPECT_THAT(all.context.assigned[0], ElementsAre("t-0", "t-2"));
  EXPECT_THAT(all.context.told_end, IsEmpty());
  all.enumerator.OnPartitions(3, true);
  EXPECT_THAT(all.context.told_end, ElementsAre(0, 1)) << "a sealed topic gets no partitions";
}

FLINK_CONTRACT(KafkaSourceEnumeratorTest, testAddSplitsBack) {
  Enumeration all;
  all.Register(0);
  all.enumerator.OnPartitions(2, false);
  all.context.readers.erase(0);
  all.enumerator.AddSplitsBack(SubtaskIndex(0), all.context.last);
  EXPECT_EQ(all.context.assignments, 1U) << "nobody is there to take them";
  all.Register(0);
  EXPECT_THAT(all.context.assigned[0], ElementsAre("t-0", "t-0"));
  EXPECT_THAT(all.context.discovered, ElementsAre("t-0", "t-1")) << "it was known";
}

FLINK_CONTRACT(KafkaSourceEnumeratorTest, testSnapshotState) {
  Enumeration all;
  const auto state = [&all] {
    return *Decode<LogEnumeratorState>(all.enumerator.SnapshotState(CheckpointId(1)));
  };
  EXPECT_EQ(state(), LogEnumeratorState());
  all.Register(0);
  all.enumerator.OnPartitions(2, false);
  EXPECT_EQ(state(),
            (LogEnumeratorState{.assigned = {0}, .waiting = {{.partition = 1, .next_offset = 0}}}));
  all.Register(1);
  EXPECT_EQ(state(), (LogEnumeratorState{.assigned = {0, 1}, .waiting = {}}));
}

}  // namespace
}  // namespace flinch::engine
