#include "scenarios/jobs/async_lookup.h"

#include <chrono>
#include <memory>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "engine/async_data_stream.h"
#include "engine/outside/lookup_service.h"
#include "engine/rpc/endpoint.h"
#include "scenarios/jobs/job_parts.h"
#include "sim/sync.h"

namespace flinch::scenarios {

namespace {

constexpr std::string_view kLookupHost = "lookup";

using Answer = std::pair<std::string, std::string>;  // a word, and what the service says of it

// What the service says.
std::string Reversed(const std::string& word) { return {word.rbegin(), word.rend()}; }

std::vector<std::string> WordsOf(const std::string& text) {
  std::vector<std::string> words;
  std::istringstream in(text);
  for (std::string word; in >> word;) {
    words.push_back(word);
  }
  return words;
}

// Calls of one subtask, each on a fiber of its own.
class LookupClient {
 public:
  LookupClient(sim::Environment& environment, sim::Address service,
               std::unique_ptr<engine::RpcEndpoint> rpc)
      : service_(service), rpc_(std::move(rpc)), calls_(environment) {}

  void Ask(const std::string& word, const engine::ResultFuture<Answer>& future) {
    calls_.Spawn("lookup", [this, word, future] {
      constexpr sim::Duration kPatience = std::chrono::milliseconds(100);
      sim::Result<engine::LookupReply> reply =
          rpc_->Call(service_, engine::LookupRequest{.key = word}, kPatience);
      if (reply) {
        future.Complete({Answer(word, std::move(reply->value))});
      } else {
        future.CompleteExceptionally(reply.error());
      }
    });
  }

  void Cancel() { rpc_->Cancel(); }

  void AwaitEnd() { calls_.WaitForAll(); }

 private:
  sim::Address service_;
  std::unique_ptr<engine::RpcEndpoint> rpc_;
  sim::FiberGroup calls_;
};

class LookUp {
 public:
  LookUp() = default;
  LookUp(LookUp&&) = default;

  // Each subtask opens its own.
  LookUp(const LookUp&) {}

  ~LookUp() = default;
  LookUp& operator=(const LookUp&) = delete;
  LookUp& operator=(LookUp&&) = delete;

  void Open(engine::OperatorRuntime& runtime) {
    sim::Environment& environment = runtime.environment();
    const std::optional<sim::Address> service =
        environment.network().Resolve(kLookupHost, engine::kLookupPort);
    sim::Result<std::unique_ptr<engine::RpcEndpoint>> rpc =
        engine::RpcEndpoint::Open(environment, 0);
    if (!service || !rpc) {
      throw std::runtime_error("there is no way to the lookup service");
    }
    client_ = std::make_unique<LookupClient>(environment, *service, *std::move(rpc));
  }

  void AsyncInvoke(const std::string& word, const engine::ResultFuture<Answer>& future) const {
    client_->Ask(word, future);
  }

  void Cancel() const {
    if (client_) {
      client_->Cancel();
    }
  }

  void Close() {
    if (client_) {
      client_->AwaitEnd();
      client_.reset();
    }
  }

 private:
  std::unique_ptr<LookupClient> client_;
};

engine::AsyncOptions LookupOptions() {
  return {.timeout = std::chrono::seconds(10),
          .capacity = 20,
          .retry = {.attempts_max = 20,
                    .delay = std::chrono::milliseconds(20),
                    .factor = 2,
                    .delay_max = std::chrono::milliseconds(500)}};
}

template <engine::AsyncOrder kOrder>
engine::StreamGraph BuildLookup(const Scenario& scenario, const Workload& workload) {
  engine::StreamExecutionEnvironment environment(scenario.job.name, OptionsOf(scenario));
  const engine::DataStream<std::string> words =
      ReadInput(environment, scenario, workload)
          .FlatMap<std::string>("words",
                                [](const LogRow& row, engine::Collector<std::string>& out) {
                                  for (const std::string& word : WordsOf(row.value)) {
                                    out.Collect(word);
                                  }
                                });
  WriteOutput(
      engine::AsyncDataStream::Wait<Answer>(words, "look up", LookUp(), LookupOptions(), kOrder),
      scenario, [](const Answer& answer) { return answer; });
  return environment.Build();
}

std::vector<ExpectedRecord> ExpectAnswers(const Scenario&, const Workload& workload) {
  std::vector<ExpectedRecord> expected;
  for (const InputRow& row : workload.rows) {
    for (const std::string& word : WordsOf(row.value)) {
      expected.push_back({.key = word, .value = Reversed(word)});
    }
  }
  return expected;
}

template <engine::AsyncOrder kOrder>
JobCase Lookup(std::string name, std::string what) {
  return {.name = std::move(name),
          .what = std::move(what),
          .build = BuildLookup<kOrder>,
          .outputs = {{.law = SameMultiset(std::source_location()),
                       .at_least_once = Contains(std::source_location()),
                       .at_most_once = ContainedIn(std::source_location()),
                       .expect = ExpectAnswers}},
          .outside = {{.name = std::string(kLookupHost),
                       .main =
                           [](sim::Environment& environment) {
                             engine::RunLookupService(environment, {.answer = Reversed});
                           }}},
          .where = {}};
}

}  // namespace

JobCase AsyncLookup() {
  return Lookup<engine::AsyncOrder::kUnordered>(
      "async_lookup", "words that a slow, unreliable service is asked about, as it answers");
}

JobCase AsyncLookupOrdered() {
  return Lookup<engine::AsyncOrder::kOrdered>(
      "async_lookup_ordered", "words that a slow, unreliable service is asked about, in order");
}

}  // namespace flinch::scenarios
