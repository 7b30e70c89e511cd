// Waiting for one another inside a process: blocks the fiber, never the thread.
//
// All of these belong to one process and one Environment. Waiters are woken in the order in which
// they came; who then runs first is the scheduler's choice, so always wait in a loop on a condition
// (the helpers here do).
#pragma once

#include <deque>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/environment.h"

namespace flinch::sim {

// A place to wait for a change. No memory: a notification without a waiter is lost.
class Condition {
 public:
  // `reason`: what waiters wait for, in a report about a stuck world; a literal.
  // `detail`: what they say besides.
  explicit Condition(Environment& environment, std::string_view reason = {},
                     const WaitDetail* detail = nullptr)
      : environment_(&environment), reason_(reason), detail_(detail) {}

  void Wait() { WaitUntil(kForever); }

  // False when the deadline came first.
  bool WaitUntil(SimTime deadline) { return WaitUntil(deadline, reason_, detail_); }

  // For a reason of this waiter's own; a literal.
  bool WaitUntil(SimTime deadline, std::string_view reason, const WaitDetail* detail = nullptr) {
    waiters_.push_back(environment_->CurrentFiber());
    if (environment_->Park(deadline, reason, detail)) {
      return true;
    }
    // Whoever is no longer in the list was notified after its deadline had fired but before it ran.
    // To say "too late" would lose a NotifyOne that another waiter could have had.
    return std::erase(waiters_, environment_->CurrentFiber()) == 0;
  }

  // Waits until `holds()`; false when the deadline passes while it does not.
  template <typename Predicate>
  bool WaitFor(Predicate holds, SimTime deadline = kForever) {
    while (!holds()) {
      if (!WaitUntil(deadline)) {
        return holds();
      }
    }
    return true;
  }

  void NotifyOne() {
    if (!waiters_.empty()) {
      const FiberId first = waiters_.front();
      waiters_.erase(waiters_.begin());
      environment_->Unpark(first);
    }
  }

  void NotifyAll() {
    std::vector<FiberId> waiters;
    waiters.swap(waiters_);
    for (const FiberId waiter : waiters) {
      environment_->Unpark(waiter);
    }
  }

 private:
  Environment* environment_;
  std::string_view reason_;
  const WaitDetail* detail_;
  std::vector<FiberId> waiters_;
};

// Fibers that belong together: whoever owns the group waits for all of them before it goes.
class FiberGroup {
 public:
  explicit FiberGroup(Environment& environment)
      : environment_(&environment), changed_(environment, "fibers of its group to end") {}

  void Spawn(std::string_view name, std::move_only_function<void()> body) {
    ++running_;
    environment_->Spawn(name, [this, body = std::move(body)]() mutable {
      body();
      --running_;
      changed_.NotifyAll();
    });
  }

  void WaitForAll() {
    changed_.WaitFor([this] { return running_ == 0; });
  }

  size_t running() const { return running_; }

 private:
  Environment* environment_;
  size_t running_ = 0;
  Condition changed_;
};

// A bounded first-in first-out queue between fibers.
template <typename T>
class Queue {
 public:
  Queue(Environment& environment, size_t capacity)
      : capacity_(capacity), changed_(environment, "room or an item in a queue") {}

  // Waits while full. False when the queue is closed: the item is dropped.
  bool Push(T item) {
    changed_.WaitFor([this] { return closed_ || items_.size() < capacity_; });
    if (closed_) {
      return false;
    }
    items_.push_back(std::move(item));
    changed_.NotifyAll();
    return true;
  }

  // Waits for an item; nothing when the deadline passes, or when the queue is closed and empty.
  std::optional<T> Pop(SimTime deadline = kForever) {
    changed_.WaitFor([this] { return closed_ || !items_.empty(); }, deadline);
    return TryPop();
  }

  std::optional<T> TryPop() {
    if (items_.empty()) {
      return std::nullopt;
    }
    std::optional<T> item(std::move(items_.front()));
    items_.pop_front();
    changed_.NotifyAll();
    return item;
  }

  void Close() {
    closed_ = true;
    changed_.NotifyAll();
  }

  bool closed() const { return closed_; }

  bool empty() const { return items_.empty(); }

  size_t size() const { return items_.size(); }

 private:
  size_t capacity_;
  bool closed_ = false;
  std::deque<T> items_;
  Condition changed_;
};

}  // namespace flinch::sim
