#include "scenarios/shrink/tape_edits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flinch::scenarios {

namespace {

sim::Tape Parse(std::string_view text) {
  const sim::Result<sim::Tape> tape = sim::ParseTape(text);
  EXPECT_TRUE(tape.has_value()) << tape.error().message;
  return *tape;
}

constexpr std::string_view kTape =
    "flinch-tape 1 seed 7\n"
    "link.latency jm/tm-1 drawn 512 3=0 9=4\n"
    "scheduler jm chosen 0{12}103\n"
    "scheduler tm-1 chosen 0{5}\n"
    "scheduler tm-2 chosen 2\n";

TEST(TapeEditsTest, CountsWhatIsNotTheDefault) {
  EXPECT_EQ(CountChoices(Parse(kTape)), 5U);
  EXPECT_EQ(CountChoices({}), 0U);
}

TEST(TapeEditsTest, KeepsChoicesAtTheirPlacesAndDropsTracksWithoutAny) {
  EXPECT_EQ(sim::Show(KeepChoices(Parse(kTape), {1, 3})),
            "flinch-tape 1 seed 7\n"
            "link.latency jm/tm-1 drawn 10 9=4\n"
            "scheduler jm chosen 0{14}3\n");
  EXPECT_EQ(sim::Show(KeepChoices(Parse(kTape), {4})),
            "flinch-tape 1 seed 7\nscheduler tm-2 chosen 2\n");
  EXPECT_EQ(KeepChoices(Parse(kTape), {}), (sim::Tape{.seed = 7, .tracks = {}}));
}

TEST(TapeEditsTest, ShortensWithoutChangingAChoice) {
  const sim::Tape all = Shortened(Parse(kTape));
  EXPECT_EQ(sim::Show(all),
            "flinch-tape 1 seed 7\n"
            "link.latency jm/tm-1 drawn 10 3=0 9=4\n"
            "scheduler jm chosen 0{12}103\n"
            "scheduler tm-2 chosen 2\n");
  EXPECT_EQ(Shortened(all), all);
}

TEST(TapeEditsTest, KeptChoicesAreNumberedAnew) {
  const sim::Tape fewer = KeepChoices(Parse(kTape), {0, 2, 4});
  EXPECT_EQ(CountChoices(fewer), 3U);
  EXPECT_EQ(KeepChoices(fewer, {0, 1, 2}), fewer);
}

}  // namespace

}  // namespace flinch::scenarios
