// Makes the exemplar of each group of failures as small as there is time for: in workers, since
// what once broke a promise may break its process next.
#pragma once

#include <functional>
#include <string>

#include "scenarios/lab/shrunk_group.h"
#include "scenarios/lab/tally.h"
#include "scenarios/lab/worker_pool.h"
#include "sim/result.h"

namespace flinch::scenarios {

// The smallest run that fails as this one did. `stop`: enough.
using ShrinkExemplar = std::function<sim::Result<ShrunkGroup>(const UnitResult& exemplar,
                                                              const std::function<bool()>& stop)>;

struct GroupShrinking {
  ShrinkExemplar shrink;  // in a worker
  WorkerPool::Options pool{};
  int64_t patience_ns = 10'000'000'000;  // with one group, in real time
  WorkerPool::Clock clock;
  std::function<bool()> interrupted = [] { return false; };
  // After each group that became smaller, or is as small as it can be.
  std::function<void(const ShrunkGroup&)> done;
};

// The groups that can be shrunk and are not: those of runs that failed by themselves. Of a process
// that ended, hung or ate memory there is no verdict to compare with. At most sixteen, the most
// frequent first: of more, each is a little of one cause.
std::vector<FailureGroup> GroupsToShrink(const Tally& tally);

// What goes wrong with a group leaves it as it was found. kIo where there are no workers.
sim::Result<void> ShrinkGroups(const std::vector<FailureGroup>& groups,
                               const GroupShrinking& shrinking);

}  // namespace flinch::scenarios
