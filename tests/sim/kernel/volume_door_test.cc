// Every operation against every fault of the shared volume: whom a fault concerns sees it, nobody
// else does, and after healing nothing fires.

#include "sim/kernel/volume_door.h"

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sim/world/world.h"

namespace flinch::sim {
namespace {

using namespace std::chrono_literals;

constexpr SimTime kHealed = SimTime(90s);
constexpr SimTime kAgain = SimTime(100s);

struct OperationCase {
  std::string name;
  DiskOperation operation{};
  // Gives what the caller saw, as text.
  std::function<std::string(FileSystem&, File&)> run;
};

template <typename T>
std::string Text(const Result<T>& result) {
  if (!result) {
    return std::string(Name(result.error().code));
  }
  if constexpr (std::is_same_v<T, Bytes>) {
    return *result;
  } else if constexpr (std::is_same_v<T, std::vector<DirectoryEntry>>) {
    return std::to_string(result->size()) + " entries";
  } else if constexpr (std::is_integral_v<T>) {
    return std::to_string(*result);
  } else {
    return "done";
  }
}

const std::vector<OperationCase>& Operations() {
  static const std::vector<OperationCase> kOperations = {
      {"open", DiskOperation::kOpen,
       [](FileSystem& volume, File&) { return Text(volume.OpenForAppend("/d/new")); }},
      {"create", DiskOperation::kCreate,
       [](FileSystem& volume, File&) { return Text(volume.Create("/d/new")); }},
      {"read", DiskOperation::kRead,
       [](FileSystem& volume, File&) { return Text(volume.Read("/d/old")); }},
      {"read_at", DiskOperation::kReadAt,
       [](FileSystem& volume, File&) {
         return Text(volume.ReadAt("/d/old", {.offset = 2, .size = 3}));
       }},
      {"size", DiskOperation::kSize,
       [](FileSystem& volume, File&) { return Text(volume.Size("/d/old")); }},
      {"rename", DiskOperation::kRename,
       [](FileSystem& volume, File&) { return Text(volume.Rename("/d/old", "/d/new")); }},
      {"remove", DiskOperation::kRemove,
       [](FileSystem& volume, File&) { return Text(volume.Remove("/d/old")); }},
      {"sync_names", DiskOperation::kSyncNames,
       [](FileSystem& volume, File&) { return Text(volume.SyncDirectory("/d")); }},
      {"list", DiskOperation::kList,
       [](FileSystem& volume, File&) { return Text(volume.List("/d")); }},
      {"append", DiskOperation::kAppend,
       [](FileSystem&, File& file) { return Text(file.Append("more")); }},
      {"sync", DiskOperation::kSync, [](FileSystem&, File& file) { return Text(file.Sync()); }},
      {"put", DiskOperation::kPut,
       [](FileSystem& volume, File&) { return Text(volume.PutIfAbsent("/d/put", "value")); }},
      {"open_old", DiskOperation::kOpenOld,
       [](FileSystem& volume, File&) { return Text(volume.Open("/d/old", OpenMode::kRead)); }},
      {"open_new", DiskOperation::kOpenNew,
       [](FileSystem& volume, File&) {
         return Text(volume.Open("/d/new", OpenMode::kCreateUnique));
       }},
      {"write_at", DiskOperation::kWriteAt,
       [](FileSystem&, File& file) { return Text(file.WriteAt(6, "written over")); }},
      {"truncate", DiskOperation::kTruncate,
       [](FileSystem&, File& file) { return Text(file.Truncate(20)); }},
      {"file_read", DiskOperation::kReadAt,
       [](FileSystem&, File& file) { return Text(file.ReadAt({.offset = 0, .size = 4})); }},
      {"file_size", DiskOperation::kSize,
       [](FileSystem&, File& file) { return Text(file.Size()); }},
      {"lock_shared", DiskOperation::kLockShared,
       [](FileSystem&, File& file) { return Text(file.Lock(LockKind::kShared)); }},
      {"lock", DiskOperation::kLockExclusive,
       [](FileSystem&, File& file) { return Text(file.Lock(LockKind::kExclusive)); }},
      {"unlock", DiskOperation::kUnlock,
       [](FileSystem&, File& file) { return Text(file.Unlock()); }},
      {"make_directory", DiskOperation::kMakeDirectory,
       [](FileSystem& volume, File&) { return Text(volume.MakeDirectory("/dir")); }},
      {"remove_directory", DiskOperation::kRemoveDirectory,
       [](FileSystem& volume, File&) { return Text(volume.RemoveDirectory("/dempty")); }},
      {"entries", DiskOperation::kEntries,
       [](FileSystem& volume, File&) { return Text(volume.Entries("/d")); }},
  };
  return kOperations;
}

struct FaultCase {
  std::string name;
  DiskFault fault{};
  VolumeCondition condition;
  std::set<std::string> strikes;  // by the names of the operations
};

const std::set<std::string> kReads = {"read",     "read_at",   "size",      "list",
                                      "open_old", "file_read", "file_size", "entries"};
const std::set<std::string> kWrites = {
    "open",     "create",   "rename",   "remove",         "append",           "put",
    "open_new", "write_at", "truncate", "make_directory", "remove_directory",
};
const std::set<std::string> kSyncs = {"sync_names", "sync", "put"};
const std::set<std::string> kLocks = {"lock_shared", "lock", "unlock"};

std::set<std::string> Both(std::set<std::string> some, const std::set<std::string>& others) {
  some.insert(others.begin(), others.end());
  return some;
}

const std::set<std::string> kChanges = Both(kWrites, kSyncs);
const std::set<std::string> kAll = Both(Both(kChanges, kReads), kLocks);

const std::vector<FaultCase>& Faults() {
  constexpr Ratio kAlways{1, 1};
  static const std::vector<FaultCase> kFaults = {
      {"hung", DiskFault::kHung, {.disk = {.hung = true}}, kAll},
      {"slow", DiskFault::kSlow, {.disk = {.extra_latency = 1s}}, kAll},
      {"read_error", DiskFault::kReadError, {.disk = {.read_error = kAlways}}, kReads},
      {"write_error", DiskFault::kWriteError, {.disk = {.write_error = kAlways}}, kWrites},
      // What puts fails as a sync too.
      {"sync_error", DiskFault::kSyncError, {.disk = {.sync_error = kAlways}}, kSyncs},
      {"full",
       DiskFault::kFull,
       {.disk = {.capacity_bytes = 1}},
       {"append", "put", "write_at", "truncate"}},
      {"freeze", DiskFault::kFreeze, {.disk = {.freeze_at_write = 1}}, kChanges},
      {"lying_sync", DiskFault::kLyingSync, {.disk = {.lying_sync = kAlways}}, kSyncs},
      {"bit_rot",
       DiskFault::kBitRot,
       {.disk = {.bit_rot = kAlways}},
       {"read", "read_at", "file_read"}},
      {"misdirected",
       DiskFault::kMisdirectedWrite,
       {.disk = {.misdirected_write = kAlways}},
       {"append", "put", "write_at"}},
      {"outage", DiskFault::kOutage, {.outage = Outage::kRefuses}, kAll},
      {"hanging_outage", DiskFault::kOutage, {.outage = Outage::kHangs}, kAll},
      {"throttled", DiskFault::kThrottled, {.operations_per_second = 1}, kAll},
      {"request_lost", DiskFault::kRequestLost, {.request_lost = kAlways}, kChanges},
      {"reply_lost", DiskFault::kReplyLost, {.reply_lost = kAlways}, kChanges},
      {"late_listing",
       DiskFault::kLateListing,
       {.listing_delay_max = 60s},
       {"open", "open_new", "create", "rename", "put", "make_directory"}},
  };
  return kFaults;
}

struct Observation {
  std::string answer;
  Duration took{0};
  std::vector<std::string> listed;
  std::vector<DirectoryEntry> entries;
  std::map<std::string, std::pair<std::optional<Bytes>, std::optional<Bytes>>> files;
  bool alive = true;

  friend bool operator==(const Observation&, const Observation&) = default;
};

// One run: the operation while the condition holds, then healing, then the operation again.
class Experiment {
 public:
  Experiment(const OperationCase& operation, VolumeCondition condition)
      : operation_(operation),
        world_({.keep = Keep::kEverything,
                .shared_volume = {
                    .latency_min = 1ms, .latency_max = 1ms, .sync_min = 1ms, .sync_max = 1ms}}) {
    condition.disk.path_prefix = "/d";  // so that the test itself can look at ""
    process_ = world_.AddProcess(world_.AddHost("a"), "a", [this, condition](Environment& env) {
      std::unique_ptr<File> file;
      if (env.incarnation() == 1) {
        file = SetUp(env);
        world_.SetSharedVolume(condition);
        if (condition.operations_per_second != 0) {
          (void)env.shared().Size("/d/old");  // takes the first turn
        }
        const SimTime start = env.Now();
        seen_.answer = operation_.run(env.shared(), *file);
        seen_.took = env.Now() - start;
        seen_.listed = env.shared().List("").value();
        seen_.entries = env.shared().Entries("/").value();
      }
      env.Sleep(kAgain - env.Now());
      if (!file) {
        file = *env.shared().OpenForAppend("/d/handle");
      }
      again_ = operation_.run(env.shared(), *file);
    });
    world_.At(SimTime(80s), [this] { LookAround(); });
    world_.At(kHealed, [this] { world_.HealDisks(); });
    world_.At(SimTime(95s), [this] { world_.Restart(process_); });
    world_.Run([] { return false; });
  }

  const Observation& seen() const { return seen_; }

  const std::string& again() const { return again_; }

  // Numbers of the faults that fired before and after healing.
  std::pair<std::multiset<uint64_t>, std::multiset<uint64_t>> Fired() const {
    std::pair<std::multiset<uint64_t>, std::multiset<uint64_t>> fired;
    for (const RecordedEvent& event : world_.recording().events) {
      if (event.kind == "sim.disk_fault") {
        const auto number = static_cast<uint64_t>(std::get<int64_t>(event.fields[0].value)) >> 56;
        (event.time <= kHealed ? fired.first : fired.second).insert(number);
      }
    }
    return fired;
  }

 private:
  static std::unique_ptr<File> SetUp(Environment& env) {
    FileSystem& volume = env.shared();
    EXPECT_TRUE(WriteDurably(volume, "/d/old", "old content"));
    const auto handle = volume.Create("/d/handle");
    EXPECT_TRUE((*handle)->Append("synced"));
    EXPECT_TRUE((*handle)->Sync());
    EXPECT_TRUE(volume.MakeDirectory("/dempty"));
    EXPECT_TRUE(volume.SyncDirectory("/d"));
    EXPECT_TRUE(volume.Create("/d/pending"));
    std::unique_ptr<File> file = *volume.OpenForAppend("/d/handle");
    EXPECT_TRUE(file->Append("unsynced"));
    return file;
  }

  void LookAround() {
    seen_.alive = world_.IsAlive(process_);
    for (const char* path : {"/d/old", "/d/new", "/d/handle", "/d/pending", "/d/put"}) {
      seen_.files[path] = {world_.ReadSharedFile(path), world_.ReadDurableSharedFile(path)};
    }
  }

  const OperationCase& operation_;
  World world_;
  ProcessId process_;
  Observation seen_;
  std::string again_;
};

TEST(VolumeDoorTest, EveryFaultStrikesWhomItConcernsAndNobodyElse) {
  for (const OperationCase& operation : Operations()) {
    const Experiment whole(operation, {});
    EXPECT_TRUE(whole.Fired().first.empty());
    for (const FaultCase& fault : Faults()) {
      SCOPED_TRACE(operation.name + " with " + fault.name);
      const Experiment broken(operation, fault.condition);
      const auto [before, after] = broken.Fired();
      if (fault.strikes.contains(operation.name)) {
        EXPECT_TRUE(before.contains(std::to_underlying(fault.fault)));
        EXPECT_FALSE(broken.seen() == whole.seen());
      } else {
        EXPECT_TRUE(before.empty());
        EXPECT_TRUE(broken.seen() == whole.seen());
      }
      EXPECT_TRUE(after.empty());
      EXPECT_NE(broken.again(), Name(ErrorCode::kIo));
      EXPECT_NE(broken.again(), Name(ErrorCode::kUnavailable));
      EXPECT_NE(broken.again(), Name(ErrorCode::kNoSpace));
      EXPECT_NE(broken.again(), "");
    }
  }
}

// ---- Contracts that the table does not show -----------------------------------------------------

class DiskFaultTest : public testing::Test {
 protected:
  // Runs one process on host "a" to its end.
  void Run(Program program) {
    process_ = world_.AddProcess(host_, "a", std::move(program));
    world_.Run([] { return false; });
  }

  World world_{{.keep = Keep::kEverything}};
  HostId host_ = world_.AddHost("a");
  ProcessId process_;
};

TEST_F(DiskFaultTest, ALyingSyncIsMadeGoodByAnHonestOne) {
  Run([&](Environment& env) {
    const auto file = *env.disk().Create("/d/f");
    ASSERT_TRUE(env.disk().SyncDirectory("/d"));
    ASSERT_TRUE(file->Append("bytes"));
    world_.SetDisk(host_, {.lying_sync = {1, 1}});
    ASSERT_TRUE(file->Sync());
    EXPECT_EQ(world_.ReadDurableFile(host_, "/d/f"), "");
    world_.HealDisks();
    ASSERT_TRUE(file->Sync());
    EXPECT_EQ(world_.ReadDurableFile(host_, "/d/f"), "bytes");
  });
}

TEST_F(DiskFaultTest, ByDefaultAFailedSyncIsMadeGoodByALaterOne) {
  Run([&](Environment& env) {
    const auto file = *env.disk().Create("/d/f");
    ASSERT_TRUE(env.disk().SyncDirectory("/d"));
    ASSERT_TRUE(file->Append("bytes"));
    world_.SetDisk(host_, {.sync_error = {1, 1}});
    EXPECT_EQ(file->Sync().error().code, ErrorCode::kIo);
    world_.HealDisks();
    ASSERT_TRUE(file->Sync());
    EXPECT_EQ(world_.ReadDurableFile(host_, "/d/f"), "bytes");
  });
}

TEST(DiskFaultOptionsTest, AsOnLinuxAFailedSyncIsNotMadeGoodByALaterOne) {
  World world({.disk = {.failed_sync = FailedSync::kMarkedClean}});
  const HostId host = world.AddHost("a");
  world.AddProcess(host, "a", [&](Environment& env) {
    const auto file = *env.disk().Create("/d/f");
    ASSERT_TRUE(env.disk().SyncDirectory("/d"));
    ASSERT_TRUE(file->Append("bytes"));
    world.SetDisk(host, {.sync_error = {1, 1}});
    EXPECT_FALSE(file->Sync());
    world.HealDisks();
    EXPECT_TRUE(file->Sync());
    EXPECT_EQ(env.disk().Read("/d/f").value_or(""), "bytes");
    EXPECT_EQ(world.ReadDurableFile(host, "/d/f"), "");
  });
  world.Run([] { return false; });
}

TEST_F(DiskFaultTest, RottenBitsStayRotten) {
  Run([&](Environment& env) {
    ASSERT_TRUE(WriteDurably(env.disk(), "/d/f", "bytes"));
    world_.SetDisk(host_, {.bit_rot = {1, 1}});
    const Bytes rotten = *env.disk().Read("/d/f");
    EXPECT_NE(rotten, "bytes");
    world_.HealDisks();
    EXPECT_EQ(*env.disk().Read("/d/f"), rotten);
    EXPECT_EQ(world_.ReadDurableFile(host_, "/d/f"), rotten);
  });
}

TEST_F(DiskFaultTest, MisdirectedBytesLeaveZerosAndChangeNoSize) {
  Run([&](Environment& env) {
    ASSERT_TRUE(WriteDurably(env.disk(), "/d/victim", "vvvvvvvv"));
    const auto file = *env.disk().Create("/d/f");
    world_.SetDisk(host_, {.misdirected_write = {1, 1}});
    ASSERT_TRUE(file->Append("x"));
    EXPECT_EQ(*world_.ReadFile(host_, "/d/f"), Bytes(1, '\0'));
    Bytes victim = *world_.ReadFile(host_, "/d/victim");
    EXPECT_EQ(std::ranges::count(victim, 'x'), 1);
    EXPECT_EQ(victim.size(), 8U);
  });
}

TEST_F(DiskFaultTest, AFullDiskHasRoomAgainWhenFilesAreRemoved) {
  world_.SetDisk(host_, {.capacity_bytes = 8});
  Run([&](Environment& env) {
    ASSERT_TRUE(WriteDurably(env.disk(), "/d/big", "12345678"));
    const auto file = *env.disk().Create("/d/f");
    EXPECT_EQ(file->Append("x").error().code, ErrorCode::kNoSpace);
    EXPECT_EQ(env.disk().PutIfAbsent("/d/g", "x").error().code, ErrorCode::kNoSpace);
    ASSERT_TRUE(env.disk().Remove("/d/big"));
    EXPECT_TRUE(file->Append("x"));
  });
}

TEST_F(DiskFaultTest, AFrozenDiskKeepsWhatItHadAndTheWriterDies) {
  bool went_on = false;
  world_.SetDisk(host_, {.freeze_at_write = 3});
  Run([&](Environment& env) {
    const auto file = *env.disk().Create("/d/f");
    ASSERT_TRUE(env.disk().SyncDirectory("/d"));
    (void)file->Append("never");
    went_on = true;
  });
  EXPECT_FALSE(went_on);
  EXPECT_FALSE(world_.IsAlive(process_));
  EXPECT_EQ(world_.ReadFile(host_, "/d/f"), "");
}

TEST_F(DiskFaultTest, HealingLetsWhatHangsGoOn) {
  world_.SetDisk(host_, {.path_prefix = "/hung", .hung = true});
  world_.At(SimTime(5s), [&] { world_.HealDisks(); });
  SimTime other;
  SimTime hung;
  Run([&](Environment& env) {
    EXPECT_TRUE(env.disk().Create("/other"));
    other = env.Now();
    EXPECT_TRUE(env.disk().Create("/hung/f"));
    hung = env.Now();
  });
  EXPECT_LT(other, SimTime(1s));
  EXPECT_EQ(hung, SimTime(5s));
  EXPECT_EQ(world_.ListFiles(host_, "/hung"), std::vector<std::string>{"/hung/f"});
}

TEST_F(DiskFaultTest, AProcessThatHangsCanBeKilled) {
  world_.SetDisk(host_, {.hung = true});
  world_.At(SimTime(1s), [&] { world_.Crash(process_); });
  world_.At(SimTime(2s), [&] { world_.HealDisks(); });
  Run([&](Environment& env) { (void)env.disk().Create("/f"); });
  EXPECT_EQ(world_.ReadFile(host_, "/f"), std::nullopt);
}

TEST_F(DiskFaultTest, OneHostsDiskBreaksAlone) {
  world_.SetDisk(world_.AddHost("b"), {.write_error = {1, 1}});
  Run([&](Environment& env) {
    EXPECT_TRUE(env.disk().Create("/f"));
    EXPECT_TRUE(env.shared().Create("/f"));
  });
}

TEST_F(DiskFaultTest, ALateNameCanBeReadBeforeItIsListed) {
  world_.SetSharedVolume({.listing_delay_max = 10s});
  Run([&](Environment& env) {
    EXPECT_TRUE(env.shared().PutIfAbsent("/d/f", "bytes").value());
    EXPECT_TRUE(env.shared().List("/d")->empty());
    EXPECT_EQ(*env.shared().Read("/d/f"), "bytes");
    env.Sleep(10s);
    EXPECT_EQ(env.shared().List("/d")->size(), 1U);
  });
}

// ---- Paths --------------------------------------------------------------------------------------

TEST_F(DiskFaultTest, TheRootIsADirectory) {
  Run([&](Environment& env) {
    FileSystem& disk = env.disk();
    ASSERT_TRUE(disk.Create("/f"));
    ASSERT_TRUE(disk.SyncDirectory("/"));
    ASSERT_TRUE(disk.Create("/d/g"));
    ASSERT_TRUE(disk.SyncDirectory("/d/"));
    for (const char* root : {"/", ""}) {
      EXPECT_EQ(disk.List(root).value_or(std::vector<std::string>{}),
                (std::vector<std::string>{"/d/g", "/f"}));
    }
    EXPECT_EQ(disk.List("/d/")->size(), 1U);
  });
  EXPECT_EQ(world_.ReadDurableFile(host_, "/f"), "");
  EXPECT_EQ(world_.ReadDurableFile(host_, "/d/g"), "");
  EXPECT_EQ(world_.ListFiles(host_, "/").size(), 2U);
}

TEST_F(DiskFaultTest, WhatIsNoPathIsRefusedAtOnce) {
  Run([&](Environment& env) {
    FileSystem& disk = env.disk();
    ASSERT_TRUE(disk.Create("/d/f"));
    const SimTime before = env.Now();
    const auto refused = [](const auto& result) {
      return !result.has_value() && result.error().code == ErrorCode::kInvalidArgument;
    };
    for (const char* path :
         {"", "/", "f", "rel/../x", "/a/../b", "/a/./b", "/a//b", "/a/", "//a"}) {
      SCOPED_TRACE(path);
      EXPECT_TRUE(refused(disk.Create(path)));
      EXPECT_TRUE(refused(disk.OpenForAppend(path)));
      EXPECT_TRUE(refused(disk.Read(path)));
      EXPECT_TRUE(refused(disk.ReadAt(path, {})));
      EXPECT_TRUE(refused(disk.Size(path)));
      EXPECT_TRUE(refused(disk.Remove(path)));
      EXPECT_TRUE(refused(disk.Rename(path, "/g")));
      EXPECT_TRUE(refused(disk.Rename("/d/f", path)));
      EXPECT_TRUE(refused(disk.PutIfAbsent(path, "x")));
    }
    for (const char* path : {"d", "//", "/d//", "/d/..", "/./d"}) {
      EXPECT_TRUE(refused(disk.List(path))) << path;
      EXPECT_TRUE(refused(disk.SyncDirectory(path))) << path;
    }
    EXPECT_EQ(env.Now(), before);
  });
}

TEST_F(DiskFaultTest, NoFileIsMadeWhereADirectoryIsOrBelowAFile) {
  Run([&](Environment& env) {
    FileSystem& disk = env.disk();
    ASSERT_TRUE(disk.Create("/d/f"));
    for (const char* path : {"/d", "/d/f/g", "/d/f/g/h"}) {
      SCOPED_TRACE(path);
      EXPECT_EQ(disk.Create(path).error().code, ErrorCode::kInvalidArgument);
      EXPECT_EQ(disk.OpenForAppend(path).error().code, ErrorCode::kInvalidArgument);
      EXPECT_EQ(disk.Rename("/d/f", path).error().code, ErrorCode::kInvalidArgument);
      EXPECT_EQ(disk.PutIfAbsent(path, "x").error().code, ErrorCode::kInvalidArgument);
    }
    EXPECT_TRUE(disk.Create("/d/f"));
    EXPECT_TRUE(disk.Create("/d.tmp"));
    ASSERT_TRUE(disk.Remove("/d/f"));
    EXPECT_TRUE(disk.Create("/d"));
  });
}

}  // namespace
}  // namespace flinch::sim
