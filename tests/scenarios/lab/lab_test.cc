// The whole program, as a stranger's main calls it.
#include "scenarios/lab/lab.h"

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "sim/environment.h"
#include "sim/world/world.h"

namespace flinch::lab {

namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

struct Called {
  int exit_code = 0;
  std::string out;
};

Called Call(const std::vector<Subject>& subjects, std::vector<std::string> words) {
  words.insert(words.begin(), "mine");
  std::vector<char*> argv;
  for (std::string& word : words) {
    argv.push_back(word.data());
  }
  ::testing::internal::CaptureStdout();
  Called called{.exit_code = Main(static_cast<int>(argv.size()), argv.data(), subjects)};
  std::cout.flush();
  std::fflush(stdout);
  called.out = ::testing::internal::GetCapturedStdout();
  return called;
}

// A process ticks; what befalls it is up to `misbehave`, which is called where faults come.
Subject Naughty(std::function<void(sim::Environment&)> misbehave) {
  Subject subject{.name = "naughty", .what = "Ticks."};
  subject.faults = {.crash_targets = {{.process = "a"}},
                    .hosts = {"a"},
                    .horizon = 1s,
                    .crashes_min = 1,
                    .crashes_max = 2};
  subject.run = [misbehave = std::move(misbehave)](const Attempt& attempt) {
    sim::World world(attempt.world);
    const bool is_hunted = !attempt.plan.faults.empty();
    world.AddProcess(world.AddHost("a"), "a", [&](sim::Environment& env) {
      env.Sleep(10ms);
      env.Trace("tick", {});
      if (is_hunted) {
        misbehave(env);
      }
    });
    const faults::Injector injector(world, attempt.plan, attempt.heal_at);
    const sim::Outcome outcome = world.Run([&] { return world.Now() >= attempt.heal_at; });
    return JudgementOf(attempt, world, injector, outcome, std::nullopt);
  };
  return subject;
}

std::string FreshFolder(const std::string& name) {
  const std::string folder = ::testing::TempDir() + "/lab_" + name;
  std::filesystem::remove_all(folder);
  return folder;
}

// The verdict of the only group of failures of a hunt of eight seeds; "" when there is none.
std::string HuntedVerdict(const std::string& name, const Subject& subject) {
  const Called hunt = Call({subject}, {"hunt", "--seeds", "1..8", "--json", "--no-shrink", "--jobs",
                                       "1", "--seed-timeout", "1s", "--out", FreshFolder(name)});
  const size_t begin = hunt.out.find('{');
  const auto json = begin == std::string::npos
                        ? nlohmann::json()
                        : nlohmann::json::parse(hunt.out.substr(begin), nullptr, false);
  if (json.is_discarded() || !json.contains("groups") || json["groups"].empty()) {
    return "";
  }
  return json["groups"][0]["signature"].get<std::string>();
}

TEST(LabTest, AHuntedSubjectThatMisbehavesGetsAVerdict) {
  EXPECT_THAT(HuntedVerdict("throws", Naughty([](sim::Environment&) { throw 7; })),
              HasSubstr("invariant"));
  EXPECT_THAT(HuntedVerdict("exits", Naughty([](sim::Environment&) { _exit(3); })),
              HasSubstr("crashed"));
  EXPECT_THAT(HuntedVerdict("loops", Naughty([](sim::Environment&) {
                              const volatile bool goes_on = true;
                              while (goes_on) {
                              }
                            })),
              HasSubstr("hung"));
}

TEST(LabTest, ASubjectThatThrowsOutsideOfItsWorldGetsAVerdict) {
  Subject subject = Naughty([](sim::Environment&) {});
  subject.run = [run = subject.run](const Attempt& attempt) -> Judgement {
    if (!attempt.plan.faults.empty()) {
      throw 7;
    }
    return run(attempt);
  };
  EXPECT_EQ(HuntedVerdict("throws_outside", subject), "exception");
}

TEST(LabTest, ASubjectThatPrintsOrLeavesFibersBehindIsHuntedAsAnyOther) {
  EXPECT_EQ(HuntedVerdict("prints", Naughty([](sim::Environment&) { std::cout << "{]\n"; })), "");
  EXPECT_EQ(HuntedVerdict("leaks", Naughty([](sim::Environment& env) {
                            for (int fiber = 0; fiber < 100; ++fiber) {
                              env.Spawn("left", [&env] { env.Park(sim::kForever, "nothing"); });
                            }
                          })),
            "");
}

TEST(LabTest, ATapeIsReplayedFromItsFile) {
  const Subject subject = Naughty([](sim::Environment& env) {
    for (int fiber = 0; fiber < 5; ++fiber) {
      env.Spawn("one", [&env] { env.Yield(); });
    }
  });
  const std::string file = ::testing::TempDir() + "/lab.tape";
  EXPECT_EQ(Call({subject}, {"run", "naughty", "--seed", "3", "--tape", file}).exit_code, 0);
  const Called replay = Call({subject}, {"replay", file});
  EXPECT_EQ(replay.exit_code, 0) << replay.out;
  EXPECT_THAT(replay.out, HasSubstr("The run is identical to the recorded one."));
  EXPECT_THAT(replay.out, HasSubstr("choices were played as recorded"));
  EXPECT_THAT(replay.out, ::testing::Not(HasSubstr("replay: ")));
}

}  // namespace

}  // namespace flinch::lab
