#include "engine/rpc/main_thread.h"

namespace flinch::engine {

TimerId MainThread::PostLater(sim::Duration delay, Mail mail) {
  const TimerId timer{.at = sim::Later(environment_.Now(), delay), .number = ++last_timer_};
  const auto place = timers_.emplace(timer, std::move(mail)).first;
  if (place == timers_.begin()) {
    arrived_.NotifyOne();  // so that Run waits no longer than until then
  }
  return timer;
}

MainThread::Mail MainThread::TakeNext() {
  const auto timer = timers_.begin();
  const bool is_due = timer != timers_.end() && timer->first.at <= environment_.Now();
  Mail next;
  if (is_due && (mails_.empty() || timer->first.at < mails_.front().at)) {
    next = std::move(timer->second);
    timers_.erase(timer);
  } else if (!mails_.empty()) {
    next = std::move(mails_.front().mail);
    mails_.pop_front();
  }
  return next;
}

void MainThread::Stop() {
  stopped_ = true;
  mails_.clear();
  timers_.clear();
  arrived_.NotifyAll();
}

void MainThread::Run() {
  while (!stopped_) {
    if (Mail next = TakeNext()) {
      next();
    } else {
      arrived_.WaitUntil(timers_.empty() ? sim::kForever : timers_.begin()->first.at);
    }
  }
}

}  // namespace flinch::engine
