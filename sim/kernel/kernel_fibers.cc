// The kernel's fibers: how they start, wait, are chosen, run and end.
#include <algorithm>
#include <array>
#include <exception>
#include <utility>

#include <fmt/format.h>

#include "sim/check.h"
#include "sim/kernel/kernel.h"
#include "sim/kernel/process_environment.h"

namespace flinch::sim {

FiberId Kernel::Spawn(Incarnation& owner, std::string_view name,
                      std::move_only_function<void()> body) {
  if (!owner.alive) {
    return FiberId();
  }
  Fiber& fiber = NewFiber();
  fiber.owner = &owner;
  fiber.process = owner.process;
  fiber.name = name;
  fiber.body = std::move(body);
  fiber.cause = CurrentCause();
  Enlist(fiber, owner);
  if (options_.measure_times) {
    NoteBirth(fiber);
  }
  MakeReady(fiber);
  return fiber.id;
}

Kernel::Fiber& Kernel::NewFiber() {
  if (free_slots_.empty()) {
    free_slots_.push_back(static_cast<uint32_t>(fibers_.size()));
    Fiber& fiber = *fibers_.emplace_back(std::make_unique<Fiber>());
    fiber.slot = free_slots_.back();
    fiber.kernel = this;
  }
  Fiber& fiber = *fibers_[free_slots_.back()];
  free_slots_.pop_back();
  fiber.id = FiberId(static_cast<uint64_t>(++fiber.serial) << 32 | fiber.slot);
  fiber.notified = false;
  fiber.killed = false;
  fiber.unwinding = false;
  fiber.context.emplace(&Kernel::FiberMain, &fiber, fiber.slot, options_.stack_bytes);
  if (options_.measure_stacks) {
    fiber.context->MeasureStack();
  }
  return fiber;
}

void Kernel::FiberMain(void* argument) {
  Fiber& fiber = *static_cast<Fiber*>(argument);
  fiber.kernel->RunBody(fiber);
}

void Kernel::RunBody(Fiber& fiber) {
  try {
    fiber.body();
  } catch (const ProcessKilled&) {
    // The end of a crashed process's fiber.
  } catch (const Violation& violation) {
    violation_ = violation_.value_or(violation);
  } catch (const std::exception& error) {
    violation_ = violation_.value_or(Violation{
        fmt::format("an exception left fiber {}: {}", fiber.name, error.what()), "a fiber"});
  } catch (...) {
    violation_ = violation_.value_or(Violation{
        fmt::format("an exception of an unknown type left fiber {}", fiber.name), "a fiber"});
  }
  fiber.body = nullptr;  // here, for destructors belong to the fiber
}

FiberId Kernel::CurrentFiber() const { return current_ == nullptr ? FiberId() : current_->id; }

EventId Kernel::CurrentCause() const { return current_ == nullptr ? act_cause_ : current_->cause; }

void Kernel::MakeReady(Fiber& fiber, bool yielded) {
  if (options_.measure_times) [[unlikely]] {
    AddWait(fiber, *fiber.times);
  }
  fiber.state = FiberState::kReady;
  fiber.since = now_;
  if (fiber.owner->pause) [[unlikely]] {
    fiber.owner->pause->held.push_back(fiber.slot);
    return;
  }
  Runnable& runnable = ready_.emplace_back(
      Runnable{.slot = fiber.slot, .process = fiber.process.value(), .fiber = fiber.id.value()});
  if (strategy_ranks_) {
    strategy_->OnRunnable(runnable, yielded);
  }
}

size_t Kernel::ChooseReady(std::span<Runnable> runnable) {
  if (!deck_) {
    return strategy_->Pick(runnable);
  }
  // Named by who waited longest: a choice that is inserted elsewhere moves no choice of this
  // process.
  const uint32_t process = runnable.front().process;
  if (process >= tracks_.size()) {
    tracks_.resize(processes_.size());
  }
  TapeDeck::Track*& track = tracks_[process];
  if (track == nullptr) {
    track = &deck_->TrackOf("scheduler", processes_[process]->name);
  }
  if (deck_->plays()) {
    return track->Choose(runnable.size());
  }
  const size_t chosen = strategy_->Pick(runnable);
  track->Record(chosen);
  return chosen;
}

size_t Kernel::ChooseDelivery(size_t count) {
  if (!deck_) {
    return strategy_->PickDelivery(count);
  }
  TapeDeck::Track& track = deck_->TrackOf("delivery", "world");
  if (deck_->plays()) {
    return track.Choose(count);
  }
  const size_t chosen = strategy_->PickDelivery(count);
  track.Record(chosen);
  return chosen;
}

uint32_t Kernel::PickAmongReady() {
  const std::span<Runnable> runnable(ready_.data() + ready_head_, ready_count());
  const size_t index = ChooseReady(runnable);
  Check(index < runnable.size(), "the strategy chose {} of {}", index, runnable.size());
  if (options_.scheduling.strategy == Strategy::kPrefix) {
    picks_.push_back({static_cast<uint32_t>(index), static_cast<uint32_t>(runnable.size())});
  }
  const uint32_t slot = runnable[index].slot;
  TakeOutOfReady(index);
  PrefetchAmongReady();
  return slot;
}

// Who runs after the one that was picked just now, and who after him: of the first all, of the
// second what leads to the rest.
void Kernel::PrefetchAmongReady() const {
  const Runnable* const runnable = ready_.data() + ready_head_;
  std::array<size_t, 2> next{};
  if (ready_count() > 1) {
    next = strategy_->Guess(ready_count());
    PrefetchFiber(*fibers_[runnable[next[1]].slot]);
  }
  const Fiber& fiber = *fibers_[runnable[next[0]].slot];
  fiber.context->Prefetch();
  PrefetchProcess(fiber);
}

// The others keep their order: first come, first served stays true under every strategy. The
// shorter side closes the gap.
void Kernel::TakeOutOfReady(size_t index) {
  const auto first = ready_.begin() + static_cast<std::ptrdiff_t>(ready_head_);
  const auto taken = first + static_cast<std::ptrdiff_t>(index);
  if (index >= ready_count() / 2) {
    ready_.erase(taken);
  } else {
    std::move_backward(first, taken, taken + 1);
    ++ready_head_;
  }
  constexpr size_t kWasteMax = 64;
  if (ready_head_ == ready_.size()) {
    ready_.clear();
    ready_head_ = 0;
  } else if (ready_head_ >= kWasteMax && ready_head_ * 2 >= ready_.size()) {
    ready_.erase(ready_.begin(), ready_.begin() + static_cast<std::ptrdiff_t>(ready_head_));
    ready_head_ = 0;
  }
}

void Kernel::Forget(uint32_t ready_slot) {
  const auto first = ready_.begin() + static_cast<std::ptrdiff_t>(ready_head_);
  const auto found = std::find_if(first, ready_.end(), [ready_slot](const Runnable& runnable) {
    return runnable.slot == ready_slot;
  });
  if (found == ready_.end()) {
    return;  // its process is paused, and holds it
  }
  ready_.erase(found);
  if (ready_head_ == ready_.size()) {
    ready_.clear();
    ready_head_ = 0;
  }
}

void Kernel::NoteOverflow(const Fiber& fiber) {
  is_broken_ = true;
  violation_ = Violation{
      fmt::format("fiber {} of process {} used more than its stack of {} KiB: its frames are too "
                  "large or it calls itself too often; WorldOptions::stack_bytes gives it more",
                  fiber.name, fiber.owner->record.name, fiber.context->stack_bytes() / 1024),
      "a fiber"};
}

void Kernel::CrashTheDoomed(const Fiber& fiber) {
  if (fiber.owner->alive) {
    act_cause_ = fiber.cause;
    Crash(fiber.process, CrashStyle::kProcess);
    act_cause_ = EventId();
  }
}

void Kernel::Enlist(Fiber& fiber, Incarnation& owner) {
  fiber.older = owner.youngest;
  fiber.younger = kNoFiber;
  (owner.youngest == kNoFiber ? owner.oldest : fibers_[owner.youngest]->younger) = fiber.slot;
  owner.youngest = fiber.slot;
}

void Kernel::Delist(const Fiber& fiber) {
  Incarnation& owner = *fiber.owner;
  (fiber.older == kNoFiber ? owner.oldest : fibers_[fiber.older]->younger) = fiber.younger;
  (fiber.younger == kNoFiber ? owner.youngest : fibers_[fiber.younger]->older) = fiber.older;
}

void Kernel::NoteStack(const Fiber& fiber) {
  if (!options_.measure_stacks) {
    return;
  }
  size_t& most = stack_uses_[{fiber.owner->record.name, fiber.name}];
  most = std::max(most, fiber.context->high_water());
}

std::vector<StackUse> Kernel::StackUses() const {
  auto uses = stack_uses_;
  for (const std::unique_ptr<Fiber>& fiber : fibers_) {
    if (fiber->state != FiberState::kFree) {
      size_t& most = uses[{fiber->owner->record.name, fiber->name}];
      most = std::max(most, fiber->context->high_water());
    }
  }
  std::vector<StackUse> list;
  for (const auto& [names, bytes] : uses) {
    list.push_back({.process = names.first, .fiber = names.second, .bytes = bytes});
  }
  return list;
}

void Kernel::NoteBirth(Fiber& fiber) {
  const std::string& process = fiber.owner->record.name;
  fiber.born = now_;
  fiber.times =
      &fiber_times_
           .try_emplace({process, fiber.name}, FiberTime{.process = process, .fiber = fiber.name})
           .first->second;
}

void Kernel::AddWait(const Fiber& fiber, FiberTime& time) const {
  if (fiber.state == FiberState::kParked && !fiber.wait.reason.empty()) {
    time.waited[std::string(fiber.wait.reason)] += now_ - fiber.since;
  }
}

std::vector<FiberTime> Kernel::FiberTimes() const {
  auto times = fiber_times_;
  for (const std::unique_ptr<Fiber>& fiber : fibers_) {
    if (!options_.measure_times || fiber->state == FiberState::kFree) {
      continue;
    }
    FiberTime& time = times.at({fiber->owner->record.name, fiber->name});
    time.lived += now_ - fiber->born;
    AddWait(*fiber, time);
  }
  std::vector<FiberTime> list;
  for (auto& [names, time] : times) {
    list.push_back(std::move(time));
  }
  return list;
}

void Kernel::Release(uint32_t slot) {
  Fiber& fiber = *fibers_[slot];
  Incarnation& owner = *fiber.owner;
  NoteStack(fiber);
  if (options_.measure_times) {
    fiber.times->lived += now_ - fiber.born;
  }
  fiber.state = FiberState::kFree;
  fiber.context.reset();
  fiber.body = nullptr;
  Delist(fiber);
  fiber.owner = nullptr;
  free_slots_.push_back(slot);
  if (owner.oldest == kNoFiber && owner.alive) {
    owner.alive = false;
    network_.Drop(owner, CrashStyle::kProcess);
    hosts_[owner.host.value()]->disk.CloseAll(owner.process);
    shared_.CloseAll(owner.process);
    dying_.push_back(std::move(owner.record.current));
  }
}

bool Kernel::Park(const Wait& wait) {
  Check(current_ != nullptr, "only a fiber can wait");
  Fiber& fiber = *current_;
  // Field by field: a copy at once would wait for the stores that have just made it.
  fiber.wait.kind = wait.kind;
  fiber.wait.deadline = wait.deadline;
  fiber.wait.on = wait.on;
  fiber.wait.reason = wait.reason;
  fiber.wait.detail = wait.detail;
  const SimTime deadline = wait.deadline == kForever ? kForever : WorldDeadline(fiber);
  if (!fiber.owner->alive || deadline <= now_) [[unlikely]] {
    return false;
  }
  fiber.state = FiberState::kParked;
  fiber.since = now_;
  fiber.notified = false;
  Arm(fiber, deadline);
  SuspendCurrent();
  return fiber.notified;
}

void Kernel::Yield() {
  Check(current_ != nullptr, "only a fiber can yield");
  if (!current_->owner->alive) {
    return;
  }
  current_->cause = EventId();
  MakeReady(*current_, true);
  SuspendCurrent();
}

void Kernel::MaySwitch() {
  Check(current_ != nullptr, "only a fiber can be switched");
  if (ready_count() == 0 || !current_->owner->alive) {
    return;
  }
  current_->cause = EventId();
  MakeReady(*current_);
  SuspendCurrent();
}

void Kernel::EndProcess() {
  Fiber& fiber = *current_;
  Incarnation& life = *fiber.owner;
  if (!life.alive) {
    return;
  }
  life.alive = false;
  network_.Drop(life, CrashStyle::kProcess);
  hosts_[life.host.value()]->disk.CloseAll(life.process);
  shared_.CloseAll(life.process);
  dying_.push_back(std::move(life.record.current));
  // It is resumed in its turn, after younger fibers.
  fiber.state = FiberState::kParked;
  fiber.context->Suspend();
  fiber.unwinding = true;
}

void Kernel::Wake(FiberId id, EventId cause) {
  const auto slot = static_cast<uint32_t>(id.value());
  if (slot >= fibers_.size()) {
    return;
  }
  Fiber& fiber = *fibers_[slot];
  if (fiber.id != id || fiber.state != FiberState::kParked) {
    return;
  }
  fiber.notified = true;
  fiber.cause = cause;
  MakeReady(fiber);
}

}  // namespace flinch::sim
