// Flink's StateBackendMigrationTestBase and StateSerializerProviderTest, of both places of keyed
// state: what is restored by groups, in either place, and out of copies of a database's files.

#include <cstdint>
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

#include "engine/graph/key_codec.h"
#include "engine/state.h"
#include "engine/state/key_groups.h"
#include "engine/state/leveldb_restore.h"
#include "engine/state/state_schema.h"
#include "tests/contracts/contract.h"
#include "tests/support/bench.h"

namespace flinch::engine {
namespace {

struct First {
  int64_t number = 0;
  std::string name;

  friend bool operator==(const First&, const First&) = default;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.number);
    visit(self.name);
  }
};

struct Second {
  static constexpr uint32_t kStateVersion = 1;
  using Before = First;

  std::string name;
  int64_t number = 0;

  static Second From(First before) { return {std::move(before.name), before.number}; }

  friend bool operator==(const Second&, const Second&) = default;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.name);
    visit(self.number);
  }
};

struct Third {
  static constexpr uint32_t kStateVersion = 2;
  using Before = Second;

  std::string name;
  int64_t number = 0;
  bool is_old = false;

  static Third From(Second before) { return {std::move(before.name), before.number, true}; }

  friend bool operator==(const Third&, const Third&) = default;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.name);
    visit(self.number);
    visit(self.is_old);
  }
};

}  // namespace

// Two types with serializers of their own, of which the second reads what the first wrote: these
// stand in another namespace, and must be known by name there.
struct Own {
  static constexpr uint32_t kStateVersion = 1;
  int64_t number = 0;
};

struct OwnAfter {
  static constexpr uint32_t kStateVersion = 2;
  static constexpr uint32_t kReadsStateFrom = 1;
  int64_t number = 0;
  bool was_short = false;
};

}  // namespace flinch::engine

namespace flinch::sim {

template <>
struct Serializer<engine::Own> {
  static void Write(Encoder& out, const engine::Own& own) {
    sim::Write(out, uint8_t{1});
    sim::Write(out, own.number);
  }

  static void Read(Decoder& in, engine::Own& own) {
    uint8_t form = 0;
    sim::Read(in, form);
    sim::Read(in, own.number);
  }
};

template <>
struct Serializer<engine::OwnAfter> {
  static void Write(Encoder& out, const engine::OwnAfter& own) {
    sim::Write(out, uint8_t{2});
    sim::Write(out, own.number);
    sim::Write(out, own.was_short);
  }

  static void Read(Decoder& in, engine::OwnAfter& own) {
    uint8_t form = 0;
    sim::Read(in, form);
    sim::Read(in, own.number);
    own.was_short = form == 1;
    if (!own.was_short) {
      sim::Read(in, own.was_short);
    }
  }
};

}  // namespace flinch::sim

namespace flinch::engine {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Optional;
using testing::Pair;

constexpr uint32_t kGroups = 128;
constexpr KeyGroupRange kAllGroups{KeyGroup(0), KeyGroup(kGroups - 1)};

class Job {
 public:
  explicit Job(std::unique_ptr<KeyedStateBackend> backend)
      : backend_(std::move(backend)), context_(*backend_) {}

  Job& Key(std::string_view key) {
    const std::string bytes = Encode(std::string(key));
    backend_->SetCurrentKey(bytes, JavaHash(key));
    return *this;
  }

  template <typename T>
  ValueState<T> Value() {
    return context_.GetState<T>({"visits"});
  }

  template <typename T>
  ListState<T> List() {
    return context_.GetListState<T>({"list"});
  }

  template <typename Key, typename T>
  MapState<Key, T> Map() {
    return context_.GetMapState<Key, T>({"map"});
  }

  // Why a state could not be had.
  std::string refusal() const {
    return context_.result() ? std::string() : context_.result().error().message;
  }

  KeyedStateBackend& backend() { return *backend_; }

 private:
  std::unique_ptr<KeyedStateBackend> backend_;
  RuntimeContext context_;
};

struct Way {
  bool from_disk = false;
  bool to_disk = false;
  bool by_files = false;
};

class Stage {
 public:
  Stage(sim::Environment& environment, Way way) : environment_(environment), way_(way) {}

  Job Start() { return Job(Backend(way_.from_disk)); }

  // With what the job had; `expects`: what its keys are.
  sim::Result<Job> Restart(Job& job, const KeyedStateBackend::KeyTest& expects = {}) {
    if (way_.by_files) {
      return OfFiles(job, expects);
    }
    auto backend = Backend(way_.to_disk);
    backend->ExpectKeys(expects);
    if (sim::Result<void> restored = backend->Restore(job.backend().Snapshot(), {}); !restored) {
      return sim::Fail(restored);
    }
    return Job(std::move(backend));
  }

 private:
  std::unique_ptr<KeyedStateBackend> Backend(bool on_disk) {
    auto backend = std::make_unique<KeyedStateBackend>(kAllGroups, kGroups);
    if (on_disk) {
      EXPECT_TRUE(OpenOnDisk(environment_, *backend, fmt::format("/state/{}", ++made_), {}, {}));
    }
    return backend;
  }

  sim::Result<Job> OfFiles(Job& job, const KeyedStateBackend::KeyTest& expects) {
    const std::string directory = fmt::format("/state/{}", ++made_);
    const auto view = job.backend().FreezeFiles();
    const DatabaseFiles& files = *view->files();
    for (const std::string& name : files.names) {
      const auto bytes = environment_.disk().Read(files.directory + "/" + name);
      EXPECT_TRUE(sim::WriteDurably(environment_.disk(), directory + "/0/" + name, *bytes));
    }
    auto backend = std::make_unique<KeyedStateBackend>(kAllGroups, kGroups);
    backend->ExpectKeys(expects);
    const sim::Result<size_t> opened = OpenOnDisk(
        environment_, *backend, directory, {},
        {{.directory = directory + "/0", .content = *Decode<DatabaseContent>(files.content)}});
    return opened ? sim::Result<Job>(Job(std::move(backend))) : sim::Fail(opened);
  }

  sim::Environment& environment_;
  Way way_;
  int made_ = 0;
};

void Everywhere(const std::function<void(Stage&)>& body) {
  for (const Way way : {Way{false, false, false}, Way{false, true, false}, Way{true, false, false},
                        Way{true, true, false}, Way{true, true, true}}) {
    SCOPED_TRACE(fmt::format("{} to {}{}", way.from_disk ? "leveldb" : "hashmap",
                             way.to_disk ? "leveldb" : "hashmap", way.by_files ? ", files" : ""));
    tests::Bench bench;
    ASSERT_TRUE(bench.Run("tm", [&body, way](sim::Environment& environment) {
      Stage stage(environment, way);
      body(stage);
    }));
  }
}

// What the job had as First, `Then` reads; and again, from a snapshot of it.
template <typename Then>
void ExpectMigrated(const Then& a, const Then& b, const Then& written) {
  Everywhere([&](Stage& stage) {
    Job before = stage.Start();
    auto old = before.Value<First>();
    before.Key("a"), old.Update({.number = 1456, .name = "foo"});
    before.Key("b"), old.Update({.number = 478, .name = "bar"});
    Job after = *stage.Restart(before);
    auto state = after.Value<Then>();
    ASSERT_EQ(after.refusal(), "");
    after.Key("a");
    EXPECT_THAT(state.Value(), Optional(a));
    state.Update(written);
    Job again = *stage.Restart(after);
    auto same = again.Value<Then>();
    ASSERT_EQ(again.refusal(), "");
    again.Key("a");
    EXPECT_THAT(same.Value(), Optional(written));
    again.Key("b");
    EXPECT_THAT(same.Value(), Optional(b));
  });
}

FLINK_CONTRACT(StateBackendMigrationTestBase, testKeyedValueStateMigration) {
  ExpectMigrated<Second>({"foo", 1456}, {"bar", 478}, {"new", 751});
  ExpectMigrated<Third>({"foo", 1456, true}, {"bar", 478, true}, {"new", 751, false});
}

FLINK_CONTRACT(StateBackendMigrationTestBase, testKeyedValueStateSerializerReconfiguration) {
  Everywhere([](Stage& stage) {
    Job before = stage.Start();
    before.Key("a"), before.Value<Own>().Update({.number = 7});
    Job after = *stage.Restart(before);
    auto state = after.Value<OwnAfter>();
    ASSERT_EQ(after.refusal(), "");
    after.Key("a");
    EXPECT_TRUE(state.Value()->was_short);
    EXPECT_EQ(state.Value()->number, 7);
    after.Key("b"), state.Update({.number = 8});
    Job again = *stage.Restart(after);
    auto same = again.Value<OwnAfter>();
    again.Key("b");
    EXPECT_FALSE(same.Value()->was_short);
  });
}

FLINK_CONTRACT(StateBackendMigrationTestBase,
               testKeyedValueStateRegistrationFailsIfNewStateSerializerIsIncompatible) {
  Everywhere([](Stage& stage) {
    Job before = stage.Start();
    before.Key("a"), before.Value<Third>().Update({"foo", 1, false});
    Job older = *stage.Restart(before);
    (void)older.Value<Second>();
    EXPECT_EQ(older.refusal(),
              "The state \"visits\" is a value of (text,i64), version 1 in this job and was in the "
              "restored checkpoint a value of (text,i64,bool), version 2: a later version of the "
              "job wrote it. Run that, or restore what this one has written.");
    Job other = *stage.Restart(before);
    (void)other.Value<double>();
    EXPECT_THAT(other.refusal(), HasSubstr("\"visits\" is a value of f64 in this job"));
    Job same = *stage.Restart(before);
    EXPECT_EQ(same.Key("a").Value<Third>().Value()->number, 1);
  });
  Everywhere([](Stage& stage) {
    Job before = stage.Start();
    before.Key("a"), before.Value<int64_t>().Update(1);
    Job after = *stage.Restart(before);
    (void)after.Value<Second>();
    EXPECT_THAT(after.refusal(), HasSubstr("from which no step leads to it"));
  });
}

FLINK_CONTRACT(StateBackendMigrationTestBase, testKeyedListStateMigration) {
  Everywhere([](Stage& stage) {
    Job before = stage.Start();
    auto old = before.List<First>();
    before.Key("a"), old.AddAll({{1, "key-1"}, {2, "key-1"}});
    Job after = *stage.Restart(before);
    auto list = after.List<Second>();
    ASSERT_EQ(after.refusal(), "");
    after.Key("a"), list.Add({"new", 123});
    EXPECT_THAT(list.Get(),
                ElementsAre(Second{"key-1", 1}, Second{"key-1", 2}, Second{"new", 123}));
  });
}

FLINK_CONTRACT(StateBackendMigrationTestBase, testKeyedListStateSerializerReconfiguration) {
  Everywhere([](Stage& stage) {
    Job before = stage.Start();
    before.Key("a"), before.List<Own>().AddAll({{.number = 7}, {.number = 8}});
    Job after = *stage.Restart(before);
    auto list = after.List<OwnAfter>();
    ASSERT_EQ(after.refusal(), "");
    after.Key("a"), list.Add({.number = 9});
    const std::vector<OwnAfter> items = list.Get();
    ASSERT_EQ(items.size(), 3U);
    EXPECT_TRUE(items[1].was_short);
    EXPECT_EQ(items[1].number, 8);
    EXPECT_FALSE(items[2].was_short);
  });
}

FLINK_CONTRACT(StateBackendMigrationTestBase, testKeyedMapStateAsIs) {
  Everywhere([](Stage& stage) {
    Job before = stage.Start();
    auto old = before.Map<int64_t, Second>();
    before.Key("a"), old.Put(1, {"x", 1});
    Job after = *stage.Restart(before);
    EXPECT_THAT((after.Key("a").Map<int64_t, Second>().Entries()),
                ElementsAre(Pair(1, Second{"x", 1})));
  });
}

FLINK_CONTRACT(StateBackendMigrationTestBase, testKeyedMapStateStateMigration) {
  Everywhere([](Stage& stage) {
    Job before = stage.Start();
    auto old = before.Map<int64_t, First>();
    before.Key("a"), old.Put(1, {11, "x"}), old.Put(2, {12, "y"});
    before.Key("b"), old.Put(1, {13, "z"});
    Job after = *stage.Restart(before);
    auto map = after.Map<int64_t, Second>();
    ASSERT_EQ(after.refusal(), "");
    after.Key("a");
    EXPECT_THAT(map.Entries(), ElementsAre(Pair(1, Second{"x", 11}), Pair(2, Second{"y", 12})));
    after.Key("b");
    EXPECT_THAT(map.Get(1), Optional(Second{"z", 13}));
  });
}

FLINK_CONTRACT(StateBackendMigrationTestBase,
               testKeyedStateRegistrationFailsIfNewNamespaceSerializerRequiresMigration) {
  Everywhere([](Stage& stage) {
    Job before = stage.Start();
    before.Key("a"), before.Map<int64_t, First>().Put(1, {11, "x"});
    Job after = *stage.Restart(before);
    (void)after.Map<std::string, First>();
    EXPECT_THAT(after.refusal(), HasSubstr("keys within a state do not evolve, values do"));
  });
}

FLINK_CONTRACT(StateBackendMigrationTestBase,
               testStateBackendRestoreFailsIfNewKeySerializerRequiresMigration) {
  const auto is_text = MakeKeyCodec<std::string>([](const std::string& key) { return key; }).reads;
  const auto is_number = MakeKeyCodec<int64_t>([](int64_t key) { return key; }).reads;
  Everywhere([&](Stage& stage) {
    Job before = stage.Start();
    before.Key("abcd"), before.Value<First>().Update({1, "x"});  // eight bytes, as a number has
    EXPECT_TRUE(stage.Restart(before, is_text));
    const sim::Result<Job> refused = stage.Restart(before, is_number);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, sim::ErrorCode::kInvalidArgument);
    EXPECT_THAT(refused.error().message,
                HasSubstr("\"visits\" has keys that are none of the type"));
  });
}

// ---- What is compatible with what ---------------------------------------------------------------

template <typename Now, typename Then>
SchemaCompatibility Compare() {
  return SchemaOf<std::monostate, Now>(StateKind::kValue, "s")
      .Of(SchemaOf<std::monostate, Then>(StateKind::kValue, "s").meta);
}

FLINK_CONTRACT(StateSerializerProviderTest, testLazilyRegisterNewCompatibleAsIsSerializer) {
  EXPECT_EQ((Compare<First, First>()), SchemaCompatibility::kAsIs);
  EXPECT_EQ((Compare<std::vector<Third>, std::vector<Third>>()), SchemaCompatibility::kAsIs);
}

FLINK_CONTRACT(StateSerializerProviderTest,
               testLazilyRegisterNewCompatibleAfterMigrationSerializer) {
  EXPECT_EQ((Compare<Second, First>()), SchemaCompatibility::kAfterMigration);
  EXPECT_EQ((Compare<Third, First>()), SchemaCompatibility::kAfterMigration);
  EXPECT_EQ((Compare<Timed<Third>, Timed<First>>()), SchemaCompatibility::kAfterMigration);
  EXPECT_EQ((Compare<std::vector<Timed<Third>>, std::vector<Timed<Second>>>()),
            SchemaCompatibility::kAfterMigration);
}

FLINK_CONTRACT(StateSerializerProviderTest,
               testLazilyRegisterNewSerializerRequiringReconfiguration) {
  EXPECT_EQ((Compare<OwnAfter, Own>()), SchemaCompatibility::kAsIs);
}

FLINK_CONTRACT(StateSerializerProviderTest, testLazilyRegisterIncompatibleSerializer) {
  EXPECT_EQ((Compare<First, Second>()), SchemaCompatibility::kIncompatible);
  EXPECT_EQ((Compare<Own, OwnAfter>()), SchemaCompatibility::kIncompatible);
  EXPECT_EQ((Compare<Second, int64_t>()), SchemaCompatibility::kIncompatible);
  EXPECT_EQ((Compare<std::vector<Second>, First>()), SchemaCompatibility::kIncompatible);
}

FLINK_CONTRACT(
    StateSerializerProviderTest,
    testRegisterNewSerializerTwiceWithLazilyRegisteredStateSerializerProviderShouldFail) {
  Everywhere([](Stage& stage) {
    Job before = stage.Start();
    before.Key("a"), before.Value<First>().Update({1, "x"});
    Job after = *stage.Restart(before);
    (void)after.Value<Second>();
    EXPECT_EQ(after.refusal(), "");
    (void)after.Value<Third>();
    EXPECT_THAT(after.refusal(), HasSubstr("in this job and also a"));
  });
}

}  // namespace
}  // namespace flinch::engine
