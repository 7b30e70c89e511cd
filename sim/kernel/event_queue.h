// What will happen when: ordered by time, then by the order in which it was scheduled.
//
// A radix heap. Times come out in rising order, so an event lies in a bucket that tells in which
// digit (of six bits) its time first differs from the time that came out last, and what that digit
// is. When the near buckets are empty, the next far one is spread over them. An event moves a few
// times in its life, whatever the number of events; a bucket is a list, so what is equally timed
// stays in the order in which it came.
//
// Source: Ahuja, Mehlhorn, Orlin and Tarjan, JACM 37 (1990).
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <vector>

#include "sim/time.h"

namespace flinch::sim {

enum class EventKind : uint32_t {
  kWake,     // index: fiber slot; detail: which wait it ends
  kMessage,  // index: message in flight
  kPipe,     // index: connection; detail: see NetworkModel
  kAct,      // index: act of the experimenter
};

struct PendingEvent {
  int64_t time = 0;  // not negative
  uint64_t detail = 0;
  EventKind kind{};
  uint32_t index = 0;
};

class EventQueue {
 public:
  void Push(SimTime time, EventKind kind, uint32_t index, uint64_t detail) {
    const int64_t key = Nanos(time);
    if (key < base_) [[unlikely]] {
      Rebase(key);
    }
    uint32_t node = free_;
    if (node == kNone) {
      node = static_cast<uint32_t>(nodes_.size());
      nodes_.emplace_back();
    } else {
      free_ = nodes_[node].next;
    }
    nodes_[node].event = {key, detail, kind, index};
    Place(node);
    ++size_;
  }

  bool empty() const { return size_ == 0; }

  size_t size() const { return size_; }

  // Whether an event of the time that came out last is left.
  bool HasMoreAt(SimTime time) const {
    const auto key = static_cast<uint64_t>(Nanos(time));
    return (key ^ static_cast<uint64_t>(base_)) >> kDigitBits == 0 &&
           (occupied_[0] >> (key & kDigitMask) & 1) != 0;
  }

  // The earliest; the queue is not empty. From here on, an earlier one costs much.
  const PendingEvent& next() {
    BringNear();
    return nodes_[Nearest().first].event;
  }

  PendingEvent Pop() {
    BringNear();
    Bucket& bucket = Nearest();
    const uint32_t node = bucket.first;
    bucket.first = nodes_[node].next;
    if (bucket.first == kNone) {
      Clear(0, static_cast<uint32_t>(std::countr_zero(occupied_[0])));
    }
    nodes_[node].next = free_;
    free_ = node;
    --size_;
    return nodes_[node].event;
  }

 private:
  static constexpr uint32_t kDigitBits = 6;
  static constexpr uint64_t kDigitMask = (uint64_t{1} << kDigitBits) - 1;
  static constexpr uint32_t kLevels = 11;  // of 63 bits
  static constexpr uint32_t kNone = UINT32_MAX;

  struct Node {
    PendingEvent event;
    uint32_t next = kNone;
  };

  // Means something while its bit is set in occupied_.
  struct Bucket {
    uint32_t first;
    uint32_t last;
  };

  Bucket& Nearest() { return buckets_[0][static_cast<uint32_t>(std::countr_zero(occupied_[0]))]; }

  void Clear(uint32_t level, uint32_t digit) {
    occupied_[level] &= ~(uint64_t{1} << digit);
    if (occupied_[level] == 0) {
      levels_ &= ~(1U << level);
    }
  }

  void Place(uint32_t node) {
    const auto key = static_cast<uint64_t>(nodes_[node].event.time);
    const uint64_t differs = (key ^ static_cast<uint64_t>(base_)) | 1;
    const uint32_t level = (63 - static_cast<uint32_t>(std::countl_zero(differs))) / kDigitBits;
    const auto digit = static_cast<uint32_t>(key >> (level * kDigitBits) & kDigitMask);
    Bucket& bucket = buckets_[level][digit];
    const uint64_t bit = uint64_t{1} << digit;
    if ((occupied_[level] & bit) == 0) {
      occupied_[level] |= bit;
      levels_ |= 1U << level;
      bucket.first = node;
    } else {
      nodes_[bucket.last].next = node;
    }
    bucket.last = node;
    nodes_[node].next = kNone;
  }

  // Makes the earliest event lie in level 0.
  void BringNear() {
    if (occupied_[0] == 0) {
      const auto level = static_cast<uint32_t>(std::countr_zero(levels_));
      const auto digit = static_cast<uint32_t>(std::countr_zero(occupied_[level]));
      const uint32_t first = buckets_[level][digit].first;
      Clear(level, digit);
      base_ = nodes_[first].event.time;
      for (uint32_t node = nodes_[first].next; node != kNone; node = nodes_[node].next) {
        base_ = std::min(base_, nodes_[node].event.time);
      }
      PlaceAll(first);
    }
  }

  void PlaceAll(uint32_t first) {
    for (uint32_t node = first; node != kNone;) {
      const uint32_t next = nodes_[node].next;
      Place(node);
      node = next;
    }
  }

  // For an event before the last one that was looked at: rare, when a world is asked to stop early.
  void Rebase(int64_t base) {
    std::vector<uint32_t> lists;
    for (uint32_t level = 0; level < kLevels; ++level) {
      for (; occupied_[level] != 0; occupied_[level] &= occupied_[level] - 1) {
        lists.push_back(
            buckets_[level][static_cast<uint32_t>(std::countr_zero(occupied_[level]))].first);
      }
    }
    levels_ = 0;
    base_ = base;
    for (const uint32_t first : lists) {
      PlaceAll(first);
    }
  }

  int64_t base_ = 0;  // no event is earlier
  size_t size_ = 0;
  uint32_t free_ = kNone;
  uint32_t levels_ = 0;  // which have a bucket that is occupied
  std::array<uint64_t, kLevels> occupied_{};
  std::array<std::array<Bucket, 1U << kDigitBits>, kLevels> buckets_;
  std::vector<Node> nodes_;
};

}  // namespace flinch::sim
