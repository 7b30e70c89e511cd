#include "scenarios/cli/build_identity.h"

#include "build_id.h"
#include "scenarios/jobs/job_case.h"
#include "scenarios/lab/subject_run.h"

namespace flinch::scenarios {

std::string BuildIdentity() {
  return AddedJobs().empty() ? std::string(kBuildId) : lab::ProgramBuild();
}

}  // namespace flinch::scenarios
