#include "engine/state/leveldb_reader.h"

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <leveldb/db.h>
#include <leveldb/env.h>
#include <leveldb/helpers/memenv.h>

namespace flinch::engine {
namespace {

constexpr std::string_view kDirectory = "/database";

// Files are in memory, and nothing is done by another thread.
class Still final : public leveldb::EnvWrapper {
 public:
  Still() : EnvWrapper(leveldb::Env::Default()) {}

  void Schedule(void (*function)(void*), void* argument) override {
    waiting_.emplace_back(function, argument);
  }

  void StartThread(void (*function)(void*), void* argument) override {
    Schedule(function, argument);
  }

  uint64_t NowMicros() override { return 0; }

  void SleepForMicroseconds(int) override {}

  void Drain() {
    while (!waiting_.empty()) {
      const auto [function, argument] = waiting_.front();
      waiting_.pop_front();
      function(argument);
    }
  }

 private:
  std::deque<std::pair<void (*)(void*), void*>> waiting_;
};

sim::Result<void> ResultOf(const leveldb::Status& status) {
  return status.ok() ? sim::Result<void>()
                     : sim::Fail(sim::ErrorCode::kCorruption,
                                 fmt::format("The files of a state database are damaged: {}.",
                                             status.ToString()));
}

leveldb::Status Put(leveldb::Env& env, const NamedBytes& file) {
  return leveldb::WriteStringToFile(&env, file.bytes, fmt::format("{}/{}", kDirectory, file.name));
}

sim::Result<void> Visit(leveldb::DB& db, const DatabaseContent& content,
                        const DatabaseVisitor& visit) {
  std::map<uint16_t, const StateMeta*> states;
  for (const DatabaseContent::State& state : content.states) {
    states[state.number] = &state.meta;
  }
  leveldb::ReadOptions how;
  how.verify_checksums = true;
  const std::unique_ptr<leveldb::Iterator> at(db.NewIterator(how));
  for (at->SeekToFirst(); at->Valid(); at->Next()) {
    const std::optional<StoredKey> key = ReadStoredKey({at->key().data(), at->key().size()});
    const auto state = key ? states.find(key->state) : states.end();
    if (state == states.end()) {
      return ResultOf(leveldb::Status::Corruption("a key that no state wrote"));
    }
    visit(key->group, *state->second,
          {.key = key->key,
           .key_hash = key->hash,
           .space = key->space,
           .value = {at->value().data(), at->value().size()}});
  }
  return ResultOf(at->status());
}

}  // namespace

sim::Result<void> ReadDatabase(const DatabaseContent& content,
                               const std::vector<NamedBytes>& tables,
                               const DatabaseVisitor& visit) {
  Still still;
  const std::unique_ptr<leveldb::Env> env(leveldb::NewMemEnv(&still));
  for (const std::vector<NamedBytes>* const files : {&content.heads, &tables}) {
    for (const NamedBytes& file : *files) {
      if (const leveldb::Status put = Put(*env, file); !put.ok()) {
        return ResultOf(put);
      }
    }
  }
  leveldb::Options how;
  how.env = env.get();
  how.paranoid_checks = true;
  how.compression = leveldb::kNoCompression;
  leveldb::DB* opened = nullptr;
  const leveldb::Status status = leveldb::DB::Open(how, std::string(kDirectory), &opened);
  std::unique_ptr<leveldb::DB> db(opened);
  still.Drain();
  sim::Result<void> visited = ResultOf(status);
  if (visited) {
    visited = Visit(*db, content, visit);
  }
  still.Drain();
  db.reset();
  return visited;
}

}  // namespace flinch::engine
