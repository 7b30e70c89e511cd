// Aggregates as they grow: what one holds, and what comes out.
//
// Order:  what comes out depends on the rows alone, not on their order: sums of doubles are exact
//         until they are rounded once, at the end.
// Retract: a row that was added can be taken back, if that was said from the beginning.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "scenarios/sql/plan.h"

namespace flinch::sql {

struct Accumulator {
  int64_t count = 0;                  // of values that are not null
  Decimal sum{};                      // of whole numbers and decimals
  std::vector<double> parts{};        // of doubles: what adds up to the sum without overlapping
  std::map<Value, int64_t> values{};  // how often each is there, where that must be known
  Value extreme{};                    // of MIN and MAX

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.count);
    visit(self.sum);
    visit(self.parts);
    visit(self.values);
    visit(self.extreme);
  }
};

enum class Change : uint8_t { kAdd, kRetract };

// `retracts`: rows may be taken back.
void Accumulate(const AggregateCall& call, const Row& row, Change change, bool retracts,
                Accumulator& into);

// What both have seen; neither is one that retracts.
void Merge(const AggregateCall& call, Accumulator& into, const Accumulator& from);

// Throws EvaluationError for a sum that does not fit.
Value ResultOf(const AggregateCall& call, const Accumulator& accumulator);

// Adds to an exact sum.
void AddExactly(double number, std::vector<double>& parts);
double RoundedSum(const std::vector<double>& parts);

}  // namespace flinch::sql
