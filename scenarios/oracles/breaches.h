// What an oracle has found so far: the first dozen sentences, and how many more there were.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "reports/run_summary.h"

namespace flinch::scenarios {

// Bounded: a promise that is broken at every event costs no more than one that is broken a dozen
// times.
class Breaches {
 public:
  // The most lines of details in a finding, the line that says "and N more" included.
  static constexpr size_t kDetailsMax = 12;

  // `sentence` is whole: it names the record, checkpoint or transaction and says what is wrong with
  // it.
  void Add(std::string sentence);

  bool empty() const { return count_ == 0; }

  size_t count() const { return count_; }

  // One finding with the first sentence as its witness; nothing when there is none.
  std::vector<reports::Finding> ToFindings(std::string_view oracle) const;

 private:
  std::vector<std::string> first_;
  size_t count_ = 0;
};

}  // namespace flinch::scenarios
