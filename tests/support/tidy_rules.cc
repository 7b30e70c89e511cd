#include "tests/support/tidy_rules.h"

#include <algorithm>
#include <initializer_list>
#include <iterator>
#include <set>

#include <fmt/format.h>

#include "tests/paths.h"

namespace flinch::tests {

namespace {

constexpr std::size_t kFileLinesMax = 600;
constexpr std::size_t kColumnsMax = 100;
constexpr std::size_t kFunctionLinesMax = 70;
constexpr std::size_t kHeaderCommentWithinLines = 5;

constexpr std::string_view kRooms[] = {"sim", "engine", "faults", "scenarios", "reports"};

// ---- Includes -----------------------------------------------------------------------------------

// Files that start with `from` may include project files that start with one of `may`, unless one
// of `never` fits. A pattern that ends in "/*" means the files directly in that folder. First fit
// wins.
struct Layer {
  std::string_view from;
  std::vector<std::string_view> may;
  std::vector<std::string_view> never;
  std::string_view instead;
};

std::vector<Layer> LayersOfRooms() {
  return {
      {"sim/kernel/", {"sim/"}, {}, "the simulation knows nothing of streams, faults or reports"},
      {"sim/world/*.cc",
       {"sim/"},
       {},
       "the simulation knows nothing of streams, faults or reports"},
      {"sim/*.h",
       {"sim/*"},
       {},
       "what simulated code sees knows neither the world nor the recording; declare it in sim/*.h"},
      {"sim/hosted/hosted.h", {"sim/*"}, {}, "who hosts code sees what it sees, and no more"},
      {"sim/hosted/", {"sim/"}, {"sim/text/"}, "hosting knows the kernel, and no texts of people"},
      {"sim/text/", {"sim/*", "sim/text/"}, {}, "texts of people need no world; pass values"},
      {"sim/",
       {"sim/"},
       {"sim/kernel/", "sim/text/", "sim/hosted/"},
       "sim/kernel is closed: only sim/world/*.cc opens it; go through sim/world"},
      {"engine/rpc/",
       {"sim/*", "engine/*", "engine/rpc/"},
       {"engine/cluster.h"},
       "messages and main threads know no component; put what is shared into engine/*.h"},
      {"engine/checkpoint/",
       {"sim/*", "engine/"},
       {"engine/runtime/", "engine/master/", "engine/worker/", "engine/connectors/",
        "engine/cluster.h"},
       "checkpoints know neither tasks nor masters; take what you need through an interface"},
      {"engine/runtime/",
       {"sim/*", "engine/"},
       {"engine/master/", "engine/worker/", "engine/connectors/", "engine/cluster.h"},
       "tasks know neither masters nor connectors; shared messages stand in runtime/gateways.h"},
      {"engine/master/",
       {"sim/*", "engine/"},
       {"engine/worker/", "engine/connectors/", "engine/cluster.h"},
       "a master talks to workers; shared messages stand in runtime/gateways.h"},
      {"engine/worker/",
       {"sim/*", "engine/"},
       {"engine/master/", "engine/connectors/", "engine/cluster.h"},
       "a worker talks to masters; shared messages stand in runtime/gateways.h"},
      {"engine/",
       {"sim/*", "engine/"},
       {},
       "the engine sees only the inside view, sim/*.h; take it from sim::Environment"},
      {"faults/",
       {"sim/*", "sim/text/", "sim/world/", "faults/"},
       {},
       "faults know event names, not engine types, and act through sim/world"},
      {"reports/",
       {"sim/*", "sim/recording/", "sim/text/", "reports/"},
       {},
       "reports read a recording and nothing else; have the caller pass values"},
      {"scenarios/lab/",
       {"sim/*", "sim/recording/", "sim/text/", "sim/world/", "faults/", "reports/",
        "scenarios/lab/"},
       {},
       "the lab knows no stream engine; have the caller pass values and functions"},
      {"scenarios/",
       {"sim/", "engine/", "faults/", "reports/", "scenarios/"},
       {"sim/kernel/"},
       "sim/kernel is closed; go through sim/world"},
  };
}

std::vector<Layer> LayersOfTests() {
  return {
      {"tests/sim/", {"sim/", "tests/"}, {}, "a test sees its room and those below"},
      {"tests/engine/",
       {"sim/", "engine/", "tests/"},
       {"sim/kernel/"},
       "a test sees its room and those below; a test of both belongs to tests/scenarios"},
      {"tests/faults/",
       {"sim/", "faults/", "tests/"},
       {"sim/kernel/"},
       "a test sees its room and those below; a test of both belongs to tests/scenarios"},
      {"tests/reports/",
       {"sim/", "reports/", "tests/"},
       {"sim/kernel/"},
       "a test sees its room and those below; a test of both belongs to tests/scenarios"},
      {"tests/hosted/",
       {"sim/", "tests/", "engine/state/leveldb_env.h"},
       {"sim/kernel/"},
       "a hosted system lives on sim's public headers alone"},
      {"tests/",
       {"sim/", "engine/", "faults/", "reports/", "scenarios/", "tests/"},
       {"sim/kernel/"},
       "sim/kernel is closed; go through sim/world"},
  };
}

const std::vector<Layer>& Layers() {
  static const std::vector<Layer> kLayers = [] {
    std::vector<Layer> layers = LayersOfRooms();
    std::ranges::move(LayersOfTests(), std::back_inserter(layers));
    return layers;
  }();
  return kLayers;
}

// A library whose headers start with `header` is included only below one of `where`.
struct ThirdParty {
  std::string_view header;
  std::vector<std::string_view> where;
  std::string_view instead;
};

const std::vector<ThirdParty>& ThirdParties() {
  static const std::vector<ThirdParty> kThirdParties = {
      {"boost/", {"sim/kernel/context."}, "switch fibers through sim/kernel/context.h"},
      {"CLI/", {"scenarios/cli/"}, "parse flags in scenarios/cli and pass values"},
      {"toml++/", {"sim/text/toml_tree.cc"}, "decode TOML through sim/text and pass values"},
      {"toml.hpp", {"sim/text/toml_tree.cc"}, "decode TOML through sim/text and pass values"},
      {"rapidcheck",
       {"scenarios/lab/removal.cc", "scenarios/testing/gtest.h", "scenarios/testing/arbitrary.h",
        "tests/"},
       "shrink in scenarios/lab/removal.cc, or generate in a test"},
      {"leveldb/",
       {"engine/state/leveldb_", "scenarios/bench/state_workloads.cc", "tests/hosted/"},
       "go through the state back end, or host it in tests/hosted"},
      {"sqlite3.h",
       {"scenarios/sql/sqlite_", "tests/hosted/"},
       "ask it through scenarios/sql/sqlite_run.h, or host it in tests/hosted"},
      {"tao/", {"scenarios/sql/"}, "parse SQL through scenarios/sql/script.h"},
      {"gtest/", {"scenarios/testing/gtest.h", "tests/"}, "keep tests in tests/"},
      {"gmock/", {"scenarios/testing/gtest.h", "tests/"}, "keep tests in tests/"},
      {"benchmark/", {"tests/bench/"}, "keep benchmarks in tests/bench/"},
  };
  return kThirdParties;
}

// "sim/*" fits files directly in sim; "sim/*.h" those of them that end so; else a prefix.
bool Fits(std::string_view path, std::string_view pattern) {
  const std::size_t star = pattern.find('*');
  if (star == std::string_view::npos) {
    return path.starts_with(pattern);
  }
  return path.starts_with(pattern.substr(0, star)) &&
         path.find('/', star) == std::string_view::npos && path.ends_with(pattern.substr(star + 1));
}

bool FitsAny(std::string_view path, const std::vector<std::string_view>& patterns) {
  return std::ranges::any_of(patterns,
                             [&](std::string_view pattern) { return Fits(path, pattern); });
}

bool IsGenerated(std::string_view include) {
  return include == "build_id.h" || include == "scenarios/build_id.h" ||
         include == "library_toml.inc";
}

// ---- Bans ---------------------------------------------------------------------------------------

enum class Match { kWord, kAnywhere };

struct Ban {
  std::string_view needle;
  Match match = Match::kWord;
  // Rooms it holds in, as a prefix list; empty: all five.
  std::vector<std::string_view> rooms;
  std::string_view instead;
};

const std::vector<Ban>& Bans() {
  constexpr std::string_view kFiber = "spawn a fiber with sim::Environment::Spawn";
  constexpr std::string_view kSync = "fibers never run at once; wait with the types of sim/sync.h";
  constexpr std::string_view kClock = "ask sim::Environment::Now or sim::World for the time";
  constexpr std::string_view kRandom = "draw from a named stream of sim/random.h";
  constexpr std::string_view kSleep = "sleep with sim::Environment::Sleep";
  constexpr std::string_view kSurroundings = "take an option; surroundings must not reach a run";
  constexpr std::string_view kOwner = "own by value or unique_ptr, lend by reference";
  constexpr std::string_view kExact = "decide with integers or sim::Ratio";
  const std::vector<std::string_view> decisions = {"sim/", "engine/", "faults/"};
  static const std::vector<Ban> kBans = {
      {"std::thread", Match::kWord, {}, kFiber},
      {"std::jthread", Match::kWord, {}, kFiber},
      {"std::async", Match::kWord, {}, kFiber},
      {"std::mutex", Match::kWord, {}, kSync},
      {"std::recursive_mutex", Match::kWord, {}, kSync},
      {"std::shared_mutex", Match::kWord, {}, kSync},
      {"std::condition_variable", Match::kWord, {}, kSync},
      {"thread_local", Match::kWord, {}, "keep it in the object that needs it"},
      {"random_device", Match::kWord, {}, kRandom},
      {"rand(", Match::kWord, {}, kRandom},
      {"srand(", Match::kWord, {}, kRandom},
      {"std::mt19937", Match::kWord, {}, kRandom},
      {"std::mt19937_64", Match::kWord, {}, kRandom},
      {"std::shuffle", Match::kWord, {}, kRandom},
      {"std::sample", Match::kWord, {}, kRandom},
      {"_distribution", Match::kAnywhere, {}, "it differs between libraries; use sim/random.h"},
      {"_clock::now", Match::kAnywhere, {}, kClock},
      {"clock_gettime", Match::kWord, {}, kClock},
      {"gettimeofday", Match::kWord, {}, kClock},
      {"std::time(", Match::kWord, {}, kClock},
      {"time(nullptr", Match::kWord, {}, kClock},
      {"time(NULL", Match::kWord, {}, kClock},
      {"time(0)", Match::kWord, {}, kClock},
      {"time(&", Match::kWord, {}, kClock},
      {"sleep_for", Match::kWord, {}, kSleep},
      {"sleep_until", Match::kWord, {}, kSleep},
      {"usleep", Match::kWord, {}, kSleep},
      {"nanosleep", Match::kWord, {}, kSleep},
      {"getenv", Match::kWord, {}, kSurroundings},
      {"secure_getenv", Match::kWord, {}, kSurroundings},
      {"shared_ptr", Match::kWord, {}, kOwner},
      {"make_shared", Match::kWord, {}, kOwner},
      {"float", Match::kWord, decisions, kExact},
      {"double", Match::kWord, decisions, kExact},
  };
  return kBans;
}

// Where a ban does not hold, with the reason. Keep it short: a row here is a hole in a promise.
struct Allowed {
  std::string_view needle;
  std::string_view where;
  std::string_view why;
};

constexpr Allowed kAllowed[] = {
    {"_clock::now", "scenarios/cli/",
     "a person is told how long a run really took, or how fast it is"},
    {"clock_gettime", "scenarios/cli/bench_command.cc", "what a workload takes of the processor"},
    {"clock_gettime", "scenarios/lab/process_time.cc", "how much time a worker really had"},
    {"getenv", "scenarios/cli/", "FLINCH_PROGRAM, FLINCH_SCRAMBLE and shards reach no run"},
    {"_clock::now", "scenarios/lab/hunt_session.cc", "how long a hunt has taken so far"},
    {"getenv", "scenarios/lab/", "FLINCH_PROGRAM and shards reach no run"},
    {"getenv", "scenarios/testing/gtest.h", "which cases a user's property has"},
    {"thread_local", "sim/kernel/context.", "a signal handler must find the fiber that runs"},
    {"thread_local", "sim/kernel/recycled.h", "memory outlives worlds; contents are never read"},
    {"thread_local", "sim/kernel/stack_pool.cc", "stacks outlive worlds; contents are never read"},
    {"thread_local", "sim/kernel/interpose", "another thread is not under simulation"},
    {"thread_local", "sim/kernel/blocking_calls.cc", "another thread is not under simulation"},
    {"thread_local", "sim/hosted/heap.cc", "malloc must find whose memory is asked for"},
    {"thread_local", "sim/hosted/swapped_image.cc", "each thread has its thread-local variables"},
    {"catch (...)", "sim/kernel/", "the one place where whatever ends a fiber is caught"},
    {"catch (...)", "engine/runtime/user_code.h", "users throw what they like; ours is passed on"},
    {"catch (...)", "scenarios/lab/subject_run.cc", "a subject throws what it likes: a verdict"},
};

bool IsAllowed(std::string_view needle, std::string_view path) {
  return std::ranges::any_of(kAllowed, [&](const Allowed& allowed) {
    return allowed.needle == needle && path.starts_with(allowed.where);
  });
}

// Where `needle` stands in `line` as a word: not as part of a longer name nor as somebody's member.
std::size_t FindWord(std::string_view line, std::string_view needle, std::size_t from = 0) {
  for (std::size_t at = line.find(needle, from); at != std::string_view::npos;
       at = line.find(needle, at + 1)) {
    const std::size_t end = at + needle.size();
    const bool starts =
        at == 0 || (!IsIdentifierChar(line[at - 1]) && line[at - 1] != '.' && line[at - 1] != '>');
    const bool ends =
        end == line.size() || !IsIdentifierChar(needle.back()) || !IsIdentifierChar(line[end]);
    if (starts && ends) {
      return at;
    }
  }
  return std::string_view::npos;
}

bool Contains(std::string_view line, const Ban& ban) {
  return ban.match == Match::kAnywhere ? line.contains(ban.needle)
                                       : FindWord(line, ban.needle) != std::string_view::npos;
}

bool IsInRoom(std::string_view path) {
  return std::ranges::any_of(kRooms, [&](std::string_view room) {
    return path.starts_with(room) && path.substr(room.size()).starts_with('/');
  });
}

// `text` without any space, to match code however it is spaced.
std::string WithoutSpaces(std::string_view text) {
  std::string packed(text);
  std::erase_if(packed, [](char c) { return c == ' ' || c == '\t'; });
  return packed;
}

// The first template argument behind the '<' at `open`; empty when it does not end on this line.
std::string_view FirstArgument(std::string_view text, std::size_t open) {
  int depth = 0;
  for (std::size_t at = open; at < text.size(); ++at) {
    depth += text[at] == '<' || text[at] == '(' ? 1 : text[at] == '>' || text[at] == ')' ? -1 : 0;
    if (depth == 0 || (depth == 1 && text[at] == ',')) {
      return Trim(text.substr(open + 1, at - open - 1));
    }
  }
  return {};
}

// A container or hash whose key is a pointer: its order is that of addresses.
bool IsKeyedByPointer(std::string_view line) {
  for (const std::string_view name : {"std::map<", "std::set<", "std::multimap<", "std::multiset<",
                                      "std::unordered_map<", "std::unordered_set<", "std::hash<"}) {
    for (std::size_t at = line.find(name); at != std::string_view::npos;
         at = line.find(name, at + 1)) {
      if (FirstArgument(line, at + name.size() - 1).ends_with('*')) {
        return true;
      }
    }
  }
  return false;
}

// Adds the names that `file` declares with an unordered container as type.
void CollectUnordered(const SourceFile& file, std::set<std::string>& names) {
  for (const std::string& line : file.code) {
    const std::size_t at = line.find("std::unordered_");
    if (at == std::string::npos) {
      continue;
    }
    std::size_t end = line.find('<', at);
    int depth = 0;
    for (; end < line.size(); ++end) {
      depth += line[end] == '<' ? 1 : line[end] == '>' ? -1 : 0;
      if (depth == 0) {
        break;
      }
    }
    std::string_view rest = end < line.size() ? std::string_view(line).substr(end + 1) : "";
    rest = Trim(rest.substr(std::min(rest.find_first_not_of(" &"), rest.size())));
    const auto name_end = std::ranges::find_if_not(rest, IsIdentifierChar);
    if (name_end != rest.begin()) {
      names.emplace(rest.begin(), name_end);
    }
  }
}

// The name a range-for on this line runs over: the last one of its range; empty when there is none.
std::string_view RangeName(std::string_view line) {
  const std::size_t loop = FindWord(line, "for (");
  if (loop == std::string_view::npos) {
    return {};
  }
  const std::size_t colon = line.find(" : ", loop);
  if (colon == std::string_view::npos) {
    return {};
  }
  const std::size_t end = std::min(line.find(')', colon), line.size());
  std::size_t first = end;
  while (first > colon && IsIdentifierChar(line[first - 1])) {
    --first;
  }
  return line.substr(first, end - first);
}

// The findings that are not a matter of one needle.
void CheckShapes(const SourceFile& file, std::size_t line, const std::set<std::string>& unordered,
                 std::vector<Finding>& findings) {
  const std::string_view code = file.code[line - 1];
  if (WithoutSpaces(code).contains("catch(...)") && !IsAllowed("catch (...)", file.path)) {
    findings.push_back({file.path, line, "`catch (...)` swallows a violation or a crash",
                        "return a Result, or catch the type you mean"});
  }
  if (IsKeyedByPointer(code)) {
    findings.push_back({file.path, line, "a pointer is a key, so addresses decide the order",
                        "key by a StrongId or a name"});
  }
  const std::string_view range = RangeName(code);
  if (!range.empty() && unordered.contains(std::string(range))) {
    findings.push_back({file.path, line,
                        fmt::format("iterates `{}`, whose order is that of a hash table", range),
                        "use std::map, or sort the keys first"});
  }
}

// ---- Mirror -------------------------------------------------------------------------------------

// Tests of more than one file of a room: their subject is a promise, a catalogue or a document.
constexpr std::string_view kTestsWithoutTwin[] = {
    "tests/engine/protocol_diagrams_test.cc",
    "tests/fuzz/doors_test.cc",
    "tests/scenarios/defects_test.cc",
    "tests/scenarios/library_test.cc",
    "tests/scenarios/readme_test.cc",
    "tests/sim/hosted/readme_test.cc",
    "tests/sim/readme_test.cc",
    "tests/sim/world/golden_worlds_test.cc",
};

std::size_t Columns(std::string_view line) {
  return static_cast<std::size_t>(std::ranges::count_if(
      line, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

}  // namespace

std::string Show(const Finding& finding) {
  return fmt::format("{}:{}: {}; {}", finding.path, finding.line, finding.what, finding.instead);
}

std::vector<Finding> CheckIncludes(const SourceFile& file) {
  std::vector<Finding> findings;
  const auto layer = std::ranges::find_if(
      Layers(), [&](const Layer& candidate) { return Fits(file.path, candidate.from); });
  for (const Include& include : FindIncludes(file)) {
    for (const ThirdParty& library : ThirdParties()) {
      if (!include.quoted && include.path.starts_with(library.header) &&
          !FitsAny(file.path, library.where)) {
        findings.push_back({file.path, include.line,
                            fmt::format("<{}> does not belong here", include.path),
                            std::string(library.instead)});
      }
    }
    if (!include.quoted || IsGenerated(include.path)) {
      continue;
    }
    if (!IsInRoom(include.path) && !include.path.starts_with("tests/")) {
      findings.push_back({file.path, include.line,
                          fmt::format("\"{}\" is not a full path", include.path),
                          "include from the repository root, third party in <>"});
    } else if (layer != Layers().end() &&
               (!FitsAny(include.path, layer->may) || FitsAny(include.path, layer->never))) {
      findings.push_back({file.path, include.line,
                          fmt::format("\"{}\" may not be included here", include.path),
                          std::string(layer->instead)});
    }
  }
  return findings;
}

std::vector<Finding> CheckBans(const SourceFile& file, const SourceFile& twin) {
  std::vector<Finding> findings;
  if (!IsInRoom(file.path)) {
    return findings;
  }
  std::set<std::string> unordered;
  CollectUnordered(file, unordered);
  CollectUnordered(twin, unordered);
  for (std::size_t line = 1; line <= file.code.size(); ++line) {
    for (const Ban& ban : Bans()) {
      const bool holds = ban.rooms.empty() || FitsAny(file.path, ban.rooms);
      if (holds && Contains(file.code[line - 1], ban) && !IsAllowed(ban.needle, file.path)) {
        findings.push_back({file.path, line, fmt::format("`{}` is banned here", ban.needle),
                            std::string(ban.instead)});
      }
    }
    CheckShapes(file, line, unordered, findings);
  }
  return findings;
}

std::vector<Finding> CheckNothingUnfinished(const SourceFile& file) {
  std::vector<Finding> findings;
  // Put together from halves, so that this file passes its own rule.
  for (const std::string_view word : {"TO"
                                      "DO",
                                      "FIX"
                                      "ME",
                                      "XX"
                                      "X"}) {
    for (std::size_t line = 1; line <= file.lines.size(); ++line) {
      if (FindWord(file.lines[line - 1], word) != std::string_view::npos) {
        findings.push_back({file.path, line, fmt::format("{} in the tree", word),
                            "finish it, or write it where work is planned"});
      }
    }
  }
  return findings;
}

std::vector<Finding> CheckLimits(const SourceFile& file) {
  std::vector<Finding> findings;
  if (file.lines.size() > kFileLinesMax) {
    findings.push_back({file.path, file.lines.size(),
                        fmt::format("{} lines, at most {}", file.lines.size(), kFileLinesMax),
                        "split the file by what it is for"});
  }
  for (std::size_t line = 1; line <= file.lines.size(); ++line) {
    const std::size_t columns = Columns(file.lines[line - 1]);
    if (columns > kColumnsMax) {
      findings.push_back({file.path, line,
                          fmt::format("{} columns, at most {}", columns, kColumnsMax),
                          "run clang-format-19, or break the literal"});
    }
  }
  for (const FunctionBody& body : FindFunctions(file)) {
    const std::size_t size = body.last_line - body.first_line + 1;
    if (size > kFunctionLinesMax) {
      findings.push_back(
          {file.path, body.first_line,
           fmt::format("a function of {} lines, at most {}", size, kFunctionLinesMax),
           "let one parent decide and leaves compute"});
    }
  }
  return findings;
}

std::vector<Finding> CheckHeader(const SourceFile& file) {
  std::vector<Finding> findings;
  if (!file.path.ends_with(".h")) {
    return findings;
  }
  const auto first = std::ranges::find_if(
      file.code, [](const std::string& line) { return Trim(line).starts_with('#'); });
  const bool once = first != file.code.end() &&
                    (Trim(*first) == "#pragma once" || Trim(*first).starts_with("#ifndef"));
  if (!once) {
    findings.push_back({file.path, 1, "nothing guards against a second inclusion",
                        "make `#pragma once` its first directive"});
  }
  const std::size_t within = std::min(kHeaderCommentWithinLines, file.lines.size());
  const bool says = std::ranges::any_of(
      file.lines.begin(), file.lines.begin() + static_cast<std::ptrdiff_t>(within),
      [](const std::string& line) { return line.starts_with("//") || line.starts_with("/*"); });
  if (!says) {
    findings.push_back({file.path, 1, "the header does not say what it is for",
                        "begin with a sentence of your own in a comment"});
  }
  return findings;
}

std::vector<Finding> CheckTestsMirrorTheTree(std::span<const std::string> paths) {
  const std::set<std::string_view> all(paths.begin(), paths.end());
  std::vector<Finding> findings;
  for (const std::string_view path : paths) {
    if (!path.starts_with("tests/") || !path.ends_with("_test.cc") ||
        !IsInRoom(path.substr(sizeof("tests/") - 1)) ||
        std::ranges::find(kTestsWithoutTwin, path) != std::end(kTestsWithoutTwin)) {
      continue;
    }
    std::string_view stem = path.substr(sizeof("tests/") - 1);
    stem.remove_suffix(sizeof("_test.cc") - 1);
    if (stem.ends_with("_property")) {
      stem.remove_suffix(sizeof("_property") - 1);
    }
    if (!all.contains(fmt::format("{}.h", stem)) && !all.contains(fmt::format("{}.cc", stem))) {
      findings.push_back({std::string(path), 1, fmt::format("there is no {}.h or .cc", stem),
                          "name the test after the file it tests, in the same folder"});
    }
  }
  return findings;
}

std::vector<Finding> CheckDoorSigns(std::span<const std::string> paths) {
  const std::set<std::string_view> all(paths.begin(), paths.end());
  std::vector<Finding> findings;
  for (const std::string_view room :
       {"sim", "engine", "faults", "scenarios", "reports", "tests", "tests/bench",
        "tests/contracts", "tests/hosted", "tests/leak_drill", "tests/package"}) {
    const std::string folder = fmt::format("{}/", room);
    const bool has_sources = std::ranges::any_of(paths, [&](std::string_view path) {
      return path.starts_with(folder) && (path.ends_with(".h") || path.ends_with(".cc"));
    });
    const std::string sign = folder + "README.md";
    if (has_sources && !all.contains(sign)) {
      findings.push_back({sign, 0, "the room has no door sign",
                          "say what it is for, what it may include and what it does not know"});
    }
  }
  return findings;
}

}  // namespace flinch::tests
