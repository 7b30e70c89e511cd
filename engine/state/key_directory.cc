#include "engine/state/key_directory.h"

#include "sim/check.h"

namespace flinch::engine {

KeyNumber KeyDirectory::Add(std::string_view key, int32_t hash, uint32_t group) {
  sim::Check(group < groups_.size(), "key group {} is beyond the range of {}", group,
             groups_.size());
  if (2 * (size_ + 1) > slots_.size()) {
    Grow();
  }
  KeyNumber number = static_cast<KeyNumber>(keys_.size());
  if (free_.empty()) {
    keys_.emplace_back();
  } else {
    number = free_.back();
    free_.pop_back();
  }
  Key& added = keys_[number];
  added.bytes.assign(key);
  added.hash = hash;
  added.group = group;
  added.place = static_cast<uint32_t>(groups_[group].size());
  added.uses = 0;
  groups_[group].push_back(number);
  size_t slot = SlotOf(hash);
  while (slots_[slot] != kNoKey) {
    slot = (slot + 1) & (slots_.size() - 1);
  }
  slots_[slot] = number;
  ++size_;
  return number;
}

void KeyDirectory::Remove(KeyNumber number) {
  const Key& key = keys_[number];
  std::vector<KeyNumber>& group = groups_[key.group];
  group[key.place] = group.back();
  keys_[group.back()].place = key.place;
  group.pop_back();
  const size_t mask = slots_.size() - 1;
  size_t hole = SlotOf(key.hash);
  while (slots_[hole] != number) {
    sim::Check(slots_[hole] != kNoKey, "a key is not where its hash says");
    hole = (hole + 1) & mask;
  }
  // What was pushed on by the key moves up, so that no search ends at the hole.
  for (size_t slot = (hole + 1) & mask; slots_[slot] != kNoKey; slot = (slot + 1) & mask) {
    const size_t home = SlotOf(keys_[slots_[slot]].hash);
    if (((slot - home) & mask) >= ((slot - hole) & mask)) {
      slots_[hole] = slots_[slot];
      hole = slot;
    }
  }
  slots_[hole] = kNoKey;
  free_.push_back(number);
  --size_;
}

void KeyDirectory::Grow() {
  std::vector<KeyNumber> old(2 * slots_.size(), kNoKey);
  old.swap(slots_);
  for (const KeyNumber number : old) {
    if (number == kNoKey) {
      continue;
    }
    size_t slot = SlotOf(keys_[number].hash);
    while (slots_[slot] != kNoKey) {
      slot = (slot + 1) & (slots_.size() - 1);
    }
    slots_[slot] = number;
  }
}

}  // namespace flinch::engine
