#include "scenarios/cli/bench_command.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "scenarios/bench/engine_workloads.h"
#include "scenarios/bench/kernel_workloads.h"
#include "scenarios/bench/nexmark_workloads.h"
#include "scenarios/bench/state_workloads.h"
#include "scenarios/cli/bench_probe.h"
#include "scenarios/lab/version.h"
#include "sim/check.h"
#include "sim/text/text.h"

namespace flinch::scenarios {

namespace {

using nlohmann::ordered_json;

// One workload over all rounds.
struct Samples {
  std::vector<double> figures;
  std::vector<double> shares;  // of bare in the same round
};

double MedianOf(std::vector<double> values) {
  sim::Check(!values.empty(), "there is no median of nothing");
  std::ranges::sort(values);
  const size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

// Three digits that count: "4.41 M", "447 k", "19.2".
std::string ShowNumber(double value) {
  std::string_view suffix;
  if (value >= 999'500) {
    value /= 1e6;
    suffix = " M";
  } else if (value >= 9'995) {
    value /= 1e3;
    suffix = " k";
  }
  const int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  return fmt::format("{:.{}f}{}", value, decimals, suffix);
}

std::string ShowNumber(const std::optional<double>& value) {
  return value ? ShowNumber(*value) : std::string();
}

bool IsAsGood(const Figure& figure, double as) {
  return figure.workload.kind == FigureKind::kUnitsPerSecond ? figure.value >= as
                                                             : figure.value <= as;
}

std::string_view Judge(const Figure& figure) {
  if (!figure.why_not.empty()) {
    return figure.why_not;
  }
  const std::optional<bool> reached = figure.reached();
  if (!reached) {
    return "";
  }
  if (!*reached) {
    return "missed";
  }
  return figure.goal && IsAsGood(figure, *figure.goal) ? "goal" : "must";
}

int RunOnce(std::span<const BenchWorkload> suite, const std::string& name, std::ostream& out,
            std::ostream& err) {
  const BenchWorkload* const workload = FindWorkload(suite, name);
  if (workload == nullptr) {
    std::vector<std::string_view> names;
    for (const BenchWorkload& each : suite) {
      names.push_back(each.name);
    }
    err << fmt::format("flinch: --once: There is no workload {}; there are {}.{}\n",
                       text::Quote(name), fmt::join(names, ", "),
                       text::DidYouMean(name, std::span<const std::string_view>(names)));
    return kExitUsage;
  }
  if (IsProbed(workload->kind)) {
    err << fmt::format("flinch: --once: {} is measured on {}.\n", workload->name, workload->of);
    return kExitUsage;
  }
  const Work work = workload->run();
  out << fmt::format("{}: {} operations, {} events\n", workload->name, work.operations,
                     work.events);
  return kExitPassed;
}

// What this thread has used of its core: a neighbour that takes the core away costs nothing here.
std::chrono::nanoseconds ProcessorTime() {
  timespec used{};
  sim::Check(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used) == 0,
             "the system tells no processor time");
  return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

}  // namespace

namespace {

// Its own, or what the figure of another says.
std::optional<double> MustOf(const BenchWorkload& workload, std::span<const Figure> before) {
  for (const Figure& other : before) {
    if (other.workload.name == workload.at_most_thrice) {
      return 3 * other.value;
    }
    if (other.workload.name == workload.within_15_percent) {
      return other.value * 85 / 100;
    }
  }
  return workload.must ? std::optional<double>(*workload.must) : std::nullopt;
}

}  // namespace

std::optional<bool> Figure::reached() const {
  return must && why_not.empty() ? std::optional(IsAsGood(*this, *must)) : std::nullopt;
}

std::vector<Figure> Measure(std::span<const BenchWorkload> workloads, uint32_t runs,
                            const Watch& watch, const Prober& probe) {
  std::vector<Samples> samples(workloads.size());
  for (uint32_t round = 0; round < runs; ++round) {
    double bare = 0;
    for (size_t i = 0; i < workloads.size(); ++i) {
      if (IsProbed(workloads[i].kind)) {
        continue;
      }
      const std::chrono::nanoseconds begin = watch();
      const Work work = workloads[i].run();
      const std::chrono::nanoseconds end = watch();
      const double nanos = std::max(1.0, static_cast<double>((end - begin).count()));
      samples[i].figures.push_back(workloads[i].kind == FigureKind::kUnitsPerSecond
                                       ? static_cast<double>(work.units) * 1e9 / nanos
                                       : nanos / static_cast<double>(work.events));
      const double operations = static_cast<double>(work.operations) / nanos;
      bare = workloads[i].name == kBareWorkload ? operations : bare;
      if (bare > 0) {
        samples[i].shares.push_back(operations / bare);
      }
    }
  }
  std::vector<Figure> figures;
  for (size_t i = 0; i < workloads.size(); ++i) {
    Figure figure{.workload = workloads[i],
                  .of_bare = {},
                  .must = workloads[i].must,
                  .goal = workloads[i].goal};
    if (IsProbed(workloads[i].kind)) {
      const sim::Result<double> probed = probe(workloads[i]);
      figure.value = probed.value_or(0);
      figure.why_not = probed ? "" : probed.error().message;
    } else {
      figure.value = MedianOf(samples[i].figures);
    }
    if (!samples[i].shares.empty()) {
      figure.of_bare = MedianOf(samples[i].shares);
    }
    figure.must = MustOf(workloads[i], figures);
    figures.push_back(figure);
  }
  return figures;
}

std::string ShowTable(std::span<const Figure> figures) {
  using Row = std::array<std::string, 8>;
  std::vector<Row> rows = {{"name", "what", "value", "unit", "of bare", "must", "goal", "reached"}};
  for (const Figure& figure : figures) {
    const bool is_cost = figure.workload.kind != FigureKind::kUnitsPerSecond;
    rows.push_back({std::string(figure.workload.name), std::string(figure.workload.what),
                    figure.why_not.empty() ? ShowNumber(figure.value) : "not measured",
                    std::string(figure.workload.unit),
                    figure.of_bare ? fmt::format("{:.3f}", *figure.of_bare) : std::string(),
                    (is_cost && figure.must ? "<= " : "") + ShowNumber(figure.must),
                    ShowNumber(figure.goal), std::string(Judge(figure))});
  }
  std::array<size_t, 8> widths{};
  for (const Row& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], row[i].size());
    }
  }
  std::string text;
  for (const Row& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      const bool is_number = i == 2 || (i >= 4 && i <= 6);
      line += is_number ? fmt::format("{:>{}}  ", row[i], widths[i])
                        : fmt::format("{:<{}}  ", row[i], widths[i]);
    }
    line.resize(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  }
  return text;
}

std::string ShowJson(std::span<const Figure> figures) {
  ordered_json rows = ordered_json::array();
  for (const Figure& figure : figures) {
    const std::optional<bool> reached = figure.reached();
    rows.push_back({{"name", figure.workload.name},
                    {"value", figure.value},
                    {"unit", figure.workload.unit},
                    {"must", figure.must ? ordered_json(*figure.must) : ordered_json()},
                    {"goal", figure.goal ? ordered_json(*figure.goal) : ordered_json()},
                    {"reached", reached ? ordered_json(*reached) : ordered_json()}});
    if (!figure.why_not.empty()) {
      rows.back()["value"] = nullptr;
      rows.back()["why_not"] = figure.why_not;
    }
  }
  return rows.dump() + '\n';
}

int BenchCommand(const BenchArguments& arguments, std::ostream& out, std::ostream& err) {
  const std::span<const BenchWorkload> suite =
      arguments.suite == BenchSuite::kKernel   ? KernelWorkloads()
      : arguments.suite == BenchSuite::kEngine ? EngineWorkloads()
      : arguments.suite == BenchSuite::kState  ? StateWorkloads()
                                               : NexmarkWorkloads();
  if (arguments.once) {
    return RunOnce(suite, *arguments.once, out, err);
  }
  const std::vector<Figure> figures =
      Measure(suite, arguments.runs, ProcessorTime,
              [](const BenchWorkload& workload) { return Probe(workload, "engine"); });
  out << (arguments.json ? ShowJson(figures) : ShowTable(figures));
  const bool missed = std::ranges::any_of(
      figures, [](const Figure& figure) { return !figure.reached().value_or(true); });
  return missed && arguments.strict ? kExitViolation : kExitPassed;
}

}  // namespace flinch::scenarios
