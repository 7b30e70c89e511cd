// The files of the projects that `new` writes. "@NAME@" is the project's name, "@COMPONENT@" what
// it links.
#pragma once

#include <string_view>

namespace flinch::scenarios {

inline constexpr std::string_view kProjectBuild = R"(cmake_minimum_required(VERSION 3.25)
project(@NAME@ LANGUAGES CXX)
find_package(flinch REQUIRED COMPONENTS @COMPONENT@)
add_executable(@NAME@ main.cc)
target_link_libraries(@NAME@ PRIVATE flinch::@COMPONENT@)

# The planted bug is found, and told with a place in main.cc. Mend it, and take the last line away:
# then the hunt must find nothing.
enable_testing()
add_test(NAME hunt COMMAND @NAME@ hunt @NAME@ --seeds 1..50 --fresh)
set_tests_properties(hunt PROPERTIES PASS_REGULAR_EXPRESSION "main[.]cc:[0-9]+")
)";

inline constexpr std::string_view kJobSource = R"(// Counts rows per key.
//
//   build/@NAME@ hunt @NAME@           many seeds: what fails, and how to replay and shrink it
//   build/@NAME@ run @NAME@.toml       the scenario of the file, which is yours to change
//
// The planted bug: the counts are kept beside the engine's state, and a restart forgets them.
// Nobody says what the output should be, so it is judged by a run in which nothing fails.
#include <map>
#include <string>
#include <utility>

#include "scenarios/cli/program.h"
#include "scenarios/jobs/job_parts.h"

using namespace flinch;
using namespace flinch::scenarios;

struct Count {
  using Context = engine::KeyedContext<std::string, LogRow>;

  engine::ValueState<int64_t> state{};
  std::map<std::string, int64_t> counts{};  // the bug; `state.Value().value_or(0)` mends it

  void Open(engine::RuntimeContext& task) { state = task.GetState<int64_t>({"count"}); }

  void ProcessElement(const LogRow& row, const Context& context) {
    const int64_t count = ++counts[row.key];
    state.Update(count);
    context.out.Collect(
        {.key = row.key, .value = std::to_string(count), .timestamp = context.timestamp});
  }

  void OnTimer(engine::EventTime, const Context&) {}
};

engine::StreamGraph Build(const Scenario& scenario, const Workload& workload) {
  engine::StreamExecutionEnvironment job(scenario.job.name, OptionsOf(scenario));
  const auto counts = ReadInput(job, scenario, workload)
                          .KeyBy([](const LogRow& row) { return row.key; })
                          .Process<LogRow>("count", Count());
  WriteOutput<LogRow>(counts, scenario,
                      [](const LogRow& row) { return std::pair(row.key, row.value); });
  return job.Build();
}

int main(int argc, char** argv) {
  return Main(argc, argv, {{.name = "@NAME@", .what = "Counts rows per key.", .build = Build}});
}
)";

inline constexpr std::string_view kSinkSource = R"(// Writes rows to files, exactly once.
//
//   build/@NAME@ hunt @NAME@           many seeds: what fails, and how to replay and shrink it
//   build/@NAME@ run @NAME@.toml       the scenario of the file, which is yours to change
//
// The planted bug: a file is made for each commit, so one that is done again is there twice. Under
// the name that Commit is given, PutIfAbsent makes it once.
#include <memory>
#include <string>
#include <vector>

#include "engine/committing_sink.h"
#include "scenarios/cli/program.h"
#include "scenarios/jobs/job_parts.h"

using namespace flinch;
using namespace flinch::scenarios;

struct FileSink final : engine::CommittingSink<LogRow> {
  sim::Result<void> Commit(sim::Environment& env, const std::string& name,
                           const std::vector<LogRow>& rows) final {
    const std::string path = "/out/" + name + "-" + std::to_string(sim::Nanos(env.Now()));
    const sim::Result<bool> put = env.shared().PutIfAbsent(path, sim::Encode(rows));
    return put ? sim::Result<void>() : sim::Fail(put);
  }
};

// What is there when the world has ended.
std::vector<OutputRecord> ReadFiles(const sim::World& world) {
  std::vector<OutputRecord> records;
  for (const std::string& path : world.ListShared("/out")) {
    const auto rows = sim::Decode<std::vector<LogRow>>(*world.ReadSharedFile(path));
    for (const LogRow& row : *rows) {
      records.push_back({.key = row.key, .value = row.value, .transaction = path});
    }
  }
  return records;
}

engine::StreamGraph Build(const Scenario& scenario, const Workload& workload) {
  engine::StreamExecutionEnvironment job(scenario.job.name, OptionsOf(scenario));
  ReadInput(job, scenario, workload).SinkTo("files", [] { return std::make_unique<FileSink>(); });
  return job.Build();
}

int main(int argc, char** argv) {
  return Main(argc, argv,
              {{.name = "@NAME@",
                .what = "Writes rows to files.",
                .build = Build,
                .outputs = {{.law = SameMultiset(), .read = ReadFiles}}}});
}
)";

inline constexpr std::string_view kSystemSource =
    R"(// A counter that must not forget what it has promised.
//
//   build/@NAME@ hunt @NAME@           many seeds: what fails, and how to replay and shrink it
//   build/@NAME@ run @NAME@ --seed 7 --timeline
//
// The planted bug: the server answers before its file is durable, and a crash takes it back.
#include <chrono>
#include <memory>
#include <string>

#include "scenarios/lab/lab.h"
#include "sim/codec.h"
#include "sim/environment.h"

using namespace flinch;
using namespace flinch::sim;
using namespace std::chrono_literals;

void RunServer(Environment& env) {
  const std::unique_ptr<Socket> socket = *env.network().Bind(1);
  for (;;) {
    const Result<Message> message = socket->Receive();
    if (!message) {
      continue;
    }
    const auto file = env.disk().OpenForAppend("/count");
    if (file && (*file)->Append("x")) {
      socket->Send(message->from, "done");  // the bug: not yet, and only if it is durable
      const bool is_durable = (*file)->Sync() && env.disk().SyncDirectory("/");
      env.Trace("kept", {{"durable", is_durable ? 1 : 0}});
    }
  }
}

void RunClient(Environment& env, uint64_t increments) {
  const std::unique_ptr<Socket> socket = *env.network().Bind(1);
  for (uint64_t done = 0; done < increments;) {
    socket->Send(*env.network().Resolve("server", 1), "add");
    if (socket->Receive(env.Now() + 50ms)) {
      env.Trace("promised", {{"count", ++done}});
    }
  }
}

lab::Judgement Run(const lab::Attempt& attempt) {
  WorldOptions options = attempt.world;
  options.keep = Keep::kTrace;
  World world(options);
  const uint64_t increments = attempt.Knob("increments");
  const HostId host = world.AddHost("server");
  world.AddProcess(host, "server", RunServer);
  const ProcessId client = world.AddProcess(
      world.AddHost("client"), "client", [=](Environment& env) { RunClient(env, increments); });
  const faults::Injector injector(world, attempt.plan, attempt.heal_at);
  const Outcome outcome = world.Run([&] {
    return world.Now() >= attempt.heal_at && (!world.IsAlive(client) || world.Now() >= SimTime(9s));
  });
  int64_t promised = 0;
  for (const RecordedEvent& event : world.recording().events) {
    promised = event.kind == "promised" ? *event.Number("count") : promised;
  }
  const auto kept = static_cast<int64_t>(world.ReadFile(host, "/count").value_or("").size());
  std::optional<lab::Failure> failure;
  if (kept < promised) {
    failure = {"forgot", std::to_string(promised) + " were promised, but " + std::to_string(kept) +
                             " are there."};
  }
  return lab::JudgementOf(attempt, world, injector, outcome, failure);
}

int main(int argc, char** argv) {
  lab::Subject subject{.name = "@NAME@",
                       .what = "A counter that must not forget.",
                       .knobs = {{.name = "increments", .usual = 50, .least = 1}},
                       .run = Run};
  subject.faults.crash_targets = {{.process = "server"}};
  subject.faults.hosts = {"server", "client"};
  subject.faults.horizon = 3s;
  return lab::Main(argc, argv, {subject});
}
)";

}  // namespace flinch::scenarios
