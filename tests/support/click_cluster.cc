#include "tests/support/click_cluster.h"

#include "engine/cluster.h"
#include "engine/connectors/log_client.h"
#include "engine/connectors/log_sink.h"
#include "engine/connectors/log_source.h"
#include "engine/data_stream.h"
#include "engine/events.h"
#include "engine/outside/log_broker.h"
#include "sim/check.h"

namespace flinch::engine {
namespace {

constexpr sim::Duration kMinute = std::chrono::minutes(1);
constexpr uint32_t kPartitions = 2;

struct Click {
  std::string url;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.url);
  }
};

struct Count {
  using Accumulator = int64_t;
  using Output = int64_t;

  int64_t Create() const { return 0; }

  void Add(const Click&, int64_t& sum) const { ++sum; }

  int64_t Result(const int64_t& sum) const { return sum; }
};

using Counted = WindowResult<std::string, int64_t>;

JobGraph BuildGraph(const ClickClusterOptions& options) {
  StreamExecutionEnvironment env("clicks", {.parallelism = options.parallelism});
  env.FromSource<Click>("source",
                        [] {
                          return std::make_unique<LogSource<Click>>(
                              LogSourceOptions{.topic = "input"},
                              [](const LogRecord& record) -> sim::Result<Click> {
                                return Click{std::string(record.key)};
                              });
                        })
      .Filter("valid", [](const Click& click) { return !click.url.empty(); })
      .KeyBy([](const Click& click) { return click.url; })
      .Window(kMinute)
      .Aggregate("window", Count())
      .SinkTo("sink",
              [timeout = options.engine.sink.transaction_timeout] {
                return std::make_unique<LogSink<Counted>>(
                    LogSinkOptions{.topic = "output", .transaction_timeout = timeout},
                    [](const Counted& counted) {
                      return std::pair<Bytes, Bytes>(counted.key, Encode(counted));
                    });
              })
      .DisableChaining();
  sim::Result<JobGraph> graph = BuildJobGraph(env.Build());
  sim::Check(graph.has_value(), "the click job is wrong: {}",
             graph ? std::string() : graph.error().message);
  return *std::move(graph);
}

std::string UrlOf(uint32_t row) { return "/page/" + std::to_string(row * row % 7); }

EventTime TimeOf(uint32_t row) { return EventTime(int64_t{row} * 1'000'000'000); }

}  // namespace

ClickCluster::ClickCluster(const ClickClusterOptions& options)
    : options_(options), graph_(BuildGraph(options)) {
  world_ =
      std::make_unique<sim::World>(sim::WorldOptions{.seed = options.seed, .keep = options.keep});
  world_->Observe(*this);
  broker_host_ = world_->AddHost("broker");
  world_->AddProcess(broker_host_, "broker",
                     [](sim::Environment& env) { RunLogBroker(env, LogBrokerOptions{}); });
  world_->AddProcess(world_->AddHost("jm"), "jm", [this](sim::Environment& env) {
    RunJobManager(env, graph_, {.engine = options_.engine, .defects = options_.defects});
  });
  for (uint32_t i = 1; i <= options.task_managers; ++i) {
    const std::string name = "tm-" + std::to_string(i);
    world_->AddProcess(world_->AddHost(name), name, [this](sim::Environment& env) {
      RunTaskManager(
          env, graph_,
          {.slots = options_.slots, .engine = options_.engine, .defects = options_.defects});
    });
  }
  for (uint32_t row = 0; row < options.records; ++row) {
    const std::string window = std::to_string(row / 60);
    std::vector<int64_t>& counts = expected_[UrlOf(row) + "/" + window];
    counts.resize(1);
    ++counts[0];
  }
  BootPublisher(options.records);
}

void ClickCluster::BootPublisher(uint32_t records) {
  world_->AddProcess(world_->AddHost("publisher"), "publisher", [records](sim::Environment& env) {
    const auto client = LogClient::Open(env, LogClientOptions{});
    sim::Check(client.has_value(), "the publisher found no broker");
    (void)(*client)->Call(CreateTopicRequest{.topic = "input", .partitions = kPartitions});
    (void)(*client)->Call(CreateTopicRequest{.topic = "output", .partitions = kPartitions});
    uint64_t sequences[kPartitions] = {};
    for (uint32_t row = 0; row < records; ++row) {
      const uint32_t partition = row % kPartitions;
      const auto produced = (*client)->Call(
          ProduceRequest{.producer = "publisher",
                         .identity = {},
                         .topic = "input",
                         .partition = partition,
                         .base_sequence = sequences[partition]++,
                         .records = {{.key = UrlOf(row), .value = {}, .timestamp = TimeOf(row)}}});
      sim::Check(produced.has_value(), "row {} was not published", row);
      env.Sleep(5ms);
    }
    sim::Check((*client)->Call(SealTopicRequest{.topic = "input"}).has_value(), "not sealed");
  });
}

void ClickCluster::OnEvent(const sim::TraceEvent& event) {
  ++seen_[std::string(event.kind)];
  if (event.kind == events::kJobStatus) {
    job_status_ = *event.Text("to");
  }
}

sim::Outcome ClickCluster::RunToEnd(sim::SimTime limit) {
  return world_->Run([this, limit] {
    return job_status_ == "FINISHED" || job_status_ == "FAILED" || world_->Now() >= limit;
  });
}

std::map<std::string, std::vector<int64_t>> ClickCluster::CommittedCounts() const {
  std::map<std::string, std::vector<int64_t>> counts;
  const std::optional<sim::Bytes> journal = world_->ReadFile(broker_host_, "/log/journal");
  const sim::Result<LogContents> contents = ReadJournal(journal.value_or(""));
  sim::Check(contents.has_value(), "the journal is damaged");
  const auto output = contents->topics.find("output");
  if (output == contents->topics.end()) {
    return counts;
  }
  for (const LogContents::Chunk& chunk : output->second.chunks) {
    for (RecordCursor records = chunk.records.records();
         chunk.fate == RecordFate::kCommitted && !records.AtEnd();) {
      const sim::Result<Counted> counted = Decode<Counted>(records.Take().value);
      sim::Check(counted.has_value(), "an output record is damaged");
      const int64_t minute = counted->window.start.nanos() / kMinute.count();
      counts[counted->key + "/" + std::to_string(minute)].push_back(counted->value);
    }
  }
  return counts;
}

}  // namespace flinch::engine
