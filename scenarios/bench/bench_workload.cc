#include "scenarios/bench/bench_workload.h"

#include <algorithm>

namespace flinch::scenarios {

const BenchWorkload* FindWorkload(std::span<const BenchWorkload> suite, std::string_view name) {
  const auto found = std::ranges::find(suite, name, &BenchWorkload::name);
  return found == suite.end() ? nullptr : &*found;
}

}  // namespace flinch::scenarios
