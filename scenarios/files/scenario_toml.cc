#include "scenarios/files/scenario_toml.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <type_traits>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "faults/fault_plan_toml.h"
#include "scenarios/aim/cast.h"
#include "scenarios/files/absent_options.h"
#include "scenarios/files/scenario_problems.h"
#include "scenarios/files/story_toml.h"
#include "scenarios/lab/whole_file.h"
#include "scenarios/model/field_text.h"
#include "scenarios/model/scenario_fields.h"
#include "sim/text/text.h"
#include "sim/text/toml_document.h"

namespace flinch::scenarios {

namespace {

using sim::ErrorCode;
using sim::Fail;
using text::Quote;
using text::TomlDocument;
using text::TomlTable;

constexpr std::string_view kRuntimeModePath = "options.execution.runtime-mode";
// What job.mode may be, in the order of engine::RuntimeMode.
constexpr std::array<std::string_view, 2> kJobModeWords = {"streaming", "batch"};

// "workload.file" and "format" of "workload.file.format". Everything below `options` is one name,
// however a file nests it.
struct FieldPlace {
  std::string_view table;
  std::string_view key;
};

FieldPlace PlaceOf(std::string_view path) {
  const size_t dot = path.rfind('.');
  if (dot == std::string_view::npos) {
    return {.table = "", .key = path};
  }
  return {.table = path.substr(0, dot), .key = path.substr(dot + 1)};
}

bool HasEffect(Applies applies, const Scenario& scenario) {
  switch (applies) {
    case Applies::kAlways:
      return true;
    case Applies::kGenerated:
      return scenario.workload.source == WorkloadSource::kGenerated;
    case Applies::kFile:
      return scenario.workload.source == WorkloadSource::kFile;
    case Applies::kSwarm:
      return scenario.faults.source == FaultSource::kSwarm;
    case Applies::kSql:
      return scenario.job.name == kSqlJob;
  }
  sim::Unreachable("a field applies in a way that has no name");
}

// Why a field has no effect, and what would give it one.
std::string WhyNoEffect(const FieldInfo& field, const Scenario& scenario) {
  if (field.applies == Applies::kSql) {
    return fmt::format(
        "{} has no effect while job.name is {}; set job.name to \"{}\" first, or "
        "leave it out.",
        Quote(field.path), Quote(scenario.job.name), kSqlJob);
  }
  const bool is_fault = field.applies == Applies::kSwarm;
  const std::string is =
      is_fault ? ShowField(scenario.faults.source) : ShowField(scenario.workload.source);
  const std::string_view wants = is_fault                               ? "swarm"
                                 : field.applies == Applies::kGenerated ? "generated"
                                                                        : "file";
  const std::string_view decider = is_fault ? "faults.source" : "workload.source";
  return fmt::format("{} has no effect while {} is {}; set {} to \"{}\" first, or leave it out.",
                     Quote(field.path), decider, is, decider, wants);
}

// ---- Decoding

class ScenarioDecoder {
 public:
  explicit ScenarioDecoder(TomlDocument& document) : file_(document.file()) {
    tables_.emplace("", document.root());
  }

  Scenario Decode() {
    Scenario scenario;
    TomlTable& root = *tables_.at("");
    root.RequiredInteger("version", kScenarioVersion, kScenarioVersion);
    RequirePresent("", "name");
    RequirePresent("", "why");
    DecodeSql(scenario);
    if (scenario.job.name.empty()) {
      RequirePresent("job", "name");
    }
    VisitFields(scenario, [this](const FieldInfo& field, auto& value) { Read(field, value); });
    DecodeMode(scenario);
    DecodeFaults(root, scenario);
    scenario.story = DecodeStory(root);
    ComplainAboutAbsentOptions();
    for (auto& [path, table] : tables_) {
      if (table) {
        const size_t problems_before = table->problem_count();
        table->RejectUnknown();
        if (table->problem_count() > problems_before) {
          odd_.insert(path);
        }
      }
    }
    ComplainAboutIdleFields(scenario);
    return scenario;
  }

  // The names in what could be read of the faults. Which TaskManagers there are is known only where
  // their number could be read; elsewhere any is taken.
  void ComplainAboutFaults(const Scenario& scenario) {
    if (scenario.faults.source == FaultSource::kPlan) {
      const bool is_known = !IsUnread("cluster.task_managers");
      faults::ComplainAboutFaults(*tables_.at(""), decoded_,
                                  is_known ? CastOf(scenario) : CastOfAnyScenario());
    }
  }

  // Cross-checks, each at the field it is about, as far as all that they are about could be read.
  // Those of faults have been told by then.
  void Complain(const std::vector<ScenarioProblem>& problems) {
    for (const ScenarioProblem& problem : problems) {
      const bool is_fault = problem.path.starts_with(kFaultPath) && problem.path.contains('[');
      const auto is_unread = [this](const std::string& path) { return IsUnread(path); };
      if (!is_fault && !IsUnread(problem.path) && std::ranges::none_of(problem.others, is_unread)) {
        Complain(problem);
      }
    }
  }

 private:
  void RequirePresent(std::string_view path, std::string_view key) {
    TomlTable* const table = Find(path);
    const bool is_there = table != nullptr && table->Has(key);
    if (!is_there) {
      unread_.insert(path.empty() ? std::string(key) : fmt::format("{}.{}", path, key));
    }
    if (table == nullptr) {
      TomlTable& root = *tables_.at("");
      if (!root.Has(path)) {
        root.RequiredTable(path);
      }
    } else if (!is_there) {
      table->RequiredString(key);
    }
  }

  // At the field, or at another one that it is about, where it is left out.
  void Complain(const ScenarioProblem& problem) {
    std::optional<Found> found = Locate(problem.path);
    for (const std::string& other : problem.others) {
      found = found ? found : Locate(other);
    }
    const FieldPlace place = PlaceOf(problem.path);
    if (!found && Find(place.table) != nullptr) {
      found = Found{.table = Find(place.table), .key = place.key};
    }
    if (found && problem.item) {
      found->table->ComplainItem(found->key, *problem.item, problem.sentence);
    } else if (found) {
      found->table->Complain(found->key, problem.sentence);
    } else {
      tables_.at("")->ComplainHere(fmt::format("{}: {}", problem.path, problem.sentence));
    }
  }

  // Whether `inner` is a field or a table of the table `outer`.
  static bool IsIn(std::string_view inner, std::string_view outer) {
    return inner.size() > outer.size() && inner.starts_with(outer) && inner[outer.size()] == '.';
  }

  // Whether this field or table is not, or may not be, as its author meant it: it could not be
  // read, or it is left out where an unknown key may stand for it.
  bool IsUnread(std::string_view path) {
    const bool is_unread = std::ranges::any_of(unread_, [path](const std::string& unread) {
      return path == unread || IsIn(path, unread) || IsIn(unread, path);
    });
    return is_unread || std::ranges::any_of(odd_, [this, path](const std::string& table) {
             return path == table || IsIn(table, path) ||
                    (PlaceOf(path).table == table && !Locate(path));
           });
  }

  // The table of this path, or null. Asking for one makes its name known to its parent.
  TomlTable* Find(std::string_view path) {
    if (const auto known = tables_.find(path); known != tables_.end()) {
      return known->second ? &*known->second : nullptr;
    }
    const FieldPlace place = PlaceOf(path);
    TomlTable* const parent = Find(place.table);
    std::optional<TomlTable>& table = tables_[std::string(path)];
    if (parent != nullptr) {
      table = parent->Table(place.key);
      if (!table && parent->Has(place.key)) {
        unread_.insert(std::string(path));
      }
    }
    return table ? &*table : nullptr;
  }

  // Where the field stands, if it does: in its table, or for an option under its whole quoted name.
  struct Found {
    TomlTable* table;
    std::string_view key;
  };

  std::optional<Found> Locate(std::string_view path) {
    if (path.starts_with(kOptionsPrefix)) {
      TomlTable* const options = Find("options");
      const std::string_view name = path.substr(kOptionsPrefix.size());
      if (options != nullptr && options->Has(name)) {
        return Found{.table = options, .key = name};
      }
    }
    const FieldPlace place = PlaceOf(path);
    TomlTable* const table = Find(place.table);
    if (table == nullptr || !table->Has(place.key)) {
      return std::nullopt;
    }
    return Found{.table = table, .key = place.key};
  }

  template <typename T>
  void Read(const FieldInfo& field, T& value) {
    if (const std::optional<Found> found = Locate(field.path)) {
      if (field.applies != Applies::kAlways) {
        conditional_.emplace_back(field, std::string(field.path));
      }
      const size_t problems_before = found->table->problem_count();
      ReadValue(*found, field, value);
      if (found->table->problem_count() > problems_before) {
        unread_.insert(std::string(field.path));
      }
    }
  }

  template <typename Integer>
    requires std::is_same_v<Integer, uint32_t> || std::is_same_v<Integer, uint64_t>
  static void ReadValue(const Found& at, const FieldInfo& field, Integer& value) {
    const int64_t max =
        std::is_same_v<Integer, uint32_t> ? std::min<int64_t>(field.max, UINT32_MAX) : field.max;
    if (const std::optional<int64_t> number = at.table->Integer(at.key, field.min, max)) {
      value = static_cast<Integer>(*number);
    }
  }

  static void ReadValue(const Found& at, const FieldInfo&, bool& value) {
    value = at.table->Bool(at.key).value_or(value);
  }

  static void ReadValue(const Found& at, const FieldInfo&, std::vector<std::string>& value) {
    value = at.table->Strings(at.key);
  }

  static void ReadValue(const Found& at, const FieldInfo& field, sim::Duration& value) {
    // First the type with its own suggestions, then the range.
    if (const std::optional<sim::Duration> span = at.table->DurationValue(at.key)) {
      ParseOrComplain(at, field, sim::Show(*span), value);
    }
  }

  template <WordField T>
  static void ReadValue(const Found& at, const FieldInfo&, T& value) {
    if (const std::optional<std::string> word = at.table->OneOf(at.key, WordsOf(value))) {
      value = static_cast<T>(*ParseWord(*word, WordsOf(value)));
    }
  }

  // All others are strings.
  template <typename T>
    requires(!WordField<T> && !std::is_integral_v<T>)
  static void ReadValue(const Found& at, const FieldInfo& field, T& value) {
    if (const std::optional<std::string> text = at.table->String(at.key)) {
      ParseOrComplain(at, field, *text, value);
    }
  }

  template <typename T>
  static void ParseOrComplain(const Found& at, const FieldInfo& field, std::string_view text,
                              T& value) {
    if (const sim::Result<void> parsed = ParseField(field, text, value); !parsed) {
      at.table->Complain(at.key, fmt::format("{} {}", Quote(at.key), parsed.error().message));
    }
  }

  // A job with SQL needs no other name, and its rows are those of its tables.
  void DecodeSql(Scenario& scenario) {
    TomlTable* const job = Find("job");
    if (job == nullptr || (!job->Has("sql") && !job->Has("sql_file"))) {
      return;
    }
    scenario.job.name = kSqlJob;
    scenario.workload.source = WorkloadSource::kTables;
    if (!job->Has("sql_file")) {
      return;
    }
    const std::string path = job->String("sql_file").value_or("");
    const std::filesystem::path folder = std::filesystem::path(file_).parent_path();
    sim::Result<std::string> text = ReadWholeFile((folder / path).string());
    if (job->Has("sql")) {
      job->Complain("sql_file", "job.sql is there, too; leave one of them out.");
    } else if (!text) {
      job->Complain("sql_file", text.error().message);
    } else {
      scenario.job.sql = *std::move(text);
    }
  }

  // Another word for an option of Flink's.
  void DecodeMode(Scenario& scenario) {
    TomlTable* const job = Find("job");
    if (job == nullptr || !job->Has("mode")) {
      return;
    }
    if (Locate(kRuntimeModePath)) {
      job->Complain("mode", "options.execution.runtime-mode is there, too; leave one of them out.");
    }
    if (const std::optional<std::string> word = job->OneOf("mode", kJobModeWords)) {
      scenario.options.execution.mode =
          static_cast<engine::RuntimeMode>(*ParseWord(*word, kJobModeWords));
    } else {
      unread_.insert(std::string(kRuntimeModePath));
    }
  }

  void DecodeFaults(TomlTable& root, Scenario& scenario) {
    if (!root.Has("fault")) {
      return;
    }
    decoded_ = faults::DecodeFaultPlan(root);
    scenario.faults.plan = decoded_.plan;
    if (IsUnread("faults.source") || !Locate("faults.source")) {
      scenario.faults.source = FaultSource::kPlan;
    } else if (scenario.faults.source != FaultSource::kPlan) {
      Find("faults")->Complain("source",
                               fmt::format("The file lists faults, but faults.source is {}.",
                                           ShowField(scenario.faults.source)),
                               "write \"plan\", or remove the [[fault]] tables");
    }
  }

  // What is Flink's and not yet here is no slip of the fingers.
  void ComplainAboutAbsentOptions() {
    for (const std::string_view name : AbsentOptions()) {
      // Asking for one that is not there would make its tables known.
      const std::string path = std::string(kOptionsPrefix).append(name);
      const bool is_there = tables_.at("")->HasPath(path);
      if (const std::optional<Found> found = is_there ? Locate(path) : std::nullopt) {
        found->table->Complain(found->key, TellAbsentOption(name));
      }
    }
  }

  void ComplainAboutIdleFields(const Scenario& scenario) {
    for (const auto& [field, path] : conditional_) {
      const bool is_known = !IsUnread(field.applies == Applies::kSwarm ? "faults.source"
                                      : field.applies == Applies::kSql ? "job.name"
                                                                       : "workload.source");
      if (is_known && !HasEffect(field.applies, scenario)) {
        const std::optional<Found> found = Locate(path);
        FieldInfo named = field;
        named.path = path;
        found->table->Complain(found->key, WhyNoEffect(named, scenario));
      }
    }
  }

  std::string file_;
  std::map<std::string, std::optional<TomlTable>, std::less<>> tables_;
  std::vector<std::pair<FieldInfo, std::string>> conditional_;
  faults::DecodedPlan decoded_;
  std::set<std::string> unread_;  // fields and tables that could not be read
  std::set<std::string> odd_;     // tables with unknown keys
};

sim::Result<Scenario> DecodeDocument(TomlDocument document) {
  if (KindOfFile(document) == FileKind::kPlan) {
    const std::string file = text::Printable(document.file());
    return Fail(
        ErrorCode::kInvalidArgument,
        fmt::format("{0} is a fault plan, no scenario: run a scenario with --plan {0}.", file));
  }
  ScenarioDecoder decoder(document);
  Scenario scenario = decoder.Decode();
  decoder.ComplainAboutFaults(scenario);
  decoder.Complain(FindProblems(scenario));
  if (const sim::Result<void> read = document.Finish(); !read) {
    return Fail(read);
  }
  return scenario;
}

// What ApplySetting reads: the TOML form without quotes around it, as far as those are not needed.
std::string SettingText(const std::string& value) {
  return value.starts_with('"') ? QuoteToml(value) : value;
}

std::string SettingText(const std::vector<std::string>& value) {
  const bool is_plain = std::ranges::none_of(value, [](const std::string& item) {
    return item.empty() || item.starts_with('[') || item.contains(',');
  });
  return is_plain ? fmt::format("{}", fmt::join(value, ",")) : ShowField(value);
}

template <typename T>
std::string SettingText(const T& value) {
  std::string text = ShowField(value);
  return text.starts_with('"') ? text.substr(1, text.size() - 2) : text;
}

// By path; what has no effect is left out.
std::vector<Setting> SettingsOf(const Scenario& scenario) {
  std::vector<Setting> settings;
  VisitFields(scenario, [&](const FieldInfo& field, const auto& value) {
    if (HasEffect(field.applies, scenario)) {
      settings.push_back({.key = std::string(field.path), .value = SettingText(value)});
    }
  });
  return settings;
}

// Names and paths of all fields, for suggestions.
std::vector<std::string> KnownSettings(const Scenario& scenario) {
  std::vector<std::string> names;
  VisitFields(scenario, [&names](const FieldInfo& field, const auto&) {
    names.emplace_back(field.path.starts_with(kOptionsPrefix)
                           ? field.path.substr(kOptionsPrefix.size())
                           : field.path);
  });
  return names;
}

}  // namespace

FileKind KindOfFile(TomlDocument& document) {
  TomlTable root = document.root();
  if (root.Has("job") || root.Has("name")) {
    return FileKind::kScenario;
  }
  return root.Has("fault") ? FileKind::kPlan : FileKind::kUnknown;
}

sim::Result<Scenario> ReadScenario(const std::string& file) {
  return DecodeDocument(TomlDocument::Load(file));
}

sim::Result<Scenario> ParseScenario(std::string file, std::string text) {
  return DecodeDocument(TomlDocument::Parse(std::move(file), std::move(text)));
}

namespace {

// A script is for people to read: as it stands, where TOML can hold it so.
template <typename T>
std::string ShowInFile(const FieldInfo& field, const T& value) {
  if constexpr (std::is_same_v<T, std::string>) {
    if (field.path == "job.sql" && value.ends_with('\n') && !value.contains("'''") &&
        !value.contains('\r')) {
      return "'''\n" + value + "'''";
    }
  }
  return ShowField(value);
}

}  // namespace

std::string ShowToml(const Scenario& scenario) {
  std::string text = fmt::format("version = {}\n", kScenarioVersion);
  std::string table;
  VisitFields(scenario, [&](const FieldInfo& field, const auto& value) {
    if (!HasEffect(field.applies, scenario)) {
      return;
    }
    FieldPlace place = PlaceOf(field.path);
    if (field.path.starts_with(kOptionsPrefix)) {
      place = {.table = kOptionsPrefix.substr(0, kOptionsPrefix.size() - 1),
               .key = field.path.substr(kOptionsPrefix.size())};
    }
    if (table != place.table) {
      table = place.table;
      text += fmt::format("\n[{}]\n", table);
    }
    text += fmt::format("{} = {}\n", place.key, ShowInFile(field, value));
  });
  text += ShowStory(scenario.story);
  if (scenario.faults.source == FaultSource::kPlan && !scenario.faults.plan.faults.empty()) {
    // A plan has a version line of its own, which a scenario has already.
    const std::string plan = faults::ShowToml(scenario.faults.plan);
    const size_t first = plan.find("[[fault]]");
    text += "\n" + plan.substr(std::min(first, plan.size()));
  }
  return text;
}

namespace {

std::string TellUnknownField(const Scenario& scenario, std::string_view key) {
  const std::string absent =
      TellAbsentOption(key.starts_with(kOptionsPrefix) ? key.substr(kOptionsPrefix.size()) : key);
  return !absent.empty()
             ? absent
             : fmt::format(
                   "There is no field {} in a scenario.{}", Quote(key),
                   text::DidYouMean(key, std::span<const std::string>(KnownSettings(scenario))));
}

}  // namespace

sim::Result<void> ApplySetting(Scenario& scenario, std::string_view key, std::string_view value) {
  if (key == "job.mode") {
    const sim::Result<size_t> mode = ParseWord(Unquote(value), kJobModeWords);
    if (!mode) {
      return Fail(ErrorCode::kInvalidArgument,
                  fmt::format("{} must be one of {}, not {}.", Quote(key),
                              fmt::join(kJobModeWords, ", "), Quote(value)));
    }
    scenario.options.execution.mode = static_cast<engine::RuntimeMode>(*mode);
    return {};
  }
  std::optional<sim::Result<void>> outcome;
  const std::string as_option = std::string(kOptionsPrefix).append(key);
  VisitFields(scenario, [&](const FieldInfo& field, auto& target) {
    if (field.path != key && field.path != as_option) {
      return;
    }
    if (!HasEffect(field.applies, scenario)) {
      outcome = Fail(ErrorCode::kInvalidArgument, WhyNoEffect(field, scenario));
      return;
    }
    // A number or a truth has no quotes in a file either.
    const std::string text =
        std::is_integral_v<std::decay_t<decltype(target)>> ? std::string(value) : Unquote(value);
    outcome = ParseField(field, text, target);
    if (!*outcome) {
      outcome = Fail(ErrorCode::kInvalidArgument,
                     fmt::format("{} {}", Quote(key), outcome->error().message));
    }
  });
  return outcome ? *outcome : Fail(ErrorCode::kInvalidArgument, TellUnknownField(scenario, key));
}

std::vector<Setting> SettingsBetween(const Scenario& from, const Scenario& to) {
  std::vector<Setting> settings = SettingsOf(to);
  for (const Setting& old : SettingsOf(from)) {
    std::erase_if(settings, [&old](const Setting& setting) {
      return setting.key == old.key && setting.value == old.value;
    });
  }
  for (Setting& setting : settings) {
    if (setting.key.starts_with(kOptionsPrefix)) {
      setting.key.erase(0, kOptionsPrefix.size());  // Flink's name
    }
  }
  return settings;
}

}  // namespace flinch::scenarios
