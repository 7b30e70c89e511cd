// A whole program for your jobs: link flinch::program, and run, hunt, shrink, explain, replay,
// keep, regress, verify and defects work on them as they do on the library's own.
//
//   int main(int argc, char** argv) {
//     return flinch::scenarios::Main(argc, argv, {{.name = "mine", .build = BuildMine}});
//   }
//
// `mine hunt mine` then runs the scenario of that name; scenario files may name the job, too.
#pragma once

#include <vector>

#include "scenarios/jobs/job_case.h"

namespace flinch::scenarios {

// The exit code: `flinch --help` says which there are. A case that is wrong is 2, with a sentence.
// It changes the process: the locale is the user's, the allocator keeps its memory.
int Main(int argc, char** argv, std::vector<JobCase> mine = {});

}  // namespace flinch::scenarios
