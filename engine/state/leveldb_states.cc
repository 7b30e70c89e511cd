#include "engine/state/leveldb_states.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "engine/state/state_unavailable.h"
#include "sim/check.h"

namespace flinch::engine {
namespace {

constexpr size_t kIngestedAtOnce = 1'000;  // entries

template <typename Number>
void PutBigEndian(sim::Bytes& out, Number number) {
  for (size_t shift = 8 * sizeof number; shift > 0;) {
    shift -= 8;
    out.push_back(static_cast<char>(static_cast<uint8_t>(number >> shift)));
  }
}

template <typename Number>
Number TakeBigEndian(std::string_view& bytes) {
  Number number = 0;
  for (size_t i = 0; i < sizeof number && !bytes.empty(); ++i) {
    number =
        static_cast<Number>(static_cast<Number>(number << 8) | static_cast<uint8_t>(bytes.front()));
    bytes.remove_prefix(1);
  }
  return number;
}

sim::Bytes StatePrefix(KeyGroup group, uint16_t state) {
  sim::Bytes prefix;
  PutBigEndian(prefix, static_cast<uint16_t>(group.value()));
  PutBigEndian(prefix, state);
  return prefix;
}

void PutKey(sim::Bytes& out, int32_t hash, std::string_view key) {
  PutBigEndian(out, static_cast<uint32_t>(hash));
  PutBigEndian(out, static_cast<uint32_t>(key.size()));
  out.append(key);
}

std::unexpected<sim::Error> StrangeKey(std::string_view directory) {
  return sim::Fail(
      sim::ErrorCode::kCorruption,
      fmt::format("The state database {} holds a key that no state wrote.", directory));
}

std::unexpected<sim::Error> DamagedValue(std::string_view state) {
  return sim::Fail(
      sim::ErrorCode::kCorruption,
      fmt::format("The restored state \"{}\" holds a value that is none of its type: the "
                  "checkpoint is damaged. Restore from another one.",
                  state));
}

template <typename T>
T ValueOrThrow(sim::Result<T> result) {
  if (!result) {
    throw StateUnavailable(std::move(result).error());
  }
  if constexpr (!std::is_void_v<T>) {
    return *std::move(result);
  }
}

}  // namespace

std::optional<StoredKey> ReadStoredKey(std::string_view bytes) {
  constexpr size_t kHead = 2 * sizeof(uint16_t) + 2 * sizeof(uint32_t);
  if (bytes.size() < kHead) {
    return std::nullopt;
  }
  StoredKey stored;
  stored.group = KeyGroup(TakeBigEndian<uint16_t>(bytes));
  stored.state = TakeBigEndian<uint16_t>(bytes);
  stored.hash = static_cast<int32_t>(TakeBigEndian<uint32_t>(bytes));
  const auto length = TakeBigEndian<uint32_t>(bytes);
  if (length > bytes.size()) {
    return std::nullopt;
  }
  stored.key = bytes.substr(0, length);
  stored.space = bytes.substr(length);
  return stored;
}

// ---- One state ----------------------------------------------------------------------------------

sim::Bytes LevelDbTable::KeyOf(std::string_view space) const {
  sim::Check(core().has_key, "keyed state was used without a current key");
  sim::Bytes key = StatePrefix(states_.Absolute(core().CurrentGroup()), number_);
  PutKey(key, core().key_hash, core().key);
  key.append(space);
  return key;
}

std::optional<sim::Bytes> LevelDbTable::Get(std::string_view space) const {
  return ValueOrThrow(states_.store_->Get(KeyOf(space)));
}

void LevelDbTable::ForEach(
    const std::function<void(std::string_view space, std::string_view value)>& visit) const {
  const sim::Bytes prefix = KeyOf({});
  ValueOrThrow(
      states_.store_->Scan(prefix, nullptr, [&](std::string_view key, std::string_view value) {
        visit(key.substr(prefix.size()), value);
        return true;
      }));
}

LevelDbCache& LevelDbTable::Cache(const std::function<std::unique_ptr<LevelDbCache>()>& make) {
  if (cache_ == nullptr) {
    cache_ = make();
  }
  return *cache_;
}

bool LevelDbTable::Absorb(KeyNumber, std::string_view, std::string_view, const StateMeta*) {
  sim::Unreachable("state of a database is restored entry by entry");
}

// A value with its time begins with it; what else a list has cannot be told without its types.
bool LevelDbTable::IsOver(std::string_view value) const {
  if (meta().kind == StateKind::kList) {
    return false;
  }
  Decoder in(value);
  int64_t last_access = 0;
  Read(in, last_access);
  return in.good() && ttl()->HasExpired(last_access);
}

uint32_t LevelDbTable::EncodeGroup(uint32_t group, const FrozenView* view, Encoder& out) const {
  uint32_t count = 0;
  const bool is_frozen = view != nullptr && !view->reads_live;
  sim::Result<void> read = states_.store_->Scan(
      StatePrefix(states_.Absolute(group), number_), is_frozen ? view->disk : nullptr,
      [&](std::string_view key, std::string_view value) {
        const std::optional<StoredKey> stored = ReadStoredKey(key);
        if (!stored) {
          states_.failure_ = StrangeKey(states_.store_->directory());
          return false;
        }
        if (filters() && IsOver(value)) {
          return true;
        }
        out.Text(stored->key);
        Write(out, stored->hash);
        out.Text(stored->space);
        out.Text(value);
        ++count;
        return true;
      });
  if (!read && states_.failure_) {
    states_.failure_ = std::move(read);
  }
  return count;
}

// ---- All of them --------------------------------------------------------------------------------

LevelDbTable* LevelDbStates::Find(std::string_view name) const {
  const auto found = tables_.find(name);
  return found == tables_.end() ? nullptr : found->second.get();
}

LevelDbTable& LevelDbStates::Add(const StateMeta& meta) {
  auto table = std::make_unique<LevelDbTable>(meta, core_, *this, ++last_number_);
  LevelDbTable& added = *table;
  tables_.emplace(meta.name, std::move(table));
  return added;
}

void LevelDbStates::LeaveKey() {
  for (const auto& [name, table] : tables_) {
    table->Leave(changes_);
  }
  if (changes_.empty()) {
    return;
  }
  const sim::Result<void> written = store_->Apply(changes_);
  changes_.clear();
  ValueOrThrow(written);
}

sim::Result<void> LevelDbStates::Ingest(LevelDbTable& table, uint32_t group,
                                        const EncodedEntry& entry) {
  sim::Bytes key = StatePrefix(Absolute(group), table.number());
  PutKey(key, entry.key_hash, entry.key);
  key.append(entry.space);
  changes_.push_back({.key = std::move(key), .value = sim::Bytes(entry.value)});
  table.Count(1);
  return changes_.size() < kIngestedAtOnce ? sim::Result<void>() : EndIngest();
}

sim::Result<void> LevelDbStates::EndIngest() {
  sim::Result<void> written = store_->Apply(changes_);
  changes_.clear();
  return written;
}

std::pair<std::unique_ptr<LevelDbStore::PinnedTables>, DatabaseContent> LevelDbStates::Pin() {
  LeaveKey();
  std::unique_ptr<LevelDbStore::PinnedTables> tables = ValueOrThrow(store_->Flush());
  DatabaseContent content{
      .first = range_.first, .last = range_.last, .states = {}, .heads = tables->heads()};
  for (const auto& [name, table] : tables_) {
    content.states.push_back(
        {.number = table->number(), .meta = table->meta(), .entries = table->entries()});
  }
  return {std::move(tables), std::move(content)};
}

void LevelDbStates::Adopt(const DatabaseContent& content) {
  for (const DatabaseContent::State& state : content.states) {
    auto table = std::make_unique<LevelDbTable>(state.meta, core_, *this, state.number);
    table->Count(static_cast<int64_t>(state.entries));
    tables_.emplace(state.meta.name, std::move(table));
    last_number_ = std::max(last_number_, state.number);
  }
}

sim::Result<void> LevelDbStates::Merge(const LevelDbStore& other, const DatabaseContent& content) {
  const uint32_t first = std::max(range_.first, content.first).value();
  const uint32_t last = std::min(range_.last, content.last).value();
  for (uint32_t group = first; group <= last; ++group) {
    for (const DatabaseContent::State& state : content.states) {
      LevelDbTable* const known = Find(state.meta.name);
      LevelDbTable& table = known == nullptr ? Add(state.meta) : *known;
      sim::Result<void> added;
      const sim::Result<void> read =
          other.Scan(StatePrefix(KeyGroup(group), state.number), nullptr,
                     [&](std::string_view key, std::string_view value) {
                       const std::optional<StoredKey> stored = ReadStoredKey(key);
                       added = stored ? Ingest(table, group - range_.first.value(),
                                               {.key = stored->key,
                                                .key_hash = stored->hash,
                                                .space = stored->space,
                                                .value = value})
                                      : StrangeKey(other.directory());
                       return added.has_value();
                     });
      if (!read || !added) {
        return read ? added : read;
      }
    }
  }
  return EndIngest();
}

sim::Result<void> LevelDbStates::Migrate(LevelDbTable& table, const StateSchema& schema) {
  sim::Check(!table.is_registered(), "the state {} is migrated under a handle", table.meta().name);
  for (uint32_t group = range_.first.value(); group <= range_.last.value(); ++group) {
    sim::Result<void> migrated;
    sim::Result<void> read =
        store_->Scan(StatePrefix(KeyGroup(group), table.number()), nullptr,
                     [&](std::string_view key, std::string_view value) {
                       std::optional<sim::Bytes> bytes = schema.migrate(table.meta(), value);
                       if (!bytes) {
                         migrated = DamagedValue(table.meta().name);
                         return false;
                       }
                       changes_.push_back({.key = sim::Bytes(key), .value = *std::move(bytes)});
                       return true;
                     });
    if (!read || !migrated) {
      changes_.clear();
      return migrated ? read : migrated;
    }
    if (sim::Result<void> written = EndIngest(); !written) {
      return written;
    }
  }
  table.SetMeta(schema.meta);
  return {};
}

sim::Result<void> LevelDbStates::Clip(KeyGroupRange had) {
  for (uint32_t group = had.first.value(); group <= had.last.value(); ++group) {
    if (range_.Contains(KeyGroup(group))) {
      continue;
    }
    for (const auto& [name, table] : tables_) {
      const sim::Result<void> read =
          store_->Scan(StatePrefix(KeyGroup(group), table->number()), nullptr,
                       [&](std::string_view key, std::string_view) {
                         changes_.push_back({.key = sim::Bytes(key), .value = std::nullopt});
                         table->Count(-1);
                         return true;
                       });
      if (!read) {
        return read;
      }
    }
    if (sim::Result<void> removed = EndIngest(); !removed) {
      return removed;
    }
  }
  return {};
}

}  // namespace flinch::engine
