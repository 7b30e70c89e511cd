// What a remote channel may be sent: buffers of its own, and those that it has borrowed.
//
// Intuition: a channel of whose records many wait at the producer borrows buffers that its gate has
//            for all, as far as there are any, and gives them back when they are read: so few
//            buffers are enough for many channels of which few are busy.
// Shape:     counts only, no memory. Credit is what is free here; what the producer has not been
//            told of is granted next.
// Source:    Flink's BufferManager, and the listeners of its LocalBufferPool.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <utility>

#include "sim/check.h"

namespace flinch::engine {

class ChannelCredit;

// Buffers that the channels of a gate share.
class FloatingBuffers {
 public:
  explicit FloatingBuffers(uint32_t count) : count_(count), free_(count) {}

  ~FloatingBuffers() = default;
  FloatingBuffers(const FloatingBuffers&) = delete;
  FloatingBuffers& operator=(const FloatingBuffers&) = delete;

  bool Borrow() {
    if (free_ == 0) {
      return false;
    }
    --free_;
    return true;
  }

  // It gets one as soon as there is one, in turn with others who wait.
  void Await(ChannelCredit& channel) { waiting_.push_back(&channel); }

  void Forget(const ChannelCredit& channel) { std::erase(waiting_, &channel); }

  inline void Return(uint32_t count);

  uint32_t count() const { return count_; }

  uint32_t free() const { return free_; }

 private:
  uint32_t count_;
  uint32_t free_;
  std::deque<ChannelCredit*> waiting_;
};

class ChannelCredit {
 public:
  // `on_credit` is called when a buffer was lent after a wait. `floating` outlives it.
  ChannelCredit(uint32_t own, FloatingBuffers& floating, std::function<void()> on_credit)
      : own_(own), floating_(floating), on_credit_(std::move(on_credit)) {
    sim::Check(own > 0, "a channel without a buffer");
  }

  ~ChannelCredit() { Stop(); }

  ChannelCredit(const ChannelCredit&) = delete;
  ChannelCredit& operator=(const ChannelCredit&) = delete;

  // All is free again. Returns the credit that the producer begins with.
  uint32_t Start() {
    Stop();
    free_own_ = own_;
    required_ = own_;
    started_ = true;
    return own_;
  }

  // Lets go of what is borrowed.
  void Stop() {
    started_ = false;
    floating_.Forget(*this);
    waits_ = false;
    const uint32_t borrowed = std::exchange(free_borrowed_, 0) + std::exchange(used_borrowed_, 0);
    untold_ = 0;
    free_own_ = 0;
    used_own_ = 0;
    floating_.Return(borrowed);
  }

  // A buffer of records has come. False: there was no credit for it.
  bool OnBuffer() {
    if (free() == 0) {
      return false;
    }
    if (free_borrowed_ > 0) {
      --free_borrowed_;
      ++used_borrowed_;
    } else {
      --free_own_;
      ++used_own_;
    }
    return true;
  }

  // So many wait at the producer.
  void OnBacklog(uint32_t backlog) {
    if (started_) {
      required_ = own_ + backlog;
      BorrowMore();
    }
  }

  // It has been read: a buffer is free.
  void OnRead() {
    if (used_borrowed_ > 0) {
      --used_borrowed_;
      floating_.Return(1);
    } else if (used_own_ > 0) {
      --used_own_;
      ++free_own_;
      if (free() > required_ && free_borrowed_ > 0) {
        --free_borrowed_;  // in its stead, so that the producer need not be told
        floating_.Return(1);
      } else {
        ++untold_;
      }
    }
  }

  // Returns whether it was taken; whoever needs more waits on.
  bool OnLent() {
    waits_ = false;
    if (free() >= required_) {
      return false;
    }
    ++free_borrowed_;
    ++untold_;
    if (free() < required_) {
      Await();  // behind the others
    }
    on_credit_();
    return true;
  }

  // What the producer is to be told. In portions where nothing floats, for a frame per buffer would
  // double what is sent: it still has credit then, or what it has used is still to be read.
  uint32_t TakeGrant() {
    const uint32_t portion = floating_.count() == 0 ? std::max(1U, own_ / 2) : 1;
    return untold_ < portion ? 0 : std::exchange(untold_, 0);
  }

  // It waits for a buffer to borrow.
  bool waits() const { return waits_; }

  uint32_t required() const { return required_; }

  // What the producer has not been told of.
  uint32_t untold() const { return untold_; }

  // What the producer may send, once it has been told of all.
  uint32_t free() const { return free_own_ + free_borrowed_; }

  // Those that wait at the producer, as it last said.
  uint32_t backlog() const { return required_ - std::min(required_, own_); }

 private:
  void BorrowMore() {
    if (waits_ || floating_.count() == 0) {
      return;
    }
    while (free() < required_) {
      if (!floating_.Borrow()) {
        return Await();
      }
      ++free_borrowed_;
      ++untold_;
    }
  }

  void Await() {
    waits_ = true;
    floating_.Await(*this);
  }

  uint32_t own_;
  FloatingBuffers& floating_;
  std::function<void()> on_credit_;
  uint32_t free_own_ = 0;
  uint32_t free_borrowed_ = 0;
  uint32_t used_own_ = 0;  // hold what has not been read
  uint32_t used_borrowed_ = 0;
  uint32_t required_ = 0;
  uint32_t untold_ = 0;
  bool waits_ = false;
  bool started_ = false;
};

inline void FloatingBuffers::Return(uint32_t count) {
  free_ += count;
  sim::Check(free_ <= count_, "{} of {} floating buffers are free", free_, count_);
  while (free_ > 0 && !waiting_.empty()) {
    ChannelCredit* const next = waiting_.front();
    waiting_.pop_front();
    --free_;
    free_ += next->OnLent() ? 0U : 1U;
  }
}

}  // namespace flinch::engine
