#include "scenarios/files/file_schema.h"

#include <limits>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "faults/fault_plan.h"
#include "faults/fault_plan_toml.h"
#include "scenarios/files/field_notes.h"
#include "scenarios/files/scenario_toml.h"
#include "scenarios/model/scenario_fields.h"
#include "sim/random.h"
#include "sim/time.h"

namespace flinch::scenarios {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kDraft = "http://json-schema.org/draft-07/schema#";
constexpr int kIndent = 1;

Json Text() { return {{"type", "string"}}; }

Json Span() { return {{"type", "string"}, {"pattern", "^ *[0-9]+(\\.[0-9]+)? *[A-Za-z]+ *$"}}; }

Json WholeNumber(int64_t min, int64_t max = std::numeric_limits<int64_t>::max()) {
  Json schema = {{"type", "integer"}, {"minimum", min}};
  if (max != std::numeric_limits<int64_t>::max()) {
    schema["maximum"] = max;
  }
  return schema;
}

Json Texts(size_t least = 0, std::optional<size_t> most = {}) {
  Json schema = {{"type", "array"}, {"items", Text()}};
  if (least > 0) {
    schema["minItems"] = least;
  }
  if (most) {
    schema["maxItems"] = *most;
  }
  return schema;
}

template <typename Words>
Json OneOf(const Words& words) {
  Json schema = {{"type", "string"}};
  for (const std::string_view word : words) {
    schema["enum"].push_back(word);
  }
  return schema;
}

Json Table() {
  return {{"type", "object"}, {"additionalProperties", false}, {"properties", Json::object()}};
}

Json FormOf(const DescribedField& field) {
  switch (field.form) {
    case FieldForm::kTexts:
      return Texts();
    case FieldForm::kTruth:
      return {{"type", "boolean"}};
    case FieldForm::kNumber:
      return WholeNumber(field.min, field.max);
    case FieldForm::kSpan:
      return Span();
    case FieldForm::kWord:
      return OneOf(field.words);
    case FieldForm::kText:
    case FieldForm::kSpanOrAuto:
    case FieldForm::kDecimal:
    case FieldForm::kMoment:
    case FieldForm::kRows:
      return Text();
  }
  return Text();
}

// The table of this path below the root, made where it is missing.
Json& TableAt(Json& root, std::string_view path) {
  Json* table = &root;
  for (size_t dot = 0; dot != std::string_view::npos;) {
    dot = path.find('.');
    Json& inner = (*table)["properties"][std::string(path.substr(0, dot))];
    if (inner.is_null()) {
      inner = Table();
    }
    table = &inner;
    path.remove_prefix(dot == std::string_view::npos ? path.size() : dot + 1);
  }
  return *table;
}

// ---- Faults

// The form of a parameter, by its type.
struct ParameterForm {
  Json& properties;

  void operator()(std::string_view key, const sim::Ratio&) const { Set(key, Text()); }

  void operator()(std::string_view key, sim::Duration) const { Set(key, Span()); }

  void operator()(std::string_view key, const std::optional<sim::Duration>&) const {
    Set(key, Span());
  }

  void operator()(std::string_view key, uint64_t) const { Set(key, WholeNumber(1)); }

  void operator()(std::string_view key, const std::string&) const { Set(key, Text()); }

  void operator()(std::string_view key, bool) const { Set(key, {{"type", "boolean"}}); }

  void operator()(std::string_view key, sim::CrashStyle) const {
    Set(key, OneOf(faults::kCrashWords));
  }

  void operator()(std::string_view key, sim::PausedTimers) const {
    Set(key, OneOf(faults::kTimerWords));
  }

  void Set(std::string_view key, Json form) const {
    properties[std::string(key)] = std::move(form);
  }
};

// Whom an action strikes, under its kind.
template <typename AnyAction>
Json TargetForm(const AnyAction& action) {
  if constexpr (requires { action.from; }) {
    return Texts(2, 2);
  } else if constexpr (requires { action.group; } || requires { action.hosts; }) {
    return Texts(1);
  } else if constexpr (
      requires { action.process; } || requires { action.disk; } || requires { action.host; } ||
      requires { action.operator_name; }) {
    return Text();
  } else {
    return {{"type", "string"}, {"const", faults::kSharedVolume}};
  }
}

Json ActionForm() {
  Json kinds = Json::array();
  for (const faults::FaultInfo& info : faults::kFaultCatalogue) {
    Json kind = Table();
    kind["description"] = info.what;
    kind["required"] = Json::array({info.kind});
    Json& properties = kind["properties"];
    faults::Action action = faults::ActionOfKind(info.kind).value_or(faults::Action());
    std::visit(
        [&](auto& what) {
          properties[std::string(info.kind)] = TargetForm(what);
          if constexpr (requires { what.others; }) {
            properties["from"] = Texts(1);
          }
          faults::VisitParameters(what, ParameterForm{properties});
        },
        action);
    properties[std::string(info.kind)]["description"] =
        fmt::format("{}; such as {}", info.what, info.example);
    kinds.push_back(std::move(kind));
  }
  return {{"oneOf", std::move(kinds)}};
}

Json TriggerForm() {
  const auto described = [](Json form, std::string_view note) {
    form["description"] = note;
    return form;
  };
  const Json since =
      described(WholeNumber(0), "Count from the moment at which this earlier fault came.");
  const Json nth = described(WholeNumber(1), "The how many-th one; 1 unless given.");
  const Json counts = {{"type", "object"},
                       {"minProperties", 1},
                       {"additionalProperties", WholeNumber(1)},
                       {"description", "When each of these events has come so often."}};
  const auto one = [](std::string_view key, Json properties) {
    Json table = Table();
    table["properties"] = std::move(properties);
    table["required"] = Json::array({key});
    return table;
  };
  return {
      {"oneOf",
       {one("event", {{"event", described(Text(), "At an event: flinch list events.")},
                      {"nth", nth},
                      {"process", described(Text(), "Of this process.")},
                      {"where", {{"type", "object"}, {"description", "With these fields."}}},
                      {"delay", described(Span(), "So long after it.")},
                      {"since", since}}),
        one("at", {{"at", described(Span(), "At this time of the run.")}}),
        one("after",
            {{"after", described(WholeNumber(0), "After an earlier fault, by its number.")},
             {"delay", described(Span(), "So long after it.")}}),
        one("every", {{"every", described(Span(), "On average once in this time.")}}),
        one("counts", {{"counts", counts},
                       {"unless", described(Text(), "If no such event has come by then.")}}),
        one("cell", {{"cell", described(Text(), "At a cell of the protocol: flinch list cells.")},
                     {"nth", nth},
                     {"since", since}})}}};
}

Json FaultsForm() {
  Json fault = Table();
  fault["properties"] = {{"when", TriggerForm()}, {"do", ActionForm()}};
  fault["required"] = {"when", "do"};
  return {
      {"type", "array"}, {"items", std::move(fault)}, {"description", "What breaks, and when."}};
}

Json StoryForm() {
  const auto described = [](Json form, std::string_view note) {
    form["description"] = note;
    return form;
  };
  const Json truth = {{"type", "boolean"}};
  const auto step = [&](std::string_view verb, Json more) {
    Json table = Table();
    table["properties"] = {{"do", {{"const", verb}}},
                           {"at", described(Span(), "Not before this time of the run.")},
                           {"after", described(Span(), "Nor sooner after the step before.")}};
    table["properties"].update(more);
    table["required"] = Json::array({"do"});
    return table;
  };
  const Json resume = {
      {"from", described(Text(),
                         "A snapshot on the shared volume, or \"checkpoint\": the newest "
                         "that the job left. Absent: the last savepoint.")},
      {"claim", described(OneOf(std::to_array<std::string_view>({"no_claim", "claim"})),
                          "Whose the snapshot is from now on.")},
      {"allow_non_restored_state", described(truth, "Leave state that has no operator.")},
      {"parallelism", described(WholeNumber(1, 1024), "Another one than before.")},
      {"job", described(Text(), "Another registered job, whose operators it has.")},
      {"refused", described(truth, "It is to be refused, and the story goes on.")}};
  const Json verbs = {step("savepoint", Json::object()),
                      step("stop", {{"drain", described(truth,
                                                        "End the input, and fire what "
                                                        "waits for event time.")}}),
                      step("cancel", {{"savepoint", described(truth,
                                                              "As soon as one is "
                                                              "complete.")}}),
                      step("resume", resume)};
  return {{"type", "array"},
          {"items", {{"oneOf", verbs}}},
          {"description", "What a user asks of the job while it runs."}};
}

Json Root(std::string_view title, int64_t version) {
  Json root = {{"$schema", kDraft}, {"title", title}};
  root.update(Table());
  root["properties"]["version"] = {{"const", version}, {"description", "Of the file's form."}};
  return root;
}

}  // namespace

std::string ScenarioSchema() {
  Json root = Root("A scenario of flinch", kScenarioVersion);
  for (const DescribedField& field : DescribeFields()) {
    const size_t dot = field.path.rfind('.');
    Json& table = dot == std::string::npos ? root : TableAt(root, field.path.substr(0, dot));
    Json form = FormOf(field);
    form["description"] = fmt::format("{} {}", field.note, ShowForm(field));
    // What TOML and JSON write alike, all of a default but its name.
    form["default"] = Json::parse(field.standard);
    table["properties"][field.path.substr(dot == std::string::npos ? 0 : dot + 1)] =
        std::move(form);
  }
  root["required"] = {"version", "name", "why", "job"};
  root["properties"]["job"]["required"] = Json::array({"name"});
  // An option may also stand under its whole name, in quotes.
  root["properties"]["options"]["patternProperties"] = {{"\\.", Json::object()}};
  root["properties"]["fault"] = FaultsForm();
  root["properties"]["story"] = StoryForm();
  return root.dump(kIndent) + "\n";
}

std::string PlanSchema() {
  Json root = Root("A fault plan of flinch", faults::kFaultPlanVersion);
  root["required"] = Json::array({"version"});
  root["properties"]["fault"] = FaultsForm();
  return root.dump(kIndent) + "\n";
}

}  // namespace flinch::scenarios
