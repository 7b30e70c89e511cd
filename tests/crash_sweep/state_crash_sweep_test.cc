// Keyed state in LevelDB with incremental checkpoints, under a crash at every write: of the local
// disk, on which the database lies and compacts, and of the shared volume, on which the checkpoints
// do. A restore must find just what the checkpoint was taken of, whatever the crash has left.
//
//   ctest --preset release -L crash_sweep -V
//
// What runs is a subtask without its task: the home of an operator's state, the store of completed
// checkpoints, and a loop that changes state and takes a checkpoint now and then. Beside it stands
// a map.
#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/checkpoint/completed_checkpoint_store.h"
#include "engine/checkpoint/shared_state.h"
#include "engine/checkpoint/volume_services.h"
#include "engine/data_stream.h"
#include "engine/runtime/keyed_state_home.h"
#include "engine/state.h"
#include "engine/state/state_unavailable.h"
#include "sim/world/crash_points.h"

namespace flinch::engine {
namespace {

using sim::CrashPoint;

constexpr const char* kJob = "sweep";
constexpr uint32_t kKeys = 60;
constexpr int kChangesPerCheckpoint = 24;
constexpr uint32_t kRetained = 2;
// A sanitizer makes it so much slower: the gate tries these, `ctest -L crash_sweep` all.
#ifdef __SANITIZE_ADDRESS__
constexpr size_t kStride = 50;
#else
constexpr size_t kStride = 1;
#endif

constexpr int kCheckpoints = 26;
constexpr int kCheckpointsAfterARestart = 2;

// A handle's state: its name, the key, and, of a map, the key in it.
using Place = std::tuple<std::string, std::string, int64_t>;
using Model = std::map<Place, std::string>;

// What is known outside, however often the process dies.
struct Ledger {
  struct Taken {
    int changes = 0;  // before it
    Model model;
  };

  std::map<CheckpointId, Taken> taken;  // that may be in the store
  CheckpointId stored;                  // the newest that was said to be
  std::vector<std::string> findings;
};

// Makes the same changes of a back end and of the model; the n-th is the same whoever makes it.
class Changes {
 public:
  explicit Changes(KeyedStateBackend& backend) : backend_(backend), context_(backend) {
    value_ = context_.GetState<std::string>({"value"});
    list_ = context_.GetListState<std::string>({"list"});
    map_ = context_.GetMapState<int64_t, std::string>({"map"});
    sim::Check(context_.result().has_value(), "a state was refused");
  }

  void Make(uint64_t seed, int number, Model& model) {
    sim::Random random = sim::Random(seed).Split("change", static_cast<uint64_t>(number));
    const std::string key = fmt::format("key-{}", random.Below(kKeys));
    backend_.SetCurrentKey(key, JavaHash(key));
    const std::string text = fmt::format("{:0>{}}", number, 20 + random.Below(200));
    const auto space = static_cast<int64_t>(random.Below(4));
    switch (random.Below(8)) {
      case 0:
        value_.Clear();
        model.erase({"value", key, 0});
        break;
      case 1:
        map_.Remove(space);
        model.erase({"map", key, space});
        break;
      case 2:
        list_.Clear();
        model.erase({"list", key, 0});
        break;
      case 3:
        list_.Add(text);
        model[{"list", key, 0}] += text + ";";
        break;
      case 4:
      case 5:
        map_.Put(space, text);
        model[{"map", key, space}] = text;
        break;
      default:
        value_.Update(text);
        model[{"value", key, 0}] = text;
    }
  }

  // All that the back end has, read key by key.
  Model Content() {
    Model content;
    for (uint32_t number = 0; number < kKeys; ++number) {
      const std::string key = fmt::format("key-{}", number);
      backend_.SetCurrentKey(key, JavaHash(key));
      if (const std::optional<std::string> value = value_.Value()) {
        content[{"value", key, 0}] = *value;
      }
      for (const std::string& item : list_.Get()) {
        content[{"list", key, 0}] += item + ";";
      }
      for (const auto& [space, text] : map_.Entries()) {
        content[{"map", key, space}] = text;
      }
    }
    return content;
  }

 private:
  KeyedStateBackend& backend_;
  RuntimeContext context_;
  ValueState<std::string> value_;
  ListState<std::string> list_;
  MapState<int64_t, std::string> map_;
};

struct Sweep {
  uint64_t seed = 1;
  Defects defects{};
  size_t tables = 0;  // of the database, at the last checkpoint
  std::vector<std::string> findings{};
  sim::Digest digest{};

  std::vector<CrashPoint> operator()(const CrashPoint& crash);
};

// One incarnation.
class Subtask {
 public:
  Subtask(sim::Environment& env, Sweep& sweep, Ledger& ledger)
      : env_(env), sweep_(sweep), ledger_(ledger), store_(env, kJob, kRetained, sweep.defects) {
    spec_.name = "operator";
    spec_.inputs.push_back({.type = TypeOf<std::string>(), .key = {}});
    deployment_.job_name = kJob;
    deployment_.task.attempt = AttemptNumber(env.incarnation());
    home_.emplace(env, deployment_, spec_,
                  StateOptions{.type = StateBackendType::kLevelDb,
                               .incremental = true,
                               .write_buffer_bytes = 64 * 1024},
                  sweep.defects);
    store_.SetShares();
  }

  // As at the boundary to user code.
  sim::Result<void> Run() {
    try {
      return Work();
    } catch (const StateUnavailable& unavailable) {
      return std::unexpected(unavailable.error);
    }
  }

 private:
  sim::Result<void> Work() {
    (void)RemoveDatabase(env_.disk(), StateDirectoryOf(env_.process_name()));
    ids_ = VolumeServices(env_).CheckpointIds(kJob);
    if (sim::Result<void> recovered = ids_->Recover(); !recovered) {
      return recovered;
    }
    if (sim::Result<void> recovered = store_.Recover(); !recovered) {
      return recovered;
    }
    if (sim::Result<void> restored = Restore(); !restored) {
      return restored;
    }
    Changes changes(home_->backend());
    if (changes.Content() != model_) {
      ledger_.findings.push_back(
          fmt::format("checkpoint {} was restored wrongly",
                      store_.latest() == nullptr ? 0 : store_.latest()->id.value()));
    }
    home_->Settle();
    const int more = env_.incarnation() == 1 ? kCheckpoints : kCheckpointsAfterARestart;
    for (int taken = 0; taken < more; ++taken) {
      for (int change = 0; change < kChangesPerCheckpoint; ++change) {
        changes.Make(sweep_.seed, ++made_, model_);
      }
      home_->Settle();
      if (sim::Result<void> took = Checkpoint(); !took) {
        return took;
      }
    }
    if (changes.Content() != model_) {
      ledger_.findings.push_back("the state is not what was put into it");
    }
    return LookAtFiles();
  }

  sim::Result<void> Restore() {
    const CompletedCheckpoint* const latest = store_.latest();
    const CheckpointId id = latest == nullptr ? CheckpointId() : latest->id;
    if (id < ledger_.stored) {
      ledger_.findings.push_back(fmt::format("checkpoint {} is gone, the newest is {}",
                                             ledger_.stored.value(), id.value()));
    }
    std::vector<TaskSnapshot> snapshots;
    if (latest != nullptr) {
      const Ledger::Taken& taken = ledger_.taken.at(id);
      model_ = taken.model;
      made_ = taken.changes;
      for (const SnapshotHandle& handle : latest->snapshots) {
        sim::Result<TaskSnapshot> snapshot = ReadSnapshot(env_.shared(), handle);
        if (!snapshot) {
          return sim::Fail(snapshot);
        }
        snapshots.push_back(*std::move(snapshot));
      }
    }
    return home_->Open(snapshots);
  }

  sim::Result<void> Checkpoint() {
    const sim::Result<uint64_t> number = ids_->Next();
    if (!number) {
      return sim::Fail(number);
    }
    const CheckpointMeta meta{.id = CheckpointId(*number)};
    FrozenTask frozen;
    home_->Freeze(meta, frozen[spec_.state_name()]);
    const Ledger::Taken taken{.changes = made_, .model = model_};
    if (const auto uploaded = UploadTables(env_.disk(), env_.shared(), frozen); !uploaded) {
      return sim::Fail(uploaded);
    }
    const sim::Result<SnapshotHandle> handle =
        WriteSnapshot(env_.shared(), kJob, meta.id, deployment_.task, frozen);
    if (!handle) {
      return sim::Fail(handle);
    }
    home_->OnUploaded(handle->operators.begin()->second);
    ledger_.taken[meta.id] = taken;
    if (sim::Result<void> added = store_.Add({.id = meta.id, .snapshots = {*handle}}); !added) {
      return added;
    }
    ledger_.stored = meta.id;
    sweep_.tables = SharedFilesOf(*store_.latest()).size();
    home_->Confirm(meta.id);
    store_.Subsume();
    return {};
  }

  // Each that a stored checkpoint names is there and whole, and there is no other.
  sim::Result<void> LookAtFiles() {
    std::set<std::string> named;
    for (const CompletedCheckpoint& checkpoint : store_.checkpoints()) {
      const std::string directory = CheckpointDirectory(kJob, checkpoint.id);
      if (const auto loaded = LoadCheckpoint(env_.shared(), directory); !loaded) {
        return sim::Fail(loaded);
      }
      named.insert(directory + "/_metadata");
      for (const SnapshotHandle& snapshot : checkpoint.snapshots) {
        named.insert(snapshot.path);
      }
      for (const SharedFile& file : SharedFilesOf(checkpoint)) {
        named.insert(file.path);
      }
    }
    const sim::Result<std::vector<std::string>> there =
        env_.shared().List(CheckpointsDirectory(kJob));
    if (!there) {
      return sim::Fail(there);
    }
    for (const std::string& path : *there) {
      if (!named.contains(path)) {
        ledger_.findings.push_back("a file is left that no checkpoint names: " + path);
      }
    }
    return {};
  }

  sim::Environment& env_;
  Sweep& sweep_;
  Ledger& ledger_;
  OperatorSpec spec_;
  TaskDeployment deployment_;
  CompletedCheckpointStore store_;
  std::unique_ptr<IdCounter> ids_;
  std::optional<KeyedStateHome> home_;
  Model model_;
  int made_ = 0;
};

std::vector<CrashPoint> Sweep::operator()(const CrashPoint& crash) {
  sim::World world({.seed = seed + crash.write,
                    .disk = {.crash_fate = sim::CrashFate::kDrawn},
                    .shared_volume = {.crash_fate = sim::CrashFate::kDrawn}});
  const sim::HostId host = world.AddHost("tm");
  Ledger ledger;
  const sim::ProcessId process = world.AddProcess(host, "tm", [&](sim::Environment& env) {
    Subtask subtask(env, *this, ledger);
    const sim::Result<void> ran = subtask.Run();
    env.Yield();  // who was to die in the midst of a call of LevelDB dies here
    if (!ran) {
      ledger.findings.push_back(ran.error().message);
    }
  });
  Arm(world, crash);
  const auto has_ended = [&] { return !world.IsAlive(process); };
  const auto run = [&] {
    if (const sim::Outcome outcome = world.Run(has_ended); outcome.ending != sim::Ending::kGoal) {
      ledger.findings.push_back(Show(outcome));
    }
  };
  run();
  std::vector<CrashPoint> writes = WritesOf(world);
  if (crash.write % 3 == 1) {  // and again while it recovers
    world.CrashAtWrite(host, world.WritesOf(host) + 1 + crash.write % 16);
    world.Restart(process);
    run();
  }
  if (crash.write > 0) {
    world.Restart(process);
    run();
  }
  digest = world.digest();
  for (const std::string& finding : ledger.findings) {
    findings.push_back(fmt::format("{}: {}", Show(crash), finding));
  }
  return writes;
}

class StateCrashSweepTest : public testing::TestWithParam<uint64_t> {};

TEST_P(StateCrashSweepTest, EveryRestoreIsRight) {
  Sweep sweep{.seed = GetParam() * 1'000'000};
  const std::vector<CrashPoint> points = sim::CrashPoints(std::ref(sweep));
  ASSERT_THAT(sweep.findings, testing::IsEmpty());
  EXPECT_GE(points.size(), 1'000U);
  EXPECT_LT(sweep.tables, kCheckpoints / 2) << "each checkpoint brings one: nothing was compacted";
  size_t tried = 0;
  for (size_t i = 0; i < points.size(); i += kStride) {
    sweep(points[i]);
    ++tried;
  }
  fmt::print("{} of {} crash points, {} of them of the local disk; {} wrong restores\n", tried,
             points.size(),
             std::ranges::count_if(points, [](const auto& each) { return each.host.has_value(); }),
             sweep.findings.size());
  EXPECT_THAT(sweep.findings, testing::IsEmpty());
}

TEST(StateCrashSweepControlTest, WhatIsNotSyncedIsFound) {
  for (const Defect defect : {Defect::kMetadataNotSynced, Defect::kPointerNotSynced}) {
    Sweep sweep{.seed = 7};
    const std::vector<CrashPoint> points = sim::CrashPoints(std::ref(sweep));
    sweep.defects.Plant(defect);
    for (size_t i = points.size() / 2; i < points.size() && sweep.findings.empty(); ++i) {
      sweep(points[i]);
    }
    EXPECT_THAT(sweep.findings, testing::Not(testing::IsEmpty()));
  }
}

// Ten runs of a thousand writes: a tenth of the time that one of ten thousand would take.
INSTANTIATE_TEST_SUITE_P(Seed, StateCrashSweepTest, testing::Range<uint64_t>(1, 11));

}  // namespace
}  // namespace flinch::engine
