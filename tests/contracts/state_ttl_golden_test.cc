// Scripts of accesses to state that lives 100 ms, and what real Flink answered to each
// (tests/contracts/README.md), over both back ends.
#include <algorithm>
#include <cstdint>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include "engine/state.h"
#include "engine/state/leveldb_restore.h"
#include "tests/paths.h"
#include "tests/support/bench.h"

namespace flinch::engine {
namespace {

std::vector<std::string> Split(const std::string& text, char separator) {
  std::vector<std::string> parts(1);
  for (const char each : text) {
    if (each == separator) {
      parts.emplace_back();
    } else {
      parts.back() += each;
    }
  }
  return parts;
}

// The state of an operator, and the time.
class Stage {
 public:
  Stage(const StateTtlConfig& config, std::function<std::unique_ptr<KeyedStateBackend>()> make)
      : config_(config), make_(std::move(make)) {
    Open(nullptr);
  }

  void SetTime(int64_t now) { now_ = now; }

  // What is answered; "" to a write.
  std::string Do(const std::string& operation) {
    if (operation == "SNAPSHOT") {
      const std::map<KeyGroup, Bytes> snapshot = backend_->Snapshot();
      Open(&snapshot);
      return "";
    }
    const std::vector<std::string> words = Split(operation, ' ');
    backend_->SetCurrentKey(words.at(0), JavaHash(words.at(0)));
    const std::string& what = words.at(1);
    const std::vector<std::string> rest(words.begin() + 2, words.end());
    return what == "value"  ? Value(rest)
           : what == "list" ? List(rest)
           : what == "map"  ? Map(rest)
                            : Sum(rest);
  }

 private:
  struct Latest {
    int64_t operator()(const int64_t& sum, const int64_t& more) const { return sum + more; }
  };

  void Open(const std::map<KeyGroup, Bytes>* snapshot) {
    backend_ = make_();
    if (snapshot != nullptr) {
      ASSERT_TRUE(backend_->Restore(*snapshot, {}));
    }
    RuntimeContext context(*backend_, [this] { return now_; });
    value_ = context.GetState<std::string>({"value", config_});
    list_ = context.GetListState<std::string>({"list", config_});
    map_ = context.GetMapState<std::string, std::string>({"map", config_});
    sum_ = context.GetReducingState<int64_t, Latest>({"sum", {}, config_});
    ASSERT_TRUE(context.result());
  }

  std::string Value(const std::vector<std::string>& words) {
    if (words.at(0) == "get") {
      return value_.Value().value_or("null");
    }
    words.at(0) == "clear" ? value_.Clear() : value_.Update(words.at(1));
    return "";
  }

  std::string List(const std::vector<std::string>& words) {
    if (words.at(0) == "get") {
      return fmt::format("[{}]", fmt::join(list_.Get(), " "));
    }
    words.at(0) == "add" ? list_.Add(words.at(1)) : list_.Update(Split(words.at(1), '+'));
    return "";
  }

  std::string Map(const std::vector<std::string>& words) {
    if (words.at(0) == "get") {
      return map_.Get(words.at(1)).value_or("null");
    }
    if (words.at(0) == "contains") {
      return map_.Contains(words.at(1)) ? "true" : "false";
    }
    if (words.at(0) == "isEmpty") {
      return map_.IsEmpty() ? "true" : "false";
    }
    if (words.at(0) == "entries") {
      std::vector<std::string> entries;
      for (const auto& [key, value] : map_.Entries()) {
        entries.push_back(key + "=" + value);
      }
      return fmt::format("[{}]", fmt::join(entries, " "));
    }
    words.at(0) == "put" ? map_.Put(words.at(1), words.at(2)) : map_.Remove(words.at(1));
    return "";
  }

  std::string Sum(const std::vector<std::string>& words) {
    if (words.at(0) == "get") {
      const std::optional<int64_t> sum = sum_.Get();
      return sum ? std::to_string(*sum) : "null";
    }
    sum_.Add(std::stoll(words.at(1)));
    return "";
  }

  StateTtlConfig config_;
  std::function<std::unique_ptr<KeyedStateBackend>()> make_;
  std::unique_ptr<KeyedStateBackend> backend_;
  int64_t now_ = 0;
  ValueState<std::string> value_;
  ListState<std::string> list_;
  MapState<std::string, std::string> map_;
  ReducingState<int64_t, Latest> sum_;
};

StateTtlConfig ConfigOf(const std::vector<std::string>& row) {
  return {.ttl = std::chrono::milliseconds(100),
          .update = row.at(1) == "OnReadAndWrite" ? TtlUpdateType::kOnReadAndWrite
                                                  : TtlUpdateType::kOnCreateAndWrite,
          .visibility = row.at(2) == "NeverReturnExpired"
                            ? TtlVisibility::kNeverReturnExpired
                            : TtlVisibility::kReturnExpiredIfNotCleanedUp};
}

std::vector<std::string> Steps() {
  std::ifstream file(fmt::format("{}/tests/golden/state_ttl.csv", FLINCH_SOURCE_DIR));
  std::string line;
  std::getline(file, line);  // the columns' names
  std::vector<std::string> steps;
  while (std::getline(file, line)) {
    steps.push_back(line);
  }
  return steps;
}

void Compare(const std::vector<std::string>& steps,
             const std::function<std::unique_ptr<KeyedStateBackend>()>& make) {
  EXPECT_EQ(steps.size(), 1212U);
  std::string script;
  std::optional<Stage> stage;
  for (const std::string& line : steps) {
    const std::vector<std::string> row = Split(line, ',');
    const std::string name = fmt::format("{} {} {}", row.at(0), row.at(1), row.at(2));
    if (name != script) {
      script = name;
      stage.emplace(ConfigOf(row), make);
    }
    stage->SetTime(std::stoll(row.at(4)));
    EXPECT_EQ(stage->Do(row.at(5)), row.at(6)) << line;
  }
}

constexpr KeyGroupRange kAll{KeyGroup(0), KeyGroup(127)};

TEST(StateTtlGoldenTest, TheHashMapAnswersAsFlinkDoes) {
  Compare(Steps(), [] { return std::make_unique<KeyedStateBackend>(kAll, 128); });
}

TEST(StateTtlGoldenTest, LevelDbAnswersAsFlinkDoes) {
  const std::vector<std::string> steps = Steps();
  tests::Bench bench;
  ASSERT_TRUE(bench.Run("tm", [&steps](sim::Environment& environment) {
    int made = 0;
    Compare(steps, [&] {
      auto backend = std::make_unique<KeyedStateBackend>(kAll, 128);
      EXPECT_TRUE(OpenOnDisk(environment, *backend, fmt::format("/state/ttl/{}", ++made), {}, {}));
      return backend;
    });
  }));
}

TEST(StateTtlTest, CleanUpAtSnapshotsLeavesOutWhatHasExpiredAndKeepsItRunning) {
  for (const bool cleans : {false, true}) {
    int64_t now = 0;
    KeyedStateBackend backend(kAll, 128);
    RuntimeContext context(backend, [&now] { return now; });
    auto state =
        context.GetState<std::string>({"value",
                                       {.ttl = std::chrono::milliseconds(100),
                                        .visibility = TtlVisibility::kReturnExpiredIfNotCleanedUp,
                                        .cleans_full_snapshots = cleans}});
    backend.SetCurrentKey("a", JavaHash("a"));
    state.Update("x");
    now = 100;
    EXPECT_EQ(backend.Snapshot().empty(), cleans);
    EXPECT_EQ(backend.entries(), 1U);
    EXPECT_EQ(state.Value(), "x");
  }
}

TEST(StateTtlTest, IncrementalCleanUpTakesOtherKeysAway) {
  int64_t now = 0;
  KeyedStateBackend backend(kAll, 128);
  RuntimeContext context(backend, [&now] { return now; });
  auto state = context.GetState<int64_t>(
      {"value", {.ttl = std::chrono::milliseconds(100), .incremental = 5}});
  for (int i = 0; i < 20; ++i) {
    const std::string key = std::to_string(i);
    backend.SetCurrentKey(key, JavaHash(key));
    state.Update(i);
  }
  now = 100;
  backend.SetCurrentKey("new", JavaHash("new"));
  for (int i = 0; i < 4; ++i) {
    state.Update(i);
  }
  EXPECT_EQ(backend.entries(), 1U);
}

TEST(StateTtlTest, StateWithATimeToLiveIsOfAnotherType) {
  KeyedStateBackend before(kAll, 128);
  RuntimeContext old(before);
  auto state = old.GetState<int64_t>({"value"});
  before.SetCurrentKey("a", JavaHash("a"));
  state.Update(1);
  KeyedStateBackend after(kAll, 128);
  ASSERT_TRUE(after.Restore(before.Snapshot(), {}));
  RuntimeContext context(after, [] { return 0; });
  (void)context.GetState<int64_t>({"value", {.ttl = std::chrono::milliseconds(100)}});
  ASSERT_FALSE(context.result());
  EXPECT_NE(context.result().error().message.find("\"value\""), std::string::npos);
}

TEST(StateTtlTest, ATimeToLiveBeyondAllTimeNeverEnds) {
  const Ttl ttl({.ttl = sim::Duration::max()}, [] { return std::numeric_limits<int64_t>::max(); });
  EXPECT_FALSE(ttl.HasExpired(std::numeric_limits<int64_t>::max() - 1));
}

}  // namespace
}  // namespace flinch::engine
