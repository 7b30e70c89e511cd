// What an oracle has found so far: the first dozen sentences, and how many more there were.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reports/run_summary.h"
#include "sim/ids.h"
#include "sim/recording/recording.h"

namespace flinch::scenarios {

// What failures of one cause have in common (reports::Finding says more), and when it was certain.
struct Mark {
  std::string breach;  // "early"
  std::string role;    // RoleOf a subtask, process or transaction
  std::optional<sim::EventId> event{};
  std::string event_kind{};
};

// `who`: a subtask, process or transaction.
Mark MarkAt(const sim::TraceEvent& event, std::string_view breach, std::string_view who);

// Bounded: a promise that is broken at every event costs no more than one that is broken a dozen
// times.
class Breaches {
 public:
  // The most lines of details in a finding, the line that says "and N more" included.
  static constexpr size_t kDetailsMax = 12;

  // `sentence` is whole: it names the record, checkpoint or transaction and says what is wrong with
  // it.
  void Add(std::string sentence, const Mark& mark);

  bool empty() const { return count_ == 0; }

  size_t count() const { return count_; }

  // One finding with the first sentence as its witness; nothing when there is none. Its mark is
  // that of the earliest event, whatever was added first; those without an event count last.
  std::vector<reports::Finding> ToFindings(std::string_view oracle) const;

 private:
  std::vector<std::string> first_;
  Mark earliest_;
  size_t count_ = 0;
};

}  // namespace flinch::scenarios
