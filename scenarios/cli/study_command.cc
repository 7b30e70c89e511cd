#include "scenarios/cli/study_command.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "engine/events.h"
#include "reports/plot_svg.h"
#include "scenarios/cli/hunt_command.h"
#include "scenarios/cli/output_file.h"
#include "scenarios/cli/picture_commands.h"
#include "scenarios/cli/request.h"
#include "scenarios/files/registry.h"
#include "scenarios/lab/complaint.h"
#include "scenarios/lab/interrupt.h"
#include "scenarios/lab/step_progress.h"
#include "scenarios/lab/version.h"
#include "scenarios/lab/worker_pool.h"
#include "sim/text/text.h"

namespace flinch::scenarios {

namespace {

using nlohmann::json;

constexpr uint64_t kStudyRunsMax = 1'000'000;
constexpr double kNanosPerMilli = 1e6;

struct StudyMeasure {
  std::string_view name;  // of columns and files
  std::string_view title;
  std::string_view unit;
};

constexpr auto kMeasures = std::to_array<StudyMeasure>(
    {{"checkpoint_ms", "Checkpoints: from the trigger until stored", "ms"},
     {"snapshot_bytes", "Checkpoints: bytes, with what was in flight", "bytes"},
     {"in_flight_bytes", "Checkpoints: bytes that were in flight", "bytes"},
     {"recovery_ms", "Recovery: from the failure until the job runs again", "ms"},
     {"restore_ms", "Recovery: from the failure until each task has its state", "ms"},
     {"records_per_second", "Throughput: records in per simulated second", "records/s"},
     {"finished_ms", "Until the job was done", "ms"},
     {"steps", "Steps of the simulation: messages, disks, fibers", "steps"}});

// What one run came to: for each measure what was measured in it.
struct Measured {
  std::string verdict{};  // "" it was not run
  std::array<std::vector<double>, kMeasures.size()> values{};
};

// One choice of a value per option.
using Point = std::vector<Setting>;

std::vector<Point> PointsOf(const std::vector<VariedOption>& options) {
  std::vector<Point> points = {{}};
  for (const VariedOption& option : options) {
    std::vector<Point> longer;
    for (const Point& point : points) {
      for (const std::string& value : option.values) {
        longer.push_back(point);
        longer.back().push_back({.key = option.key, .value = value});
      }
    }
    points = std::move(longer);
  }
  return points;
}

double Millis(sim::Duration span) { return static_cast<double>(span.count()) / kNanosPerMilli; }

// Of the checkpoints of a run that were stored.
struct CheckpointMeasures {
  std::vector<double> times;
  std::vector<double> bytes;
  std::vector<double> in_flight;
};

CheckpointMeasures MeasureCheckpoints(const sim::Recording& recording) {
  CheckpointMeasures measures;
  for (const reports::CheckpointRow& row : CheckpointRowsOf(recording)) {
    if (row.stored) {
      measures.times.push_back(Millis(*row.stored - row.triggered));
      measures.bytes.push_back(static_cast<double>(row.bytes()));
      measures.in_flight.push_back(static_cast<double>(row.in_flight().value_or(0)));
    }
  }
  return measures;
}

// Each time that the job ran no more until it did again.
std::vector<double> RecoveryTimes(const sim::Recording& recording) {
  std::vector<double> times;
  std::optional<sim::SimTime> failed;
  for (const sim::RecordedEvent& event : recording.events) {
    if (event.kind != engine::events::kJobStatus) {
      continue;
    }
    if (event.Text("to") == "RUNNING" && failed) {
      times.push_back(Millis(event.time - *std::exchange(failed, std::nullopt)));
    } else if (event.Text("from") == "RUNNING" && event.Text("to") != "FINISHED" && !failed) {
      failed = event.time;
    }
  }
  return times;
}

// Each time that the job ran no more until the last of its tasks had restored what it begins with.
std::vector<double> RestoreTimes(const sim::Recording& recording) {
  std::vector<double> times;
  std::optional<sim::SimTime> failed;
  std::optional<sim::SimTime> started;  // the last task since
  const auto tell = [&] {
    if (failed && started) {
      times.push_back(Millis(*started - *failed));
    }
    failed.reset();
    started.reset();
  };
  for (const sim::RecordedEvent& event : recording.events) {
    if (event.kind == engine::events::kTaskStarted) {
      started = event.time;
    } else if (event.kind == engine::events::kJobStatus && event.Text("from") == "RUNNING") {
      tell();
      failed = event.Text("to") == "FINISHED" ? failed : std::optional(event.time);
    } else if (event.kind == engine::events::kJobStatus && event.Text("to") == "RUNNING") {
      started.reset();
    }
  }
  tell();
  return times;
}

// In a worker.
std::string MeasureRun(const RunArguments& arguments, const Scenario& scenario) {
  sim::Result<PreparedRun> prepared = Prepare(arguments, scenario);
  if (!prepared) {
    return json{{"verdict", prepared.error().message}, {"values", json::array()}}.dump(
        -1, ' ', false, json::error_handler_t::replace);
  }
  prepared->request.keep = sim::Keep::kTrace;
  const RunResult result = Run(prepared->request);
  const reports::RunSummary& summary = result.summary;
  const double millis = Millis(summary.sim_time - sim::SimTime());
  const std::vector<double> rate = {static_cast<double>(summary.records_in) * 1'000 /
                                    std::max(millis, 1.0)};
  const CheckpointMeasures checkpoints = MeasureCheckpoints(result.recording);
  return json{
      {"verdict", reports::Name(summary.verdict)},
      {"values",
       {checkpoints.times, checkpoints.bytes, checkpoints.in_flight,
        RecoveryTimes(result.recording), RestoreTimes(result.recording), rate,
        std::vector<double>{millis}, std::vector<double>{static_cast<double>(summary.events)}}}}
      .dump();
}

Measured ReadMeasured(const Answer& answer) {
  if (answer.fate != Fate::kAnswered) {
    return {.verdict = answer.fate == Fate::kCrashed ? "crashed"
                       : answer.fate == Fate::kHung  ? "hung"
                                                     : "out of memory"};
  }
  const json object = json::parse(answer.text);
  Measured measured{.verdict = object.at("verdict")};
  for (size_t index = 0; index < object.at("values").size(); ++index) {
    measured.values.at(index) = object.at("values")[index].get<std::vector<double>>();
  }
  return measured;
}

// A field of CSV; what a spreadsheet would take for a formula is none any more.
std::string CsvField(std::string_view text) {
  std::string field = text::Printable(text);
  if (!field.empty() && std::string_view("=+-@").contains(field.front())) {
    field.insert(field.begin(), '\'');
  }
  if (field.find_first_of(",\"") == std::string::npos) {
    return field;
  }
  std::string quoted = "\"";
  for (const char c : field) {
    quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  }
  return quoted + "\"";
}

std::string SpreadFields(const std::optional<reports::Spread>& spread) {
  return spread ? fmt::format(",{:.6g},{:.6g},{:.6g}", spread->low, spread->middle, spread->high)
                : ",,,";
}

class Study {
 public:
  Study(const StudyArguments& arguments, Scenario scenario)
      : arguments_(arguments),
        scenario_(std::move(scenario)),
        points_(PointsOf(arguments.varied)),
        runs_(points_.size() * Seeds()) {}

  uint64_t Seeds() const { return arguments_.seeds.last - arguments_.seeds.first + 1; }

  // All that a user could have got wrong in a value.
  sim::Result<void> Check() const {
    for (size_t point = 0; point < points_.size(); ++point) {
      const sim::Result<PreparedRun> prepared = Prepare(ArgumentsFor(point * Seeds()), scenario_);
      if (!prepared) {
        return sim::Fail(prepared);
      }
    }
    return {};
  }

  sim::Result<void> Perform(const InterruptWatch& interrupt, std::ostream& err) {
    StepProgress progress(StyleOfProgress(err), "runs", runs_.size(), RealNow, err);
    uint64_t done = 0;
    WorkerPool pool(
        {.workers = arguments_.jobs.value_or(WorkersByDefault())},
        [this](const std::string& work) {
          return MeasureRun(ArgumentsFor(std::stoull(work)), scenario_);
        },
        RealNow);
    uint64_t given = 0;
    return pool.Run({.next = [&]() -> std::optional<std::string> {
                       return given < runs_.size() ? std::optional(std::to_string(given++))
                                                   : std::nullopt;
                     },
                     .done =
                         [&](const std::string& work, const Answer& answer) {
                           runs_.at(std::stoull(work)) = ReadMeasured(answer);
                           progress.Show(++done);
                         },
                     .tick = [&interrupt] { return interrupt.signal() == 0; }});
  }

  std::string Runs() const {
    std::string csv = Head() + ",seed,verdict";
    for (const StudyMeasure& measure : kMeasures) {
      csv += fmt::format(",{0}_p10,{0}_p50,{0}_p90", measure.name);
    }
    csv += '\n';
    for (size_t run = 0; run < runs_.size(); ++run) {
      csv += fmt::format("{},{},{}", ValuesOf(points_[run / Seeds()]),
                         arguments_.seeds.first + run % Seeds(), CsvField(runs_[run].verdict));
      for (const std::vector<double>& values : runs_[run].values) {
        csv += SpreadFields(reports::SpreadOf(values));
      }
      csv += '\n';
    }
    return csv;
  }

  std::string Summary() const {
    std::string csv = Head() + ",runs,passed";
    for (const StudyMeasure& measure : kMeasures) {
      csv += fmt::format(",{0}_p10,{0}_p50,{0}_p90", measure.name);
    }
    csv += '\n';
    for (size_t point = 0; point < points_.size(); ++point) {
      uint64_t passed = 0;
      for (uint64_t seed = 0; seed < Seeds(); ++seed) {
        passed += runs_[point * Seeds() + seed].verdict == "passed" ? 1U : 0U;
      }
      csv += fmt::format("{},{},{}", ValuesOf(points_[point]), Seeds(), passed);
      for (size_t measure = 0; measure < kMeasures.size(); ++measure) {
        csv += SpreadFields(SpreadAt(point, measure));
      }
      csv += '\n';
    }
    return csv;
  }

  // The first option goes across; each choice of the others is a line.
  std::string Picture(size_t measure) const {
    const VariedOption& across = arguments_.varied.front();
    const size_t lines = points_.size() / across.values.size();
    reports::Plot plot{
        .title = fmt::format("{}, {} seeds each", kMeasures.at(measure).title, Seeds()),
        .across = across.key,
        .unit = fmt::format("{} (median; bars from p10 to p90)", kMeasures.at(measure).unit),
        .categories = across.values};
    for (size_t line = 0; line < lines; ++line) {
      reports::PlotLine& drawn = plot.lines.emplace_back();
      const Point& point = points_[line];
      for (size_t other = 1; other < point.size(); ++other) {
        drawn.name +=
            fmt::format("{}{}={}", other > 1 ? ", " : "", point[other].key, point[other].value);
      }
      for (size_t value = 0; value < across.values.size(); ++value) {
        drawn.points.push_back(SpreadAt(value * lines + line, measure));
      }
    }
    return reports::ShowSvg(plot);
  }

 private:
  RunArguments ArgumentsFor(uint64_t run) const {
    RunArguments arguments{.scenario = arguments_.scenario,
                           .seed = arguments_.seeds.first + run % Seeds(),
                           .settings = arguments_.settings};
    const Point& point = points_[run / Seeds()];
    arguments.settings.insert(arguments.settings.end(), point.begin(), point.end());
    return arguments;
  }

  // Of all measurements of all of its runs.
  std::optional<reports::Spread> SpreadAt(size_t point, size_t measure) const {
    std::vector<double> all;
    for (uint64_t seed = 0; seed < Seeds(); ++seed) {
      const std::vector<double>& own = runs_[point * Seeds() + seed].values.at(measure);
      all.insert(all.end(), own.begin(), own.end());
    }
    return reports::SpreadOf(std::move(all));
  }

  std::string Head() const {
    std::string head;
    for (const VariedOption& option : arguments_.varied) {
      head += (head.empty() ? "" : ",") + CsvField(option.key);
    }
    return head;
  }

  static std::string ValuesOf(const Point& point) {
    std::string values;
    for (const Setting& setting : point) {
      values += (values.empty() ? "" : ",") + CsvField(setting.value);
    }
    return values;
  }

  const StudyArguments& arguments_;
  Scenario scenario_;
  std::vector<Point> points_;
  std::vector<Measured> runs_;  // by point, then by seed
};

sim::Result<void> WriteStudy(const Study& study, const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  std::vector<std::pair<std::string, std::string>> files = {{"runs.csv", study.Runs()},
                                                            {"summary.csv", study.Summary()}};
  for (size_t measure = 0; measure < kMeasures.size(); ++measure) {
    files.emplace_back(fmt::format("{}.svg", kMeasures.at(measure).name), study.Picture(measure));
  }
  for (const auto& [name, text] : files) {
    const sim::Result<OutputFile> file =
        OutputFile::Open((std::filesystem::path(folder) / name).string(), {});
    if (!file) {
      return sim::Fail(file);
    }
    if (sim::Result<void> written = file->Write(text); !written) {
      return written;
    }
  }
  return {};
}

}  // namespace

int StudyCommand(const StudyArguments& arguments, std::ostream& out, std::ostream& err) {
  const sim::Result<Scenario> scenario = LoadScenario(arguments.scenario);
  if (!scenario) {
    return ComplainAboutInput(err, scenario.error().message);
  }
  uint64_t points = 1;
  for (const VariedOption& option : arguments.varied) {
    points = std::min(points * option.values.size(), kStudyRunsMax + 1);
  }
  const uint64_t seeds = arguments.seeds.last - arguments.seeds.first;
  if (points > kStudyRunsMax || seeds >= kStudyRunsMax / points) {
    return ComplainAboutInput(err, fmt::format("That is more than {} runs; vary less, or take "
                                               "fewer --seeds.",
                                               kStudyRunsMax));
  }
  Study study(arguments, *scenario);
  if (const sim::Result<void> checked = study.Check(); !checked) {
    return ComplainAboutInput(err, checked.error().message);
  }
  const InterruptWatch interrupt;
  if (const sim::Result<void> performed = study.Perform(interrupt, err); !performed) {
    return Complain(err, performed.error());
  }
  if (interrupt.signal() != 0) {
    err << "flinch: The study was interrupted; nothing is written.\n";
    return ExitCodeOfSignal(interrupt.signal());
  }
  if (const sim::Result<void> written = WriteStudy(study, arguments.out); !written) {
    return Complain(err, written.error());
  }
  out << study.Summary()
      << fmt::format("\n{}: runs.csv, summary.csv and {} pictures\n",
                     text::Printable(arguments.out), kMeasures.size());
  return kExitPassed;
}

}  // namespace flinch::scenarios
