// The one fiber in which a component's state is touched, and ways to get work done elsewhere.
//
// Flink's main-thread executor: RPC handlers, timers and the results of blocking work all arrive as
// mails, which run one after the other and never block.
#pragma once

#include <deque>
#include <functional>
#include <string_view>
#include <utility>

#include "sim/environment.h"
#include "sim/sync.h"

namespace flinch::engine {

class MainThread {
 public:
  using Mail = std::move_only_function<void()>;

  explicit MainThread(sim::Environment& environment)
      : environment_(environment), arrived_(environment) {}

  void Post(Mail mail) {
    mails_.push_back(std::move(mail));
    arrived_.NotifyOne();
  }

  void PostLater(sim::Duration delay, Mail mail) {
    environment_.Spawn("timer", [this, delay, mail = std::move(mail)]() mutable {
      environment_.Sleep(delay);
      Post(std::move(mail));
    });
  }

  // Runs `work` on a fiber of its own, where it may block, and `then(result)` back here.
  template <typename Work, typename Then>
  void Async(std::string_view name, Work work, Then then) {
    environment_.Spawn(name, [this, work = std::move(work), then = std::move(then)]() mutable {
      Post([then = std::move(then), result = work()]() mutable { then(std::move(result)); });
    });
  }

  // Never returns: the component lives as long as its process.
  [[noreturn]] void Run() {
    for (;;) {
      arrived_.WaitFor([this] { return !mails_.empty(); });
      Mail mail = std::move(mails_.front());
      mails_.pop_front();
      mail();
    }
  }

 private:
  sim::Environment& environment_;
  std::deque<Mail> mails_;
  sim::Condition arrived_;
};

}  // namespace flinch::engine
