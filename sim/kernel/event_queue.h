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
      ThinNear(event.time);
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
    return head_ != tail_ && near_.data()[head_].time == Nanos(time);
  }

  // What comes next, in order, as far as that is known already.
  std::span<const PendingEvent> soon() const { return {near_.data() + head_, near_count()}; }

  // The earliest; the queue is not empty. It stays where it is until the next Push.
  const PendingEvent& next() {
    BringNear();
    return near_.data()[head_];
  }

  PendingEvent Pop() {
    BringNear();
    const PendingEvent event = near_.data()[head_];
    if (++head_ == tail_) {
      head_ = 0;
      tail_ = 0;
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

  size_t near_count() const { return tail_ - head_; }

  // Behind all that are not later.
  void PutNear(const PendingEvent& event) {
    if (tail_ == near_.size()) [[unlikely]] {
      MakeRoomNear();
    }
    // Steps, for it is mostly a few: halving takes more wrong guesses of the processor than that.
    const PendingEvent* const first = near_.data() + head_;
    PendingEvent* place = near_.data() + tail_++;
    for (; place != first && place[-1].time > event.time; --place) {
      *place = place[-1];
    }
    // Field by field: a copy at once would wait for the stores that have just made it.
    place->time = event.time;
    place->detail = event.detail;
    place->kind = event.kind;
    place->index = event.index;
  }

  // What is left goes to the front; the room is doubled when that gains little.
  void MakeRoomNear() {
    constexpr size_t kRoomMin = 16;
    const auto begin = near_.begin();
    if (head_ > 0) {
      std::move(begin + static_cast<std::ptrdiff_t>(head_),
                begin + static_cast<std::ptrdiff_t>(tail_), begin);
      tail_ -= head_;
      head_ = 0;
    }
    if (tail_ * 2 >= near_.size()) {
      near_.resize(std::max(kRoomMin, near_.size() * 2));
    }
  }

  void PutFar(const PendingEvent& event) {
    uint32_t node = free_;
    if (node == kNone) [[unlikely]] {
      node = static_cast<uint32_t>(nodes_.size());
      nodes_.emplace_back();
    } else {
      free_ = nodes_.data()[node].next;
    }
    PendingEvent& place = nodes_.data()[node].event;
    place.time = event.time;
    place.detail = event.detail;
    place.kind = event.kind;
    place.index = event.index;
    Place(node, event.time);
    ++far_count_;
  }

  // Sends the later half away, or all but those of the earliest time; all of them where `time` is
  // before a crowd of one time.
  void ThinNear(int64_t time) {
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
    const auto begin = near_.begin() + static_cast<std::ptrdiff_t>(head_);
    const auto kept = std::ranges::lower_bound(
        begin, begin + static_cast<std::ptrdiff_t>(near_count()), end, {}, &PendingEvent::time);
    const size_t kept_end = static_cast<size_t>(kept - near_.begin());
    for (size_t later = kept_end; later != tail_; ++later) {
      PutFar(near_[later]);
    }
    tail_ = kept_end;
  }

  void Clear(uint32_t level, uint32_t digit) {
    occupied_[level] &= ~(uint64_t{1} << digit);
    if (occupied_[level] == 0) {
      levels_ &= ~(1U << level);
    }
  }

  Bucket& BucketAt(uint32_t level, uint32_t digit) {
    return buckets_.data()[level << kDigitBits | digit];
  }

  void Place(uint32_t node, int64_t time) {
    const auto key = static_cast<uint64_t>(time);
    const uint64_t differs = (key ^ static_cast<uint64_t>(base_)) | 1;
    const uint32_t level = (63 - static_cast<uint32_t>(std::countl_zero(differs))) / kDigitBits;
    const auto digit = static_cast<uint32_t>(key >> (level * kDigitBits) & kDigitMask);
    Bucket& bucket = BucketAt(level, digit);
    const uint64_t bit = uint64_t{1} << digit;
    uint64_t& occupied = occupied_.data()[level];
    if ((occupied & bit) == 0) {
      occupied |= bit;
      levels_ |= 1U << level;
      bucket.first = node;
    } else {
      nodes_.data()[bucket.last].next = node;
    }
    bucket.last = node;
    nodes_.data()[node].next = kNone;
  }

  // Makes the earliest event lie near.
  void BringNear() {
    if (head_ == tail_) [[unlikely]] {
      FillNear();
    }
  }

  void FillNear() {
    for (;;) {
      const auto level = static_cast<uint32_t>(std::countr_zero(levels_));
      const auto digit = static_cast<uint32_t>(std::countr_zero(occupied_[level]));
      const Bucket bucket = BucketAt(level, digit);
      Clear(level, digit);
      if (TakeAll(bucket, level == 0 ? far_count_ : kNearMax)) {
        base_ = near_.data()[head_].time;
        near_end_ = far_count_ == 0 ? kEndOfTime : EndOf(level, base_);
        return;
      }
      base_ = EarliestOf(bucket.first);
      PlaceAll(bucket.first);
    }
  }

  // The end of the bucket of a time.
  static int64_t EndOf(uint32_t level, int64_t time) {
    const uint64_t width = uint64_t{1} << (level * kDigitBits);
    const uint64_t end = (static_cast<uint64_t>(time) | (width - 1)) + 1;
    return end > static_cast<uint64_t>(kEndOfTime) ? kEndOfTime : static_cast<int64_t>(end);
  }

  // Into the near part, which is empty; false, and nothing has happened, when it is more than
  // `most`.
  bool TakeAll(const Bucket& bucket, size_t most) {
    head_ = 0;
    tail_ = 0;
    for (uint32_t node = bucket.first; node != kNone; node = nodes_.data()[node].next) {
      if (tail_ == most) [[unlikely]] {
        tail_ = 0;
        return false;
      }
      PutNear(nodes_.data()[node].event);
    }
    nodes_.data()[bucket.last].next = free_;
    free_ = bucket.first;
    far_count_ -= tail_;
    return true;
  }

  int64_t EarliestOf(uint32_t first) const {
    int64_t earliest = kEndOfTime;
    for (uint32_t node = first; node != kNone; node = nodes_[node].next) {
      earliest = std::min(earliest, nodes_[node].event.time);
    }
    return earliest;
  }

  void PlaceAll(uint32_t first) {
    for (uint32_t node = first; node != kNone;) {
      const uint32_t next = nodes_[node].next;
      Place(node, nodes_[node].event.time);
      node = next;
    }
  }

  // For an event before the far part's origin: rare, when a world is asked to stop early.
  void Rebase(int64_t base) {
    std::vector<uint32_t> lists;
    for (uint32_t level = 0; level < kLevels; ++level) {
      for (; occupied_[level] != 0; occupied_[level] &= occupied_[level] - 1) {
        lists.push_back(
            BucketAt(level, static_cast<uint32_t>(std::countr_zero(occupied_[level]))).first);
      }
    }
    levels_ = 0;
    base_ = base;
    for (const uint32_t first : lists) {
      PlaceAll(first);
    }
  }

  std::vector<PendingEvent> near_;  // sorted, from head_ to tail_; the rest is room
  size_t head_ = 0;
  size_t tail_ = 0;
  int64_t near_end_ = kEndOfTime;  // all near events are earlier, no far one is

  int64_t base_ = 0;  // the origin: no far event is earlier
  size_t far_count_ = 0;
  uint32_t free_ = kNone;
  uint32_t levels_ = 0;  // which have a bucket that is occupied
  std::array<uint64_t, kLevels> occupied_{};
  std::array<Bucket, kLevels << kDigitBits> buckets_;  // by level, then digit
  std::vector<Node> nodes_;
};

}  // namespace flinch::sim
