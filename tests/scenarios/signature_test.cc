#include "scenarios/signature.h"

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
