// Malformed inputs at every door: whatever people and machines hand in, the program says what is
// wrong with it in its own words. No signal, no hang, no exit 70, no text of a library.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <optional>
#include <sstream>
#include <string>
#include <unistd.h>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "faults/fault_catalogue.h"
#include "faults/fault_plan_toml.h"
#include "scenarios/aim/cast.h"
#include "scenarios/cli/command_line.h"
#include "scenarios/files/registry.h"
#include "scenarios/files/scenario_problems.h"
#include "scenarios/files/scenario_toml.h"
#include "scenarios/input/input_file.h"
#include "scenarios/lab/hunt_header.h"
#include "scenarios/lab/lab_words.h"
#include "scenarios/lab/shrunk_group.h"
#include "scenarios/lab/token.h"
#include "scenarios/lab/unit_result.h"
#include "scenarios/lab/worker_pool.h"
#include "scenarios/regressions/regression.h"
#include "scenarios/stage/run.h"
#include "sim/text/text.h"
#include "sim/world/tape.h"
#include "tests/fuzz/mutation.h"
#include "tests/paths.h"
#include "tests/support/program_call.h"

namespace flinch::scenarios {

namespace {

using tests::Flinch;
using tests::Mutator;

// A door with what is well-formed there, and what it says of a text.
struct Door {
  std::string name;
  std::vector<std::string> samples;
  std::function<std::string(const std::string&)> knock;
};

std::string ReadFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

template <typename T>
std::string Say(const sim::Result<T>& result) {
  return result ? std::string() : result.error().message;
}

// What the program says; its exit code, where it is one that it must never have.
std::string Say(const tests::Outcome& outcome) {
  return outcome.exit_code == 70 ? "exit code 70: " + outcome.err : outcome.out + outcome.err;
}

// A file of this process, with the text.
std::string FileOf(const std::string& text, const std::string& ending) {
  const std::string path =
      fmt::format("{}/flinch_fuzz_{}{}", ::testing::TempDir(), getpid(), ending);
  std::ofstream(path, std::ios::binary) << text;
  return path;
}

std::vector<std::string> Scenarios() {
  std::vector<std::string> samples = {
      ReadFile(FLINCH_SOURCE_DIR "/scenarios/examples/two_crashes.toml")};
  for (const Scenario& scenario : LibraryScenarios()) {
    samples.push_back(ShowToml(scenario));
  }
  return samples;
}

std::vector<std::string> Faults() {
  std::vector<std::string> samples;
  for (const faults::FaultInfo& info : faults::kFaultCatalogue) {
    samples.push_back(fmt::format("{{ when = {{ at = \"1s\" }}, do = {} }}", info.example));
    samples.push_back(
        fmt::format("{{ when = {{ event = \"checkpoint.stored\", nth = 3, where = {{ "
                    "id = \"2\" }} }}, do = {} }}",
                    info.example));
  }
  samples.emplace_back(
      "{ when = { cell = \"ack_sent/sink/before\" }, do = { crash = \"tm-1\" }, repeat = 2 }");
  return samples;
}

std::vector<std::string> Plans() {
  std::vector<std::string> samples;
  for (const faults::FaultInfo& info : faults::kFaultCatalogue) {
    samples.push_back(
        fmt::format("version = 1\n[[fault]]\nwhen = {{ at = \"1s\" }}\ndo = {}\n", info.example));
  }
  return samples;
}

std::vector<std::string> Settings() {
  std::vector<std::string> samples = {
      "workload.rows=1-5,9", "faults.aim=ack_sent/sink/crash/before",
      "oracles=exactly_once,progress", "job.steps=map 9,count", "workload.zipf_exponent=1.1"};
  for (const Scenario& scenario : LibraryScenarios()) {
    for (const Setting& setting : SettingsBetween(Scenario(), scenario)) {
      samples.push_back(setting.key + "=" + setting.value);
    }
  }
  return samples;
}

std::vector<std::string> Tokens() {
  ReplayToken token{.scenario = "url_clicks",
                    .seed = 7,
                    .content_hash = "0a1b2c3d",
                    .build_id = "89abcdef",
                    .digest = "0123456789abcdef",
                    .verdict = "failed"};
  std::vector<std::string> samples = {ShowToken(token)};
  token.strategy = "pct:3";
  token.settings = {{.key = "job.window", .value = "5s"}};
  token.defects = {"sink_commits_at_snapshot"};
  token.faults = {"{when={at=\"1s\"},do={crash=\"tm-1\"}}"};
  token.input = "a/b.log";
  samples.push_back("replay:\n./flinch replay " + ShowToken(token) + "\n");
  return samples;
}

// Torn and mended: what a check over wrong text does not see.
std::string KnockAtToken(const std::string& text) {
  std::string said = Say(FindToken(text));
  const std::string body =
      text.substr(text.find("fl1~") == std::string::npos ? 0 : text.find("fl1~"));
  const std::string head = body.substr(0, body.rfind("~c"));
  const sim::Result<ReplayToken> mended = ParseToken(head + "~c" + HashContent({head}));
  if (mended && !ParseToken(ShowToken(*mended))) {
    return "exception: a token is not read as it is written";
  }
  return said + Say(mended);
}

HuntHeader Header() {
  return {.hunt = "9f8e7d6c",
          .build = "01234567",
          .units = 2'000,
          .scenarios = {"url_clicks"},
          .with_faults = {"url_clicks"},
          .search = "portfolio",
          .cells_total = 3,
          .cells = {0, 7, 300},
          .fault_kinds = {"crash"},
          .plans = {{"url_clicks", {"plan[0] crash tm-1"}}}};
}

std::vector<std::string> Lines() {
  const UnitResult result{.unit = 12,
                          .scenario = "url_clicks",
                          .seed = 13,
                          .search = "pct",
                          .verdict = UnitVerdict::kFailed,
                          .digest = "0123456789abcdef",
                          .events = 94'012,
                          .sim_ns = 10'200'000'000,
                          .wall_us = 61'000,
                          .checkpoints = 15,
                          .faults = {{"crash", 2}},
                          .faults_planned = 4,
                          .planned_fired = {0, 2},
                          .cells = {0, 1, 9},
                          .blind = {"alignment"},
                          .twice = true,
                          .signature = "exactly_once:lost@sink",
                          .oracle = "exactly_once",
                          .witness = "A record\n\"x\" is missing.",
                          .story = {"00:01.582  crash  tm-3"},
                          .replay = "run a --set 'b=c d'"};
  const ShrunkGroup group{.signature = "exactly_once:lost@sink",
                          .unit = 12,
                          .replay = "replay fl1~x",
                          .faults = 1,
                          .witness = "Lost.",
                          .story = {"crash"}};
  return {ShowHeader(Header()), ShowLine(result), ShowShrunkLine(group)};
}

std::vector<std::string> Rows() {
  return {
      "date,time,account,value\n2025-01-02,03:04:05,a,\"x \"\"y\"\"\"\n2025-01-02,03:04:06,b,2\n",
      "{\"ts\":1735787045,\"account\":\"a\",\"v\":[1,{\"x\":null}]}\n{\"ts\":1,\"account\":2}\n",
      "2025-06-24 14:36:25 install a\n2025-06-24 14:36:26 remove b\n"};
}

std::string KnockAtRows(const std::string& text) {
  FileSpec csv{.format = FileFormat::kCsv,
               .header = true,
               .timestamp_fields = {"date", "time"},
               .timestamp_format = "%Y-%m-%d %H:%M:%S",
               .key_field = "account"};
  FileSpec json{.format = FileFormat::kJsonLines,
                .timestamp_fields = {"ts"},
                .timestamp_format = "%s",
                .key_field = "account"};
  FileSpec blank{
      .timestamp_fields = {"1", "2"}, .timestamp_format = "%Y-%m-%d %H:%M:%S", .key_field = "3"};
  std::string said;
  for (FileSpec* const spec : {&csv, &json, &blank}) {
    said += Say(ParseInputFile("rows", text, *spec));
    spec->on_bad_row = OnBadRow::kSkip;
    said += Say(ParseInputFile("rows", text, *spec));
  }
  return said;
}

std::vector<std::string> Tapes() {
  Scenario scenario = *FindLibraryScenario("url_clicks");
  scenario.workload.records = 5;
  const RunResult run =
      Run({.scenario = scenario, .workload = {}, .seed = 7, .records_tape = true});
  return {sim::Show(*run.tape),
          "flinch-tape 1 seed 7\nscheduler tm-1 chosen 0{12}1\nworkload world drawn 3:77\n"};
}

std::vector<std::string> Regressions() {
  std::vector<std::string> samples;
  for (const auto& entry :
       std::filesystem::directory_iterator(FLINCH_SOURCE_DIR "/scenarios/regressions")) {
    if (entry.path().extension() == ".toml") {
      samples.push_back(ReadFile(entry.path().string()));
    }
  }
  std::ranges::sort(samples);
  return samples;
}

std::vector<std::string> Commands() {
  return {"run url_clicks --seed 7 --set a.b=c --strategy pct:3 --seed-timeout 20ms --json",
          "hunt url_clicks small_job --seeds 1..20 --for 5m -j 4 --shard 1/4 --seed-memory 2G",
          "hunt url_clicks --exhaust crash-pairs --pairs 30 --max-failures 2 --search cells",
          "merge a b --strict",
          "replay fl1~a~s1 --scenario x.toml --force",
          "shrink fl1~a --for 3s --tape t",
          "keep fl1~a --name x --out y",
          "regress a.toml --json",
          "verify url_clicks --seeds 3..5",
          "defects a --seeds 1..3 --search all --quick",
          "list cells --all --names",
          "check a.toml",
          "bench kernel --runs 3",
          "explain fl1~a --json --plan p.toml",
          "diff fl1~a fl1~b",
          "report url_clicks --seed 7 --input rows.csv -o a.html",
          "trace export fl1~a~s1 --format shiviz --scenario x.toml",
          "study small_job --vary job.window=1s,2s --set a.b=c --seeds 1..3 -j 2 -o folder",
          "hunt small_job --report page.html --junit a.xml --sarif b --gitlab c --tap - --github",
          "new job clicks",
          "help hunt"};
}

std::vector<std::string> WordsOf(const std::string& text) {
  std::vector<std::string> words;
  std::istringstream in(text);
  for (std::string word; std::getline(in, word, ' ');) {
    words.push_back(word);
  }
  return words;
}

// What `flinch new` is given. What it writes goes with the folder in which it is asked.
std::string KnockAtNew(const std::string& text) {
  const std::filesystem::path before = std::filesystem::current_path();
  const std::filesystem::path folder =
      std::filesystem::path(::testing::TempDir()) / fmt::format("flinch_fuzz_new_{}", getpid());
  std::filesystem::create_directories(folder / "inner");
  std::filesystem::current_path(folder / "inner");
  std::vector<std::string> words = WordsOf(text);
  words.insert(words.begin(), "new");
  std::string said = Say(Flinch(words));
  std::filesystem::current_path(before);
  if (std::ranges::distance(std::filesystem::directory_iterator(folder),
                            std::filesystem::directory_iterator()) != 1) {
    said += "exception: it has written beside its folder";
  }
  std::filesystem::remove_all(folder);
  return said;
}

// A program of somebody's own systems.
std::vector<std::string> LabCommands() {
  return {"hunt ledger --seeds 1..2000 --for 5m -j 4 --shard 1/4 --search swarm",
          "run ledger --seed 7 --timeline --set a=b --strategy pct:3",
          "replay fl1~ledger~s7~v-failed --fault {when={at=\"1s\"},do={crash=\"a\"}}",
          "shrink fl1~ledger~s7",
          "keep fl1~ledger~s7 --name x",
          "regress a.toml",
          "merge a b --strict",
          "list"};
}

std::string KnockAtSet(const std::string& text) {
  const sim::Result<Setting> setting = ParseSetting(text);
  if (!setting) {
    return Say(setting);
  }
  Scenario scenario = *FindLibraryScenario("url_clicks");
  const sim::Result<void> applied = ApplySetting(scenario, setting->key, setting->value);
  return applied ? Say(Validate(scenario)) : Say(applied);
}

std::vector<Door> Doors() {
  const std::string header = ShowHeader(Header()) + "\n";
  return {
      {"scenario", Scenarios(),
       [](const std::string& text) { return Say(ParseScenario("fuzz.toml", text)); }},
      {"plan", Plans(),
       [](const std::string& text) {
         return Say(faults::ParseFaultPlan("fuzz.toml", text, CastOfAnyScenario()));
       }},
      {"check", Scenarios(),
       [](const std::string& text) { return Say(Flinch({"check", FileOf(text, ".toml")})); }},
      {"fault", Faults(),
       [](const std::string& text) {
         const std::vector<std::string> given = {text};
         return Say(faults::ParseInlineFaults(given, CastOf(*FindLibraryScenario("url_clicks"))));
       }},
      {"set", Settings(), KnockAtSet},
      {"token", Tokens(), KnockAtToken},
      {"replay", Tokens(), [](const std::string& text) { return Say(Flinch({"replay", text})); }},
      {"results", Lines(),
       [header](const std::string& text) {
         return Say(ParseHeader(text)) + Say(ParseLine(text)) + Say(ParseShrunkLine(text)) +
                Say(Flinch({"merge", FileOf(header + text + "\n", ".jsonl")}));
       }},
      {"rows", Rows(), KnockAtRows},
      {"tape", Tapes(), [](const std::string& text) { return Say(sim::ParseTape(text)); }},
      {"regression", Regressions(),
       [](const std::string& text) { return Say(ParseRegression("fuzz.toml", text)); }},
      {"command", Commands(),
       [](const std::string& text) { return Say(ParseCommandLine(WordsOf(text))); }},
      {"report", Tokens(),
       [](const std::string& text) {
         return Say(Flinch({"report", text, "-o", FileOf("", ".html")}));
       }},
      {"trace", Tokens(),
       [](const std::string& text) { return Say(Flinch({"trace", "export", text})); }},
      {"explain", Tokens(), [](const std::string& text) { return Say(Flinch({"explain", text})); }},
      {"new", {"job clicks", "sink ledger2", "system my_system"}, KnockAtNew},
      {"lab", LabCommands(),
       [](const std::string& text) {
         const std::vector<std::string> words = WordsOf(text);
         return Say(lab::ReadLabWords(words));
       }},
  };
}

// Words that no person has written: a library's, or the language's.
std::optional<std::string> ForeignWords(const std::string& said) {
  for (const std::string_view words :
       {"exception", "exit code 70", "internal error", "std::", "nlohmann",
        "toml::", "CLI::", "basic_string", "vector::", "__n", "bad_alloc", "terminate"}) {
    if (said.contains(words)) {
      return std::string(words);
    }
  }
  return std::nullopt;
}

uint64_t Number(const char* variable, uint64_t otherwise) {
  const char* const text = std::getenv(variable);
  return text == nullptr ? otherwise : text::ParseSeed(text).value_or(otherwise);
}

int64_t Now() {
  return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
}

constexpr auto kDoors = std::to_array<std::string_view>(
    {"scenario", "plan", "check", "fault", "set", "token", "replay", "results", "rows", "tape",
     "regression", "command", "report", "trace", "explain", "new", "lab"});

class DoorTest : public ::testing::TestWithParam<std::string_view> {};

TEST_P(DoorTest, SaysWhatIsWrongInItsOwnWords) {
  const std::vector<Door> doors = Doors();
  const Door& door = *std::ranges::find(doors, GetParam(), &Door::name);
  ASSERT_FALSE(door.samples.empty());
  const uint64_t cases = Number("FLINCH_FUZZ_CASES", 150);
  const sim::Random random = sim::Random(Number("FLINCH_FUZZ_SEED", 7)).Split(door.name);
  const auto text_of = [&](uint64_t number) {
    return Mutator(door.samples, random.Split("case", number)).Next();
  };
  uint64_t next = 0;
  size_t told = 0;
  WorkerPool pool(
      {.workers = 2, .patience_ns = 20'000'000'000, .memory_bytes = 4ULL << 30},
      [&](const std::string& work) {
        return ForeignWords(door.knock(text_of(text::ParseSeed(work).value()))).value_or("");
      },
      Now);
  const sim::Result<void> ran =
      pool.Run({.next = [&]() -> std::optional<std::string> {
                  return next < cases ? std::optional(std::to_string(next++)) : std::nullopt;
                },
                .done =
                    [&](const std::string& work, const Answer& answer) {
                      const bool is_good = answer.fate == Fate::kAnswered && answer.text.empty();
                      if (!is_good && ++told <= 5) {
                        ADD_FAILURE() << door.name << " case " << work << ": " << answer.how << " "
                                      << answer.text << "\n"
                                      << text::Quote(text_of(text::ParseSeed(work).value()));
                      }
                    },
                .tick = [] { return true; }});
  EXPECT_TRUE(ran.has_value());
  EXPECT_EQ(told, 0U) << "of " << cases;
}

INSTANTIATE_TEST_SUITE_P(Every, DoorTest, ::testing::ValuesIn(kDoors),
                         [](const ::testing::TestParamInfo<std::string_view>& tested) {
                           return std::string(tested.param);
                         });

TEST(DoorsTest, EachIsKnockedAt) {
  const std::vector<Door> doors = Doors();
  EXPECT_TRUE(std::ranges::equal(doors, kDoors, {}, &Door::name));
}

}  // namespace

}  // namespace flinch::scenarios
