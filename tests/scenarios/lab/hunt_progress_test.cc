#include "scenarios/lab/hunt_progress.h"

#include <cstdlib>
#include <fcntl.h>
#include <sstream>
#include <sys/ioctl.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flinch::scenarios {

namespace {

using ::testing::HasSubstr;
using ::testing::Not;

HuntProgress At(uint64_t runs, int64_t seconds, Tally::News news = {.unit = true}) {
  return {.runs = runs,
          .runs_now = runs,
          .elapsed_ns = seconds * 1'000'000'000,
          .news = news,
          .signature = news.signature ? "lost" : ""};
}

TEST(HuntProgressTest, APipeGetsLines) {
  std::ostringstream err;
  HuntProgressPrinter printer(ProgressStyle::kLines, 10, err);
  for (uint64_t runs = 1; runs <= 100; ++runs) {
    printer.Show(At(runs, 1));
  }
  printer.Show(At(101, 1, {.unit = true, .signature = true}));
  printer.Show(At(102, 5, {.unit = true, .cell = true}));
  printer.Show(At(103, 5, {.unit = true, .cell = true}));
  printer.Finish(At(103, 6));
  std::vector<std::string> first_words;
  std::istringstream lines(err.str());
  for (std::string line; std::getline(lines, line);) {
    first_words.push_back(line.substr(0, line.find(" steps")));
    first_words.back().erase(first_words.back().find_last_not_of(' ') + 1);
  }
  EXPECT_THAT(first_words,
              ::testing::ElementsAre("#1 so far", "#2 so far", "#4 so far", "#8 so far",
                                     "#16 so far", "#32 so far", "#64 so far", "#101 new failure",
                                     "#102 new step", "#103 done"));
  EXPECT_THAT(err.str(), Not(HasSubstr("\x1b")));
  EXPECT_THAT(err.str(), Not(HasSubstr("\r")));
}

TEST(HuntProgressTest, ATerminalGetsOneLineThatIsClearedAtTheEnd) {
  std::ostringstream err;
  HuntProgressPrinter printer(ProgressStyle::kTerminal, 10, err);
  printer.Show(At(1, 1));
  printer.Show(At(2, 1));
  printer.Show(At(3, 2));
  printer.Finish(At(3, 2));
  EXPECT_THAT(err.str(), Not(HasSubstr("\n")));
  EXPECT_THAT(err.str(), Not(HasSubstr("\x1b[K2 ")));
  EXPECT_TRUE(err.str().ends_with("\r\x1b[K"));
}

TEST(HuntProgressTest, QuietIsQuiet) {
  std::ostringstream err;
  HuntProgressPrinter printer(ProgressStyle::kQuiet, 10, err);
  printer.Show(At(1, 1, {.unit = true, .signature = true}));
  printer.Finish(At(1, 1));
  EXPECT_EQ(err.str(), "");
}

TEST(HuntProgressTest, ATerminalTellsItsWidth) {
  const int terminal = posix_openpt(O_RDWR | O_NOCTTY);
  ASSERT_GE(terminal, 0);
  const winsize wide{.ws_row = 24, .ws_col = 132, .ws_xpixel = 0, .ws_ypixel = 0};
  ASSERT_EQ(ioctl(terminal, TIOCSWINSZ, &wide), 0);
  EXPECT_EQ(TerminalColumns(terminal), 132U);
  close(terminal);
  EXPECT_EQ(TerminalColumns(-1), 100U);
}

}  // namespace

}  // namespace flinch::scenarios
