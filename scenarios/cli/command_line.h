// What a person typed, as a value. Only this file and the *_options.h know CLI11.
//
// Errors: kInvalidArgument with one clear message and, where one is near, what was probably meant:
//         verbs, flags, words with a fixed choice. Help and version are commands, not errors.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "scenarios/cli/ci_arguments.h"
#include "scenarios/cli/new_project.h"
#include "scenarios/cli/picture_arguments.h"
#include "scenarios/cli/text_arguments.h"
#include "scenarios/cli/token_arguments.h"
#include "scenarios/files/scenario_toml.h"
#include "scenarios/lab/hunt_session.h"
#include "scenarios/lab/seed_range.h"
#include "scenarios/lab/units.h"
#include "sim/recording/recording.h"
#include "sim/result.h"
#include "sim/world/scheduling.h"

namespace flinch::scenarios {

// What one seed may take of the machine.
struct SeedLimits {
  std::optional<int64_t> timeout_ns{};  // of its own time
  std::optional<uint64_t> memory{};     // bytes of addresses; 0: no limit
};

struct RunArguments {
  std::string scenario{};  // a name of the library or a path
  uint64_t seed = 1;
  std::optional<std::string> plan{};
  std::vector<std::string> faults{};  // instead of a plan: TOML, one [[fault]] each
  std::optional<std::string> input{};
  std::optional<std::string> from{};  // a snapshot that was kept
  std::optional<std::string> output{};
  std::optional<std::string> keep_snapshots{};  // a folder
  std::vector<Setting> settings{};
  std::vector<std::string> defects{};
  sim::Scheduling scheduling{};
  std::optional<std::string> tape{};  // where the run's choices go
  bool twice = false;
  bool strict = false;  // a fault of a written plan that never fired decides nothing
  bool timeline = false;
  bool checkpoints = false;  // each with its subtasks
  bool json = false;
  CiArguments ci{};     // of verify and hunt, too
  SeedLimits limits{};  // given: the run has a process of its own, which is ended at them
  // Print the run's trail and nothing else: what `verify` asks of its workers. Not in the help.
  std::optional<sim::Lens> trail{};
};

struct VerifyArguments {
  std::vector<std::string> scenarios{};
  SeedRange seeds{.first = 1, .last = 20};
  RunArguments run{};  // what every run has; scenario and seed are filled in
};

enum class Exhaust : uint8_t { kNothing, kCrash, kCrashPairs };

struct HuntArguments {
  std::vector<std::string> scenarios{};
  RunArguments run{};                // what every run has; scenario and seed are filled in
  std::optional<SeedRange> seeds{};  // nothing: 1..1000, or from 1 on for the time
  Search search = Search::kPortfolio;
  Exhaust exhaust = Exhaust::kNothing;
  std::optional<uint64_t> pairs{};  // how many are drawn; nothing: as many as there are events
  HuntSettings how{};
  std::optional<std::string> report{};  // a page of HTML
};

using MergeArguments = MergeSettings;

// For each planted defect, how long it takes to find it.
struct DefectsArguments {
  std::vector<std::string> only{};  // by name; none: all
  SeedRange seeds{.first = 1, .last = 1000};
  std::vector<Search> searches = {Search::kPortfolio};  // each by itself
  std::optional<uint32_t> jobs{};
  int64_t seed_timeout_ns = 60'000'000'000;
  bool quick = false;  // stop at the first detection
  bool json = false;
};

struct ReplayArguments {
  std::string text{};  // holds a token somewhere, or names a file that does: a log, a tape
  Elsewhere elsewhere{};
  bool force = false;
  bool timeline = false;
  bool checkpoints = false;
  bool json = false;
  std::optional<uint64_t> until{};     // tell what everything stood at after this event
  std::optional<uint64_t> break_at{};  // tell who did this event, and let a debugger stop there
  bool gdb = false;                    // in gdb, which does
};

enum class Catalogue : uint8_t {
  kScenarios,
  kJobs,
  kFaults,
  kEvents,
  kCells,
  kOracles,
  kDefects,
  kContracts
};

struct ListArguments {
  Catalogue what = Catalogue::kScenarios;
  bool names_only = false;
  bool all = false;  // of cells: each with its fault
  bool json = false;
};

struct CheckArguments {
  std::vector<std::string> files{};
};

// In the order of their names.
enum class BenchSuite : uint8_t { kKernel, kEngine, kState, kNexmark };

struct BenchArguments {
  BenchSuite suite = BenchSuite::kKernel;
  uint32_t runs = 5;
  std::optional<std::string> once{};  // the workload to run alone and untimed
  bool strict = false;
  bool json = false;
};

enum class StateVerb : uint8_t { kList, kCat, kDiff };  // in the order of their names

struct StateArguments {
  StateVerb what = StateVerb::kList;
  std::vector<std::string> snapshots{};  // folders: one, of a diff two
  std::optional<std::string> operator_name{};
  std::optional<std::string> state{};
  bool json = false;
};

// Help that was asked for, the version, or how to use the program.
struct TextCommand {
  std::string text{};
  int exit_code = 0;
};

using Command =
    std::variant<RunArguments, ReplayArguments, VerifyArguments, ListArguments, CheckArguments,
                 BenchArguments, StateArguments, HuntArguments, MergeArguments, DefectsArguments,
                 ShrinkArguments, ExplainArguments, DiffArguments, KeepArguments, RegressArguments,
                 ReportArguments, TraceArguments, StudyArguments, NewArguments, CampaignArguments,
                 CompletionArguments, CompleteArguments, ManArguments, SchemaArguments,
                 DemoArguments, TextCommand>;

// `words` without the program's own name.
sim::Result<Command> ParseCommandLine(std::span<const std::string> words);

// A flag, or a word that stands without one.
struct WordInfo {
  std::string name{};    // "--seeds"; "SCENARIO" of a word
  std::string letter{};  // "j" of "-j"
  std::string what{};
  bool takes_value = false;
  bool may_repeat = false;
};

// A command as its help shows it.
struct VerbInfo {
  std::string name{};
  std::string what{};
  std::vector<WordInfo> words{};
  std::vector<WordInfo> flags{};
};

// All of them, in the order of the program's help.
std::vector<VerbInfo> DescribeVerbs();

// What the program is for: a line.
std::string_view PurposeOfProgram();

}  // namespace flinch::scenarios
