// A run of a scenario outside of the repository: prints how it was judged.
#include <fmt/format.h>

#include "engine/cluster.h"
#include "engine/data_stream.h"
#include "faults/generators.h"
#include "faults/injector.h"
#include "reports/run_summary.h"
#include "scenarios/files/registry.h"
#include "scenarios/jobs/jobs.h"
#include "scenarios/stage/run.h"
#include "sim/world/explorer.h"
#include "sim/world/world.h"

int main() {
  const auto* const scenario = flinch::scenarios::FindLibraryScenario("small_job");
  fmt::print("small_job {}\n", scenario != nullptr ? "found" : "missing");
  return scenario != nullptr ? 0 : 1;
}
