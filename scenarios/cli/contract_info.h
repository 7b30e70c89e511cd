// One of Flink's tests that ours follow.
#pragma once

#include <string_view>

namespace flinch::scenarios {

struct ContractInfo {
  std::string_view suite;   // Flink's class
  std::string_view method;  // and its method
  std::string_view what;    // of our engine, in one sentence
};

}  // namespace flinch::scenarios
