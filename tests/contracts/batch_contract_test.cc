// Batch jobs: results on disk, sorted input, time by keys.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <gmock/gmock.h>

#include "engine/network/kept_results.h"
#include "engine/runtime/input_sorter.h"
#include "engine/runtime/processing_timers.h"
#include "engine/runtime/timer_service.h"
#include "engine/state.h"
#include "engine/state/key_groups.h"
#include "engine/windows.h"
#include "sim/sync.h"
#include "tests/contracts/contract.h"
#include "tests/support/bench.h"
#include "tests/support/null_environment.h"

namespace flinch::engine {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

// ---- Results on disk ----------------------------------------------------------------------------

constexpr ExecutionAttemptId kProducer{VertexId(1), SubtaskIndex(2), AttemptNumber(3)};
constexpr JobId kJob(7);

// Takes all that comes, and notes what it is: the content, "end", "closed".
class Consumer final : public SubpartitionReader {
 public:
  explicit Consumer(sim::Environment& environment) : changed_(environment) {}

  bool Open(KeptResults& results, uint32_t subpartition) {
    view_ = results.Open({.producer = kProducer, .edge = 0, .subpartition = subpartition}, *this);
    return view_ != nullptr;
  }

  void OnBuffer() override { changed_.NotifyAll(); }

  void OnClosed() override {
    view_.reset();
    read_.emplace_back("closed");
    changed_.NotifyAll();
  }

  // The next buffer.
  void Read() {
    changed_.WaitFor([this] { return view_ == nullptr || view_->HasBuffer(); });
    if (view_ == nullptr) {
      return;
    }
    const BufferKind kind = view_->NextKind();
    const Buffer buffer = view_->Take();
    read_.emplace_back(kind == BufferKind::kRecords ? std::string(buffer.content()) : "end");
  }

  const std::vector<std::string>& ReadAll() {
    while (read_.empty() || (read_.back() != "end" && read_.back() != "closed")) {
      Read();
    }
    return read_;
  }

  void Release() { view_.reset(); }

 private:
  std::unique_ptr<SubpartitionView> view_;
  std::vector<std::string> read_;
  sim::Condition changed_;
};

// Two subpartitions: of blocks, and of none.
KeptResult Written(sim::Environment& environment, const KeptResults& results,
                   const std::vector<std::string>& blocks) {
  BlockFileWriter file(environment.disk(), results.PathOf(kProducer, 0));
  KeptResult result{.path = file.path(), .subpartitions = {{}, {}}};
  for (const std::string& block : blocks) {
    result.subpartitions[0].push_back(*file.Append(block));
  }
  return result;
}

void OnDisk(const std::function<void(sim::Environment&, KeptResults&)>& body) {
  tests::Bench bench;
  ASSERT_TRUE(bench.Run("tm-1", [&](sim::Environment& environment) {
    KeptResults results(environment);
    body(environment, results);
    environment.Sleep(std::chrono::seconds(1));  // who reads ahead for nobody ends
  }));
}

FLINK_CONTRACT(BoundedBlockingSubpartitionTest, testCreateReaderBeforeFinished) {
  OnDisk([](sim::Environment& environment, KeptResults& results) {
    KeptResult result = Written(environment, results, {"a"});
    Consumer early(environment);
    EXPECT_FALSE(early.Open(results, 0)) << "it is being written";
    results.Keep(kJob, kProducer, 0, std::move(result));
    EXPECT_TRUE(early.Open(results, 0));
  });
}

FLINK_CONTRACT(BoundedBlockingSubpartitionTest, testCloseBoundedData) {
  OnDisk([](sim::Environment& environment, KeptResults& results) {
    results.Keep(kJob, kProducer, 0, Written(environment, results, {"a", "b", "c", "d"}));
    Consumer consumer(environment);
    ASSERT_TRUE(consumer.Open(results, 0));
    consumer.Read();
    consumer.Release();
    environment.Sleep(std::chrono::seconds(1));  // nothing reads on for nobody
    Consumer other(environment);
    ASSERT_TRUE(other.Open(results, 0));
    EXPECT_THAT(other.ReadAll(), ElementsAre("a", "b", "c", "d", "end"));
  });
}

FLINK_CONTRACT(BoundedBlockingSubpartitionTest, createReaderAfterDispose) {
  OnDisk([](sim::Environment& environment, KeptResults& results) {
    results.Keep(kJob, kProducer, 0, Written(environment, results, {"a"}));
    results.Release(kJob, {kProducer});
    Consumer late(environment);
    EXPECT_FALSE(late.Open(results, 0));
  });
}

FLINK_CONTRACT(BoundedBlockingSubpartitionWriteReadTest, testWriteAndReadData) {
  OnDisk([](sim::Environment& environment, KeptResults& results) {
    std::vector<std::string> blocks;
    for (int i = 0; i < 100; ++i) {
      blocks.push_back(std::string(static_cast<size_t>(i) * 50, 'x') + std::to_string(i));
    }
    results.Keep(kJob, kProducer, 0, Written(environment, results, blocks));
    Consumer consumer(environment);
    ASSERT_TRUE(consumer.Open(results, 0));
    blocks.emplace_back("end");
    EXPECT_EQ(consumer.ReadAll(), blocks);
    Consumer of_nothing(environment);
    ASSERT_TRUE(of_nothing.Open(results, 1));
    EXPECT_THAT(of_nothing.ReadAll(), ElementsAre("end"));
  });
}

FLINK_CONTRACT(BoundedBlockingSubpartitionWriteReadTest, testRead10ConsumersSequential) {
  OnDisk([](sim::Environment& environment, KeptResults& results) {
    results.Keep(kJob, kProducer, 0, Written(environment, results, {"a", "b", "c"}));
    for (int i = 0; i < 10; ++i) {
      Consumer consumer(environment);
      ASSERT_TRUE(consumer.Open(results, 0));
      EXPECT_THAT(consumer.ReadAll(), ElementsAre("a", "b", "c", "end"));
    }
  });
}

FLINK_CONTRACT(BoundedBlockingSubpartitionWriteReadTest, testRead10ConsumersConcurrent) {
  OnDisk([](sim::Environment& environment, KeptResults& results) {
    results.Keep(kJob, kProducer, 0, Written(environment, results, {"a", "b", "c"}));
    std::vector<std::unique_ptr<Consumer>> consumers;
    for (int i = 0; i < 10; ++i) {
      consumers.push_back(std::make_unique<Consumer>(environment));
      ASSERT_TRUE(consumers.back()->Open(results, 0));
    }
    for (int i = 0; i < 4; ++i) {
      for (const auto& consumer : consumers) {
        consumer->Read();
      }
    }
    for (const auto& consumer : consumers) {
      EXPECT_THAT(consumer->ReadAll(), ElementsAre("a", "b", "c", "end"));
    }
  });
}

FLINK_CONTRACT(TaskExecutorPartitionLifecycleTest, testPartitionReleaseAfterReleaseCall) {
  OnDisk([](sim::Environment& environment, KeptResults& results) {
    results.Keep(kJob, kProducer, 0, Written(environment, results, {"a", "b", "c", "d"}));
    Consumer reading(environment);
    ASSERT_TRUE(reading.Open(results, 0));
    reading.Read();
    results.Release(JobId(8), {kProducer});
    EXPECT_THAT(results.ProducersOf(kJob), ElementsAre(kProducer)) << "of another job";
    results.Release(kJob, {kProducer});
    EXPECT_THAT(results.ProducersOf(kJob), IsEmpty());
    EXPECT_THAT(reading.ReadAll(), ElementsAre("a", "closed"));
    environment.Sleep(std::chrono::seconds(1));
    EXPECT_THAT(*environment.disk().List("/results"), IsEmpty());
  });
}

FLINK_CONTRACT(TaskExecutorPartitionLifecycleTest, testPartitionReleaseAfterJobMasterDisconnect) {
  OnDisk([](sim::Environment& environment, KeptResults& results) {
    results.Keep(kJob, kProducer, 0, Written(environment, results, {"a"}));
    results.Keep(JobId(8), {VertexId(9), SubtaskIndex(0), AttemptNumber(1)}, 0, {});
    results.ReleaseAll(kJob);
    EXPECT_THAT(results.ProducersOf(kJob), IsEmpty());
    EXPECT_THAT(results.ProducersOf(JobId(8)), SizeIs(1)) << "another JobMaster's";
  });
}

// ---- Sorted input -------------------------------------------------------------------------------

// What goes in as "key:time", as it comes out.
std::vector<std::string> Sorted(const std::vector<std::pair<std::string, int64_t>>& records,
                                uint32_t memory, size_t* runs = nullptr) {
  std::vector<std::string> sorted;
  tests::Bench bench;
  EXPECT_TRUE(bench.Run("tm-1", [&](sim::Environment& environment) {
    InputSorter sorter(environment.disk(), "/sorted", memory);
    for (size_t i = 0; i < records.size(); ++i) {
      EXPECT_TRUE(sorter.Add({.key = records[i].first,
                              .timestamp = EventTime(records[i].second),
                              .input = static_cast<uint32_t>(i % 2),
                              .value = std::to_string(i)}));
    }
    EXPECT_TRUE(sorter.Finish());
    for (;;) {
      sim::Result<std::optional<SortedRecord>> next = sorter.Next();
      ASSERT_TRUE(next);
      if (!*next) {
        break;
      }
      sorted.push_back((*next)->key + ":" + std::to_string((*next)->timestamp.nanos()));
    }
    if (runs != nullptr) {
      *runs = sorter.runs();
    }
    sorter.Remove();
    EXPECT_THAT(*environment.disk().List("/"), IsEmpty());
  }));
  return sorted;
}

FLINK_CONTRACT(SortingDataInputTest, simpleFixedLengthKeySorting) {
  EXPECT_THAT(Sorted({{"1", 3}, {"1", 1}, {"2", 1}, {"2", 3}, {"1", 2}, {"2", 2}}, 1'000'000),
              ElementsAre("1:1", "1:2", "1:3", "2:1", "2:2", "2:3"));
}

FLINK_CONTRACT(SortingDataInputTest, simpleVariableLengthKeySorting) {
  size_t runs = 0;
  EXPECT_THAT(Sorted({{"bb", 3}, {"b", 1}, {"", 1}, {"bb", 1}, {"b", 2}, {"a", 2}}, 1, &runs),
              ElementsAre(":1", "a:2", "b:1", "b:2", "bb:1", "bb:3"));
  EXPECT_EQ(runs, 6U) << "each record was more than the memory holds";
}

FLINK_CONTRACT(MultiInputSortingDataInputsTest, simpleFixedLengthKeySorting) {
  // Those of both inputs stand in one order.
  for (const uint32_t memory : {1U, 200U, 1'000'000U}) {
    EXPECT_THAT(Sorted({{"1", 3}, {"1", 1}, {"2", 1}, {"2", 3}, {"1", 2}, {"2", 2}}, memory),
                ElementsAre("1:1", "1:2", "1:3", "2:1", "2:2", "2:3"));
  }
}

// ---- Time and state by keys ---------------------------------------------------------------------

// The services of a keyed operator, whose key changes as in batch.
class KeyTime {
 public:
  KeyTime() {
    EXPECT_TRUE(event_.Open(backend_));
    EXPECT_TRUE(processing_.Open(backend_, environment_));
  }

  void SetKey(const std::string& key) {
    if (key_ && *key_ != key) {
      EndKey();
    }
    key_ = key;
    backend_.SetCurrentKey(key, JavaHash(key));
  }

  void EndKey() {
    EXPECT_TRUE(event_.EndKey([this](const Timer<std::monostate>& timer) {
      watermark_ = event_.current_watermark();
      Note(timer);
      event_.Register(Shifted(timer.timestamp, sim::Duration(20)));
      return sim::Result<void>();
    }));
    EXPECT_TRUE(processing_.EndKey([this](const Timer<std::monostate>& timer) {
      Note(timer);
      processing_.Register(Shifted(timer.timestamp, sim::Duration(20)));
      return sim::Result<void>();
    }));
    backend_.Clear();
  }

  TimerService<std::monostate>& event() { return event_; }

  ProcessingTimers<std::monostate>& processing() { return processing_; }

  KeyedStateBackend& backend() { return backend_; }

  // "150b": the time, and under which key.
  const std::vector<std::string>& fired() const { return fired_; }

  EventTime watermark() const { return watermark_; }

 private:
  void Note(const Timer<std::monostate>& timer) {
    fired_.push_back(std::to_string(timer.timestamp.nanos()) + std::string(backend_.current_key()));
  }

  tests::NullEnvironment environment_;
  KeyedStateBackend backend_{{KeyGroup(0), KeyGroup(127)}, 128};
  TimerService<std::monostate> event_{"timers"};
  ProcessingTimers<std::monostate> processing_{"timers"};
  std::optional<std::string> key_;
  std::vector<std::string> fired_;
  EventTime watermark_;
};

FLINK_CONTRACT(BatchExecutionInternalTimeServiceTest, testFiringEventTimeTimers) {
  KeyTime time;
  time.SetKey("a");
  time.event().Register(EventTime(123));
  time.event().Delete(EventTime(123));
  time.event().Register(EventTime(150));
  EXPECT_THAT(time.fired(), IsEmpty());
  time.SetKey("b");
  EXPECT_THAT(time.fired(), ElementsAre("150a"));
}

FLINK_CONTRACT(BatchExecutionInternalTimeServiceTest, testSettingSameKeyDoesNotFireTimers) {
  KeyTime time;
  time.SetKey("a");
  time.event().Register(EventTime(123));
  time.SetKey("a");
  EXPECT_THAT(time.fired(), IsEmpty());
}

FLINK_CONTRACT(BatchExecutionInternalTimeServiceTest, testCurrentWatermark) {
  KeyTime time;
  EXPECT_EQ(time.event().current_watermark(), kMinEventTime);
  time.SetKey("a");
  time.event().Register(EventTime(123));
  EXPECT_EQ(time.event().current_watermark(), kMinEventTime);
  time.SetKey("b");
  EXPECT_EQ(time.watermark(), kMaxEventTime) << "while they fire";
  EXPECT_EQ(time.event().current_watermark(), kMinEventTime) << "and for the next key";
  time.event().Register(EventTime(124));
  time.EndKey();
  EXPECT_THAT(time.fired(), ElementsAre("123a", "124b"));
}

FLINK_CONTRACT(BatchExecutionInternalTimeServiceTest, testProcessingTimeTimers) {
  KeyTime time;
  time.SetKey("a");
  time.processing().Register(EventTime(150));
  time.SetKey("b");
  EXPECT_THAT(time.fired(), ElementsAre("150a"));
  EXPECT_EQ(time.processing().due_at(), sim::kForever);
}

FLINK_CONTRACT(BatchExecutionInternalTimeServiceTest,
               testIgnoringEventTimeTimersFromWithinCallback) {
  KeyTime time;
  time.SetKey("a");
  time.event().Register(EventTime(150));
  time.SetKey("b");
  EXPECT_THAT(time.fired(), ElementsAre("150a"));
  time.EndKey();
  EXPECT_THAT(time.fired(), ElementsAre("150a")) << "nor does it wait for another key";
}

FLINK_CONTRACT(BatchExecutionInternalTimeServiceTest,
               testIgnoringProcessingTimeTimersFromWithinCallback) {
  KeyTime time;
  time.SetKey("a");
  time.processing().Register(EventTime(150));
  time.SetKey("b");
  time.EndKey();
  EXPECT_THAT(time.fired(), ElementsAre("150a"));
}

FLINK_CONTRACT(BatchExecutionStateBackendTest, testReducingStateAddAndGet) {
  KeyTime time;
  const auto table = time.backend().State<std::monostate, int64_t>(StateKind::kReducing, "sum");
  ASSERT_TRUE(table);
  time.SetKey("def");
  EXPECT_EQ(table->Find({}), nullptr);
  table->Mutable({}).value += 17;
  table->Mutable({}).value += 11;
  time.SetKey("def");
  EXPECT_EQ(*table->Find({}), 28);
  time.SetKey("g");
  EXPECT_EQ(table->Find({}), nullptr);
  EXPECT_EQ(time.backend().entries(), 0U) << "one key is there at a time";
  table->Mutable({}).value += 9;
  EXPECT_EQ(*table->Find({}), 9);
  time.SetKey("def");
  EXPECT_EQ(table->Find({}), nullptr) << "a key that has ended begins anew";
}

FLINK_CONTRACT(BatchExecutionStateBackendTest, testListStateAPIs) {
  KeyTime time;
  const auto table = time.backend().State<int64_t, std::string>(StateKind::kMap, "entries");
  ASSERT_TRUE(table);
  time.SetKey("g");
  for (int64_t i = 0; i < 100; ++i) {
    table->Mutable(i).value = std::to_string(i);
  }
  EXPECT_EQ(time.backend().entries(), 100U);
  EXPECT_EQ(*table->Find(42), "42");
  time.SetKey("h");
  EXPECT_EQ(table->Find(42), nullptr);
  EXPECT_EQ(time.backend().entries(), 0U);
}

}  // namespace
}  // namespace flinch::engine
