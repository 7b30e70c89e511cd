#include "engine/master/job_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flinch::engine {
namespace {

TEST(JobRecordTest, AJobThatEndedByItselfHasItsStatusAlone) {
  EXPECT_EQ(ShowRecord({.status = JobStatus::kFinished}), "FINISHED");
  EXPECT_EQ(*ParseRecord("CANCELED", "/r"), JobRecord{.status = JobStatus::kCanceled});
}

TEST(JobRecordTest, ComesBackAsItWasWritten) {
  const JobRecord stopped{.status = JobStatus::kFinished,
                          .end_operation = "1-1-1",
                          .end_detail = "/savepoints/job/savepoint-4",
                          .submit_operation = "0-1-1",
                          .arguments = "parallelism=7 job=other",
                          .widest = 7,
                          .floor = CheckpointId(3)};
  const JobRecord resumed{.submit_operation = "2-1-1", .floor = CheckpointId(4)};
  for (const JobRecord& record : {stopped, resumed, JobRecord{.status = JobStatus::kFailed}}) {
    const sim::Result<JobRecord> read = ParseRecord(ShowRecord(record), "/r");
    ASSERT_TRUE(read) << ShowRecord(record);
    EXPECT_EQ(*read, record);
  }
}

TEST(JobRecordTest, WhatIsNoRecordIsCorruption) {
  for (const std::string_view text :
       {"", "RUNNING", "FINISHED\n", "FINISHED\na\nb\nc\nd\nx", "finished", "FINISHED\n\n\n\n\n1",
        "FINISHED\n\n\n\n\n1\n", "FINISHED\n\n\n\n\n1\n2\n"}) {
    const sim::Result<JobRecord> read = ParseRecord(text, "The file /ha/job/result");
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().code, sim::ErrorCode::kCorruption);
    EXPECT_THAT(read.error().message, testing::HasSubstr("/ha/job/result"));
  }
}

}  // namespace
}  // namespace flinch::engine
