// The house rules: first that each checker sees what it forbids, then that the repository obeys.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/paths.h"
#include "tests/support/folder_graph.h"
#include "tests/support/tidy_rules.h"
#include "tests/support/tidy_source.h"

namespace flinch::tests {

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<std::string> ShowAll(const std::vector<Finding>& findings) {
  std::vector<std::string> shown;
  std::ranges::transform(findings, std::back_inserter(shown), Show);
  return shown;
}

// ---- The scanner --------------------------------------------------------------------------------

TEST(TidySourceTest, BlanksCommentsAndLiteralsAndKeepsTheRest) {
  EXPECT_EQ(BlankCommentsAndLiterals("a /* b\nc */ d // e\nf"), "a     \n     d     \nf");
  EXPECT_EQ(BlankCommentsAndLiterals(R"(x = "a\"b" + 'c';)"), R"(x = "    " + ' ';)");
  EXPECT_EQ(BlankCommentsAndLiterals("n = 1'000'000;"), "n = 1'000'000;");
  EXPECT_EQ(BlankCommentsAndLiterals("s = R\"x(a)\"b)x\";"), "s = R\"        \";");
  EXPECT_EQ(BlankCommentsAndLiterals("#error don't\nint x;"), "#error don'\x20\nint x;");
}

TEST(TidySourceTest, FindsIncludesButNotThoseInComments) {
  const SourceFile file = MakeSource("a.cc",
                                     "#include \"sim/time.h\"\n// #include <x>\n"
                                     "#include <map>  // why\n");
  const std::vector<Include> includes = FindIncludes(file);
  ASSERT_THAT(includes, SizeIs(2));
  EXPECT_EQ(includes[0].path, "sim/time.h");
  EXPECT_TRUE(includes[0].quoted);
  EXPECT_EQ(includes[1].line, 3U);
  EXPECT_FALSE(includes[1].quoted);
}

struct FunctionCase {
  std::string_view name;
  std::string_view text;
  std::vector<std::size_t> first_lines;
};

class TidyFunctionTest : public ::testing::TestWithParam<FunctionCase> {};

TEST_P(TidyFunctionTest, TellsFunctionsFromOtherBraces) {
  std::vector<std::size_t> first_lines;
  for (const FunctionBody& body : FindFunctions(MakeSource("a.cc", GetParam().text))) {
    first_lines.push_back(body.first_line);
  }
  EXPECT_EQ(first_lines, GetParam().first_lines);
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, TidyFunctionTest,
    ::testing::Values(
        FunctionCase{"free", "namespace a {\nint f(int x) {\n  if (x) {\n  }\n}\n}\n", {2}},
        FunctionCase{
            "method", "class A final : public B {\n public:\n  A() : b_{1} {\n  }\n};\n", {3}},
        FunctionCase{"initialisers", "A::A(int a)\n    : a_(B{a}),\n      b_{{a}, 2} {\n}\n", {3}},
        FunctionCase{"trailing", "auto f() const noexcept -> std::vector<int> {\n}\n", {1}},
        FunctionCase{"assignment", "A& A::operator=(const A&) {\n}\n", {1}},
        FunctionCase{"comparison", "bool operator==(A, A) {\n}\n", {1}},
        FunctionCase{
            "templated", "template <typename T = int>\n  requires(true)\nvoid f(T) {\n}\n", {3}},
        FunctionCase{"test_macro", "TEST(A, B) {\n}\nTEST(A, C) {\n}\n", {1, 3}},
        FunctionCase{"defaults", "void f(A a = {}, int b = 2) {\n}\n", {1}},
        FunctionCase{"table", "const auto k = Make<T>({\n  {1, g(2)},\n});\nint x{3};\n", {}},
        FunctionCase{"types", "struct A {\n};\nenum class E : int {\n  kA\n};\n", {}},
        FunctionCase{"lambda", "const auto f = [](int x) {\n  return x;\n};\n", {}},
        FunctionCase{"directive", "#define F(x) {\nint f() {\n}\n", {2}},
        FunctionCase{
            "literal", "int f() {\n  g(\"}\", '}', R\"(})\");\n}\nint h() {\n}\n", {1, 4}}),
    [](const auto& planted) { return std::string(planted.param.name); });

// ---- The checkers: a planted violation each
// ------------------------------------------------------

struct Planted {
  std::string_view name;
  std::string_view path;
  std::string_view text;
  // Part of the finding; empty when there must be none.
  std::string_view finding;
};

std::string Judge(const std::vector<Finding>& findings) {
  return fmt::format("{}", fmt::join(ShowAll(findings), "\n"));
}

void ExpectJudged(const std::vector<Finding>& findings, std::string_view expected) {
  if (expected.empty()) {
    EXPECT_THAT(ShowAll(findings), IsEmpty());
  } else {
    EXPECT_THAT(Judge(findings), HasSubstr(std::string(expected)));
  }
}

class TidyIncludeTest : public ::testing::TestWithParam<Planted> {};

TEST_P(TidyIncludeTest, JudgesThePlantedInclude) {
  const Planted& planted = GetParam();
  ExpectJudged(CheckIncludes(MakeSource(std::string(planted.path), planted.text)), planted.finding);
}

INSTANTIATE_TEST_SUITE_P(
    Layers, TidyIncludeTest,
    ::testing::Values(
        Planted{"sim_engine", "sim/a.cc", "#include \"engine/ids.h\"",
                "sim/a.cc:1: \"engine/ids.h\""},
        Planted{"sim_header_world", "sim/a.h", "#include \"sim/world/world.h\"", "may not"},
        Planted{"sim_kernel", "sim/recording/a.cc", "#include \"sim/kernel/a.h\"", "closed"},
        Planted{"world_header_kernel", "sim/world/a.h", "#include \"sim/kernel/a.h\"", "closed"},
        Planted{"world_source_kernel", "sim/world/a.cc", "#include \"sim/kernel/a.h\"", ""},
        Planted{"kernel_world", "sim/kernel/a.cc", "#include \"sim/world/options.h\"", ""},
        Planted{"engine_world", "engine/a.cc", "#include \"sim/world/world.h\"", "inside view"},
        Planted{"engine_recording", "engine/b/a.h", "#include \"sim/recording/r.h\"",
                "inside view"},
        Planted{"engine_sim", "engine/b/a.cc", "#include \"sim/time.h\"\n#include \"engine/ids.h\"",
                ""},
        Planted{"faults_engine", "faults/a.h", "#include \"engine/events.h\"", "event names"},
        Planted{"faults_recording", "faults/a.h", "#include \"sim/recording/r.h\"", "sim/world"},
        Planted{"faults_world", "faults/a.h", "#include \"sim/world/world.h\"", ""},
        Planted{"reports_engine", "reports/a.h", "#include \"engine/events.h\"",
                "read a recording"},
        Planted{"reports_world", "reports/a.h", "#include \"sim/world/world.h\"",
                "read a recording"},
        Planted{"scenarios_kernel", "scenarios/a.cc", "#include \"sim/kernel/a.h\"", "closed"},
        Planted{"scenarios_all", "scenarios/a.cc",
                "#include \"reports/a.h\"\n#include \"faults/a.h\"", ""},
        Planted{"generated", "scenarios/a.cc", "#include \"build_id.h\"", ""},
        Planted{"relative", "engine/a.cc", "#include \"../sim/time.h\"", "not a full path"},
        Planted{"bare", "engine/a.cc", "#include \"ids.h\"", "not a full path"},
        Planted{"test_above", "tests/sim/a_test.cc", "#include \"engine/ids.h\"", "those below"},
        Planted{"test_kernel", "tests/sim/kernel/a_test.cc", "#include \"sim/kernel/a.h\"", ""},
        Planted{"boost", "sim/world/a.cc", "#include <boost/x.hpp>", "sim/kernel/context"},
        Planted{"boost_context", "sim/kernel/context.cc", "#include <boost/x.hpp>", ""},
        Planted{"cli", "scenarios/stage/run.cc", "#include <CLI/CLI.hpp>", "scenarios/cli"},
        Planted{"toml", "engine/config.cc", "#include <toml++/toml.h>", "decode TOML"}),
    [](const auto& planted) { return std::string(planted.param.name); });

class TidyBanTest : public ::testing::TestWithParam<Planted> {};

TEST_P(TidyBanTest, JudgesThePlantedCode) {
  const Planted& planted = GetParam();
  ExpectJudged(CheckBans(MakeSource(std::string(planted.path), planted.text), {}), planted.finding);
}

INSTANTIATE_TEST_SUITE_P(
    Bans, TidyBanTest,
    ::testing::Values(
        Planted{"thread", "sim/a.cc", "\nstd::thread t;",
                "sim/a.cc:2: `std::thread` is banned here; spawn"},
        Planted{"mutex", "engine/a.cc", "std::mutex m;", "sim/sync.h"},
        Planted{"condition", "engine/a.cc", "std::condition_variable c;", "sim/sync.h"},
        Planted{"async", "engine/a.cc", "std::async(f);", "fiber"},
        Planted{"device", "faults/a.cc", "std::random_device d;", "sim/random.h"},
        Planted{"clock", "scenarios/a.cc", "std::chrono::steady_clock::now();", "Now"},
        Planted{"clock_in_cli", "scenarios/cli/a.cc", "std::chrono::steady_clock::now();", ""},
        Planted{"time", "reports/a.cc", "x = time(nullptr);", "Now"},
        Planted{"own_time", "reports/a.cc", "x = event.time(); Sleep_time(0);", ""},
        Planted{"rand", "sim/a.cc", "x = rand();", "sim/random.h"},
        Planted{"own_rand", "sim/a.cc", "x = operand(); y = a.rand();", ""},
        Planted{"getenv", "sim/a.cc", "std::getenv(x);", "option"},
        Planted{"sleep", "sim/a.cc", "std::this_thread::sleep_for(x);", "Sleep"},
        Planted{"distribution", "sim/a.cc", "std::uniform_int_distribution<int> d;", "differs"},
        Planted{"shared", "engine/a.cc", "std::shared_ptr<int> p;", "unique_ptr"},
        Planted{"catch_all", "engine/a.cc", "} catch ( ... ) {", "Result"},
        Planted{"catch_all_user_code", "engine/runtime/user_code.h", "} catch (...) {", ""},
        Planted{"catch_all_kernel", "sim/kernel/a.cc", "} catch (...) {", ""},
        Planted{"pointer_key", "engine/a.cc", "std::map<const Task*, int> m;", "StrongId"},
        Planted{"pointer_hash", "engine/a.cc", "std::hash<Task*> h;", "StrongId"},
        Planted{"pointer_value", "engine/a.cc", "std::map<std::string, Task*> m;", ""},
        Planted{
            "unordered", "engine/a.cc",
            "std::unordered_map<int, std::vector<int>> m_;\nfor (const auto& [k, v] : this->m_) {",
            "a.cc:2: iterates `m_`"},
        Planted{"unordered_lookup", "engine/a.cc", "std::unordered_map<int, int> m_;\nm_.find(1);",
                ""},
        Planted{"double", "engine/a.cc", "double x = 0.5;", "sim::Ratio"},
        Planted{"double_in_report", "reports/a.cc", "double x = 0.5;", ""},
        Planted{"comment", "engine/a.cc", "// std::thread\nauto s = \"std::mutex\";", ""},
        Planted{"elsewhere", "tests/sim/a.cc", "std::thread t;", ""}),
    [](const auto& planted) { return std::string(planted.param.name); });

TEST(TidyRulesTest, SeesMembersDeclaredInTheHeader) {
  const SourceFile header = MakeSource("engine/a.h", "std::unordered_set<int> seen_;");
  const SourceFile source = MakeSource("engine/a.cc", "for (int x : seen_) {}");
  EXPECT_THAT(ShowAll(CheckBans(source, header)), ElementsAre(HasSubstr("seen_")));
}

TEST(TidyRulesTest, FindsUnfinishedWorkInComments) {
  const std::string word = std::string("TO") + "DO";
  const SourceFile file = MakeSource("sim/a.cc", "int x;\n// " + word + ": more\n");
  EXPECT_THAT(ShowAll(CheckNothingUnfinished(file)), ElementsAre(HasSubstr("sim/a.cc:2")));
}

TEST(TidyRulesTest, FindsWhatIsTooLong) {
  std::string function = "void f() {\n";
  for (int line = 0; line < 69; ++line) {
    function += "  g();\n";
  }
  EXPECT_THAT(CheckLimits(MakeSource("sim/a.cc", function + "}\n")),
              ElementsAre(::testing::Field(&Finding::what, HasSubstr("71 lines"))));
  EXPECT_THAT(CheckLimits(MakeSource("sim/a.cc", std::string(601, '\n'))), SizeIs(1));
  EXPECT_THAT(CheckLimits(MakeSource("sim/a.cc", std::string(101, 'x'))), SizeIs(1));
  std::string umlauts;
  for (int column = 0; column < 100; ++column) {
    umlauts += "ü";
  }
  EXPECT_THAT(CheckLimits(MakeSource("sim/a.cc", umlauts)), IsEmpty());
}

TEST(TidyRulesTest, AsksOfAHeaderAGuardAndASentence) {
  EXPECT_THAT(CheckHeader(MakeSource("sim/a.h", "// What.\n#pragma once\n")), IsEmpty());
  EXPECT_THAT(CheckHeader(MakeSource("sim/a.h", "#pragma once\n\n// What.\n")), IsEmpty());
  EXPECT_THAT(CheckHeader(MakeSource("sim/a.h", "// What.\n#ifndef A_H\n#define A_H\n")),
              IsEmpty());
  EXPECT_THAT(CheckHeader(MakeSource("sim/a.h", "// What.\n#include <map>\n")), SizeIs(1));
  EXPECT_THAT(CheckHeader(MakeSource("sim/a.h", "#pragma once\nint x;\n")), SizeIs(1));
}

TEST(TidyRulesTest, FindsATestWithoutItsSubject) {
  const std::vector<std::string> paths = {"engine/b/a.h",
                                          "tests/engine/b/a_test.cc",
                                          "tests/engine/b/a_property_test.cc",
                                          "tests/engine/a_test.cc",
                                          "tests/scenarios/defects_test.cc",
                                          "tests/tidy_test.cc"};
  EXPECT_THAT(ShowAll(CheckTestsMirrorTheTree(paths)),
              ElementsAre(HasSubstr("tests/engine/a_test.cc:1: there is no engine/a.h or .cc")));
}

TEST(TidyRulesTest, FindsARoomWithoutADoorSign) {
  const std::vector<std::string> paths = {"sim/a.h", "sim/README.md", "engine/b/a.cc"};
  EXPECT_THAT(ShowAll(CheckDoorSigns(paths)), ElementsAre(HasSubstr("engine/README.md")));
}

constexpr std::string_view kDrawn =
    "<!-- parts of engine -->\n"
    "| part | holds | stands on |\n|---|---|---|\n"
    "| base | `ids` | - |\n| state | `state/` | base |\n| graph | `graph/`, `api` | base |\n";

TEST(TidyPartsTest, AreReadFromTheTable) {
  const std::vector<RoomPart> parts = ReadParts(kDrawn, "engine");
  ASSERT_THAT(parts, SizeIs(3));
  EXPECT_THAT(parts[0].stands_on, IsEmpty());
  EXPECT_THAT(parts[2].holds, ElementsAre("api", "graph/"));
  EXPECT_THAT(CheckParts(parts, "engine"), IsEmpty());
  EXPECT_THAT(ReadParts(kDrawn, "sim"), IsEmpty());
}

TEST(TidyPartsTest, ACircleCannotBeDrawn) {
  const std::vector<RoomPart> parts = {{"a", {"a/"}, {"b"}}, {"b", {"b/", "a/"}, {"a"}}};
  EXPECT_THAT(ShowAll(CheckParts(parts, "engine")),
              ElementsAre(HasSubstr("part a of engine stands on b, which is not above it"),
                          HasSubstr("part b of engine holds a/, which another part holds")));
}

class TidyPartsIncludeTest : public ::testing::TestWithParam<Planted> {};

TEST_P(TidyPartsIncludeTest, SeesWhatIsNotDrawn) {
  const auto& [name, path, text, finding] = GetParam();
  ExpectJudged(CheckIncludesWithin(MakeSource(std::string(path), text), ReadParts(kDrawn, "engine"),
                                   "engine"),
               finding);
}

INSTANTIATE_TEST_SUITE_P(
    Includes, TidyPartsIncludeTest,
    ::testing::Values(
        Planted{"drawn", "engine/state/a.cc", "#include \"engine/ids.h\"", ""},
        Planted{"own", "engine/graph/a.cc", "#include \"engine/api.h\"", ""},
        Planted{"below", "engine/ids.h", "#include \"engine/state/a.h\"", "stands on  only"},
        Planted{"beside", "engine/api.h", "#include \"engine/state/a.h\"", "stands on base only"},
        Planted{"unknown", "engine/rpc/a.h", "", "rpc/ is in no part of engine"},
        Planted{"elsewhere", "sim/a.h", "#include \"engine/state/a.h\"", ""}),
    [](const auto& planted) { return std::string(planted.param.name); });

// ---- The repository
// ------------------------------------------------------------------------------

std::vector<std::string> ListFiles() {
  namespace fs = std::filesystem;
  const fs::path root = FLINCH_SOURCE_DIR;
  std::vector<std::string> paths;
  for (const char* folder : {"sim", "engine", "faults", "scenarios", "reports", "tests"}) {
    if (!fs::exists(root / folder)) {
      continue;
    }
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(root / folder)) {
      if (entry.is_regular_file()) {
        paths.push_back(entry.path().lexically_relative(root).generic_string());
      }
    }
  }
  std::ranges::sort(paths);
  return paths;
}

SourceFile ReadSource(const std::string& path) {
  std::ifstream in(std::filesystem::path(FLINCH_SOURCE_DIR) / path, std::ios::binary);
  return MakeSource(path, std::string(std::istreambuf_iterator<char>(in), {}));
}

const std::vector<std::string>& Paths() {
  static const std::vector<std::string> kPaths = ListFiles();
  return kPaths;
}

const std::vector<SourceFile>& Sources() {
  static const std::vector<SourceFile> kSources = [] {
    std::vector<SourceFile> sources;
    for (const std::string& path : Paths()) {
      if (path.ends_with(".h") || path.ends_with(".cc")) {
        sources.push_back(ReadSource(path));
      }
    }
    return sources;
  }();
  return kSources;
}

void ExpectNone(const std::vector<Finding>& findings) {
  EXPECT_TRUE(findings.empty()) << Judge(findings);
}

// All findings of `check` over the repository, in one failure.
template <typename Check>
void ExpectObeyed(Check check) {
  std::vector<Finding> findings;
  for (const SourceFile& file : Sources()) {
    std::ranges::move(check(file), std::back_inserter(findings));
  }
  ExpectNone(findings);
}

// The header beside a .cc file, or an empty file.
SourceFile TwinOf(const SourceFile& file) {
  std::string header = file.path.substr(0, file.path.rfind('.')) + ".h";
  const bool has_twin = file.path.ends_with(".cc") && std::ranges::binary_search(Paths(), header);
  return has_twin ? ReadSource(header) : SourceFile{};
}

TEST(TidyTest, FindsTheSources) { EXPECT_FALSE(Sources().empty()); }

TEST(TidyTest, IncludesKeepToTheLayers) { ExpectObeyed(CheckIncludes); }

TEST(TidyTest, PartsStandOnWhatIsDrawn) {
  std::ifstream in(std::filesystem::path(FLINCH_SOURCE_DIR) / "ARCHITECTURE.md");
  const std::string page(std::istreambuf_iterator<char>(in), {});
  for (const std::string_view room : {"engine", "scenarios"}) {
    const std::vector<RoomPart> parts = ReadParts(page, room);
    EXPECT_FALSE(parts.empty()) << room;
    ExpectNone(CheckParts(parts, room));
    ExpectObeyed([&](const SourceFile& file) { return CheckIncludesWithin(file, parts, room); });
  }
}

TEST(TidyTest, NothingBannedIsUsed) {
  ExpectObeyed([](const SourceFile& file) { return CheckBans(file, TwinOf(file)); });
}

TEST(TidyTest, NothingIsLeftUnfinished) { ExpectObeyed(CheckNothingUnfinished); }

TEST(TidyTest, NothingIsTooLong) { ExpectObeyed(CheckLimits); }

TEST(TidyTest, EveryHeaderIsGuardedAndExplained) { ExpectObeyed(CheckHeader); }

TEST(TidyTest, TestsMirrorTheTree) { ExpectNone(CheckTestsMirrorTheTree(Paths())); }

TEST(TidyTest, EveryRoomHasADoorSign) { ExpectNone(CheckDoorSigns(Paths())); }

}  // namespace

}  // namespace flinch::tests
