// A process without a world: it can tell what happened, and nothing else.
//
// For operators outside a simulation. Every call but Trace, the clocks (which stand still until
// they are moved) and the names breaks an invariant: an operator that waits, sends or reads a disk
// belongs into a world.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sim/environment.h"

namespace flinch::tests {

class NullEnvironment final : public sim::Environment {
 public:
  std::string_view process_name() const override { return "test"; }

  std::string_view host_name() const override { return "test"; }

  uint32_t incarnation() const override { return 1; }

  sim::SimTime Now() const override { return now_; }

  sim::WallTime WallNow() const override { return sim::WallTime(sim::Duration(wall_)); }

  // Both clocks; the wall clock alone: it jumps.
  void PassTime(sim::Duration span) {
    now_ += span;
    wall_ += span;
  }

  void SetWallClock(sim::Duration since_start) { wall_ = since_start; }

  void Sleep(sim::Duration span) override;
  void Yield() override;
  sim::FiberId Spawn(std::string_view name, std::move_only_function<void()> body) override;
  sim::FiberId CurrentFiber() const override;
  bool Park(sim::SimTime deadline, std::string_view reason, const sim::WaitDetail* detail) override;
  void Unpark(sim::FiberId fiber) override;
  sim::Random RandomStream(std::string_view name) override;
  sim::Network& network() override;
  sim::FileSystem& disk() override;
  sim::FileSystem& shared() override;
  sim::EventId Trace(std::string_view kind, std::initializer_list<sim::Field> fields) override;

  // "window.late_record subtask=window[0] …", in order.
  const std::vector<std::string>& events() const { return events_; }

 private:
  std::vector<std::string> events_;
  sim::SimTime now_ = sim::kEpoch;
  sim::Duration wall_{};
};

}  // namespace flinch::tests
