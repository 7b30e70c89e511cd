// The keys of one backend that have state, each once, under a small number.
//
// Shape:  a key is looked up once per record; tables and timers then find their entries by its
//         number, without hashing again. A number is given to another key once the last entry of
//         its key is gone.
// Order:  the keys of a group stand in an order that depends only on what was added and removed,
//         never on addresses or hash tables: what walks them may decide and be written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace flinch::engine {

using KeyNumber = uint32_t;

inline constexpr KeyNumber kNoKey = std::numeric_limits<KeyNumber>::max();

class KeyDirectory {
 public:
  // `groups` of the backend's range are counted from 0.
  explicit KeyDirectory(uint32_t groups) : groups_(groups), slots_(kSlotsMin, kNoKey) {}

  // Returns kNoKey when the key has no entry. `hash` is its Java hash code.
  KeyNumber Find(std::string_view key, int32_t hash) const {
    for (size_t slot = SlotOf(hash);; slot = (slot + 1) & (slots_.size() - 1)) {
      const KeyNumber number = slots_[slot];
      if (number == kNoKey) {
        return kNoKey;
      }
      const Key& candidate = keys_[number];
      if (candidate.hash == hash && candidate.bytes == key) {
        return number;
      }
    }
  }

  // The key is not there yet.
  KeyNumber Add(std::string_view key, int32_t hash, uint32_t group);

  // Entries of tables count; a key without any leaves. Leave returns true when it has left.
  void Use(KeyNumber number) { ++keys_[number].uses; }

  bool Leave(KeyNumber number) {
    if (--keys_[number].uses > 0) {
      return false;
    }
    Remove(number);
    return true;
  }

  std::string_view bytes(KeyNumber number) const { return keys_[number].bytes; }

  int32_t hash(KeyNumber number) const { return keys_[number].hash; }

  uint32_t group(KeyNumber number) const { return keys_[number].group; }

  std::span<const KeyNumber> InGroup(uint32_t group) const { return groups_[group]; }

  uint32_t groups() const { return static_cast<uint32_t>(groups_.size()); }

  size_t size() const { return size_; }

 private:
  static constexpr size_t kSlotsMin = 16;  // a power of two, as all counts of slots

  struct Key {
    std::string bytes;
    int32_t hash = 0;
    uint32_t group = 0;
    uint32_t place = 0;  // within the group's list
    uint32_t uses = 0;
  };

  size_t SlotOf(int32_t hash) const {
    const uint64_t spread = static_cast<uint32_t>(hash) * uint64_t{0x9E3779B97F4A7C15};
    return static_cast<size_t>(spread >> 32) & (slots_.size() - 1);
  }

  void Remove(KeyNumber number);
  void Grow();

  std::vector<std::vector<KeyNumber>> groups_;
  std::vector<Key> keys_;         // by number
  std::vector<KeyNumber> free_;   // numbers of keys that have left
  std::vector<KeyNumber> slots_;  // open addressing, linear probing, at most half full
  size_t size_ = 0;
};

}  // namespace flinch::engine
