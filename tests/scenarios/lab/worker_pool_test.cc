#include "scenarios/lab/worker_pool.h"

#include <chrono>
#include <csignal>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flinch::scenarios {

namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

int64_t Now() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// All answers to the numbers below `count`, as text.
std::map<std::string, Answer> RunAll(WorkerPool& pool, int count) {
  std::map<std::string, Answer> answers;
  int next = 0;
  const sim::Result<void> ran = pool.Run(
      {.next = [&] { return next < count ? std::optional(std::to_string(next++)) : std::nullopt; },
       .done =
           [&](const std::string& work, const Answer& answer) {
             EXPECT_TRUE(answers.emplace(work, answer).second) << work;
           },
       .tick = [] { return true; }});
  EXPECT_TRUE(ran.has_value()) << ran.error().message;
  return answers;
}

// What a worker does at one of its pieces; the others it answers.
WorkerPool::Perform EvilAt(const std::string& piece, std::function<void()> evil) {
  return [piece, evil = std::move(evil)](const std::string& work) {
    if (work == piece) {
      evil();
    }
    return "did " + work;
  };
}

void ExpectAllButFour(const std::map<std::string, Answer>& answers, int count) {
  EXPECT_EQ(answers.size(), static_cast<size_t>(count));
  for (const auto& [work, answer] : answers) {
    if (work != "4") {
      EXPECT_EQ(answer.fate, Fate::kAnswered) << work;
      EXPECT_EQ(answer.text, "did " + work);
    }
  }
}

TEST(WorkerPoolTest, AnswersAllWork) {
  for (const uint32_t workers : {1U, 3U}) {
    WorkerPool pool({.workers = workers}, [](const std::string& work) { return work + "!"; }, Now);
    const std::map<std::string, Answer> answers = RunAll(pool, 100);
    EXPECT_EQ(answers.size(), 100U);
    EXPECT_EQ(answers.at("42").text, "42!");
  }
}

TEST(WorkerPoolTest, SaysHowMuchOfAProcessorAnAnswerTook) {
  const int64_t whole = 50'000'000;
  WorkerPool pool(
      {.workers = 1},
      [](const std::string& work) {
        const int64_t begin = LookAt(getpid()).processor_ns;
        while (work == "1" && LookAt(getpid()).processor_ns - begin < whole) {
        }
        return work;
      },
      Now);
  const std::map<std::string, Answer> answers = RunAll(pool, 2);
  EXPECT_GE(answers.at("1").processor_ns, whole);
  EXPECT_GE(answers.at("1").wall_ns, 0);
  EXPECT_LT(answers.at("0").processor_ns, answers.at("1").processor_ns);
}

TEST(WorkerPoolTest, AWorkerIsNotThisProcess) {
  const pid_t here = getpid();
  int changed = 0;
  WorkerPool pool(
      {}, [&changed](const std::string&) { return std::to_string(getpid() + 0 * ++changed); }, Now);
  const std::map<std::string, Answer> answers = RunAll(pool, 3);
  EXPECT_NE(answers.at("0").text, std::to_string(here));
  EXPECT_EQ(answers.at("0").text, answers.at("2").text);
  EXPECT_EQ(changed, 0);
}

TEST(WorkerPoolTest, ASignalIsTheAnswerToOnePiece) {
  for (const uint32_t workers : {1U, 2U}) {
    WorkerPool pool({.workers = workers},
                    EvilAt("4",
                           [] {
                             std::fputs("flinch: last words\n", stderr);
                             std::signal(SIGABRT, SIG_DFL);
                             std::raise(SIGABRT);
                           }),
                    Now);
    const std::map<std::string, Answer> answers = RunAll(pool, 10);
    ExpectAllButFour(answers, 10);
    EXPECT_EQ(answers.at("4").fate, Fate::kCrashed);
    EXPECT_EQ(answers.at("4").how, "SIGABRT");
    EXPECT_EQ(answers.at("4").text, "flinch: last words\n");
  }
}

TEST(WorkerPoolTest, AnExitIsTheAnswerToOnePiece) {
  WorkerPool pool({}, EvilAt("4", [] { _exit(3); }), Now);
  const std::map<std::string, Answer> answers = RunAll(pool, 10);
  ExpectAllButFour(answers, 10);
  EXPECT_EQ(answers.at("4").how, "exit code 3");
}

// How many of a hundred pieces are answered by a pool that gives up after five equal deaths, and
// what it says then.
std::pair<int, std::string> AnswersUntilItGivesUp(const WorkerPool::Perform& perform) {
  WorkerPool pool({.workers = 1, .equal_deaths_max = 5}, perform, Now);
  int next = 0;
  int answers = 0;
  const sim::Result<void> ran = pool.Run(
      {.next = [&] { return next < 100 ? std::optional(std::to_string(next++)) : std::nullopt; },
       .done = [&](const std::string&, const Answer&) { ++answers; },
       .tick = [] { return true; }});
  EXPECT_TRUE(ran.has_value());
  return {answers, pool.gave_up()};
}

TEST(WorkerPoolTest, GivesUpWhereAllDieAtTheStart) {
  const auto [answers, why] =
      AnswersUntilItGivesUp([](const std::string&) -> std::string { _exit(3); });
  EXPECT_EQ(answers, 5);
  EXPECT_EQ(why, "the first 5 runs all ended their process in the same way (exit code 3)");
}

TEST(WorkerPoolTest, GoesOnWhereDeathsDifferOrOneAnswered) {
  EXPECT_EQ(AnswersUntilItGivesUp(
                [](const std::string& work) -> std::string { _exit(work == "3" ? 4 : 3); }),
            std::pair(100, std::string()));
  EXPECT_EQ(AnswersUntilItGivesUp([](const std::string& work) -> std::string {
              if (work == "0") {
                return "done";
              }
              _exit(3);
            }),
            std::pair(100, std::string()));
}

TEST(WorkerPoolTest, AnExceptionIsTold) {
  WorkerPool pool({}, EvilAt("4", [] { throw std::runtime_error("out of cheese"); }), Now);
  const std::map<std::string, Answer> answers = RunAll(pool, 10);
  ExpectAllButFour(answers, 10);
  EXPECT_EQ(answers.at("4").fate, Fate::kCrashed);
  EXPECT_THAT(answers.at("4").text, HasSubstr("out of cheese"));
}

TEST(WorkerPoolTest, WhatHangsIsEnded) {
  WorkerPool pool({.workers = 2, .patience_ns = 300'000'000},
                  EvilAt("4",
                         [] {
                           while (true) {
                             pause();
                           }
                         }),
                  Now);
  const std::map<std::string, Answer> answers = RunAll(pool, 10);
  ExpectAllButFour(answers, 10);
  EXPECT_EQ(answers.at("4").fate, Fate::kHung);
}

// A terminal's Ctrl-Z, a frozen container: nobody hangs.
TEST(WorkerPoolTest, WhatIsStoppedDoesNotHang) {
  WorkerPool pool({.workers = 2, .patience_ns = 200'000'000},
                  EvilAt("4",
                         [] {
                           const pid_t stopped = getpid();
                           if (fork() == 0) {
                             usleep(1'000'000);
                             kill(stopped, SIGCONT);
                             _exit(0);
                           }
                           raise(SIGSTOP);
                         }),
                  Now);
  const std::map<std::string, Answer> answers = RunAll(pool, 10);
  ExpectAllButFour(answers, 10);
  EXPECT_EQ(answers.at("4").fate, Fate::kAnswered) << answers.at("4").how;
  EXPECT_GE(answers.at("4").wall_ns, 900'000'000);
}

TEST(WorkerPoolTest, WhatSpinsIsEnded) {
  WorkerPool pool({.workers = 2, .patience_ns = 20'000'000},
                  EvilAt("4",
                         [] {
                           volatile bool spins = true;
                           while (spins) {
                           }
                         }),
                  Now);
  const std::map<std::string, Answer> answers = RunAll(pool, 10);
  EXPECT_EQ(answers.at("4").fate, Fate::kHung);
}

TEST(WorkerPoolTest, WhatEatsMemoryIsEnded) {
#if defined(__SANITIZE_ADDRESS__)
  GTEST_SKIP() << "the sanitizer's own addresses are beyond any limit";
#endif
  WorkerPool pool({.memory_bytes = 1ULL << 30},
                  EvilAt("4",
                         [] {
                           try {
                             std::vector<std::unique_ptr<char[]>> chunks;
                             while (true) {
                               chunks.push_back(std::make_unique_for_overwrite<char[]>(64 << 20));
                             }
                           } catch (const std::bad_alloc&) {
                             // As user code may: the limit is told all the same.
                           }
                         }),
                  Now);
  const std::map<std::string, Answer> answers = RunAll(pool, 10);
  ExpectAllButFour(answers, 10);
  EXPECT_EQ(answers.at("4").fate, Fate::kOutOfMemory);
}

TEST(WorkerPoolTest, LongAnswersAndOutputPass) {
  WorkerPool pool(
      {.workers = 2},
      [](const std::string& work) {
        std::printf("%s\n", std::string(100'000, 'x').c_str());
        return std::string(1'000'000, work.front());
      },
      Now);
  const std::map<std::string, Answer> answers = RunAll(pool, 10);
  EXPECT_EQ(answers.at("7").text, std::string(1'000'000, '7'));
}

TEST(WorkerPoolTest, StopsWhenItIsTold) {
  WorkerPool pool({.workers = 2}, EvilAt("1", [] { pause(); }), Now);
  int answered = 0;
  const sim::Result<void> ran = pool.Run({.next = [] { return std::optional<std::string>("0"); },
                                          .done = [&](const auto&, const auto&) { ++answered; },
                                          .tick = [&] { return answered < 5; }});
  EXPECT_TRUE(ran.has_value());
  EXPECT_GE(answered, 5);
}

}  // namespace

}  // namespace flinch::scenarios
