// What the steps of the algebra do to records, and all of them by plain loops over the rows.
//
// The per-record functions are shared with the operators: what is compared is what a stream engine
// can get wrong, which is state, time and distribution, not arithmetic.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/ids.h"
#include "scenarios/input/workload.h"
#include "scenarios/jobs/algebra.h"
#include "scenarios/oracles/subject.h"
#include "sim/time.h"

namespace flinch::scenarios {

struct AlgebraRecord {
  std::string key;
  int64_t number = 0;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.key);
    visit(self.number);
  }
};

struct TimedRecord {
  AlgebraRecord record;
  engine::EventTime timestamp;
};

// Numbers and sums are smaller.
inline constexpr int64_t kAlgebraModulus = 1'000'003;

// From 0 to 1,000,002.
int64_t FirstNumber(std::string_view value, engine::EventTime timestamp);

AlgebraRecord Mapped(const Step& step, const AlgebraRecord& record);  // kMap, kKey
bool IsKept(const Step& step, const AlgebraRecord& record);           // kFilter
std::string DistinctKey(const AlgebraRecord& record);
int64_t EmptyWindow(StepKind kind);
int64_t AddToWindow(StepKind kind, int64_t sum, int64_t number);

// In an order that is right within each key.
std::vector<TimedRecord> Evaluate(std::span<const Step> steps, std::span<const InputRow> rows,
                                  sim::Duration window);

// What a row adds to the state of the last step, which is the only one that is keyed.
void AddRow(std::span<const Step> steps, const InputRow& row, sim::Duration window,
            SubjectRows& rows);

}  // namespace flinch::scenarios
