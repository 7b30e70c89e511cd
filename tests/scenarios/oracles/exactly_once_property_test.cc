#include "scenarios/oracles/exactly_once.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace flinch::scenarios {

namespace {

constexpr uint32_t kLogPartitions = 3;

// A reference run with few keys and values, so that records repeat.
std::vector<ExpectedRecord> AnyReference() {
  const auto pairs = *rc::gen::nonEmpty(rc::gen::container<std::vector<std::pair<int, int>>>(
      rc::gen::pair(rc::gen::inRange(0, 4), rc::gen::inRange(0, 4))));
  std::vector<ExpectedRecord> reference;
  for (const auto& [key, value] : pairs) {
    reference.push_back({.key = std::to_string(key), .value = std::to_string(value)});
  }
  return reference;
}

// What a right job commits: each key in one log partition, in order.
FinalState Committed(const std::vector<ExpectedRecord>& reference) {
  FinalState state;
  state.job_finished = true;
  state.expected = reference;
  std::map<uint32_t, uint64_t> ends;
  for (const ExpectedRecord& record : reference) {
    const auto log_partition = static_cast<uint32_t>(record.key[0]) % kLogPartitions;
    state.output.push_back({.key = record.key,
                            .value = record.value,
                            .transaction = "t",
                            .log_partition = log_partition,
                            .offset = ends[log_partition]++});
  }
  return state;
}

size_t AnyPlace(const FinalState& state) {
  return *rc::gen::inRange<size_t>(0, state.output.size());
}

RC_GTEST_PROP(ExactlyOnceProperty, AcceptsEveryRightOutput, ()) {
  RC_ASSERT(ExactlyOnce().Judge(Committed(AnyReference())).empty());
}

RC_GTEST_PROP(ExactlyOnceProperty, SeesEveryMissingRecord, ()) {
  FinalState state = Committed(AnyReference());
  state.output.erase(state.output.begin() + static_cast<std::ptrdiff_t>(AnyPlace(state)));
  RC_ASSERT(ExactlyOnce().Judge(state).size() == 1U);
}

RC_GTEST_PROP(ExactlyOnceProperty, SeesEveryDoubledRecord, ()) {
  FinalState state = Committed(AnyReference());
  OutputRecord copy = state.output[AnyPlace(state)];
  copy.offset += 1000;
  state.output.push_back(copy);
  RC_ASSERT(ExactlyOnce().Judge(state).size() == 1U);
}

RC_GTEST_PROP(ExactlyOnceProperty, SeesEveryAlteredRecord, ()) {
  FinalState state = Committed(AnyReference());
  state.output[AnyPlace(state)].value += "0";
  RC_ASSERT(ExactlyOnce().Judge(state).size() == 1U);
}

// Two records of one key that differ stand in any place of the run, so that the swap is always one.
RC_GTEST_PROP(ExactlyOnceProperty, SeesEverySwapWithinAKey, ()) {
  std::vector<ExpectedRecord> reference = AnyReference();
  for (const char* value : {"first", "second"}) {
    const auto place = *rc::gen::inRange<std::ptrdiff_t>(0, std::ssize(reference) + 1);
    reference.insert(reference.begin() + place, {.key = "swapped", .value = value});
  }
  FinalState state = Committed(reference);
  for (OutputRecord& record : state.output) {
    if (record.key == "swapped") {
      record.value = record.value == "first" ? "second" : "first";
    }
  }
  RC_ASSERT(ExactlyOnce().Judge(state).size() == 1U);
}

RC_GTEST_PROP(ExactlyOnceProperty, AcceptsEveryPartOfARightOutputOfAnUnfinishedJob, ()) {
  FinalState state = Committed(AnyReference());
  state.job_finished = false;
  std::erase_if(state.output, [](const OutputRecord&) { return *rc::gen::arbitrary<bool>(); });
  RC_ASSERT(ExactlyOnce().Judge(state).empty());
}

}  // namespace

}  // namespace flinch::scenarios
