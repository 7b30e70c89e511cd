#include "scenarios/jobs/algebra.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "engine/data_stream.h"
#include "scenarios/jobs/algebra_reference.h"
#include "scenarios/jobs/job_output.h"
#include "scenarios/jobs/job_parts.h"
#include "sim/check.h"
#include "sim/text/text.h"

namespace flinch::scenarios {

namespace {

using sim::ErrorCode;

constexpr auto kSteps = std::to_array<StepInfo>({
    {.kind = StepKind::kMap, .word = "map", .min = 1, .max = 1000},
    {.kind = StepKind::kFilter, .word = "filter", .min = 2, .max = 1000},
    {.kind = StepKind::kFlatMap, .word = "flat_map", .min = 2, .max = 4},
    {.kind = StepKind::kKey, .word = "key", .min = 1, .max = 1000},
    {.kind = StepKind::kRebalance, .word = "rebalance"},
    {.kind = StepKind::kCount, .word = "count"},
    {.kind = StepKind::kDistinct, .word = "distinct"},
    {.kind = StepKind::kWindowCount, .word = "window_count"},
    {.kind = StepKind::kWindowSum, .word = "window_sum"},
    {.kind = StepKind::kWindowMax, .word = "window_max"},
});

const StepInfo& InfoOf(StepKind kind) { return kSteps.at(static_cast<size_t>(kind)); }

bool TakesNumber(const StepInfo& info) { return info.max > 0; }

// ---- Operators

struct CountSoFar {
  using Context = engine::KeyedContext<std::string, AlgebraRecord>;

  engine::ValueState<int64_t> count{};

  void Open(engine::RuntimeContext& context) { count = context.GetState<int64_t>({"count"}); }

  void ProcessElement(const AlgebraRecord& record, const Context& context) {
    const int64_t so_far = count.Value().value_or(0) + 1;
    count.Update(so_far);
    context.out.Collect({.key = record.key, .number = so_far});
  }

  void OnTimer(engine::EventTime, const Context&) const {}
};

// Keyed by key and number already.
struct FirstOnly {
  using Context = engine::KeyedContext<std::string, AlgebraRecord>;

  engine::ValueState<bool> seen{};

  void Open(engine::RuntimeContext& context) { seen = context.GetState<bool>({"seen"}); }

  void ProcessElement(const AlgebraRecord& record, const Context& context) {
    if (seen.Find() == nullptr) {
      seen.Update(true);
      context.out.Collect({.key = DistinctKey(record), .number = record.number});
    }
  }

  void OnTimer(engine::EventTime, const Context&) const {}
};

struct FoldWindow {
  using Accumulator = int64_t;
  using Output = int64_t;

  StepKind kind;

  int64_t Create() const { return EmptyWindow(kind); }

  void Add(const AlgebraRecord& record, int64_t& sum) const {
    sum = AddToWindow(kind, sum, record.number);
  }

  int64_t Result(const int64_t& sum) const { return sum; }
};

using Records = engine::DataStream<AlgebraRecord>;

Records WindowStep(Records records, const std::string& name, StepKind kind, sim::Duration window) {
  using Folded = engine::WindowResult<std::string, int64_t>;
  return records.KeyBy([](const AlgebraRecord& record) { return record.key; })
      .Window(window)
      .Aggregate(name, FoldWindow{kind})
      .Map(name + "-result", [](const Folded& folded) {
        return AlgebraRecord{.key = folded.key, .number = folded.value};
      });
}

Records Append(Records records, const std::string& name, const Step& step, sim::Duration window) {
  const auto key = [](const AlgebraRecord& record) { return record.key; };
  switch (step.kind) {
    case StepKind::kMap:
    case StepKind::kKey:
      return records.Map(name,
                         [step](const AlgebraRecord& record) { return Mapped(step, record); });
    case StepKind::kFilter:
      return records.Filter(name,
                            [step](const AlgebraRecord& record) { return IsKept(step, record); });
    case StepKind::kFlatMap:
      return records.FlatMap<AlgebraRecord>(
          name, [step](const AlgebraRecord& record, engine::Collector<AlgebraRecord>& out) {
            for (int64_t more = 0; more < step.n; ++more) {
              out.Collect({.key = record.key, .number = record.number + more});
            }
          });
    case StepKind::kRebalance:
      return records.Rebalance();
    case StepKind::kCount:
      return records.KeyBy(key).Process<AlgebraRecord>(name, CountSoFar());
    case StepKind::kDistinct:
      return records.KeyBy(DistinctKey).Process<AlgebraRecord>(name, FirstOnly());
    case StepKind::kWindowCount:
    case StepKind::kWindowSum:
    case StepKind::kWindowMax:
      return WindowStep(records, name, step.kind, window);
  }
  sim::Unreachable("step {}", static_cast<int>(step.kind));
}

std::vector<Step> StepsOf(const Scenario& scenario) {
  sim::Result<std::vector<Step>> steps = ParseSteps(scenario.job.steps);
  sim::Check(steps.has_value(), "the steps of a valid scenario are wrong");
  return *std::move(steps);
}

// "count-3" of the third step.
std::string NameOf(const Step& step, size_t index) {
  return fmt::format("{}-{}", InfoOf(step.kind).word, index + 1);
}

// ---- Laws

bool IsWindow(StepKind kind) { return kind >= StepKind::kWindowCount; }

bool IsKeyed(StepKind kind) { return kind >= StepKind::kCount; }

// What the list breaks, in a sentence; or nothing.
std::optional<std::string> FindBrokenLaw(std::span<const Step> steps) {
  bool timed = true;
  for (const Step& step : steps) {
    if (IsWindow(step.kind) && !timed) {
      return fmt::format(
          "\"{}\" stands behind count or distinct, where the timestamps depend on the order of "
          "arrival; put the window before them.",
          Show(step));
    }
    timed = timed && (!IsKeyed(step.kind) || IsWindow(step.kind));
  }
  const auto last_keyed = std::ranges::find_if(steps.rbegin(), steps.rend(),
                                               [](const Step& step) { return IsKeyed(step.kind); });
  if (last_keyed == steps.rend()) {
    return "No step is keyed, so nothing gives the results of a key an order; end with \"count\".";
  }
  for (auto step = last_keyed.base(); step != steps.end(); ++step) {
    if (step->kind == StepKind::kKey || step->kind == StepKind::kRebalance) {
      return fmt::format(
          "\"{}\" stands behind the last keyed step, which leaves the order within a key to "
          "chance; put a keyed step behind it.",
          Show(*step));
    }
  }
  return std::nullopt;
}

}  // namespace

std::span<const StepInfo> AlgebraSteps() { return kSteps; }

std::string Show(const Step& step) {
  const StepInfo& info = InfoOf(step.kind);
  return TakesNumber(info) ? fmt::format("{} {}", info.word, step.n) : std::string(info.word);
}

sim::Result<Step> ParseStep(std::string_view text) {
  const size_t blank = std::min(text.find(' '), text.size());
  const std::string_view word = text.substr(0, blank);
  const auto info = std::ranges::find(kSteps, word, &StepInfo::word);
  if (info == kSteps.end()) {
    std::vector<std::string_view> words;
    for (const StepInfo& known : kSteps) {
      words.push_back(known.word);
    }
    return sim::Fail(
        ErrorCode::kInvalidArgument,
        fmt::format("There is no step {}; use {}.{}", text::Quote(word), fmt::join(words, ", "),
                    text::DidYouMean(word, std::span<const std::string_view>(words))));
  }
  std::string_view rest = text.substr(std::min(blank + 1, text.size()));
  if (!TakesNumber(*info)) {
    if (blank != text.size()) {
      return sim::Fail(ErrorCode::kInvalidArgument,
                       fmt::format("The step {} takes no number.", text::Quote(word)));
    }
    return Step{.kind = info->kind};
  }
  Step step{.kind = info->kind};
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), step.n);
  if (error != std::errc() || end != rest.data() + rest.size() || step.n < info->min ||
      step.n > info->max) {
    return sim::Fail(ErrorCode::kInvalidArgument,
                     fmt::format("The step {} needs a whole number from {} to {}: \"{} {}\".",
                                 text::Quote(text), info->min, info->max, word, info->min));
  }
  return step;
}

sim::Result<std::vector<Step>> ParseSteps(std::span<const std::string> texts) {
  if (texts.empty() || texts.size() > kStepsMax) {
    return sim::Fail(ErrorCode::kInvalidArgument,
                     fmt::format("There are {} steps, but the job \"algebra\" has 1 to {}: for "
                                 "example [\"map 3\", \"count\"].",
                                 texts.size(), kStepsMax));
  }
  std::vector<Step> steps;
  for (const std::string& text : texts) {
    const sim::Result<Step> step = ParseStep(text);
    if (!step) {
      return sim::Fail(step);
    }
    steps.push_back(*step);
  }
  if (std::optional<std::string> broken = FindBrokenLaw(steps)) {
    return sim::Fail(ErrorCode::kInvalidArgument, *std::move(broken));
  }
  return steps;
}

engine::StreamGraph BuildAlgebra(const Scenario& scenario, const Workload& workload) {
  engine::StreamExecutionEnvironment environment(scenario.job.name, OptionsOf(scenario));
  Records records = ReadInput(environment, scenario, workload).Map("parse", [](const LogRow& row) {
    return AlgebraRecord{.key = row.key, .number = FirstNumber(row.value, row.timestamp)};
  });
  size_t number = 0;
  for (const Step& step : StepsOf(scenario)) {
    records = Append(records, NameOf(step, number++), step, scenario.job.window);
  }
  WriteOutput(records, scenario, [](const AlgebraRecord& record) {
    return std::pair(record.key, engine::Encode(RunningCount{.count = record.number}));
  });
  return environment.Build();
}

std::vector<ExpectedRecord> ReferenceAlgebra(const Scenario& scenario, const Workload& workload) {
  std::vector<ExpectedRecord> expected;
  for (TimedRecord& timed : Evaluate(StepsOf(scenario), workload.rows, scenario.job.window)) {
    expected.push_back({.key = std::move(timed.record.key),
                        .value = engine::Encode(RunningCount{.count = timed.record.number})});
  }
  return expected;
}

CountedState StateOfAlgebra(const Scenario& scenario) {
  std::vector<Step> steps = StepsOf(scenario);
  const auto keyed =
      std::ranges::find_if(steps, [](const Step& step) { return IsKeyed(step.kind); });
  sim::Check(keyed != steps.end(), "a valid list of steps has a keyed one");
  const StepKind kind = keyed->kind;
  CountedState counted{.operator_name = NameOf(*keyed, static_cast<size_t>(keyed - steps.begin())),
                       .state = kind == StepKind::kCount      ? "count"
                                : kind == StepKind::kDistinct ? "seen"
                                                              : "window",
                       .has_timers = IsWindow(kind),
                       .add = {}};
  switch (kind) {
    case StepKind::kWindowSum:
      counted.modulus = kAlgebraModulus;
      break;
    case StepKind::kWindowMax:
      counted.folding = Folding::kMax;
      break;
    case StepKind::kDistinct:
      counted.folding = Folding::kOnce;
      break;
    default:
      break;
  }
  steps.erase(keyed + 1, steps.end());
  counted.add = [steps = std::move(steps), window = scenario.job.window](
                    const InputRow& row, SubjectRows& rows) { AddRow(steps, row, window, rows); };
  return counted;
}

std::string ShowAlgebraJson(std::string_view key, std::string_view value) {
  return ShowRunningCountJson(key, value);
}

std::string ShowAlgebra(std::string_view value) {
  const sim::Result<RunningCount> number = engine::Decode<RunningCount>(value);
  return number ? fmt::format("{}", number->count) : ShowRunningCount(value);
}

}  // namespace flinch::scenarios
