// Flink's StateBackendTestBase and its kin, of both places of keyed state: each contract holds on
// the heap, in LevelDB, and from one to the other.

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "engine/state.h"
#include "engine/state/key_groups.h"
#include "engine/state/leveldb_restore.h"
#include "tests/contracts/contract.h"
#include "tests/support/bench.h"

namespace flinch::engine {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Optional;
using testing::Pair;

constexpr uint32_t kGroups = 128;
constexpr KeyGroupRange kAllGroups{KeyGroup(0), KeyGroup(kGroups - 1)};

using Groups = std::map<KeyGroup, sim::Bytes>;

// A back end, the states that a test asks it for, and a clock.
class State {
 public:
  State(std::unique_ptr<KeyedStateBackend> backend, int64_t& now)
      : backend_(std::move(backend)), context_(*backend_, [&now] { return now; }) {}

  State& Key(std::string_view key) {
    backend_->SetCurrentKey(key, JavaHash(key));
    return *this;
  }

  ValueState<std::string> Value(const std::string& name = "value", StateTtlConfig ttl = {}) {
    return context_.GetState<std::string>({name, ttl});
  }

  ListState<int64_t> List() { return context_.GetListState<int64_t>({"list"}); }

  MapState<std::string, int64_t> Map() {
    return context_.GetMapState<std::string, int64_t>({"map"});
  }

  KeyedStateBackend& backend() { return *backend_; }

  RuntimeContext& context() { return context_; }

 private:
  std::unique_ptr<KeyedStateBackend> backend_;
  RuntimeContext context_;
};

// Where state is made: the first of a test in one place, what is restored in that or the other.
class Places {
 public:
  Places(sim::Environment& environment, bool first_on_disk, bool then_on_disk)
      : environment_(environment), first_(first_on_disk), then_(then_on_disk) {}

  State Make() { return State(Backend(kAllGroups, first_), now); }

  State Restore(const std::vector<Groups>& from, KeyGroupRange range = kAllGroups) {
    auto backend = Backend(range, then_);
    for (const Groups& groups : from) {
      EXPECT_TRUE(backend->Restore(groups, {}));
    }
    return {std::move(backend), now};
  }

  std::unique_ptr<KeyedStateBackend> Backend(KeyGroupRange range, bool on_disk) {
    auto backend = std::make_unique<KeyedStateBackend>(range, kGroups);
    if (on_disk) {
      EXPECT_TRUE(OpenOnDisk(environment_, *backend, fmt::format("/state/{}", ++made_), {}, {}));
    }
    return backend;
  }

  int64_t now = 0;  // milliseconds

 private:
  sim::Environment& environment_;
  bool first_;
  bool then_;
  int made_ = 0;
};

void InBothPlaces(const std::function<void(Places&)>& body) {
  for (const auto& [first, then] :
       {std::pair{false, false}, {false, true}, {true, false}, {true, true}}) {
    SCOPED_TRACE(
        fmt::format("{} to {}", first ? "leveldb" : "hashmap", then ? "leveldb" : "hashmap"));
    tests::Bench bench;
    ASSERT_TRUE(bench.Run("tm", [&, first = first, then = then](sim::Environment& environment) {
      Places places(environment, first, then);
      body(places);
    }));
  }
}

struct Sum {
  int64_t operator()(const int64_t& a, const int64_t& b) const { return a + b; }
};

struct Mean {
  using Accumulator = std::pair<int64_t, int64_t>;
  using Output = int64_t;

  Accumulator Create() const { return {0, 0}; }

  void Add(const int64_t& value, Accumulator& sum) const {
    sum.first += value;
    ++sum.second;
  }

  int64_t Result(const Accumulator& sum) const { return sum.first / sum.second; }
};

FLINK_CONTRACT(StateBackendTestBase, testValueState) {
  InBothPlaces([](Places& places) {
    State state = places.Make();
    auto value = state.Key("1").Value();
    value.Update("1");
    state.Key("2");
    EXPECT_EQ(value.Value(), std::nullopt);
    value.Update("2");
    const Groups first = state.backend().Snapshot();
    state.Key("1");
    value.Update("u1");
    state.Key("2");
    value.Update("u2");
    state.Key("3");
    value.Update("u3");
    const Groups second = state.backend().Snapshot();
    State early = places.Restore({first});
    auto then = early.Key("1").Value();
    EXPECT_THAT(then.Value(), Optional(std::string("1")));
    early.Key("2");
    EXPECT_THAT(then.Value(), Optional(std::string("2")));
    early.Key("3");
    EXPECT_EQ(then.Value(), std::nullopt);
    State late = places.Restore({second});
    auto now = late.Key("1").Value();
    EXPECT_THAT(now.Value(), Optional(std::string("u1")));
    late.Key("3");
    EXPECT_THAT(now.Value(), Optional(std::string("u3")));
  });
}

FLINK_CONTRACT(StateBackendTestBase, testValueStateNullUpdate) {
  InBothPlaces([](Places& places) {
    State state = places.Make();
    auto value = state.Key("1").Value();
    value.Update("x");
    value.Update(std::nullopt);
    EXPECT_EQ(value.Value(), std::nullopt);
    EXPECT_EQ(state.backend().entries(), 0U);
    State restored = places.Restore({state.backend().Snapshot()});
    EXPECT_EQ(restored.Key("1").Value().Value(), std::nullopt);
  });
}

FLINK_CONTRACT(StateBackendTestBase, testMultipleValueStates) {
  InBothPlaces([](Places& places) {
    State state = places.Make();
    auto one = state.Key("1").Value("one");
    auto other = state.Value("other");
    one.Update("1");
    state.Key("2");
    other.Update("2");
    State restored = places.Restore({state.backend().Snapshot()});
    auto one_then = restored.Key("1").Value("one");
    auto other_then = restored.Value("other");
    EXPECT_THAT(one_then.Value(), Optional(std::string("1")));
    EXPECT_EQ(other_then.Value(), std::nullopt);
    restored.Key("2");
    EXPECT_EQ(one_then.Value(), std::nullopt);
    EXPECT_THAT(other_then.Value(), Optional(std::string("2")));
  });
}

FLINK_CONTRACT(StateBackendTestBase, testListState) {
  InBothPlaces([](Places& places) {
    State state = places.Make();
    auto list = state.Key("1").List();
    EXPECT_THAT(list.Get(), IsEmpty());
    list.Add(17);
    list.AddAll({11});
    const Groups first = state.backend().Snapshot();
    list.Update({5, 6});
    State early = places.Restore({first});
    EXPECT_THAT(early.Key("1").List().Get(), ElementsAre(17, 11));
    State late = places.Restore({state.backend().Snapshot()});
    EXPECT_THAT(late.Key("1").List().Get(), ElementsAre(5, 6));
    EXPECT_THAT(late.Key("2").List().Get(), IsEmpty());
  });
}

FLINK_CONTRACT(StateBackendTestBase, testReducingStateAddAndGet) {
  InBothPlaces([](Places& places) {
    State state = places.Make();
    const ReducingStateDescriptor<int64_t, Sum> descriptor{"sum", Sum()};
    auto sum = state.Key("abc").context().GetReducingState(descriptor);
    EXPECT_EQ(sum.Get(), std::nullopt);
    sum.Add(17);
    sum.Add(11);
    State restored = places.Restore({state.backend().Snapshot()});
    auto then = restored.Key("abc").context().GetReducingState(descriptor);
    EXPECT_THAT(then.Get(), Optional(28));
    then.Clear();
    EXPECT_EQ(then.Get(), std::nullopt);
  });
}

FLINK_CONTRACT(StateBackendTestBase, testAggregatingStateAddAndGetWithMutableAccumulator) {
  InBothPlaces([](Places& places) {
    State state = places.Make();
    const AggregatingStateDescriptor<int64_t, Mean> descriptor{"mean", Mean()};
    auto mean = state.Key("abc").context().GetAggregatingState(descriptor);
    EXPECT_EQ(mean.Get(), std::nullopt);
    mean.Add(10);
    mean.Add(20);
    State restored = places.Restore({state.backend().Snapshot()});
    auto then = restored.Key("abc").context().GetAggregatingState(descriptor);
    EXPECT_THAT(then.Get(), Optional(15));
  });
}

FLINK_CONTRACT(StateBackendTestBase, testMapState) {
  InBothPlaces([](Places& places) {
    State state = places.Make();
    auto map = state.Key("1").Map();
    map.Put("a", 1);
    map.Put("b", 2);
    state.Key("2");
    map.Put("a", 3);
    const Groups first = state.backend().Snapshot();
    state.Key("1");
    map.Remove("a");
    map.Put("c", 4);
    State early = places.Restore({first});
    auto then = early.Key("1").Map();
    EXPECT_THAT(then.Entries(), ElementsAre(Pair("a", 1), Pair("b", 2)));
    early.Key("2");
    EXPECT_THAT(then.Get("a"), Optional(3));
    State late = places.Restore({state.backend().Snapshot()});
    EXPECT_THAT(late.Key("1").Map().Entries(), ElementsAre(Pair("b", 2), Pair("c", 4)));
  });
}

FLINK_CONTRACT(StateBackendTestBase, testMapStateIsEmpty) {
  InBothPlaces([](Places& places) {
    State state = places.Make();
    auto map = state.Key("1").Map();
    EXPECT_TRUE(map.IsEmpty());
    map.Put("a", 1);
    EXPECT_FALSE(map.IsEmpty());
    EXPECT_FALSE(places.Restore({state.backend().Snapshot()}).Key("1").Map().IsEmpty());
    map.Remove("a");
    EXPECT_TRUE(map.IsEmpty());
  });
}

FLINK_CONTRACT(StateBackendTestBase, testKeyGroupSnapshotRestoreScaleDown) {
  InBothPlaces([](Places& places) {
    std::vector<Groups> halves;
    for (const auto& [range, key] : {std::pair{KeyGroupRange{KeyGroup(0), KeyGroup(63)}, "key1"},
                                     {KeyGroupRange{KeyGroup(64), KeyGroup(127)}, "a"}}) {
      State half = places.Restore({}, range);
      half.Key(key).Value().Update(key);
      halves.push_back(half.backend().Snapshot());
    }
    State whole = places.Restore(halves);
    auto value = whole.Key("key1").Value();
    EXPECT_THAT(value.Value(), Optional(std::string("key1")));
    whole.Key("a");
    EXPECT_THAT(value.Value(), Optional(std::string("a")));
  });
}

FLINK_CONTRACT(StateBackendTestBase, testKeyGroupSnapshotRestoreScaleUp) {
  InBothPlaces([](Places& places) {
    State whole = places.Make();
    auto value = whole.Key("key1").Value();  // of group 41
    value.Update("key1");
    whole.Key("a");  // of group 81
    value.Update("a");
    const Groups snapshot = whole.backend().Snapshot();
    State low = places.Restore({snapshot}, {KeyGroup(0), KeyGroup(63)});
    State high = places.Restore({snapshot}, {KeyGroup(64), KeyGroup(127)});
    EXPECT_THAT(low.Key("key1").Value().Value(), Optional(std::string("key1")));
    EXPECT_THAT(high.Key("a").Value().Value(), Optional(std::string("a")));
    EXPECT_EQ(low.backend().entries() + high.backend().entries(), 2U);
    EXPECT_THROW(low.Key("a"), sim::Violation);
  });
}

FLINK_CONTRACT(StateBackendTestBase, testSnapshotNonAccessedState) {
  InBothPlaces([](Places& places) {
    State state = places.Make();
    state.Key("1").Value("one").Update("x");
    State untouched = places.Restore({state.backend().Snapshot()});
    State again = places.Restore({untouched.backend().Snapshot()});
    EXPECT_THAT(again.Key("1").Value("one").Value(), Optional(std::string("x")));
  });
}

FLINK_CONTRACT(StateBackendTestBase, testEmptyStateCheckpointing) {
  InBothPlaces([](Places& places) {
    State state = places.Make();
    (void)state.Value();
    const Groups snapshot = state.backend().Snapshot();
    EXPECT_THAT(snapshot, IsEmpty());
    EXPECT_EQ(places.Restore({snapshot}).backend().entries(), 0U);
  });
}

FLINK_CONTRACT(StateBackendTestBase, testAsyncSnapshot) {
  InBothPlaces([](Places& places) {
    State state = places.Make();
    auto value = state.Key("1").Value();
    value.Update("before");
    const auto view = state.backend().Freeze();
    value.Update("after");
    state.Key("2");
    value.Update("new");
    Groups written;
    while (auto group = view->Next()) {
      written.insert(*std::move(group));
    }
    State restored = places.Restore({written});
    EXPECT_THAT(restored.Key("1").Value().Value(), Optional(std::string("before")));
    EXPECT_EQ(restored.backend().entries(), 1U);
    state.Key("1");
    EXPECT_THAT(value.Value(), Optional(std::string("after")));
  });
}

FLINK_CONTRACT(StateBackendTestBase, testParallelAsyncSnapshots) {
  InBothPlaces([](Places& places) {
    State state = places.Make();
    auto value = state.Key("1").Value();
    std::vector<std::unique_ptr<KeyedStateBackend::View>> views;
    for (const char* const text : {"first", "second"}) {
      value.Update(text);
      views.push_back(state.backend().Freeze());
    }
    value.Update("third");
    for (size_t i = views.size(); i-- > 0;) {  // in whatever order they are written
      Groups written;
      while (auto group = views[i]->Next()) {
        written.insert(*std::move(group));
      }
      views[i].reset();
      EXPECT_THAT(places.Restore({written}).Key("1").Value().Value(),
                  Optional(std::string(i == 0 ? "first" : "second")));
    }
  });
}

FLINK_CONTRACT(StateBackendTestBase, testAsyncSnapshotCancellation) {
  InBothPlaces([](Places& places) {
    State state = places.Make();
    auto value = state.Key("1").Value();
    value.Update("x");
    state.backend().Freeze().reset();  // given up before a group was written
    value.Update("y");
    EXPECT_THAT(places.Restore({state.backend().Snapshot()}).Key("1").Value().Value(),
                Optional(std::string("y")));
  });
}

// The state is refused by its name, in a whole sentence.
template <typename Get>
void ExpectRefusedAs(const char* name, const Get& get) {
  InBothPlaces([&](Places& places) {
    State state = places.Make();
    state.Key("1");
    state.Value("value").Update("x");
    state.List().Add(1);
    state.Map().Put("a", 1);
    state.context().GetReducingState<int64_t, Sum>({"reducing", Sum()}).Add(1);
    State restored = places.Restore({state.backend().Snapshot()});
    get(restored.Key("1").context());
    ASSERT_FALSE(restored.context().result());
    EXPECT_THAT(restored.context().result().error().message,
                testing::HasSubstr(fmt::format("The state \"{}\" is a ", name)));
  });
}

FLINK_CONTRACT(StateBackendTestBase, testValueStateRestoreWithWrongSerializers) {
  ExpectRefusedAs("value", [](RuntimeContext& context) {
    (void)context.GetState<double>(ValueStateDescriptor<double>{"value"});
  });
}

FLINK_CONTRACT(StateBackendTestBase, testListStateRestoreWithWrongSerializers) {
  ExpectRefusedAs("list", [](RuntimeContext& context) {
    (void)context.GetListState(ListStateDescriptor<std::string>{"list"});
  });
}

FLINK_CONTRACT(StateBackendTestBase, testReducingStateRestoreWithWrongSerializers) {
  ExpectRefusedAs("reducing", [](RuntimeContext& context) {
    (void)context.GetState(ValueStateDescriptor<int64_t>{"reducing"});
  });
}

FLINK_CONTRACT(StateBackendTestBase, testMapStateRestoreWithWrongSerializers) {
  ExpectRefusedAs("map", [](RuntimeContext& context) {
    (void)context.GetMapState(MapStateDescriptor<std::string, std::string>{"map"});
  });
}

// ---- Time to live -------------------------------------------------------------------------------

constexpr StateTtlConfig kHundred{.ttl = std::chrono::milliseconds(100)};

FLINK_CONTRACT(TtlStateTestBase, testNonExistentValue) {
  InBothPlaces([](Places& places) {
    State state = places.Make();
    EXPECT_EQ(state.Key("1").Value("value", kHundred).Value(), std::nullopt);
  });
}

FLINK_CONTRACT(TtlStateTestBase, testExactExpirationOnWrite) {
  InBothPlaces([](Places& places) {
    State state = places.Make();
    auto value = state.Key("1").Value("value", kHundred);
    value.Update("x");
    places.now = 20;
    value.Update("y");
    places.now = 119;
    EXPECT_THAT(value.Value(), Optional(std::string("y")));
    State restored = places.Restore({state.backend().Snapshot()});
    auto then = restored.Key("1").Value("value", kHundred);
    EXPECT_THAT(then.Value(), Optional(std::string("y")));
    places.now = 120;
    EXPECT_EQ(then.Value(), std::nullopt);
  });
}

FLINK_CONTRACT(TtlStateTestBase, testExactExpirationOnRead) {
  InBothPlaces([](Places& places) {
    StateTtlConfig config = kHundred;
    config.update = TtlUpdateType::kOnReadAndWrite;
    State state = places.Make();
    auto value = state.Key("1").Value("value", config);
    value.Update("x");
    places.now = 50;
    EXPECT_TRUE(value.Value());
    places.now = 149;
    EXPECT_TRUE(value.Value());
    places.now = 249;
    EXPECT_EQ(value.Value(), std::nullopt);
  });
}

FLINK_CONTRACT(TtlStateTestBase, testRelaxedExpirationOnWrite) {
  InBothPlaces([](Places& places) {
    StateTtlConfig config = kHundred;
    config.visibility = TtlVisibility::kReturnExpiredIfNotCleanedUp;
    State state = places.Make();
    auto value = state.Key("1").Value("value", config);
    value.Update("x");
    places.now = 120;
    EXPECT_THAT(value.Value(), Optional(std::string("x"))) << "once";
    EXPECT_EQ(value.Value(), std::nullopt);
  });
}

FLINK_CONTRACT(TtlStateTestBase, testExpirationTimestampOverflow) {
  InBothPlaces([](Places& places) {
    State state = places.Make();
    places.now = 1'000'000;
    auto value = state.Key("1").Value("value", {.ttl = sim::Duration::max()});
    value.Update("x");
    places.now = std::numeric_limits<int64_t>::max() / 2;
    EXPECT_THAT(value.Value(), testing::AnyOf(Optional(std::string("x")), std::nullopt));
    places.now = 1'000'000 + sim::Duration::max() / std::chrono::milliseconds(1) - 1;
    value.Update("y");
    EXPECT_THAT(value.Value(), Optional(std::string("y")));
  });
}

FLINK_CONTRACT(TtlStateTestBase, testMultipleKeys) {
  InBothPlaces([](Places& places) {
    State state = places.Make();
    auto value = state.Key("1").Value("value", kHundred);
    value.Update("x");
    places.now = 50;
    state.Key("2");
    value.Update("y");
    places.now = 110;
    EXPECT_THAT(value.Value(), Optional(std::string("y")));
    state.Key("1");
    EXPECT_EQ(value.Value(), std::nullopt);
  });
}

FLINK_CONTRACT(TtlStateTestBase, testSnapshotChangeRestore) {
  InBothPlaces([](Places& places) {
    State state = places.Make();
    auto value = state.Key("1").Value("value", kHundred);
    value.Update("x");
    const Groups early = state.backend().Snapshot();
    places.now = 90;
    value.Update("y");
    places.now = 120;
    EXPECT_THAT(value.Value(), Optional(std::string("y")));
    State restored = places.Restore({early});
    EXPECT_EQ(restored.Key("1").Value("value", kHundred).Value(), std::nullopt)
        << "its time is that of the snapshot";
  });
}

FLINK_CONTRACT(TtlStateTestBase, testRestoreTtlAndRegisterNonTtlStateCompatFailure) {
  InBothPlaces([](Places& places) {
    State state = places.Make();
    state.Key("1").Value("value", kHundred).Update("x");
    State restored = places.Restore({state.backend().Snapshot()});
    (void)restored.Key("1").Value("value");
    EXPECT_FALSE(restored.context().result());
  });
}

}  // namespace
}  // namespace flinch::engine
