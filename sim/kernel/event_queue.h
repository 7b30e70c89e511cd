// What will happen when: ordered by time, then by the order in which it was scheduled.
//
// Two parts. What comes soon lies sorted in one short piece of memory, `near`: small worlds never
// need more. Everything later is far: a radix heap. Times come out in rising order, so a far event
// lies in a bucket that tells in which digit (of six bits) its time first differs from the far
// part's origin, and what that digit is. When the near part is empty it takes the first bucket, or,
// where that is large, what is left of it when it has been spread over smaller ones. So an event
// moves a few times in its life, whatever the number of events. A bucket is a list, so what is
// equally timed stays in the order in which it came.
//
// Source: Ahuja, Mehlhorn, Orlin and Tarjan, JACM 37 (1990).
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <limits>
#include <span>
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
    const PendingEvent event{.time = Nanos(time), .detail = detail, .kind = kind, .index = index};
    if (event.time < near_end_ && near_count() >= kNearMax) [[unlikely]] {
      MakeRoomNear(event.time);
    }
    if (event.time < near_end_) {
      PutNear(event);
    } else {
      PutFar(event);
    }
  }

  bool empty() const { return size() == 0; }

  size_t size() const { return near_count() + far_count_; }

  // Whether an event of the time that came out last, or comes next, is left.
  bool HasMoreAt(SimTime time) const {
    return near_count() > 0 && near_[head_].time == Nanos(time);
  }

  // What comes next, in order, as far as that is known already.
  std::span<const PendingEvent> soon() const { return std::span(near_).subspan(head_); }

  // The earliest; the queue is not empty.
  const PendingEvent& next() {
    BringNear();
    return near_[head_];
  }

  PendingEvent Pop() {
    BringNear();
    const PendingEvent event = near_[head_];
    if (++head_ == near_.size()) {
      near_.clear();
      head_ = 0;
    }
    return event;
  }

 private:
  static constexpr uint32_t kDigitBits = 6;
  static constexpr uint64_t kDigitMask = (uint64_t{1} << kDigitBits) - 1;
  static constexpr uint32_t kLevels = 11;  // of 63 bits
  static constexpr uint32_t kNone = UINT32_MAX;
  static constexpr int64_t kEndOfTime = std::numeric_limits<int64_t>::max();
  // A bucket of at most so many is sorted at once. A near part of this many takes no more, but for
  // events of one time.
  static constexpr size_t kNearMax = 64;

  struct Node {
    PendingEvent event;
    uint32_t next = kNone;
  };

  // Means something while its bit is set in occupied_.
  struct Bucket {
    uint32_t first;
    uint32_t last;
  };

  size_t near_count() const { return near_.size() - head_; }

  // Behind all that are not later.
  void PutNear(const PendingEvent& event) {
    if (head_ >= kNearMax) {  // what has come out goes when it is so much: moved once on average
      near_.erase(near_.begin(), near_.begin() + static_cast<std::ptrdiff_t>(head_));
      head_ = 0;
    }
    near_.push_back(event);
    PendingEvent* const first = near_.data() + head_;
    PendingEvent* place = &near_.back();
    for (; place != first && place[-1].time > event.time; --place) {
      *place = place[-1];
    }
    *place = event;
  }

  void PutFar(const PendingEvent& event) {
    uint32_t node = free_;
    if (node == kNone) {
      node = static_cast<uint32_t>(nodes_.size());
      nodes_.emplace_back();
    } else {
      free_ = nodes_[node].next;
    }
    nodes_[node].event = event;
    Place(node);
    ++far_count_;
  }

  // Sends the later half away, or all but those of the earliest time; all of them where `time` is
  // before a crowd of one time.
  void MakeRoomNear(int64_t time) {
    const int64_t earliest = near_[head_].time;
    const int64_t middle = near_[head_ + near_count() / 2].time;
    int64_t end = middle;
    if (middle == earliest && time >= earliest) {
      end = earliest + 1;
    }
    near_end_ = end;
    if (far_count_ == 0) {
      base_ = end;
    } else if (end < base_) [[unlikely]] {
      Rebase(end);
    }
    const auto kept = std::ranges::lower_bound(near_.begin() + static_cast<std::ptrdiff_t>(head_),
                                               near_.end(), end, {}, &PendingEvent::time);
    for (auto later = kept; later != near_.end(); ++later) {
      PutFar(*later);
    }
    near_.erase(kept, near_.end());
  }

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

  // Makes the earliest event lie near.
  void BringNear() {
    if (near_.empty()) [[unlikely]] {
      FillNear();
    }
  }

  void FillNear() {
    for (;;) {
      const auto level = static_cast<uint32_t>(std::countr_zero(levels_));
      const auto digit = static_cast<uint32_t>(std::countr_zero(occupied_[level]));
      const uint32_t first = buckets_[level][digit].first;
      Clear(level, digit);
      size_t count = 0;
      int64_t earliest = nodes_[first].event.time;
      for (uint32_t node = first; node != kNone; node = nodes_[node].next) {
        earliest = std::min(earliest, nodes_[node].event.time);
        ++count;
      }
      base_ = earliest;
      if (level == 0 || count <= kNearMax) {
        TakeAll(first);
        far_count_ -= count;
        near_end_ = far_count_ == 0 ? kEndOfTime : EndOf(level, earliest);
        return;
      }
      PlaceAll(first);
    }
  }

  // The end of the bucket of a time.
  static int64_t EndOf(uint32_t level, int64_t time) {
    const uint64_t width = uint64_t{1} << (level * kDigitBits);
    const uint64_t end = (static_cast<uint64_t>(time) | (width - 1)) + 1;
    return end > static_cast<uint64_t>(kEndOfTime) ? kEndOfTime : static_cast<int64_t>(end);
  }

  void TakeAll(uint32_t first) {
    for (uint32_t node = first; node != kNone;) {
      const uint32_t next = nodes_[node].next;
      PutNear(nodes_[node].event);
      nodes_[node].next = free_;
      free_ = node;
      node = next;
    }
  }

  void PlaceAll(uint32_t first) {
    for (uint32_t node = first; node != kNone;) {
      const uint32_t next = nodes_[node].next;
      Place(node);
      node = next;
    }
  }

  // For an event before the far part's origin: rare, when a world is asked to stop early.
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

  std::vector<PendingEvent> near_;  // sorted, from head_ on; empty when nothing is left there
  size_t head_ = 0;
  int64_t near_end_ = kEndOfTime;  // all near events are earlier, no far one is

  int64_t base_ = 0;  // the origin: no far event is earlier
  size_t far_count_ = 0;
  uint32_t free_ = kNone;
  uint32_t levels_ = 0;  // which have a bucket that is occupied
  std::array<uint64_t, kLevels> occupied_{};
  std::array<std::array<Bucket, 1U << kDigitBits>, kLevels> buckets_;
  std::vector<Node> nodes_;
};

}  // namespace flinch::sim
