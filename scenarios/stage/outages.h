// When faults of a run kept somebody from his work: the causes that an excuse may name.
//
// Shape: told of every fault that fired and of every restart; asked at the end. A fault counts from
//        the moment at which it fired until it was over, or until the healing.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "faults/actions.h"
#include "faults/injector.h"
#include "sim/time.h"

namespace flinch::scenarios {

class Outages {
 public:
  explicit Outages(sim::SimTime healed) : healed_(healed) {}

  void OnFired(const faults::FiredFault& fired, const faults::Action& action);
  void OnRestart(std::string_view process, sim::SimTime at);

  // How much of the time between the two lies in an outage or at most so long behind one.
  sim::Duration Covered(sim::SimTime from, sim::SimTime to, sim::Duration behind) const;

  // The longest time by which a fault held up what had begun while it lasted, and its kind: no
  // healing takes that back.
  sim::Duration longest_delay() const { return longest_delay_; }

  const std::string& delayed_by() const { return delayed_by_; }

 private:
  struct Outage {
    sim::SimTime from;
    sim::SimTime to;
  };

  sim::SimTime healed_;
  std::vector<Outage> outages_;                      // by their begin
  std::map<std::string, size_t, std::less<>> down_;  // by process, until it is restarted
  sim::Duration longest_delay_{0};
  std::string delayed_by_;
};

}  // namespace flinch::scenarios
