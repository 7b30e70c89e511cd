#include "engine/state/keyed_state_backend.h"

#include <algorithm>
#include <set>

#include "engine/serializer.h"
#include "sim/check.h"

namespace flinch::engine {
namespace {

EncodedEntry ReadEntry(Decoder& in) {
  EncodedEntry entry;
  entry.key = in.Text();
  Read(in, entry.key_hash);
  entry.space = in.Text();
  entry.value = in.Text();
  return entry;
}

// One state of a group: its meta, how many entries it has, and their bytes.
struct EncodedState {
  StateMeta meta;
  uint32_t entries = 0;
  std::string_view bytes;
};

// Nothing when the bytes are none of a snapshot's. States stand in the order of their names, each
// with an entry at least.
std::optional<std::vector<EncodedState>> ReadStates(std::string_view bytes) {
  Decoder in(bytes);
  uint32_t count = 0;
  Read(in, count);
  std::vector<EncodedState> states;
  for (uint32_t i = 0; i < count && in.good(); ++i) {
    EncodedState state;
    Read(in, state.meta);
    Read(in, state.entries);
    state.bytes = in.Text();
    Decoder entries(state.bytes);
    for (uint32_t k = 0; k < state.entries && entries.good(); ++k) {
      (void)ReadEntry(entries);
    }
    const bool in_order = states.empty() || states.back().meta.name < state.meta.name;
    if (!entries.good() || entries.remaining() > 0 || state.entries == 0 || !in_order) {
      return std::nullopt;
    }
    states.push_back(std::move(state));
  }
  if (!in.good() || in.remaining() > 0 || states.empty()) {
    return std::nullopt;
  }
  return states;
}

std::unexpected<sim::Error> DamagedGroup(KeyGroup group, size_t bytes) {
  return sim::Fail(sim::ErrorCode::kCorruption,
                   fmt::format("The snapshot of key group {} is damaged: its {} bytes are not what "
                               "a snapshot writes. Restore from another checkpoint.",
                               group.value(), bytes));
}

std::unexpected<sim::Error> OtherType(const StateMeta& old, const StateMeta& now,
                                      std::string_view who) {
  return sim::Fail(
      sim::ErrorCode::kInvalidArgument,
      fmt::format("The state \"{}\" is a {} in this job and {} a {}. Give the new state "
                  "a name of its own.",
                  now.name, DescribeState(now), who, DescribeState(old)));
}

// A restored state of which nothing of the job's type comes.
std::unexpected<sim::Error> NoWay(const StateMeta& old, const StateMeta& now) {
  const std::string fact =
      fmt::format("The state \"{}\" is a {} in this job and was in the restored checkpoint a {}",
                  now.name, DescribeState(now), DescribeState(old));
  const auto refused = [&fact](std::string_view why) {
    return sim::Fail(sim::ErrorCode::kInvalidArgument, fmt::format("{}{}", fact, why));
  };
  if (old.kind == now.kind && old.spaces != now.spaces) {
    return refused(
        ": keys within a state do not evolve, values do. Give the new state a name of its own.");
  }
  if (old.kind == now.kind && old.version > now.version) {
    return refused(
        ": a later version of the job wrote it. Run that, or restore what this one has written.");
  }
  if (old.kind == now.kind && old.version < now.version) {
    return refused(
        ", from which no step leads to it. Name that type as Before, with a From "
        "(engine/state/state_schema.h), or give the new state a name of its own.");
  }
  return refused(". Give the new state a name of its own.");
}

std::unexpected<sim::Error> OtherKeys(std::string_view state) {
  return sim::Fail(
      sim::ErrorCode::kInvalidArgument,
      fmt::format("The restored state \"{}\" has keys that are none of the type that the stream "
                  "is keyed by: keys do not evolve, since their hash has decided where state lies. "
                  "Key the stream as before, or give the operator another uid.",
                  state));
}

std::unexpected<sim::Error> TwiceThere(std::string_view state) {
  return sim::Fail(
      sim::ErrorCode::kCorruption,
      fmt::format("The restored state \"{}\" holds an entry that is none of its type, or is "
                  "there twice: the checkpoint is damaged. Restore from another one.",
                  state));
}

sim::Result<void> Ingest(LevelDbStates& disk, uint32_t group, const EncodedState& state) {
  LevelDbTable* const known = disk.Find(state.meta.name);
  LevelDbTable& table = known == nullptr ? disk.Add(state.meta) : *known;
  std::set<std::pair<std::string_view, std::string_view>> seen;
  Decoder entries(state.bytes);
  for (uint32_t i = 0; i < state.entries; ++i) {
    const EncodedEntry entry = ReadEntry(entries);
    if (!seen.emplace(entry.key, entry.space).second) {
      return TwiceThere(state.meta.name);
    }
    if (sim::Result<void> ingested = disk.Ingest(table, group, entry); !ingested) {
      return ingested;
    }
  }
  return disk.EndIngest();
}

}  // namespace

sim::Result<void> ReadKeyGroup(KeyGroup group, std::string_view bytes,
                               const EncodedEntryVisitor& visit) {
  const std::optional<std::vector<EncodedState>> states = ReadStates(bytes);
  if (!states) {
    return DamagedGroup(group, bytes.size());
  }
  for (const EncodedState& state : *states) {
    Decoder entries(state.bytes);
    for (uint32_t i = 0; i < state.entries; ++i) {
      visit(state.meta, ReadEntry(entries));
    }
  }
  return {};
}

KeyedStateBackend::KeyedStateBackend(KeyGroupRange range, uint32_t max_parallelism)
    : range_(range),
      max_parallelism_(max_parallelism),
      core_(range.last.value() - range.first.value() + 1),
      restored_(core_.keys.groups()) {
  sim::Check(range.first <= range.last, "the key groups {} to {} are no range", range.first.value(),
             range.last.value());
  sim::Check(range.last.value() < max_parallelism, "key group {} is none of {} groups",
             range.last.value(), max_parallelism);
}

KeyedStateBackend::~KeyedStateBackend() = default;

uint32_t KeyedStateBackend::GroupOf(int32_t key_hash) const {
  const KeyGroup group = KeyGroupFor(key_hash, max_parallelism_);
  sim::Check(range_.Contains(group),
             "a key of group {} came to the subtask that owns the groups {} to {}", group.value(),
             range_.first.value(), range_.last.value());
  return group.value() - range_.first.value();
}

void KeyedStateBackend::KeepOnDisk(std::unique_ptr<LevelDbStore> store,
                                   const DatabaseContent* content) {
  sim::Check(tables_.empty() && waiting_.empty(), "state moves to a disk after it is there");
  disk_ = std::make_unique<LevelDbStates>(core_, range_, std::move(store));
  if (content != nullptr) {
    disk_->Adopt(*content);
  }
}

// One key tells for all.
sim::Result<void> KeyedStateBackend::CheckKeysOnDisk() const {
  if (is_key_ == nullptr) {
    return {};
  }
  sim::Result<void> checked;
  sim::Result<void> read =
      disk_->store().Scan({}, nullptr, [this, &checked](std::string_view key, std::string_view) {
        const std::optional<StoredKey> stored = ReadStoredKey(key);
        if (!stored || is_key_(stored->key, stored->hash)) {
          return false;
        }
        for (const auto& [name, table] : disk_->tables()) {
          if (table->number() == stored->state) {
            checked = OtherKeys(name);
          }
        }
        return false;
      });
  return read ? checked : read;
}

const Ttl& KeyedStateBackend::AddTtl(const std::string& name, const StateTtlConfig& config,
                                     Ttl::Clock clock) {
  sim::Check(clock != nullptr, "the state {} has a time to live, and nobody knows the time", name);
  std::unique_ptr<Ttl>& ttl = ttls_[name];
  if (ttl == nullptr) {
    ttl = std::make_unique<Ttl>(config, std::move(clock));
  }
  return *ttl;
}

void KeyedStateBackend::GiveTtl(StateTable& table) const {
  if (const auto ttl = ttls_.find(table.meta().name); ttl != ttls_.end()) {
    table.SetTtl(*ttl->second);
  }
}

sim::Result<LevelDbTable*> KeyedStateBackend::RegisterOnDisk(const StateSchema& schema) {
  const StateMeta& meta = schema.meta;
  if (const auto known = tables_.find(meta.name); known != tables_.end()) {
    return OtherType(known->second->meta(), meta, "also");
  }
  LevelDbTable* const table = disk_->Find(meta.name);
  if (table == nullptr) {
    LevelDbTable& added = disk_->Add(meta);
    GiveTtl(added);
    return &added;
  }
  if (table->meta() != meta) {
    if (sim::Result<void> adapted = AdaptOnDisk(*table, schema); !adapted) {
      return sim::Fail(adapted);
    }
  }
  GiveTtl(*table);
  return table;
}

sim::Result<void> KeyedStateBackend::AdaptOnDisk(LevelDbTable& table, const StateSchema& schema) {
  if (table.is_registered()) {
    return OtherType(table.meta(), schema.meta, "also");
  }
  sim::Check(core_.views.empty(), "the state {} is registered during a snapshot", schema.meta.name);
  switch (schema.Of(table.meta())) {
    case SchemaCompatibility::kIncompatible:
      return NoWay(table.meta(), schema.meta);
    case SchemaCompatibility::kAfterMigration:
      if (!skips_migrations_) {
        return disk_->Migrate(table, schema);
      }
      break;
    case SchemaCompatibility::kAsIs:
      break;
  }
  table.SetMeta(schema.meta);
  return {};
}

sim::Result<StateTable*> KeyedStateBackend::RegisterTable(
    const StateSchema& schema, const std::function<std::unique_ptr<StateTable>()>& make) {
  const StateMeta& meta = schema.meta;
  if (const auto known = tables_.find(meta.name); known != tables_.end()) {
    if (known->second->meta() != meta) {
      return OtherType(known->second->meta(), meta, "also");
    }
    return known->second.get();
  }
  const auto waiting = waiting_.find(meta.name);
  const SchemaCompatibility compatibility =
      waiting == waiting_.end() ? SchemaCompatibility::kAsIs : schema.Of(waiting->second.meta);
  if (compatibility == SchemaCompatibility::kIncompatible) {
    return NoWay(waiting->second.meta, meta);
  }
  std::unique_ptr<StateTable> table = make();
  GiveTtl(*table);
  sim::Check(core_.views.empty(), "the state {} is registered during a snapshot", meta.name);
  if (waiting != waiting_.end()) {
    const bool migrates = compatibility == SchemaCompatibility::kAfterMigration;
    if (sim::Result<void> absorbed =
            Absorb(*table, waiting->second, migrates && !skips_migrations_);
        !absorbed) {
      return sim::Fail(absorbed);
    }
    waiting_.erase(waiting);
  }
  return tables_.emplace(meta.name, std::move(table)).first->second.get();
}

sim::Result<void> KeyedStateBackend::Absorb(StateTable& table, const Waiting& waiting,
                                            bool migrates) {
  for (const auto& [group, part] : waiting.groups) {
    Decoder in(part.bytes);
    for (uint32_t i = 0; i < part.entries; ++i) {
      const EncodedEntry entry = ReadEntry(in);
      KeyNumber key = core_.keys.Find(entry.key, entry.key_hash);
      if (key == kNoKey) {
        key = core_.keys.Add(entry.key, entry.key_hash, group);
      }
      if (!table.Absorb(key, entry.space, entry.value, migrates ? &waiting.meta : nullptr)) {
        return TwiceThere(table.meta().name);
      }
    }
  }
  if (core_.has_key && core_.current == kNoKey) {
    core_.current = core_.keys.Find(core_.key, core_.key_hash);  // it may be one of them
  }
  return {};
}

void KeyedStateBackend::Clear() {
  sim::Check(disk_ == nullptr && core_.views.empty(), "state is cleared that others look at");
  for (const auto& [name, table] : tables_) {
    table->Clear();
  }
}

size_t KeyedStateBackend::entries() const {
  size_t entries = 0;
  for (const auto& [name, table] : tables_) {
    entries += table->entries();
  }
  for (const auto& [name, waiting] : waiting_) {
    for (const auto& [group, part] : waiting.groups) {
      entries += part.entries;
    }
  }
  if (disk_ != nullptr) {
    for (const auto& [name, table] : disk_->tables()) {
      entries += table->entries();
    }
  }
  return entries;
}

sim::Bytes KeyedStateBackend::EncodeGroup(uint32_t group, const FrozenView* view) const {
  // By name, over both: what was never registered looks as if it had been.
  std::map<std::string_view, std::pair<const StateTable*, const Waiting*>> states;
  for (const auto& [name, table] : tables_) {
    states[name] = {table.get(), nullptr};
  }
  for (const auto& [name, waiting] : waiting_) {
    states[name] = {nullptr, &waiting};
  }
  if (disk_ != nullptr && (view == nullptr || !view->leaves_disk_out)) {
    for (const auto& [name, table] : disk_->tables()) {
      states[name] = {table.get(), nullptr};
    }
  }
  Encoder content;
  uint32_t count = 0;
  for (const auto& [name, state] : states) {
    Encoder entries;
    uint32_t written = 0;
    if (state.first != nullptr) {
      written = state.first->EncodeGroup(group, view, entries);
    } else if (const auto part = state.second->groups.find(group);
               part != state.second->groups.end()) {
      written = part->second.entries;
      entries.Raw(part->second.bytes.data(), part->second.bytes.size());
    }
    if (written > 0) {
      Write(content, state.first != nullptr ? state.first->meta() : state.second->meta);
      Write(content, written);
      content.Text(entries.bytes());
      ++count;
    }
  }
  if (count == 0) {
    return {};
  }
  Encoder out;
  Write(out, count);
  out.Raw(content.bytes().data(), content.size());
  return out.Take();
}

KeyedStateBackend::View::View(KeyedStateBackend& backend, bool reads_live)
    : backend_(backend), frozen_{.version = backend.core_.version, .reads_live = reads_live} {
  if (backend_.disk_ != nullptr) {
    backend_.disk_->LeaveKey();
    on_disk_ = backend_.disk_->store().Freeze();
    frozen_.disk = on_disk_.get();
  }
  ++backend_.core_.version;
  backend_.core_.views.push_back(&frozen_);
}

sim::Result<void> KeyedStateBackend::View::result() const {
  return backend_.disk_ == nullptr ? sim::Result<void>() : backend_.disk_->failure();
}

KeyedStateBackend::View::~View() {
  std::erase(backend_.core_.views, &frozen_);
  for (const auto& [name, table] : backend_.tables_) {
    table->Release(frozen_.version);
  }
}

std::optional<std::pair<KeyGroup, sim::Bytes>> KeyedStateBackend::View::Next() {
  while (frozen_.next_group < backend_.core_.keys.groups()) {
    const uint32_t group = frozen_.next_group;
    sim::Bytes bytes = backend_.EncodeGroup(group, &frozen_);
    ++frozen_.next_group;
    if (!bytes.empty()) {
      return std::pair(KeyGroup(backend_.range_.first.value() + group), std::move(bytes));
    }
  }
  return std::nullopt;
}

std::unique_ptr<KeyedStateBackend::View> KeyedStateBackend::Freeze(bool reads_live) {
  return std::make_unique<View>(*this, reads_live);
}

std::unique_ptr<KeyedStateBackend::View> KeyedStateBackend::FreezeFiles() {
  auto view = std::make_unique<View>(*this, false);
  if (disk_ != nullptr) {
    auto [pinned, content] = disk_->Pin();
    view->frozen_.leaves_disk_out = true;
    view->files_ = {.range = range_,
                    .directory = disk_->store().directory(),
                    .names = pinned->names(),
                    .content = Encode(content)};
    view->pinned_ = std::move(pinned);
  }
  return view;
}

std::map<KeyGroup, sim::Bytes> KeyedStateBackend::Snapshot() {
  std::map<KeyGroup, sim::Bytes> snapshot;
  View view(*this, false);
  while (auto group = view.Next()) {
    snapshot.insert(*std::move(group));
  }
  return snapshot;
}

sim::Result<void> KeyedStateBackend::CheckRestorable(KeyGroup group, std::string_view bytes) const {
  const std::optional<std::vector<EncodedState>> states = ReadStates(bytes);
  if (!states) {
    return DamagedGroup(group, bytes.size());
  }
  if (restored_[group.value() - range_.first.value()]) {
    return sim::Fail(sim::ErrorCode::kCorruption,
                     fmt::format("Key group {} has been restored before: two snapshots of one "
                                 "checkpoint overlap.",
                                 group.value()));
  }
  for (const EncodedState& state : *states) {
    const StateMeta* const known = FindMeta(state.meta.name);
    if (known != nullptr && *known != state.meta) {
      return waiting_.contains(state.meta.name)
                 ? OtherType(*known, state.meta, "of another subtask")
                 : OtherType(state.meta, *known, "was in the restored checkpoint");
    }
    Decoder entries(state.bytes);
    for (uint32_t i = 0; i < state.entries; ++i) {
      const EncodedEntry entry = ReadEntry(entries);
      if (KeyGroupFor(entry.key_hash, max_parallelism_) != group) {
        return DamagedGroup(group, bytes.size());
      }
      if (i == 0 && is_key_ != nullptr && !is_key_(entry.key, entry.key_hash)) {
        return OtherKeys(state.meta.name);
      }
    }
  }
  return {};
}

const StateMeta* KeyedStateBackend::FindMeta(std::string_view name) const {
  if (const auto waiting = waiting_.find(name); waiting != waiting_.end()) {
    return &waiting->second.meta;
  }
  if (const auto table = tables_.find(name); table != tables_.end()) {
    return &table->second->meta();
  }
  const LevelDbTable* const on_disk = disk_ == nullptr ? nullptr : disk_->Find(name);
  return on_disk == nullptr ? nullptr : &on_disk->meta();
}

// The bytes are known to be good.
sim::Result<void> KeyedStateBackend::Await(uint32_t group, std::string_view bytes) {
  restored_[group] = true;
  std::optional<std::vector<EncodedState>> states = ReadStates(bytes);
  for (EncodedState& state : *states) {
    if (disk_ != nullptr && state.meta.kind != StateKind::kTimers) {
      if (sim::Result<void> ingested = Ingest(*disk_, group, state); !ingested) {
        return ingested;
      }
      continue;
    }
    Waiting& waiting = waiting_[state.meta.name];
    waiting.meta = std::move(state.meta);
    waiting.groups[group] = {.entries = state.entries, .bytes = sim::Bytes(state.bytes)};
  }
  return {};
}

sim::Result<void> KeyedStateBackend::Restore(const std::map<KeyGroup, sim::Bytes>& snapshot,
                                             const Defects& defects) {
  const auto is_mine = [this, &defects](KeyGroup group) {
    const bool left_out = defects.Has(Defect::kKeyGroupRangeEndExclusive) && group == range_.last;
    return range_.Contains(group) && !left_out;
  };
  for (const auto& [group, bytes] : snapshot) {
    if (!is_mine(group)) {
      continue;
    }
    if (sim::Result<void> good = CheckRestorable(group, bytes); !good) {
      return good;
    }
  }
  for (const auto& [group, bytes] : snapshot) {
    if (!is_mine(group)) {
      continue;
    }
    if (sim::Result<void> kept = Await(group.value() - range_.first.value(), bytes); !kept) {
      return kept;
    }
  }
  for (const auto& [name, table] : tables_) {
    const auto waiting = waiting_.find(name);
    if (waiting == waiting_.end()) {
      continue;
    }
    if (sim::Result<void> absorbed = Absorb(*table, waiting->second, false); !absorbed) {
      return absorbed;
    }
    waiting_.erase(waiting);
  }
  return {};
}

}  // namespace flinch::engine
