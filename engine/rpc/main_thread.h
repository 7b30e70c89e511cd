// The one fiber in which a component's state is touched, and ways to get work done elsewhere.
//
// Flink's main-thread executor: RPC handlers, timers and the results of blocking work all arrive as
// mails, which run one after the other and never block.
// Timers: an entry of a queue each, not a fiber. One that was cancelled never runs. Mails and
//         timers run in the order of the moments at which they came, or were due.
#pragma once

#include <compare>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string_view>
#include <utility>

#include "sim/environment.h"
#include "sim/sync.h"

namespace flinch::engine {

// Names a timer of one main thread. A default one names none.
struct TimerId {
  sim::SimTime at{};
  uint64_t number = 0;

  friend auto operator<=>(const TimerId&, const TimerId&) = default;
};

class MainThread {
 public:
  using Mail = std::move_only_function<void()>;

  explicit MainThread(sim::Environment& environment)
      : environment_(environment), arrived_(environment, "mails of a main thread") {}

  void Post(Mail mail) {
    if (stopped_) {
      return;
    }
    mails_.push_back({.at = environment_.Now(), .mail = std::move(mail)});
    arrived_.NotifyOne();
  }

  // Posts the mail when `delay` has passed, unless the timer is cancelled before.
  TimerId PostLater(sim::Duration delay, Mail mail);

  // Returns false when the timer has run or was cancelled; then nothing changes.
  bool Cancel(const TimerId& timer) { return timers_.erase(timer) == 1; }

  // Runs `work` on a fiber of its own, where it may block, and `then(result)` back here.
  template <typename Work, typename Then>
  void Async(std::string_view name, Work work, Then then) {
    ++working_;
    environment_.Spawn(name, [this, work = std::move(work), then = std::move(then)]() mutable {
      Post([then = std::move(then), result = work()]() mutable { then(std::move(result)); });
      --working_;
    });
  }

  // Returns after Stop, and when the mail that runs by then has ended; else never.
  void Run();

  // From here on no mail and no timer runs. What works elsewhere goes on, and nobody hears of it.
  void Stop();

  bool stopped() const { return stopped_; }

  // Fibers of Async that have not ended. While there are any, it must not go.
  size_t working() const { return working_; }

  // Timers that neither ran nor were cancelled.
  size_t timers() const { return timers_.size(); }

 private:
  struct Waiting {
    sim::SimTime at;
    Mail mail;
  };

  // Nothing when neither a mail nor a timer may run now.
  Mail TakeNext();

  sim::Environment& environment_;
  std::deque<Waiting> mails_;
  std::map<TimerId, Mail> timers_;
  uint64_t last_timer_ = 0;
  size_t working_ = 0;
  bool stopped_ = false;
  sim::Condition arrived_;
};

}  // namespace flinch::engine
