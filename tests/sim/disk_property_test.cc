// PutIfAbsent as an election: whatever answers are lost and whoever dies, one contender wins, and
// all who look agree on it.

#include "sim/disk.h"

#include <map>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "sim/world/world.h"

namespace flinch::sim {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kPath = "/lock/leader";

// Asks until it knows who leads.
Bytes Elect(Environment& env) {
  for (;;) {
    const Result<bool> put = env.shared().PutIfAbsent(kPath, env.process_name());
    if (put && *put) {
      return Bytes(env.process_name());
    }
    if (const Result<Bytes> leader = env.shared().Read(kPath)) {
      return *leader;
    }
    env.Sleep(1ms);
  }
}

RC_GTEST_PROP(DiskPropertyTest, OneContenderWinsWhateverAnswersAreLostAndWhoeverDies, ()) {
  const auto seed = *rc::gen::arbitrary<uint64_t>();
  const auto contenders = *rc::gen::inRange<uint32_t>(1, 6);
  const auto fate = *rc::gen::element(CrashFate::kLost, CrashFate::kKept, CrashFate::kDrawn);
  const Ratio request_lost{*rc::gen::inRange<uint32_t>(0, 9), 10};
  const Ratio reply_lost{*rc::gen::inRange<uint32_t>(0, 9), 10};
  // When each dies, in milliseconds; from 60 on: not at all.
  const auto deaths =
      *rc::gen::container<std::vector<int64_t>>(contenders, rc::gen::inRange<int64_t>(0, 120));

  World world({.seed = seed,
               .shared_volume = {.latency_min = 1ms,
                                 .latency_max = 5ms,
                                 .sync_min = 2ms,
                                 .sync_max = 10ms,
                                 .crash_fate = fate}});
  world.SetSharedVolume({.request_lost = request_lost, .reply_lost = reply_lost});
  std::map<std::string, Bytes> leaders;
  int puts_won = 0;
  for (uint32_t i = 0; i < contenders; ++i) {
    const std::string name = "p" + std::to_string(i);
    world.AddProcess(world.AddHost(name), name, [&](Environment& env) {
      const Bytes leader = Elect(env);
      leaders[std::string(env.process_name())] = leader;
      env.Sleep(1s);  // still mortal
    });
  }
  bool all_die = true;
  for (uint32_t i = 0; i < contenders; ++i) {
    if (deaths[i] < 60) {
      world.At(SimTime(Duration(deaths[i] * 1'000'000)),
               [&world, i] { world.Crash(ProcessId(i)); });
    } else {
      all_die = false;
    }
  }
  RC_ASSERT(world.Run([] { return false; }).ending == Ending::kIdle);

  const std::optional<Bytes> leader = world.ReadSharedFile(kPath);
  RC_ASSERT(world.ReadDurableSharedFile(kPath) == leader);
  RC_ASSERT(leader.has_value() || leaders.empty());
  for (const auto& [name, seen] : leaders) {
    RC_ASSERT(seen == *leader);
    puts_won += seen == name ? 1 : 0;
  }
  RC_ASSERT(puts_won <= 1);
  RC_ASSERT(all_die || leader.has_value());
}

}  // namespace
}  // namespace flinch::sim
