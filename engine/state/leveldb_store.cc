#include "engine/state/leveldb_store.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <leveldb/db.h>
#include <leveldb/filter_policy.h>
#include <leveldb/write_batch.h>

#include "engine/state/leveldb_env.h"
#include "sim/check.h"

namespace flinch::engine {
namespace {

constexpr int kBitsOfAKey = 10;  // of its filters: one look in a hundred is for nothing
constexpr std::string_view kTable = ".ldb";

leveldb::Slice SliceOf(std::string_view text) { return {text.data(), text.size()}; }

std::string_view TextOf(const leveldb::Slice& slice) { return {slice.data(), slice.size()}; }

sim::Result<void> ResultOf(const std::string& directory, const leveldb::Status& status) {
  if (status.ok()) {
    return {};
  }
  return sim::Fail(status.IsCorruption() ? sim::ErrorCode::kCorruption : sim::ErrorCode::kIo,
                   fmt::format("The state database {} failed: {}.", directory, status.ToString()));
}

class View final : public LevelDbView {
 public:
  explicit View(leveldb::DB& db) : db_(db), snapshot_(db.GetSnapshot()) {}

  ~View() override { db_.ReleaseSnapshot(snapshot_); }

  View(const View&) = delete;
  View& operator=(const View&) = delete;

  const leveldb::Snapshot* snapshot() const { return snapshot_; }

 private:
  leveldb::DB& db_;
  const leveldb::Snapshot* snapshot_;
};

}  // namespace

struct LevelDbStore::Parts {
  Parts(sim::Environment& environment, sim::FileSystem& at_once)
      : disk(at_once), env(environment, at_once, LevelDbEnv::Logs::kDropped) {}

  // LevelDB waits for its background work before it ends.
  ~Parts() {
    env.Drain();
    db.reset();
  }

  sim::FileSystem& disk;
  LevelDbEnv env;
  std::unique_ptr<const leveldb::FilterPolicy> filter;
  std::unique_ptr<leveldb::DB> db;
  bool is_flushed = true;  // nothing was written since the last table
};

LevelDbStore::LevelDbStore(std::string directory, std::unique_ptr<Parts> parts)
    : directory_(std::move(directory)), parts_(std::move(parts)) {}

LevelDbStore::~LevelDbStore() = default;

sim::Result<std::unique_ptr<LevelDbStore>> LevelDbStore::Open(sim::Environment& environment,
                                                              std::string directory,
                                                              const LevelDbOptions& options) {
  auto parts = std::make_unique<Parts>(environment, environment.disk().AtOnce());
  parts->filter.reset(leveldb::NewBloomFilterPolicy(kBitsOfAKey));
  leveldb::Options how;
  how.create_if_missing = true;
  how.paranoid_checks = true;
  how.env = &parts->env;
  how.write_buffer_size = options.write_buffer_bytes;
  how.filter_policy = parts->filter.get();
  how.compression = leveldb::kNoCompression;  // sizes are the same on every machine
  leveldb::DB* db = nullptr;
  const leveldb::Status opened = leveldb::DB::Open(how, directory, &db);
  parts->db.reset(db);
  parts->env.Drain();
  if (!opened.ok()) {
    return sim::Fail(ResultOf(directory, opened));
  }
  return std::unique_ptr<LevelDbStore>(new LevelDbStore(std::move(directory), std::move(parts)));
}

sim::Result<std::optional<sim::Bytes>> LevelDbStore::Get(std::string_view key) const {
  leveldb::ReadOptions how;
  how.verify_checksums = true;
  sim::Bytes value;
  const leveldb::Status got = parts_->db->Get(how, SliceOf(key), &value);
  if (got.IsNotFound()) {
    return std::nullopt;
  }
  if (!got.ok()) {
    return sim::Fail(ResultOf(directory_, got));
  }
  return value;
}

sim::Result<void> LevelDbStore::Apply(std::span<const Change> changes) {
  if (changes.empty()) {
    return {};
  }
  leveldb::WriteBatch batch;
  for (const Change& change : changes) {
    if (change.value) {
      batch.Put(SliceOf(change.key), SliceOf(*change.value));
    } else {
      batch.Delete(SliceOf(change.key));
    }
  }
  parts_->is_flushed = false;
  const leveldb::Status written = parts_->db->Write(leveldb::WriteOptions(), &batch);
  parts_->env.DrainWrites();
  return ResultOf(directory_, written);
}

sim::Result<void> LevelDbStore::Scan(std::string_view prefix, const LevelDbView* view,
                                     const Visitor& visit) const {
  leveldb::ReadOptions how;
  how.verify_checksums = true;
  how.snapshot = view == nullptr ? nullptr : dynamic_cast<const View&>(*view).snapshot();
  leveldb::Status status;
  {
    const std::unique_ptr<leveldb::Iterator> at(parts_->db->NewIterator(how));
    for (at->Seek(SliceOf(prefix)); at->Valid() && TextOf(at->key()).starts_with(prefix);
         at->Next()) {
      if (!visit(TextOf(at->key()), TextOf(at->value()))) {
        break;
      }
    }
    status = at->status();
  }
  return ResultOf(directory_, status);
}

std::unique_ptr<const LevelDbView> LevelDbStore::Freeze() {
  return std::make_unique<const View>(*parts_->db);
}

void LevelDbStore::Settle() { parts_->env.Pay(); }

sim::Result<std::unique_ptr<LevelDbStore::PinnedTables>> LevelDbStore::Flush() {
  if (!std::exchange(parts_->is_flushed, true)) {
    // Without a batch: what is in memory becomes a table.
    const leveldb::Status flushed = parts_->db->Write(leveldb::WriteOptions(), nullptr);
    parts_->env.DrainWrites();
    if (!flushed.ok()) {
      return sim::Fail(ResultOf(directory_, flushed));
    }
  }
  const sim::Result<std::vector<sim::DirectoryEntry>> entries = parts_->disk.Entries(directory_);
  if (!entries) {
    return sim::Fail(entries);
  }
  std::vector<std::string> tables;
  for (const sim::DirectoryEntry& entry : *entries) {
    if (entry.name.ends_with(kTable) && !parts_->env.IsDoomed(directory_ + "/" + entry.name)) {
      tables.push_back(entry.name);
    }
  }
  std::vector<NamedBytes> heads;
  sim::Result<sim::Bytes> current = parts_->disk.Read(directory_ + "/CURRENT");
  if (!current) {
    return sim::Fail(current);
  }
  const std::string manifest = current->substr(0, current->find('\n'));
  heads.push_back({.name = "CURRENT", .bytes = *std::move(current)});
  sim::Result<sim::Bytes> content = parts_->disk.Read(directory_ + "/" + manifest);
  if (!content) {
    return sim::Fail(content);
  }
  heads.push_back({.name = manifest, .bytes = *std::move(content)});
  return std::make_unique<PinnedTables>(*this, std::move(tables), std::move(heads));
}

LevelDbStore::PinnedTables::PinnedTables(LevelDbStore& store, std::vector<std::string> names,
                                         std::vector<NamedBytes> heads)
    : store_(store), names_(std::move(names)), heads_(std::move(heads)) {
  for (const std::string& name : names_) {
    store_.parts_->env.Pin(PathOf(name));
  }
}

LevelDbStore::PinnedTables::~PinnedTables() {
  for (const std::string& name : names_) {
    store_.parts_->env.Unpin(PathOf(name));
  }
}

std::string LevelDbStore::PinnedTables::PathOf(const std::string& name) const {
  return store_.directory() + "/" + name;
}

std::string StateDirectoryOf(std::string_view process) { return fmt::format("/state/{}", process); }

sim::Result<void> RemoveDatabase(sim::FileSystem& disk, const std::string& directory) {
  const sim::Result<std::vector<std::string>> files = disk.List(directory);
  if (!files) {
    return sim::Fail(files);
  }
  for (const std::string& file : *files) {
    const sim::Result<void> removed = disk.Remove(file);
    if (!removed && removed.error().code != sim::ErrorCode::kNotFound) {
      return removed;
    }
  }
  const sim::Result<void> removed = disk.RemoveDirectory(directory);
  return removed || removed.error().code == sim::ErrorCode::kNotFound ? sim::Result<void>()
                                                                      : removed;
}

}  // namespace flinch::engine
