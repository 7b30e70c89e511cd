#include "scenarios/lab/hunt_session.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <optional>
#include <sched.h>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "scenarios/lab/complaint.h"
#include "scenarios/lab/health.h"
#include "scenarios/lab/hunt_text.h"
#include "scenarios/lab/interrupt.h"
#include "scenarios/lab/missing_units.h"
#include "scenarios/lab/results_file.h"
#include "scenarios/lab/shard_variables.h"
#include "scenarios/lab/step_progress.h"
#include "scenarios/lab/version.h"

namespace flinch::scenarios {

namespace {

namespace fs = std::filesystem;

// So many of the first seeds say that the program dies, whatever the seed.
constexpr uint32_t kEqualDeathsMax = 8;

constexpr std::string_view kDefaultFolder = ".flinch/hunts";

// Where results go. Without --out, a folder that cannot be written is no reason not to hunt.
sim::Result<std::optional<ResultsFile>> OpenResults(const HuntSettings& arguments,
                                                    const HuntHeader& header, std::ostream& err) {
  const fs::path folder = arguments.out.value_or(fmt::format("{}/{}", kDefaultFolder, header.hunt));
  const fs::path path = folder / ResultsFileName(arguments.shard);
  std::error_code ignored;
  if (arguments.fresh) {
    fs::remove(path, ignored);
  }
  sim::Result<ResultsFile> file = ResultsFile::Open(path.string(), ShowHeader(header));
  if (file) {
    for (const UnitResult& result : file->before()) {
      if (const sim::Result<void> belongs = CheckBelongs(header, result); !belongs) {
        return sim::Fail(belongs.error().code,
                         fmt::format("{}: {}", file->path(), belongs.error().message));
      }
    }
    return std::optional(*std::move(file));
  }
  if (file.error().code != sim::ErrorCode::kIo || arguments.out) {
    return sim::Fail(file);
  }
  err << fmt::format("flinch: Results are not kept, so this hunt cannot be gone on with: {}\n",
                     file.error().message);
  return std::optional<ResultsFile>();
}

// The verdict of a hunt; of a merge too.
int ExitCodeOf(const Tally& tally, bool strict, const std::vector<HealthWarning>& warnings) {
  if (tally.count(UnitVerdict::kNondeterministic) > 0) {
    return kExitNondeterminism;
  }
  if (tally.failures() > 0) {
    return kExitViolation;
  }
  // Of a hunt most of whose runs decided nothing nobody can conclude anything.
  const uint64_t passed = tally.count(UnitVerdict::kPassed);
  const bool decided_nothing = passed == 0 || passed < tally.count(UnitVerdict::kInconclusive);
  return decided_nothing || (strict && !warnings.empty()) ? kExitInconclusive : kExitPassed;
}

// A failure is one however many seeds are left; without one, what was cut short proves nothing.
int ExitCodeOf(const HuntSettings& arguments, int verdict, int signal, uint64_t missing) {
  const bool is_finding = verdict == kExitViolation || verdict == kExitNondeterminism;
  if (is_finding && !arguments.exit_zero_on_findings) {
    return verdict;
  }
  if (signal != 0) {
    return ExitCodeOfSignal(signal);
  }
  if (is_finding) {
    return kExitPassed;
  }
  return missing > 0 ? kExitTryAgain : verdict;
}

// How many units of its shard a hunt has not done; says in the report which, and why.
uint64_t TellMissing(const HuntSettings& arguments, const HuntHeader& header, HuntReport& report) {
  const Tally& tally = report.tally;
  if (arguments.max_failures && tally.largest_group() >= *arguments.max_failures) {
    report.ended = fmt::format("{} failures of one kind", tally.largest_group());
  }
  const uint64_t of = report.progress.of.value_or(0);
  if (tally.runs() >= of) {
    return 0;
  }
  if (report.ended.empty()) {
    report.ended = report.interrupted.empty() ? "the time of --for was over" : report.interrupted;
  }
  report.holes = DescribeMissing(header.shard, *header.units, tally);
  return of - tally.runs();
}

HuntReport ReportOf(const HuntHeader& header, const Tally& tally, const std::string& program,
                    const NameUnstruck& unstruck) {
  const bool is_exhaustive = header.search.starts_with(kExhaustCrash);
  return {
      .names = header.scenarios,
      .search = header.search,
      .is_exhaustive = is_exhaustive,
      .tally = tally,
      .progress = {},
      .cells = header.cells,
      .never_struck = unstruck ? unstruck(header.cells, tally.cells()) : std::vector<std::string>(),
      .fault_kinds = header.fault_kinds,
      .faults_undrawn = header.faults_undrawn,
      .dimensions = header.dimensions,
      .warnings =
          CheckHealth(tally, {.with_faults = {header.with_faults.begin(), header.with_faults.end()},
                              .plans = header.plans,
                              .is_exhaustive = is_exhaustive,
                              .has_checkpoints = unstruck != nullptr}),
      .program = program};
}

// What goes wrong here takes nothing from what was found. `err`: null says nothing.
void ShrinkFound(const Hunt& hunt, const HuntSettings& arguments, const InterruptWatch& interrupt,
                 std::ostream* err, ResultsFile* file, Tally& tally) {
  const std::vector<FailureGroup> groups = GroupsToShrink(tally);
  if (groups.empty()) {
    return;
  }
  if (err != nullptr) {
    *err << fmt::format("shrinking {} of failures (--no-shrink leaves them as they are)\n",
                        groups.size() == 1 ? "1 group" : fmt::format("{} groups", groups.size()));
  }
  const sim::Result<void> shrunk =
      ShrinkGroups(groups, {.shrink = hunt.shrink,
                            .pool = {.workers = arguments.jobs.value_or(WorkersByDefault()),
                                     .patience_ns = arguments.seed_timeout_ns,
                                     .memory_bytes = arguments.seed_memory},
                            .clock = RealNow,
                            .interrupted = [&interrupt] { return interrupt.signal() != 0; },
                            .done =
                                [&](const ShrunkGroup& group) {
                                  tally.AddShrunk(group);
                                  if (file != nullptr && !file->Append(ShowShrunkLine(group)) &&
                                      err != nullptr) {
                                    *err << "flinch: The smallest run could not be stored.\n";
                                  }
                                }});
  if (!shrunk && err != nullptr) {
    *err << fmt::format("flinch: {}\n", shrunk.error().message);
  }
}

// All files of results in the folders; a file may be named itself.
sim::Result<std::vector<std::string>> FindResults(const std::vector<std::string>& places) {
  std::vector<std::string> files;
  for (const std::string& place : places) {
    std::error_code error;
    const size_t before = files.size();
    if (fs::is_directory(place, error)) {
      for (const fs::directory_entry& entry : fs::directory_iterator(place, error)) {
        if (entry.path().extension() == ".jsonl") {
          files.push_back(entry.path().string());
        }
      }
    } else {
      files.push_back(place);
    }
    if (files.size() == before) {
      return sim::Fail(sim::ErrorCode::kNotFound,
                       fmt::format("{} holds no results of a hunt (*.jsonl).", place));
    }
  }
  std::ranges::sort(files);
  // One file under two paths is one.
  std::set<fs::path> known;
  std::erase_if(files, [&known](const std::string& file) {
    std::error_code ignored;
    return !known.insert(fs::weakly_canonical(file, ignored)).second;
  });
  return files;
}

// What all files of a merge have in common; the first one decides.
sim::Result<void> JoinHeader(const HuntHeader& own, std::optional<HuntHeader>& header) {
  header = header.value_or(own);
  if (own.hunt != header->hunt) {
    return sim::Fail(sim::ErrorCode::kInvalidArgument,
                     fmt::format("This is hunt {} (build {}), the files before it are of hunt {} "
                                 "(build {}). Merge the results of one hunt at a time.",
                                 own.hunt, own.build, header->hunt, header->build));
  }
  header->shard.count = std::max(header->shard.count, own.shard.count);
  return {};
}

// Adds one file's results, line by line; `header` is that of the first one.
sim::Result<void> MergeFile(const std::string& path, std::optional<HuntHeader>& header,
                            Tally& tally, StepProgress& progress) {
  std::optional<HuntHeader> own;
  const sim::Result<size_t> read = ReadResults(
      path, {.header = [&](const std::string& line) -> sim::Result<void> {
               sim::Result<HuntHeader> parsed = ParseHeader(line);
               if (!parsed) {
                 return sim::Fail(parsed);
               }
               own = *std::move(parsed);
               progress.Expect(own->units.value_or(0));
               return JoinHeader(*own, header);
             },
             .result = [&](const UnitResult& result) -> sim::Result<void> {
               const sim::Result<void> belongs = CheckBelongs(*own, result);
               if (belongs) {
                 tally.Add(result);
                 progress.Show(tally.runs());
               }
               return belongs;
             },
             .shrunk = [&tally](const ShrunkGroup& shrunk) { tally.AddShrunk(shrunk); }});
  if (!read) {
    return sim::Fail(read);
  }
  // Without a first line it is of a shard that was ended as it began: what it lacks is a hole.
  return {};
}

}  // namespace

uint32_t WorkersByDefault() {
  cpu_set_t processors;
  CPU_ZERO(&processors);
  return sched_getaffinity(0, sizeof(processors), &processors) == 0
             ? static_cast<uint32_t>(std::max(1, CPU_COUNT(&processors)))
             : 1;
}

int64_t RealNow() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// Which shard this is, where the command line leaves it to the surroundings.
sim::Result<void> SettleShard(HuntSettings& arguments, std::ostream& err) {
  if (arguments.shard_given) {
    return {};
  }
  sim::Result<std::optional<FoundShard>> found = ShardByHand(EnvironmentVariable);
  if (arguments.shard_auto) {
    sim::Result<FoundShard> any = FindShard(EnvironmentVariable);
    found = any ? sim::Result<std::optional<FoundShard>>(*std::move(any)) : sim::Fail(any);
  }
  if (!found) {
    return sim::Fail(found);
  }
  if (*found) {
    arguments.shard = (*found)->shard;
    err << fmt::format("shard {}, by {}\n", Show(arguments.shard), (*found)->by);
  }
  return {};
}

int PerformHunt(const Hunt& hunt, const HuntSettings& settings, const std::string& program,
                ProgressStyle style, std::ostream& out, std::ostream& err) {
  sim::Result<std::optional<ResultsFile>> opened = OpenResults(settings, hunt.header, err);
  if (!opened) {
    return Complain(err, opened.error());
  }
  std::optional<ResultsFile>& file = *opened;
  if (hunt.begin) {
    if (const sim::Result<void> begun = hunt.begin(file.has_value()); !begun) {
      return Complain(err, begun.error());
    }
  }
  HuntProgressPrinter printer(settings.json ? ProgressStyle::kQuiet : style,
                              hunt.header.cells_total, err);
  const InterruptWatch interrupt;
  Tally tally;
  const sim::Result<HuntProgress> hunted = PerformHunt(
      {.space = hunt.space,
       .shard = settings.shard,
       .for_ns = settings.for_ns,
       .max_failures = settings.max_failures,
       .pool = {.workers = settings.jobs.value_or(WorkersByDefault()),
                .patience_ns = settings.seed_timeout_ns,
                .memory_bytes = settings.seed_memory,
                .equal_deaths_max = kEqualDeathsMax},
       .perform = hunt.perform,
       .describe = hunt.describe,
       .clock = RealNow,
       .interrupted = [&interrupt] { return interrupt.signal() != 0; },
       .progress = [&printer](const HuntProgress& progress) { printer.Show(progress); }},
      file ? &*file : nullptr, tally);
  if (!hunted) {
    return Complain(err, hunted.error());
  }
  printer.Finish(*hunted);
  if (!settings.no_shrink && interrupt.signal() == 0) {
    const bool is_told = !settings.json && style != ProgressStyle::kQuiet;
    ShrinkFound(hunt, settings, interrupt, is_told ? &err : nullptr, file ? &*file : nullptr,
                tally);
  }
  HuntReport report = ReportOf(hunt.header, tally, program, hunt.unstruck);
  report.progress = *hunted;
  report.ended = hunted->gave_up;
  report.interrupted = interrupt.name();
  report.stored = file ? file->path() : "";
  const uint64_t missing = TellMissing(settings, hunt.header, report);
  out << (settings.json ? ShowJson(report) : ShowText(report));
  if (hunt.finish) {
    if (const sim::Result<void> written = hunt.finish(report); !written) {
      return Complain(err, written.error());
    }
  }
  return ExitCodeOf(settings, ExitCodeOf(tally, settings.strict, report.warnings),
                    interrupt.signal(), missing);
}

int MergeHunts(const MergeSettings& arguments, const NameUnstruck& unstruck,
               const std::string& program, std::ostream& out, std::ostream& err) {
  const sim::Result<std::vector<std::string>> files = FindResults(arguments.places);
  if (!files) {
    return ComplainAboutInput(err, files.error().message);
  }
  std::optional<HuntHeader> header;
  Tally tally;
  std::optional<StepProgress> progress(std::in_place, StyleOfProgress(err), "units", 0, RealNow,
                                       err);
  for (const std::string& file : *files) {
    if (const sim::Result<void> merged = MergeFile(file, header, tally, *progress); !merged) {
      return ComplainAboutInput(err, merged.error().message);
    }
  }
  progress.reset();
  if (!header) {
    return ComplainAboutInput(err,
                              "No file has a first line, which says what was hunted: all of "
                              "these hunts were ended as they began.");
  }
  HuntReport report = ReportOf(*header, tally, program, unstruck);
  report.progress.runs = tally.runs();
  report.stored = fmt::format(
      "{} of {}", files->size() == 1 ? "1 file" : fmt::format("{} files", files->size()),
      header->hunt);
  report.progress.of = header->units;
  if (header->units) {
    report.holes = DescribeMissing(header->shard.count, *header->units, tally);
  }
  out << (arguments.json ? ShowJson(report) : ShowText(report));
  const int verdict = ExitCodeOf(tally, arguments.strict, report.warnings);
  const bool is_finding = verdict == kExitViolation || verdict == kExitNondeterminism;
  return is_finding || report.holes.empty() ? verdict : kExitTryAgain;
}

}  // namespace flinch::scenarios
