// What an output must be, given what was expected of it: one law per output of a job.
//
// Shape:    a law is asked once, when the run is over, and gives what is wrong as plain values:
//           which record, how often it is there and how often it should be. Who words it knows
//           transactions and crashes (exactly_once.h); a law knows neither.
// Cost:     the ones here: n log n in the records.
// Ordering: expected records and found ones stand in order within their key; between keys there is
//           none. Found ones stand by log partition and offset.
// Choose:   PerKeyOrder, where each key's results come out in one order whatever happens;
//           SameMultiset, where two inputs, or two subtasks, race for it; Linearizes, where what
//           comes out depends on who wins the race; LastPerKey, for refinements of which only the
//           last counts; Conserves, where no single record can be foretold, but a sum can; Contains
//           and ContainedIn, for at least and at most once.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <source_location>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/model/expected.h"

namespace flinch::scenarios {

// A row that was published, for a law that looks at the input itself.
struct ReadRow {
  std::string_view key;
  std::string_view value;
  int64_t timestamp = 0;  // of event time, in nanoseconds
  // Which input and partition it came by: those of one source keep their order, and between sources
  // there is none.
  uint32_t source = 0;
};

// One output when a run is over.
struct OutputView {
  std::vector<const ExpectedRecord*> expected;
  std::vector<const OutputRecord*> found;
  bool complete = false;      // the job finished: what is not there will never be
  std::vector<ReadRow> rows;  // where the law needs them, those of a source in their order
  // The times of rows that windows told to be late, and by how much watermarks lag.
  std::set<int64_t> dropped{};
  int64_t out_of_orderness = 0;
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
  bool needs_rows = false;
  // Where it was demanded, for whoever reads that it is broken: this line of your source.
  std::source_location where = std::source_location::current();
};

// Exactly the expected records, each as often as expected, those of a key in their order.
Law PerKeyOrder(std::source_location where = std::source_location::current());

// Exactly the expected records, each as often as expected, in any order.
Law SameMultiset(std::source_location where = std::source_location::current());

// Of each key that is expected there is something, and its last record is the expected last one.
Law LastPerKey(std::source_location where = std::source_location::current());

// `amount` of a record, summed up over the output, is what it is over the expected records; before
// the job has finished it is no more.
Law Conserves(std::function<int64_t(std::string_view key, std::string_view value)> amount,
              std::source_location where = std::source_location::current());

// What a job does with one row of a key, as plain sequential code: it gives the values that are
// emitted, and keeps in `state`, which is "" at first, what it will need for the next row.
using RowStep = std::function<std::vector<std::string>(std::string& state, const ReadRow& row)>;

// The results of each key are those of `step`, row after row of this key, in some order that keeps
// that of each source. Cost: as many orders as there are until one fits, and all of them where none
// does; of more than 50,000 different ones nobody can say, and the run is inconclusive.
Law Linearizes(RowStep step, std::source_location where = std::source_location::current());

// Nothing is lost: each expected record is there, at least as often as expected.
Law Contains(std::source_location where = std::source_location::current());

// Nothing is doubled or foreign: no record is there more often than expected.
Law ContainedIn(std::source_location where = std::source_location::current());

}  // namespace flinch::scenarios
