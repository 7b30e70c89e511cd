// One state with its types, whether it lives for ever or not (ttl.h): what the handles of
// engine/state.h hold. All of it under the current key.
#pragma once

#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "engine/state/keyed_table.h"
#include "engine/state/ttl.h"

namespace flinch::engine {

template <typename Space, typename Value>
class LivingTable {
 public:
  LivingTable() = default;

  explicit LivingTable(KeyedTable<Space, Value> plain) : plain_(plain) {}

  LivingTable(KeyedTable<Space, Timed<Value>> timed, const Ttl& ttl) : timed_(timed), ttl_(&ttl) {}

  // Null when there is none that may be seen. Good until the next access.
  const Value* Read(const Space& space) {
    if (ttl_ == nullptr) {
      return plain_.Find(space);
    }
    timed_.CleanUp(ttl_->config().incremental);
    const Timed<Value>* const found = timed_.Find(space);
    if (found == nullptr) {
      return nullptr;
    }
    if (ttl_->HasExpired(found->last_access)) {
      seen_ = ttl_->shows_expired() ? std::optional(found->value) : std::nullopt;
      timed_.Remove(space);
      return seen_ ? &*seen_ : nullptr;
    }
    if (ttl_->updates_on_read()) {
      timed_.Mutable(space).value.last_access = ttl_->Now();
    }
    return &timed_.Find(space)->value;
  }

  struct Slot {
    Value& value;
    bool is_new;  // or what was there counts no more
  };

  // The value to change.
  Slot Mutable(const Space& space) {
    if (ttl_ == nullptr) {
      const auto slot = plain_.Mutable(space);
      return {slot.value, slot.is_new};
    }
    timed_.CleanUp(ttl_->config().incremental);
    const auto slot = timed_.Mutable(space);
    const bool is_over =
        slot.is_new || (!ttl_->shows_expired() && ttl_->HasExpired(slot.value.last_access));
    if (is_over) {
      slot.value.value = Value{};
    }
    slot.value.last_access = ttl_->Now();
    return {slot.value.value, is_over};
  }

  void Remove(const Space& space) {
    if (ttl_ == nullptr) {
      plain_.Remove(space);
    } else {
      timed_.Remove(space);
    }
  }

  void RemoveAll() {
    if (ttl_ == nullptr) {
      plain_.RemoveAll();
    } else {
      timed_.RemoveAll();
    }
  }

  // visit(namespace, value) for what may be seen.
  template <typename Visit>
  void ForEach(Visit visit) {
    if (ttl_ == nullptr) {
      plain_.ForEach(visit);
      return;
    }
    std::vector<Space> spaces;
    timed_.ForEach([&spaces](const Space& space, const Timed<Value>&) { spaces.push_back(space); });
    for (const Space& space : spaces) {
      if (const Value* const value = Read(space)) {
        visit(space, *value);
      }
    }
  }

  // What has expired and was not cleaned up counts.
  bool IsEmpty() const { return ttl_ == nullptr ? plain_.IsEmpty() : timed_.IsEmpty(); }

 private:
  KeyedTable<Space, Value> plain_;
  KeyedTable<Space, Timed<Value>> timed_;
  const Ttl* ttl_ = nullptr;
  std::optional<Value> seen_;  // the last time
};

// The same of lists, whose items expire one by one.
template <typename T>
class LivingList {
 public:
  LivingList() = default;

  explicit LivingList(KeyedTable<std::monostate, std::vector<T>> plain) : plain_(plain) {}

  LivingList(KeyedTable<std::monostate, std::vector<Timed<T>>> timed, const Ttl& ttl)
      : timed_(timed), ttl_(&ttl) {}

  std::vector<T> Get() {
    if (ttl_ == nullptr) {
      const std::vector<T>* const items = plain_.Find({});
      return items == nullptr ? std::vector<T>() : *items;
    }
    timed_.CleanUp(ttl_->config().incremental);
    const std::vector<Timed<T>>* const found = timed_.Find({});
    std::vector<T> seen;
    std::vector<Timed<T>> living;
    for (const Timed<T>& item : found == nullptr ? std::vector<Timed<T>>() : *found) {
      const bool has_expired = ttl_->HasExpired(item.last_access);
      if (!has_expired) {
        living.push_back({.last_access = ttl_->Now(), .value = item.value});
      }
      if (!has_expired || ttl_->shows_expired()) {
        seen.push_back(item.value);
      }
    }
    if (living.empty()) {
      timed_.Remove({});
    } else if (ttl_->updates_on_read()) {
      timed_.Mutable({}).value = std::move(living);
    }
    return seen;
  }

  void AddAll(const std::vector<T>& more) {
    if (ttl_ == nullptr) {
      std::vector<T>& items = plain_.Mutable({}).value;
      items.insert(items.end(), more.begin(), more.end());
      return;
    }
    timed_.CleanUp(ttl_->config().incremental);
    std::vector<Timed<T>>& items = timed_.Mutable({}).value;
    for (const T& item : more) {
      items.push_back({.last_access = ttl_->Now(), .value = item});
    }
  }

  void Add(T item) {
    if (ttl_ == nullptr) {
      plain_.Mutable({}).value.push_back(std::move(item));
    } else {
      AddAll({std::move(item)});
    }
  }

  void Clear() {
    if (ttl_ == nullptr) {
      plain_.Remove({});
    } else {
      timed_.Remove({});
    }
  }

 private:
  KeyedTable<std::monostate, std::vector<T>> plain_;
  KeyedTable<std::monostate, std::vector<Timed<T>>> timed_;
  const Ttl* ttl_ = nullptr;
};

}  // namespace flinch::engine
