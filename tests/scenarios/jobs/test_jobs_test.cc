#include "scenarios/jobs/test_jobs.h"

#include <new>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scenarios/jobs/jobs.h"

namespace flinch::scenarios {

namespace {

TEST(MisbehaviourTest, ItsJobsAreFoundButNotListed) {
  for (const std::string_view name :
       {"misbehaves_segfault", "misbehaves_loop", "misbehaves_memory"}) {
    ASSERT_NE(FindJob(name), nullptr) << name;
    EXPECT_EQ(FindJob(name)->name, name);
    for (const JobCase* const job : JobCases()) {
      EXPECT_NE(job->name, name);
    }
  }
}

TEST(MisbehaviourDeathTest, EndsTheProcess) { EXPECT_DEATH(EndTheProcess(), ""); }

}  // namespace

}  // namespace flinch::scenarios
