#include "sim/kernel/link_table.h"

#include <bit>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/chi_square.h"

namespace flinch::sim {
namespace {

using namespace std::chrono_literals;
using tests::ChiSquareMilli;
using Kind = MessageFate::Kind;

constexpr uint64_t kDraws = 40'000;

class LinkTableTest : public testing::Test {
 protected:
  LinkTable Links(const LinkOptions& options = {}) {
    LinkTable links(options, choices_);
    for (const char* const name : {"a", "b", "c"}) {
      links.AddHost(name);
    }
    return links;
  }

  Choices choices_{Random(7), nullptr};
  HostId a_{0};
  HostId b_{1};
  HostId c_{2};
  SimTime now_{};
};

TEST_F(LinkTableTest, TroublesComeInTheirShareAndApartFromEachOther) {
  LinkTable links = Links();
  links.SetOnlyTrouble(
      a_, b_, TroubleId(),
      {.loss = {1, 4}, .duplicate = {1, 2}, .corrupt = {1, 2}, .corrupt_bits_max = 3}, now_);
  std::vector<uint64_t> fates(5);  // lost; neither, doubled, corrupt, both
  std::vector<uint64_t> flips(3);
  for (uint64_t i = 0; i < kDraws; ++i) {
    const MessageFate fate = links.SendMessage(a_, b_, 100, now_);
    if (fate.kind == Kind::kLost) {
      fates[0] += 1;
      continue;
    }
    fates[1 + (fate.copy ? 1U : 0U) + (fate.flips > 0 ? 2U : 0U)] += 1;
    if (fate.flips > 0) {
      flips.at(fate.flips - 1) += 1;
    }
  }
  const std::vector<uint64_t> expected = {kDraws / 4, kDraws * 3 / 16, kDraws * 3 / 16,
                                          kDraws * 3 / 16, kDraws * 3 / 16};
  EXPECT_LT(ChiSquareMilli(fates, expected), 18'500U);  // 4 degrees of freedom, 1 in 1000
  const uint64_t third = (fates[3] + fates[4]) / 3;
  EXPECT_LT(ChiSquareMilli(flips, std::vector<uint64_t>(3, third)), 13'900U);
}

TEST_F(LinkTableTest, ReorderingIsUniformUpToItsLimit) {
  LinkTable links = Links({.latency_min = 1ms, .latency_max = 1ms});
  links.SetOnlyTrouble(a_, b_, TroubleId(), {.reorder = {1, 1}, .reorder_delay = 7'999'999ns},
                       now_);
  std::vector<uint64_t> counts(8);
  for (uint64_t i = 0; i < kDraws; ++i) {
    const MessageFate fate = links.SendMessage(a_, b_, 100, now_);
    ASSERT_EQ(fate.latency, 1ms + fate.reordered);
    counts.at(static_cast<size_t>(fate.reordered / 1ms)) += 1;
  }
  EXPECT_LT(ChiSquareMilli(counts, std::vector<uint64_t>(8, kDraws / 8)), 24'400U);
}

TEST_F(LinkTableTest, ATroubleMovesNoLatencyOfItsOwnLinkOrOfAnother) {
  LinkTable whole = Links();
  LinkTable impaired = Links();
  impaired.SetOnlyTrouble(a_, b_, TroubleId(),
                          {.loss = {1, 2}, .duplicate = {1, 2}, .corrupt = {1, 2}, .stall = {1, 2}},
                          now_);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(impaired.SendMessage(a_, b_, 1, now_).latency,
              whole.SendMessage(a_, b_, 1, now_).latency);
    EXPECT_EQ(impaired.SendMessage(b_, a_, 1, now_).latency,
              whole.SendMessage(b_, a_, 1, now_).latency);
  }
  impaired.SetOnlyTrouble(a_, b_, TroubleId(), {}, now_);
  EXPECT_EQ(impaired.SendFrame(a_, b_, 1, now_).latency, whole.SendFrame(a_, b_, 1, now_).latency);
  EXPECT_TRUE(impaired.Impaired().empty());
}

TEST_F(LinkTableTest, AHostThatIsAddedMovesNoDrawOfOthers) {
  LinkTable few = Links();
  LinkTable many = Links();
  EXPECT_EQ(few.SendMessage(a_, b_, 1, now_).latency, many.SendMessage(a_, b_, 1, now_).latency);
  many.AddHost("d");
  EXPECT_NE(many.SendMessage(a_, HostId(3), 1, now_).latency, Duration(0));
  EXPECT_EQ(few.SendMessage(a_, c_, 1, now_).latency, many.SendMessage(a_, c_, 1, now_).latency);
}

TEST_F(LinkTableTest, WhatIsSentOverANarrowLinkQueuesBothLayersAlike) {
  LinkTable links = Links({.latency_min = 1ms, .latency_max = 1ms, .bytes_per_second = 1'000'000});
  EXPECT_EQ(links.SendMessage(a_, b_, 960, now_).latency, 2ms);  // with 40 bytes of headers
  EXPECT_EQ(links.SendFrame(a_, b_, 1'960, now_).latency, 4ms);
  EXPECT_EQ(links.SendMessage(a_, b_, 960, now_).latency, 5ms);
  EXPECT_EQ(links.SendMessage(b_, a_, 960, now_).latency, 2ms) << "the other direction is free";
  EXPECT_EQ(links.SendMessage(a_, b_, 960, now_ + 1s).latency, 2ms) << "the queue has drained";
  links.SetOnlyTrouble(a_, c_, TroubleId(), {.bytes_per_second = 100'000}, now_);
  EXPECT_EQ(links.SendMessage(a_, c_, 960, now_).latency, 11ms) << "the slower of the two";
}

TEST_F(LinkTableTest, TransmissionTimesAreExactAndNeverOverflow) {
  EXPECT_EQ(TransmissionTime(0, 1), 0ns);
  EXPECT_EQ(TransmissionTime(1, 3), 333'333'333ns);
  EXPECT_EQ(TransmissionTime(7, 2), 3'500ms);
  EXPECT_EQ(TransmissionTime(UINT64_MAX, 1), Duration::max());
  EXPECT_EQ(TransmissionTime(1, UINT64_MAX), 0ns);
  EXPECT_NEAR(static_cast<double>(TransmissionTime(50'000'000'000, 100'000'000'000).count()), 5e8,
              5.0);
}

TEST_F(LinkTableTest, AFlipChangesAtMostSoManyBitsAndAtLeastOne) {
  LinkTable links = Links();
  for (uint32_t bits = 1; bits <= 64; ++bits) {
    std::string payload(3, '\0');
    links.Flip(a_, b_, bits, payload);
    int changed = 0;
    for (const char byte : payload) {
      changed += std::popcount(static_cast<unsigned char>(byte));
    }
    EXPECT_GE(changed, 1);
    EXPECT_LE(changed, static_cast<int>(bits));
  }
  std::string empty;
  links.Flip(a_, b_, 3, empty);
  EXPECT_TRUE(empty.empty());
}

TEST_F(LinkTableTest, DelaysThatNeverEndDoNotOverflow) {
  LinkTable links = Links();
  links.SetOnlyTrouble(a_, b_, TroubleId(), {.loss = {9, 10}, .delay = Duration::max()}, now_);
  EXPECT_EQ(links.SendFrame(a_, b_, 1, now_).latency, Duration::max());
}

TEST_F(LinkTableTest, CertainCorruptionIsCertainLossForConnections) {
  LinkTable links = Links();
  links.SetOnlyTrouble(a_, b_, TroubleId(), {.corrupt = {1, 1}}, now_);
  EXPECT_TRUE(links.SendFrame(a_, b_, 1, now_).held);
  EXPECT_EQ(links.SendMessage(a_, b_, 1, now_).kind, Kind::kArrives) << "and is found out there";
  links.SetOnlyTrouble(a_, b_, TroubleId(), {.corrupt = {3, 4}}, now_);
  EXPECT_FALSE(links.SendFrame(a_, b_, 1, now_).held);
}

TEST_F(LinkTableTest, AQueueIsTimedAnewWhenTheBandwidthChanges) {
  LinkTable links = Links({.latency_min = 1ms, .latency_max = 1ms});
  links.SetOnlyTrouble(a_, b_, TroubleId(), {.bytes_per_second = 1'000}, now_);
  EXPECT_EQ(links.SendMessage(a_, b_, 960, now_).latency, 1'001ms);
  links.SetOnlyTrouble(a_, b_, TroubleId(), {.bytes_per_second = 2'000}, now_ + 500ms);
  // 500 bytes of the first and 1,000 of the second.
  EXPECT_TRUE(links.BecameFaster(a_, b_));
  EXPECT_FALSE(links.BecameFaster(b_, a_));
  EXPECT_EQ(links.SendMessage(a_, b_, 960, now_ + 500ms).latency, 751ms);
  links.Settle();
  links.SetOnlyTrouble(a_, b_, TroubleId(), {.bytes_per_second = 500}, now_ + 500ms);
  EXPECT_FALSE(links.BecameFaster(a_, b_));
  EXPECT_EQ(links.SendMessage(a_, b_, 460, now_ + 500ms).latency, 4'001ms);
  links.SetOnlyTrouble(a_, b_, TroubleId(), {}, now_ + 500ms);
  EXPECT_TRUE(links.BecameFaster(a_, b_));
  EXPECT_EQ(links.SendMessage(a_, b_, 960, now_ + 500ms).latency, 1ms);
  EXPECT_EQ(AtAnotherRate(Duration::max(), 2, 1), Duration::max());
  EXPECT_EQ(AtAnotherRate(10s, 1'000, 3), 3'333'333'333'333ns);
}

}  // namespace
}  // namespace flinch::sim
