#include "scenarios/stage/signature.h"

#include <gtest/gtest.h>

namespace flinch::scenarios {
namespace {

reports::Finding FindingOf(std::string oracle, std::optional<uint64_t> event) {
  reports::Finding finding{.oracle = std::move(oracle), .witness = "It broke.", .details = {}};
  if (event) {
    finding.event = sim::EventId(*event);
  }
  return finding;
}

TEST(SignatureTest, ARunWithoutFindingsHasNone) {
  EXPECT_EQ(SignatureOf(reports::RunSummary{}), "");
  EXPECT_EQ(FirstFinding(reports::RunSummary{}), nullptr);
}

TEST(SignatureTest, NamesPromiseBreachAndRole) {
  reports::RunSummary summary;
  summary.findings = {FindingOf("commit_after_durable", 7)};
  EXPECT_EQ(SignatureOf(summary), "commit_after_durable");
  summary.findings.front().breach = "early";
  EXPECT_EQ(SignatureOf(summary), "commit_after_durable:early");
  summary.findings.front().role = "sink";
  EXPECT_EQ(SignatureOf(summary), "commit_after_durable:early@sink");
  summary.findings.front().event_kind = "sink.committing";
  EXPECT_EQ(SignatureOf(summary), "commit_after_durable:early@sink/commit");
  summary.findings.front().event_kind = "no.such.event";
  EXPECT_EQ(SignatureOf(summary), "commit_after_durable:early@sink");
}

TEST(SignatureTest, AWrongCountOfACheckpointIsOneBreach) {
  reports::RunSummary summary;
  for (const char* const breach : {"lost", "doubled", "foreign"}) {
    summary.findings = {FindingOf("consistent_cut", 7)};
    summary.findings.front().breach = breach;
    EXPECT_EQ(SignatureOf(summary), "consistent_cut:state");
    summary.findings.front().oracle = "exactly_once";
    EXPECT_EQ(SignatureOf(summary), std::string("exactly_once:") + breach);
  }
}

TEST(SignatureTest, WhatIsWrittenMayLeaveThePhaseOut) {
  EXPECT_TRUE(MeansSignature("a:b@c/store", "a:b@c/store"));
  EXPECT_TRUE(MeansSignature("a:b@c", "a:b@c/store"));
  EXPECT_FALSE(MeansSignature("a:b", "a:b@c/store"));
  EXPECT_FALSE(MeansSignature("a:b@c/notify", "a:b@c/store"));
  EXPECT_FALSE(MeansSignature("", "a"));
}

TEST(SignatureTest, TheEarliestEventCountsAndTheEndComesLast) {
  reports::RunSummary summary;
  summary.findings = {FindingOf("at_the_end", {}), FindingOf("later", 9), FindingOf("earlier", 3)};
  EXPECT_EQ(SignatureOf(summary), "earlier");
  summary.findings = {FindingOf("first_of_the_end", {}), FindingOf("second_of_the_end", {})};
  EXPECT_EQ(SignatureOf(summary), "first_of_the_end");
}

}  // namespace
}  // namespace flinch::scenarios
