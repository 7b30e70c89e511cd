// What an output must be, given what was expected of it: one law per output of a job.
//
// Shape:    a law is asked once, when the run is over, and gives what is wrong as plain values:
//           which record, how often it is there and how often it should be. Who words it knows
//           transactions and crashes (exactly_once.h); a law knows neither.
// Cost:     the ones here: n log n in the records.
// Ordering: expected records and found ones stand in order within their key; between keys there is
//           none. Found ones stand by log partition and offset.
// Choose:   PerKeyOrder, where each key's results come out in one order whatever happens;
//           SameMultiset, where two inputs, or two subtasks, race for it; LastPerKey, for
//           refinements of which only the last counts; Conserves, where no single record can be
//           foretold, but a sum can; Contains and ContainedIn, for at least and at most once.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/model/expected.h"

namespace flinch::scenarios {

// One output when a run is over.
struct OutputView {
  std::vector<const ExpectedRecord*> expected;
  std::vector<const OutputRecord*> found;
  bool complete = false;  // the job finished: what is not there will never be
};

struct OutputBreach {
  // "doubled", "foreign", "lost", "misplaced"; a law of one's own has its own words.
  std::string kind;
  std::string_view key{};
  std::string_view value{};
  uint64_t expected = 0;                      // how often it should be there
  std::vector<const OutputRecord*> copies{};  // those that are there
  const OutputRecord* earlier = nullptr;      // of a misplaced one: behind which it stands
  // What is wrong, as a whole sentence. Empty: the four kinds above say it themselves.
  std::string sentence{};
};

struct Law {
  std::string name;     // "per_key_order"
  std::string promise;  // one sentence
  // May throw a std::exception: then the run is inconclusive, and says why.
  std::function<std::vector<OutputBreach>(const OutputView&)> judge;
  // False: it looks at what was found alone, and nobody has to say what was expected.
  bool needs_expectation = true;
};

// Exactly the expected records, each as often as expected, those of a key in their order.
Law PerKeyOrder();

// Exactly the expected records, each as often as expected, in any order.
Law SameMultiset();

// Of each key that is expected there is something, and its last record is the expected last one.
Law LastPerKey();

// `amount` of a record, summed up over the output, is what it is over the expected records; before
// the job has finished it is no more.
Law Conserves(std::function<int64_t(std::string_view key, std::string_view value)> amount);

// Nothing is lost: each expected record is there, at least as often as expected.
Law Contains();

// Nothing is doubled or foreign: no record is there more often than expected.
Law ContainedIn();

}  // namespace flinch::scenarios
