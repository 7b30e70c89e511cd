#include "scenarios/testing/operator_harness.h"

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <span>

#include <fmt/format.h>

#include "engine/checkpoint_meta.h"
#include "engine/graph/job_graph.h"
#include "engine/runtime/operator_chain.h"
#include "engine/runtime/task_deployment.h"
#include "engine/runtime/user_code.h"
#include "engine/serializer.h"
#include "sim/text/text.h"

namespace flinch::scenarios {

namespace {

using engine::EventTime;
using sim::ErrorCode;
using sim::Fail;

constexpr std::string_view kProcess = "task";

// No test of one operator takes so long.
constexpr uint64_t kEventsMax = 10'000'000;

// What reads one output: it keeps the results as bytes, as they would cross a network.
class Collector final : public engine::StreamOperator {
 public:
  struct Kept {
    engine::ElementType type;
    std::vector<std::pair<sim::Bytes, EventTime>> results;
    std::vector<EventTime> watermarks;
  };

  explicit Collector(Kept& kept) : kept_(kept) {}

  sim::Result<void> Open(engine::OperatorRuntime&, const engine::OperatorState*) override {
    return {};
  }

  sim::Result<void> ProcessElement(const engine::StreamRecord& record) override {
    engine::Encoder out;
    kept_.type.write(out, record.value);
    kept_.results.emplace_back(out.Take(), record.timestamp);
    return {};
  }

  sim::Result<void> ProcessWatermark(EventTime watermark) override {
    kept_.watermarks.push_back(watermark);
    return {};
  }

 private:
  Kept& kept_;
};

// What of the lists of all old subtasks one of the new ones gets.
void AddLists(const std::vector<HarnessSnapshot>& restored, const HarnessOptions& options,
              engine::OperatorState& state) {
  std::map<std::string, size_t> before;  // entries of each list in earlier snapshots
  for (const HarnessSnapshot& snapshot : restored) {
    for (const auto& [list, entries] : snapshot.state.state) {
      size_t& number = before[list];
      std::vector<sim::Bytes>& mine = state[list];
      for (const sim::Bytes& entry : entries) {
        const uint64_t owner = snapshot.parallelism == options.parallelism
                                   ? snapshot.subtask
                                   : number % options.parallelism;
        ++number;
        if (owner == options.subtask) {
          mine.push_back(entry);
        }
      }
    }
  }
}

std::vector<engine::TaskSnapshot> RestoreOf(const std::vector<HarnessSnapshot>& restored,
                                            const HarnessOptions& options,
                                            const std::string& name) {
  std::vector<engine::TaskSnapshot> parts;
  for (const HarnessSnapshot& snapshot : restored) {
    parts.push_back({{name, {.state = {}, .keyed = snapshot.state.keyed}}});
  }
  if (!parts.empty()) {
    AddLists(restored, options, parts.front().at(name).state);
  }
  return parts;
}

}  // namespace

struct OperatorHarness::Parts {
  explicit Parts(const HarnessOptions& given)
      : options(given), world({.seed = given.seed, .limits = {.events_max = kEventsMax}}) {}

  // The operator, and behind each of its outputs what keeps it.
  sim::Result<void> Build(const engine::StreamGraph& graph, const std::string& name);
  void Boot(const std::vector<HarnessSnapshot>& restored);
  // The body of the operator's process.
  void Serve(sim::Environment& env);

  // Has the operator's process call it, and waits for what comes of it.
  sim::Result<void> Call(std::function<sim::Result<void>(engine::OperatorChain&)> what);
  // Until the call is answered, or the world says why it never will be.
  sim::Result<void> RunUntil(const std::function<bool()>& reached);

  HarnessOptions options;
  engine::StreamGraph code;
  engine::TaskDeployment deployment;
  engine::Defects defects;
  std::vector<engine::TaskSnapshot> start;  // what it is restored from; empty: from nothing
  std::map<engine::OutputTag, Collector::Kept> kept;
  sim::World world;
  sim::Environment* environment = nullptr;
  sim::FiberId fiber;
  std::function<sim::Result<void>(engine::OperatorChain&)> call;
  std::optional<sim::Result<void>> answer;
  std::optional<sim::Error> broken;
  sim::Result<void> opened;
  uint64_t checkpoints = 0;
};

sim::Result<void> OperatorHarness::Parts::Build(const engine::StreamGraph& graph,
                                                const std::string& name) {
  if (const sim::Result<engine::JobGraph> job = engine::BuildJobGraph(graph); !job) {
    return Fail(job);
  }
  const auto found = std::ranges::find(graph.nodes, name, &engine::OperatorSpec::name);
  if (found == graph.nodes.end()) {
    std::vector<std::string> names;
    std::ranges::transform(graph.nodes, std::back_inserter(names), &engine::OperatorSpec::name);
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("The job {} has no operator {}.{}", text::Quote(graph.job_name),
                            text::Quote(name),
                            text::DidYouMean(name, std::span<const std::string>(names))));
  }
  if (found->is_source) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("The operator {} is a source, which nobody can feed; a MiniCluster "
                            "runs the whole job.",
                            text::Quote(name)));
  }
  if (options.subtask >= options.parallelism || options.parallelism > graph.max_parallelism) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("There is no subtask {} of {}; the job's maximum parallelism is {}.",
                            options.subtask, options.parallelism, graph.max_parallelism));
  }
  code = {.job_name = graph.job_name,
          .max_parallelism = graph.max_parallelism,
          .nodes = {*found},
          .edges = {}};
  deployment.chain = {found->id()};
  for (const engine::OutputSpec& output : found->outputs) {
    Collector::Kept& keeper = kept[output.tag];
    keeper.type = output.type;
    engine::OperatorSpec collector{
        .name = fmt::format("output {} of {}", output.name, name),
        .uid = {},
        .make = [&keeper] { return std::make_unique<Collector>(keeper); },
        .inputs = {{.type = output.type, .key = {}}},
        .outputs = {},
        .decorate = {}};
    deployment.chain.push_back(collector.id());
    code.edges.push_back({.from = 0, .tag = output.tag, .to = code.nodes.size(), .input = 0});
    code.nodes.push_back(std::move(collector));
  }
  return {};
}

void OperatorHarness::Parts::Boot(const std::vector<HarnessSnapshot>& restored) {
  deployment.job_name = code.job_name;
  deployment.task = {.vertex = engine::VertexId(0),
                     .subtask = engine::SubtaskIndex(options.subtask),
                     .attempt = engine::AttemptNumber(options.attempt)};
  deployment.parallelism = options.parallelism;
  deployment.max_parallelism = code.max_parallelism;
  start = RestoreOf(restored, options, code.nodes.front().state_name());
  world.AddProcess(world.AddHost(std::string(kProcess)), std::string(kProcess),
                   [this](sim::Environment& env) { Serve(env); });
  opened = RunUntil([this] { return answer.has_value(); });
  if (opened) {
    opened = *answer;
  }
  if (!opened) {
    broken = opened.error();
  }
}

void OperatorHarness::Parts::Serve(sim::Environment& env) {
  environment = &env;
  fiber = env.CurrentFiber();
  std::optional<engine::OperatorChain> chain;
  sim::Result<void> made = engine::CallUserCode(" while it was made", [&]() -> sim::Result<void> {
    chain.emplace(
        env, engine::OperatorChain::Options{
                 .code = code, .deployment = deployment, .defects = defects, .partitions = {}});
    return {};
  });
  answer = made ? chain->Open(start.empty() ? nullptr : &start) : made;
  while (!*answer) {
    env.Park(sim::kForever, "nothing: the operator could not be opened");
  }
  for (;;) {
    while (!call) {
      env.Park(broken ? sim::kForever : chain->NextTimer(), "a call of the test");
      if (sim::Result<void> fired = broken ? sim::Result<void>() : chain->FireTimers(); !fired) {
        broken = fired.error();
      }
    }
    answer = std::exchange(call, nullptr)(*chain);
  }
}

sim::Result<void> OperatorHarness::Parts::Call(
    std::function<sim::Result<void>(engine::OperatorChain&)> what) {
  if (broken) {
    return std::unexpected(*broken);
  }
  answer.reset();
  call = std::move(what);
  world.At(world.Now(), [this] { environment->Unpark(fiber); });
  if (sim::Result<void> ran = RunUntil([this] { return answer.has_value(); }); !ran) {
    return ran;
  }
  if (!*answer) {
    broken = answer->error();
  }
  return *answer;
}

sim::Result<void> OperatorHarness::Parts::RunUntil(const std::function<bool()>& reached) {
  const sim::Outcome outcome = world.Run(reached);
  switch (outcome.ending) {
    case sim::Ending::kGoal:
      return {};
    case sim::Ending::kViolation:
      broken = {ErrorCode::kInvalidArgument,
                fmt::format("An invariant broke: {} ({}).", outcome.violation->what,
                            outcome.violation->where)};
      break;
    case sim::Ending::kIdle:
      broken = {ErrorCode::kTimeout, fmt::format("The operator waits for what never comes: {}",
                                                 sim::Head(world.Explain()))};
      break;
    case sim::Ending::kLimit:
      broken = {ErrorCode::kTimeout,
                fmt::format("The operator did not come back: {}", sim::Show(outcome))};
      break;
  }
  return std::unexpected(*broken);
}

OperatorHarness::OperatorHarness(const engine::StreamGraph& graph, const std::string& name,
                                 const HarnessOptions& options,
                                 const std::vector<HarnessSnapshot>& restored)
    : parts_(std::make_unique<Parts>(options)) {
  parts_->opened = parts_->Build(graph, name);
  if (parts_->opened) {
    parts_->Boot(restored);
  } else {
    parts_->broken = parts_->opened.error();
  }
}

// The operator is closed as the one of a task is, unless it is beyond that.
OperatorHarness::~OperatorHarness() {
  (void)parts_->Call([](engine::OperatorChain& chain) -> sim::Result<void> {
    chain.Close();
    return {};
  });
}

const sim::Result<void>& OperatorHarness::opened() const { return parts_->opened; }

sim::Result<void> OperatorHarness::ProcessRecord(const engine::ElementType& type,
                                                 const engine::StreamRecord& record,
                                                 uint32_t input) {
  if (parts_->broken) {
    return std::unexpected(*parts_->broken);
  }
  const std::vector<engine::InputSpec>& inputs = parts_->code.nodes.front().inputs;
  if (input >= inputs.size() || inputs[input].type.write != type.write) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("The operator {} takes no such record at input {}: it has {} input{}, "
                            "each of one type.",
                            text::Quote(parts_->code.nodes.front().name), input, inputs.size(),
                            inputs.size() == 1 ? "" : "s"));
  }
  if (const engine::KeyCodec& key = inputs[input].key) {
    const uint32_t most = parts_->code.max_parallelism;
    const engine::SubtaskIndex owner = engine::OwnerOf(
        engine::KeyGroupFor(key.hash(record.value), most), most, parts_->options.parallelism);
    if (owner.value() != parts_->options.subtask) {
      return Fail(ErrorCode::kInvalidArgument,
                  fmt::format("The key of this record belongs to subtask {}, and this one is {} of "
                              "{}.",
                              owner.value(), parts_->options.subtask, parts_->options.parallelism));
    }
  }
  return parts_->Call(
      [&record, input](engine::OperatorChain& chain) { return chain.input(input).Emit(record); });
}

sim::Result<void> OperatorHarness::Watermark(EventTime watermark, uint32_t input) {
  if (parts_->code.nodes.empty() || input >= parts_->code.nodes.front().inputs.size()) {
    return parts_->broken ? sim::Result<void>(std::unexpected(*parts_->broken))
                          : Fail(ErrorCode::kInvalidArgument,
                                 fmt::format("The operator has no input {}.", input));
  }
  return parts_->Call([watermark, input](engine::OperatorChain& chain) {
    return chain.input(input).EmitWatermark(watermark);
  });
}

sim::Result<void> OperatorHarness::AdvanceTime(sim::Duration span) {
  if (parts_->broken) {
    return std::unexpected(*parts_->broken);
  }
  if (span < sim::Duration(0)) {
    return Fail(ErrorCode::kInvalidArgument, "Time does not go back.");
  }
  const sim::SimTime until = sim::Later(parts_->world.Now(), span);
  parts_->world.At(until, [] {});
  const auto reached = [this, until] { return parts_->world.Now() >= until; };
  if (sim::Result<void> ran = parts_->RunUntil(reached); !ran) {
    return ran;
  }
  // Timers that are due right now come before this call.
  return parts_->Call([](engine::OperatorChain&) { return sim::Result<void>(); });
}

sim::SimTime OperatorHarness::Now() const { return parts_->world.Now(); }

sim::Result<HarnessSnapshot> OperatorHarness::Snapshot() {
  HarnessSnapshot snapshot{.checkpoint = engine::CheckpointId(++parts_->checkpoints),
                           .subtask = parts_->options.subtask,
                           .parallelism = parts_->options.parallelism,
                           .state = {}};
  const engine::CheckpointMeta meta{.id = snapshot.checkpoint};
  sim::Result<void> taken = parts_->Call([&](engine::OperatorChain& chain) -> sim::Result<void> {
    if (sim::Result<void> prepared = chain.PrepareSnapshotPreBarrier(meta); !prepared) {
      return prepared;
    }
    sim::Result<engine::FrozenTask> frozen = chain.Snapshot(meta);
    if (!frozen) {
      return Fail(frozen);
    }
    engine::FrozenOperator& mine = frozen->at(parts_->code.nodes.front().state_name());
    snapshot.state.state = std::move(mine.state);
    while (mine.keyed != nullptr) {
      std::optional<std::pair<engine::KeyGroup, sim::Bytes>> group = mine.keyed->Next();
      if (!group) {
        break;
      }
      snapshot.state.keyed.insert(*std::move(group));
    }
    return {};
  });
  return taken ? sim::Result<HarnessSnapshot>(std::move(snapshot)) : Fail(taken);
}

sim::Result<void> OperatorHarness::NotifyComplete(engine::CheckpointId checkpoint) {
  return parts_->Call(
      [checkpoint](engine::OperatorChain& chain) { return chain.NotifyComplete(checkpoint); });
}

sim::Result<void> OperatorHarness::NotifyAborted(engine::CheckpointId checkpoint) {
  return parts_->Call(
      [checkpoint](engine::OperatorChain& chain) { return chain.NotifyAborted(checkpoint); });
}

sim::Result<void> OperatorHarness::Finish() {
  return parts_->Call([this](engine::OperatorChain& chain) -> sim::Result<void> {
    const size_t inputs = parts_->code.nodes.front().inputs.size();
    for (uint32_t input = 0; input < inputs; ++input) {
      if (sim::Result<void> ended = chain.EndInput(input); !ended) {
        return ended;
      }
    }
    return chain.Finish();
  });
}

sim::Result<OperatorHarness::Raw> OperatorHarness::TakeRaw(engine::OutputTag tag,
                                                           const engine::ElementType& type) {
  if (parts_->code.nodes.empty()) {
    return std::unexpected(*parts_->broken);
  }
  const auto found = parts_->kept.find(tag);
  if (found == parts_->kept.end() || found->second.type.write != type.write) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("The operator {} has no such output of this type.",
                            text::Quote(parts_->code.nodes.front().name)));
  }
  return std::exchange(found->second.results, {});
}

const std::vector<EventTime>& OperatorHarness::watermarks() const {
  static const std::vector<EventTime> kNone;
  const auto found = parts_->kept.find(engine::kMainOutput);
  return found == parts_->kept.end() ? kNone : found->second.watermarks;
}

sim::World& OperatorHarness::world() { return parts_->world; }

}  // namespace flinch::scenarios
