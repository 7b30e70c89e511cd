#include "scenarios/oracles/one_leader.h"

#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/recording_builder.h"

namespace flinch::scenarios {

namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using tests::RecordingBuilder;

class OneLeaderTest : public ::testing::Test {
 protected:
  OneLeaderTest() { history_.At(100ms).By("coordination"); }

  void Change(std::string_view path, int64_t session, std::string_view how = "written") {
    history_.By("coordination")
        .Tell("node.changed",
              {{"path", path}, {"session", session}, {"how", how}, {"revision", ++revision_}});
  }

  void Grant(std::string_view process, int64_t term, int64_t session) {
    history_.By(process).Tell("leader.granted", {{"term", term}, {"session", session}});
  }

  std::vector<reports::Finding> Judge() const {
    OneLeader oracle;
    history_.ShowTo(oracle);
    return oracle.Judge({});
  }

  std::string Witness() const {
    const auto findings = Judge();
    return findings.size() == 1 ? findings[0].witness : "";
  }

  RecordingBuilder history_;
  int64_t revision_ = 0;
};

TEST_F(OneLeaderTest, PassesWhenOneLeadsAfterTheOther) {
  Change("/leader", 1);
  Change("/term", 1);
  Grant("jm", 1, 1);
  Change("/jobs/job/attempt", 1);
  Change("/leader", 1, "removed");
  Change("/leader", 2);
  Change("/jobs/job/attempt", 2);
  Grant("jm-2", 2, 2);
  EXPECT_THAT(Judge(), IsEmpty());
}

TEST_F(OneLeaderTest, PassesWhenALeaderLearnsLateThatItLed) {
  Change("/leader", 1);
  Change("/leader", 1, "removed");
  Change("/leader", 2);
  Grant("jm-2", 2, 2);
  Grant("jm", 1, 1);
  EXPECT_THAT(Judge(), IsEmpty());
}

TEST_F(OneLeaderTest, FailsWhenAnOldTermWrites) {
  Change("/leader", 1);
  Change("/leader", 1, "removed");
  Change("/leader", 2);
  Change("/jobs/job/completed/3", 1);
  EXPECT_THAT(Witness(),
              HasSubstr("/jobs/job/completed/3 was changed by session 1, though session 2 leads"));
}

TEST_F(OneLeaderTest, FailsWhenNobodyLeadsAndSomebodyWrites) {
  Change("/jobs/job/attempt", 0);
  EXPECT_THAT(Witness(), HasSubstr("changed by nobody's session, though nobody leads"));
}

TEST_F(OneLeaderTest, FailsWhenAnotherEndsALeadership) {
  Change("/leader", 1);
  Change("/leader", 2, "removed");
  EXPECT_THAT(Witness(), HasSubstr("The leadership of session 1 was ended by session 2"));
}

TEST_F(OneLeaderTest, FailsWhenTwoHaveTheLead) {
  Change("/leader", 1);
  Change("/leader", 2);
  EXPECT_THAT(Witness(), HasSubstr("session 2 took the lead, though session 1 had it"));
}

TEST_F(OneLeaderTest, FailsWhenATermIsGrantedTwice) {
  Change("/leader", 1);
  Grant("jm", 1, 1);
  Change("/leader", 1, "removed");
  Change("/leader", 2);
  Grant("jm-2", 1, 2);
  EXPECT_THAT(Witness(), HasSubstr("Term 1 was granted to session 1 and to session 2"));
}

TEST_F(OneLeaderTest, FailsWhenTermsGoBack) {
  Change("/leader", 1);
  Grant("jm", 5, 1);
  Change("/leader", 1, "removed");
  Change("/leader", 2);
  Grant("jm-2", 4, 2);
  EXPECT_THAT(Witness(), HasSubstr("Term 4 was granted to session 2, against the order"));
}

}  // namespace

}  // namespace flinch::scenarios
