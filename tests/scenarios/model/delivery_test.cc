#include "scenarios/model/delivery.h"

#include <chrono>
#include <optional>

#include <gtest/gtest.h>

#include "engine/config.h"

namespace flinch::scenarios {

namespace {

using engine::CheckpointingMode;
using engine::DeliveryGuarantee;
using engine::StartupMode;

std::optional<Delivery> DeliveryWith(CheckpointingMode mode, DeliveryGuarantee guarantee,
                                     StartupMode startup, bool takes_checkpoints = true) {
  Scenario scenario;
  scenario.options.checkpoint.mode = mode;
  scenario.options.sink.guarantee = guarantee;
  scenario.options.source.startup = startup;
  scenario.options.checkpoint.interval =
      takes_checkpoints ? std::chrono::seconds(1) : scenario.limits.simulated_time;
  return DeliveryOf(scenario);
}

TEST(DeliveryTest, ExactlyOnceNeedsBarriersAndTransactions) {
  constexpr StartupMode kFirst = StartupMode::kEarliest;
  EXPECT_EQ(DeliveryWith(CheckpointingMode::kExactlyOnce, DeliveryGuarantee::kExactlyOnce, kFirst),
            Delivery::kExactlyOnce);
  EXPECT_EQ(DeliveryWith(CheckpointingMode::kAtLeastOnce, DeliveryGuarantee::kExactlyOnce, kFirst),
            Delivery::kAtLeastOnce);
  EXPECT_EQ(DeliveryWith(CheckpointingMode::kExactlyOnce, DeliveryGuarantee::kAtLeastOnce, kFirst),
            Delivery::kAtLeastOnce);
}

TEST(DeliveryTest, WhoReadsAgainAndWaitsForNothingPromisesNothing) {
  EXPECT_EQ(DeliveryWith(CheckpointingMode::kExactlyOnce, DeliveryGuarantee::kNone,
                         StartupMode::kEarliest),
            std::nullopt);
  EXPECT_EQ(
      DeliveryWith(CheckpointingMode::kExactlyOnce, DeliveryGuarantee::kNone, StartupMode::kLatest),
      std::nullopt)
      << "it goes back to checkpoints";
}

TEST(DeliveryTest, AtMostOnceGoesBackToNothing) {
  for (const DeliveryGuarantee guarantee :
       {DeliveryGuarantee::kNone, DeliveryGuarantee::kAtLeastOnce,
        DeliveryGuarantee::kExactlyOnce}) {
    EXPECT_EQ(DeliveryWith(CheckpointingMode::kExactlyOnce, guarantee, StartupMode::kLatest, false),
              Delivery::kAtMostOnce);
  }
  EXPECT_EQ(DeliveryWith(CheckpointingMode::kExactlyOnce, DeliveryGuarantee::kExactlyOnce,
                         StartupMode::kLatest),
            Delivery::kAtMostOnce)
      << "what was there before the start is passed over, the rest counts once";
}

}  // namespace

}  // namespace flinch::scenarios
