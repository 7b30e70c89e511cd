// The blocks of sim/README.md are the ones between "// README <" and "// > README" here: compiled,
// run, and compared with the text.
#include <algorithm>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sim/sync.h"
#include "sim/world/crash_points.h"
#include "sim/world/world.h"
#include "tests/paths.h"

namespace flinch::sim {

namespace {

using namespace std::chrono_literals;

TEST(ReadmeTest, Hello) {
  // README <
  World world({.seed = 7});
  const HostId host = world.AddHost("a");
  const ProcessId process = world.AddProcess(host, "a", [](Environment& env) {
    env.Sleep(1s);
    env.Trace("hello", {{"from", env.process_name()}});
  });
  world.At(SimTime(500ms), [&] {
    world.Crash(process);
    world.Restart(process);
  });
  const Outcome outcome = world.Run([] { return false; });  // until nothing can happen any more
  fmt::print("{} {}\n", Show(world.Now()), Show(world.digest()));  // 1.500s, and the run's identity
  // > README
  EXPECT_EQ(outcome.ending, Ending::kIdle);
  EXPECT_EQ(world.Now(), SimTime(1500ms));
}

TEST(ReadmeTest, Fibers) {
  std::vector<int> got;
  // README <
  const auto program = [&got](Environment& env) {
    Queue<int> queue(env, 2);  // Push waits while two items are in it
    FiberGroup fibers(env);
    fibers.Spawn("producer", [&] {
      for (int item = 1; item <= 5; ++item) {
        queue.Push(item);
      }
      queue.Close();
    });
    while (const std::optional<int> item = queue.Pop()) {
      env.Sleep(10ms);
      got.push_back(*item);
    }
    fibers.WaitForAll();  // they use this function's variables
  };
  // > README
  World world({.seed = 7});
  world.AddProcess(world.AddHost("a"), "a", program);
  world.Run([] { return false; });
  EXPECT_EQ(got, (std::vector<int>{1, 2, 3, 4, 5}));
}

TEST(ReadmeTest, Messages) {
  // README <
  const auto echo = [](Environment& env) {
    const std::unique_ptr<Socket> socket = *env.network().Bind(7);
    while (const Result<Message> message = socket->Receive()) {
      socket->Send(message->from, message->payload);
    }
  };
  const auto ask = [](Environment& env) {
    const std::unique_ptr<Socket> socket = *env.network().Bind(8);
    const Address server = *env.network().Resolve("server", 7);
    Result<Message> answer;
    do {
      socket->Send(server, "ping");
      answer = socket->Receive(env.Now() + 100ms);
    } while (!answer);  // kTimeout: the question or the answer was lost
    env.Trace("answered", {{"with", answer->payload}});
  };
  World world({.seed = 7, .keep = Keep::kTrace});
  const HostId server = world.AddHost("server");
  const HostId client = world.AddHost("client");
  world.AddProcess(server, "server", echo);
  world.AddProcess(client, "client", ask);
  world.SetLink(client, server, {.loss = Percent(50)});
  world.Run([] { return false; });
  // > README
  EXPECT_EQ(world.recording().events.back().kind, "answered");
}

TEST(ReadmeTest, Connections) {
  // README <
  const auto serve = [](Environment& env) {
    const std::unique_ptr<Listener> listener = *env.network().Listen(7);
    while (const Result<std::unique_ptr<Connection>> caller = listener->Accept()) {
      while (const Result<Bytes> frame = (*caller)->Receive()) {
        env.Trace("got", {{"frame", *frame}});
      }  // kUnavailable: the caller has closed, or is gone
    }
  };
  const auto call = [](Environment& env) {
    const Address server = *env.network().Resolve("server", 7);
    Result<std::unique_ptr<Connection>> connection = env.network().Connect(server, 1s);
    while (!connection) {  // nobody listens there yet, or nobody answers
      env.Sleep(100ms);
      connection = env.network().Connect(server, 1s);
    }
    for (const std::string frame : {"one", "two", "three"}) {
      if (!(*connection)->Send(frame)) {
        return;  // broken: what has arrived, only the server can tell
      }
    }
    (*connection)->Close();
  };
  // > README
  World world({.seed = 7, .keep = Keep::kTrace});
  world.AddProcess(world.AddHost("server"), "server", serve);
  world.AddProcess(world.AddHost("client"), "client", call);
  world.Run([] { return false; });
  ASSERT_EQ(world.recording().events.size(), 3U);
  EXPECT_EQ(world.recording().events[2].Text("frame"), "three");
}

TEST(ReadmeTest, Disk) {
  std::optional<Bytes> state;
  std::optional<Bytes> log;
  // README <
  const auto write = [](Environment& env) {
    const Result<void> written = WriteDurably(env.disk(), "/data/state", "seven");
    const Result<std::unique_ptr<File>> file = env.disk().OpenForAppend("/data/log");
    if (!written || !file || !(*file)->Append("synced ") || !(*file)->Sync() ||
        !env.disk().SyncDirectory("/data") || !(*file)->Append("not synced")) {
      env.Trace("disk.failed");  // disks may fail, full ones for example
    }
    env.Sleep(1min);  // a process that has ended cannot crash any more
  };
  World world({.seed = 7});
  const HostId host = world.AddHost("a");
  const ProcessId process = world.AddProcess(host, "a", write);
  world.At(SimTime(1s), [&] { world.Crash(process); });
  world.Run([] { return false; });
  state = world.ReadFile(host, "/data/state");  // "seven"
  log = world.ReadFile(host, "/data/log");      // "synced "
  // > README
  EXPECT_EQ(state, "seven");
  EXPECT_EQ(log, "synced ");
}

TEST(ReadmeTest, Files) {
  // README <
  const auto count = [](Environment& env) {
    FileSystem& disk = env.disk().AtOnce();
    const Result<std::unique_ptr<File>> file = disk.Open("/pages", OpenMode::kCreate);
    if (!file || !(*file)->Lock().value_or(false)) {
      return;  // somebody else has it
    }
    const bool done = (*file)->WriteAt(4096, "page two") && (*file)->WriteAt(0, "page one") &&
                      (*file)->Truncate(8192) && (*file)->Sync() && disk.SyncDirectory("/");
    env.disk().Settle();  // the time that all this takes passes here
    env.Trace("pages", {{"done", done}, {"bytes", (*file)->Size().value_or(0)}});
  };
  // > README
  World world({.seed = 7});
  const HostId host = world.AddHost("a");
  world.AddProcess(host, "a", count);
  world.Run([] { return false; });
  EXPECT_EQ(world.ReadDurableFile(host, "/pages")->size(), 8192U);
}

TEST(ReadmeTest, Crash) {
  // README <
  const auto count = [](Environment& env) {
    for (;;) {
      const Bytes before = env.disk().Read("/data/count").value_or("");
      if (!WriteDurably(env.disk(), "/data/count", before + "|")) {
        env.Sleep(1s);
      }
    }
  };
  World world({.seed = 7});
  const HostId host = world.AddHost("a");
  const ProcessId process = world.AddProcess(host, "a", count);
  world.At(SimTime(1s), [&] { world.Crash(process); });
  world.At(SimTime(3s), [&] { world.Restart(process); });
  world.Run([&] { return world.Now() >= SimTime(5s); });
  // > README
  EXPECT_TRUE(world.IsAlive(process));
  EXPECT_GT(world.ReadFile(host, "/data/count").value_or("").size(), 100U);
}

TEST(ReadmeTest, CrashPoints) {
  int torn = 0;
  // README <
  const auto experiment = [&](const CrashPoint& crash) {
    World world({.seed = 7, .disk = {.crash_fate = CrashFate::kDrawn}});
    const HostId host = world.AddHost("a");
    world.AddProcess(host, "a", [](Environment& env) {
      for (const std::string_view state : {"old", "new"}) {
        if (!WriteDurably(env.disk(), "/state", state)) {
          env.Trace("disk.failed");
        }
      }
    });
    Arm(world, crash);
    world.Run([] { return false; });
    const Bytes left = world.ReadFile(host, "/state").value_or("nothing");
    torn += left != "nothing" && left != "old" && left != "new" ? 1 : 0;
    return WritesOf(world);
  };
  for (const CrashPoint& crash : CrashPoints(experiment)) {
    experiment(crash);
  }
  // > README
  EXPECT_EQ(torn, 0);
}

// README <
// Crashes whoever has just been elected.
class LeaderKiller : public TraceObserver {
 public:
  explicit LeaderKiller(World& world) : world_(world) { world.Observe(*this); }

  void OnEvent(const TraceEvent& event) override {
    if (event.kind == "elected" && event.Number("term") == 3) {
      world_.Crash(event.process);
    }
  }

 private:
  World& world_;
};

// > README

TEST(ReadmeTest, Observe) {
  World world({.seed = 7});
  const LeaderKiller killer(world);
  int last = 0;
  const ProcessId process = world.AddProcess(world.AddHost("a"), "a", [&last](Environment& env) {
    for (int term = 1; term <= 5; ++term) {
      env.Sleep(1s);
      env.Trace("elected", {{"term", term}});
      last = term;
    }
  });
  world.Run([] { return false; });
  EXPECT_FALSE(world.IsAlive(process));
  EXPECT_EQ(last, 2);
}

TEST(ReadmeTest, Replay) {
  // README <
  const auto experiment = [](const Lens& lens) {
    World world({.seed = 7, .keep = Keep::kEverything, .lens = lens});
    world.AddProcess(world.AddHost("a"), "a", [](Environment& env) {
      Random random = env.RandomStream("naps");
      env.Sleep(random.Between(Duration(1ms), Duration(1s)));
    });
    world.Run([] { return false; });
    return world.trail();
  };
  const std::optional<Divergence> divergence = RunTwice(experiment);
  if (divergence) {
    fmt::print("{}", Show(*divergence, "first run", "second run"));
  }
  // > README
  EXPECT_FALSE(divergence.has_value());
}

TEST(ReadmeTest, Hunt) {
  // README <
  int broken = 0;
  for (uint64_t seed = 1; seed <= 100; ++seed) {
    World world({.seed = seed});
    bool promised = false;  // what the customer has heard
    const HostId host = world.AddHost("a");
    const ProcessId process = world.AddProcess(host, "a", [&promised](Environment& env) {
      promised = true;  // the bug: it is not durable yet
      if (!WriteDurably(env.disk(), "/orders/1", "1,000 apples")) {
        env.Trace("disk.failed");
      }
    });
    Random faults = Random(seed).Split("faults");
    const SimTime crash = kEpoch + faults.Between(Duration(0), Duration(20ms));
    world.At(crash, [&] { world.Crash(process); });
    world.Run([] { return false; });
    if (promised && !world.ReadFile(host, "/orders/1")) {
      ++broken;
      fmt::print("seed {}: the order is gone\n", seed);
    }
  }
  // > README
  EXPECT_GT(broken, 0);
  EXPECT_LT(broken, 100);
}

std::string ReadSource(const std::string& path) {
  std::ifstream in(std::string(FLINCH_SOURCE_DIR) + "/" + path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// The lines between `begin` and `end`, each time, without the indentation of their first line.
std::vector<std::string> BlocksOf(const std::string& path, const std::string& begin,
                                  const std::string& end) {
  std::vector<std::string> blocks;
  bool inside = false;
  size_t indentation = 0;
  std::istringstream lines(ReadSource(path));
  for (std::string line; std::getline(lines, line);) {
    const size_t blanks = std::min(line.find_first_not_of(' '), line.size());
    const std::string text = line.substr(blanks);
    if (text == (inside ? end : begin)) {
      inside = !inside;
      if (inside) {
        blocks.emplace_back();
        indentation = blanks;
      }
    } else if (inside) {
      blocks.back() += line.substr(std::min(indentation, blanks)) + "\n";
    }
  }
  return blocks;
}

TEST(ReadmeTest, ShowsWhatIsCompiledAndRunHere) {
  const std::vector<std::string> shown = BlocksOf("sim/README.md", "```cpp", "```");
  std::vector<std::string> run = BlocksOf("tests/sim/readme_test.cc", "// README <", "// > README");
  for (std::string& block :
       BlocksOf("tests/sim/hosted/readme_test.cc", "// README <", "// > README")) {
    block.erase(block.find_last_not_of('\n') + 2);  // behind a class stands an empty line
    run.push_back(block);                           // they come last
  }
  ASSERT_EQ(shown.size(), run.size());
  for (size_t i = 0; i < shown.size(); ++i) {
    EXPECT_EQ(shown[i], run[i]);
  }
}

}  // namespace

}  // namespace flinch::sim
