// What an observer sees of several JobManagers: the acts of the one that leads.
//
// A master that was overtaken goes on for a while, and says so; nobody obeys it any more. Who
// counts the checkpoints, attempts and states of "the" JobManager must not count those. What the
// newest leader and everybody else traces is passed on.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/events.h"
#include "scenarios/aim/cast.h"
#include "sim/recording/recording.h"

namespace flinch::scenarios {

class LeaderView final : public sim::TraceObserver {
 public:
  // The observer outlives it.
  explicit LeaderView(sim::TraceObserver& inner) : inner_(inner), wants_(inner.wants()) {}

  std::vector<std::string_view> wants() const override {
    std::vector<std::string_view> kinds = wants_;
    if (!kinds.empty()) {
      kinds.push_back(engine::events::kLeaderGranted);
    }
    return kinds;
  }

  void OnEvent(const sim::TraceEvent& event) override {
    if (event.kind == engine::events::kLeaderGranted) {
      const int64_t term = event.Number("term").value_or(0);
      if (term > term_) {
        term_ = term;
        leader_ = event.process_name;
      }
      if (!IsWanted(event.kind)) {
        return;
      }
    }
    if (leader_.empty() || event.process_name == leader_ || !IsJobManager(event.process_name)) {
      inner_.OnEvent(event);
    }
  }

 private:
  bool IsWanted(std::string_view kind) const {
    return wants_.empty() || std::ranges::any_of(wants_, [kind](std::string_view prefix) {
             return kind.starts_with(prefix);
           });
  }

  sim::TraceObserver& inner_;
  std::vector<std::string_view> wants_;
  int64_t term_ = 0;
  std::string leader_;
};

}  // namespace flinch::scenarios
