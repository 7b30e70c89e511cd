#include "scenarios/lab/complaint.h"

#include <sstream>

#include <gtest/gtest.h>

#include "scenarios/lab/version.h"

namespace flinch::scenarios {
namespace {

TEST(ComplaintTest, IsOneLineAndTheExitCodeOfItsKind) {
  std::ostringstream err;
  EXPECT_EQ(Complain(err, {.code = sim::ErrorCode::kIo, .message = "Full."}), kExitOutput);
  EXPECT_EQ(Complain(err, {.code = sim::ErrorCode::kUnavailable, .message = "Busy."}),
            kExitTryAgain);
  EXPECT_EQ(Complain(err, {.code = sim::ErrorCode::kNotFound, .message = "Gone."}), kExitUsage);
  EXPECT_EQ(ComplainAboutInput(err, "Wrong."), kExitUsage);
  EXPECT_EQ(err.str(), "flinch: Full.\nflinch: Busy.\nflinch: Gone.\nflinch: Wrong.\n");
}

TEST(ComplaintTest, LetsNoCodeForATerminalThrough) {
  std::ostringstream err;
  ComplainAboutInput(err, "a\x1b[2J:\n  1 | b\r");
  EXPECT_EQ(err.str(), "flinch: a\\x1b[2J:\n  1 | b\\x0d\n");
}

}  // namespace
}  // namespace flinch::scenarios
