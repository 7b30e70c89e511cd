#include "faults/fault_plan_toml.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <span>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "sim/text/text.h"

namespace flinch::faults {
namespace {

constexpr auto kTriggerKeys =
    std::to_array<std::string_view>({"event", "at", "after", "every", "counts", "cell"});

constexpr std::string_view kAllTriggers = "event, at, after, every, counts, cell";
constexpr std::string_view kSomeActions = "crash, pause, cut and others";

// The kinds of actions: each is the key of its target.
std::vector<std::string_view> ActionKeys() {
  std::vector<std::string_view> keys;
  for (const FaultInfo& fault : kFaultCatalogue) {
    keys.push_back(fault.kind);
  }
  return keys;
}

// ---- Reading

// The one key of `keys` that the table has. None or several are a problem; `all` names them.
std::string_view OneKey(text::TomlTable& table, std::span<const std::string_view> keys,
                        std::string_view all) {
  std::string_view found;
  bool is_one = true;
  for (const std::string_view key : keys) {
    if (table.Has(key)) {
      is_one = found.empty();
      found = found.empty() ? key : found;
    }
  }
  // Keys that are none of these are told one by one, as unknown.
  if (table.Keys().empty()) {
    table.ComplainHere(fmt::format("This table is empty; it needs one of: {}.", all));
  } else if (!is_one) {
    table.ComplainHere(fmt::format("This table has several of: {}. Keep one.", all));
  }
  return found;
}

// A duration that may not be zero.
sim::Duration RequiredSpan(text::TomlTable& table, std::string_view key) {
  if (!table.Has(key)) {
    return table.RequiredDuration(key);
  }
  const std::optional<sim::Duration> span = table.DurationValue(key);
  if (span == sim::Duration(0)) {
    table.Complain(key, fmt::format("{} is nothing; a fault takes some time.", text::Quote(key)));
  }
  return span.value_or(sim::Duration(0));
}

// The number of an earlier fault.
size_t DecodeEarlier(text::TomlTable& table, std::string_view key, size_t index) {
  if (index == 0) {
    table.Complain(key, "This is the first fault; there is none before it to wait for.");
    return 0;
  }
  return static_cast<size_t>(table.RequiredInteger(key, 0, static_cast<int64_t>(index) - 1));
}

std::optional<size_t> DecodeSince(text::TomlTable& table, size_t index) {
  return table.Has("since") ? std::optional(DecodeEarlier(table, "since", index)) : std::nullopt;
}

uint64_t DecodeNth(text::TomlTable& table) {
  return static_cast<uint64_t>(table.Integer("nth", 1, INT64_MAX).value_or(1));
}

AtEvent DecodeAtEvent(text::TomlTable& table, size_t index) {
  AtEvent when;
  when.kind = table.RequiredString("event");
  when.nth = DecodeNth(table);
  when.process = table.String("process").value_or("");
  when.where = table.Fields("where");
  when.delay = table.DurationValue("delay").value_or(sim::Duration(0));
  when.since = DecodeSince(table, index);
  return when;
}

AtCounts DecodeAtCounts(text::TomlTable& table) {
  AtCounts when;
  if (std::optional<text::TomlTable> counts = table.RequiredTable("counts")) {
    for (const std::string& kind : counts->Keys()) {
      const std::optional<int64_t> number = counts->Integer(kind, 1, INT64_MAX);
      when.at_least.emplace_back(kind, static_cast<uint64_t>(number.value_or(1)));
    }
    if (when.at_least.empty()) {
      table.Complain("counts", "counts names no event.", "such as { \"checkpoint.stored\" = 3 }");
    }
  }
  when.unless = table.String("unless").value_or("");
  return when;
}

// `index` is the fault's place in the plan: it may only wait for an earlier one.
Trigger DecodeTrigger(text::TomlTable& table, size_t index) {
  const std::string_view key = OneKey(table, kTriggerKeys, kAllTriggers);
  Trigger trigger;
  if (key == "event") {
    trigger = DecodeAtEvent(table, index);
  } else if (key == "at") {
    trigger = AtTime{sim::kEpoch + table.RequiredDuration("at")};
  } else if (key == "after") {
    const sim::Duration delay = table.DurationValue("delay").value_or(sim::Duration(0));
    trigger = AfterFault{.fault = DecodeEarlier(table, "after", index), .delay = delay};
  } else if (key == "every") {
    trigger = AtRate{.mean = RequiredSpan(table, "every")};
  } else if (key == "counts") {
    trigger = DecodeAtCounts(table);
  } else if (key == "cell") {
    AtCell when{.cell = table.RequiredString("cell"), .nth = DecodeNth(table)};
    when.since = DecodeSince(table, index);
    trigger = std::move(when);
  }
  table.RejectUnknown();
  return trigger;
}

// Reads whom an action strikes, from under its kind.
template <typename AnyAction>
void DecodeTarget(text::TomlTable& table, std::string_view kind, AnyAction& action) {
  if constexpr (requires { action.process; }) {
    action.process = table.RequiredString(kind);
  } else if constexpr (requires { action.from; }) {
    std::vector<std::string> hosts = table.Strings(kind, 2, 2);
    if (hosts.size() == 2) {
      if (hosts[0] == hosts[1]) {
        table.Complain(
            kind, fmt::format("A link joins two hosts, but both are {}.", text::Quote(hosts[0])));
      }
      action.from = std::move(hosts[0]);
      action.to = std::move(hosts[1]);
    }
  } else if constexpr (requires { action.group; }) {
    action.group = table.Strings(kind, 1);
    action.others = table.Strings("from", 1);
    if (!table.Has("from")) {
      table.ComplainHere("A partition needs the other side.", "add from = [\"tm-1\"]");
    }
  } else if constexpr (requires { action.hosts; }) {
    action.hosts = table.Strings(kind, 1);
  } else if constexpr (requires { action.disk; }) {
    action.disk = table.RequiredString(kind);
  } else if constexpr (requires { action.host; }) {
    action.host = table.RequiredString(kind);
  } else if constexpr (requires { action.operator_name; }) {
    action.operator_name = table.RequiredString(kind);
  } else {
    const auto words = std::to_array<std::string_view>({kSharedVolume});
    table.RequiredOneOf(kind, words);
  }
}

// Reads one parameter of an action.
class ParameterReader {
 public:
  explicit ParameterReader(text::TomlTable& table) : table_(table) {}

  void operator()(std::string_view key, sim::Ratio& ratio) const {
    ratio = table_.Ratio(key).value_or(ratio);
    if (ratio.numerator == 0) {
      table_.Complain(key, fmt::format("{} is nothing, which is no fault; give it more than 0%.",
                                       text::Quote(key)));
    }
  }

  void operator()(std::string_view key, sim::Duration& span) const {
    span = RequiredSpan(table_, key);
  }

  void operator()(std::string_view key, std::optional<sim::Duration>& span) const {
    span = table_.DurationValue(key);
  }

  void operator()(std::string_view key, uint64_t& number) const {
    if (number > 0 && !table_.Has(key)) {
      return;
    }
    const int64_t max = key == "operations_per_second" ? UINT32_MAX : INT64_MAX;
    number = static_cast<uint64_t>(table_.RequiredInteger(key, 1, max));
  }

  void operator()(std::string_view key, std::string& text) const {
    text = table_.String(key).value_or("");
  }

  void operator()(std::string_view key, bool& flag) const {
    flag = table_.Bool(key).value_or(false);
  }

  void operator()(std::string_view key, sim::CrashStyle& style) const {
    const bool is_power = table_.OneOf(key, kCrashWords) == kCrashWords[1];
    style = is_power ? sim::CrashStyle::kSilent : sim::CrashStyle::kProcess;
  }

  void operator()(std::string_view key, sim::PausedTimers& timers) const {
    const bool are_frozen = table_.OneOf(key, kTimerWords) == kTimerWords[1];
    timers = are_frozen ? sim::PausedTimers::kFrozen : sim::PausedTimers::kRunning;
  }

 private:
  text::TomlTable& table_;
};

Action DecodeAction(text::TomlTable& table) {
  const std::vector<std::string_view> keys = ActionKeys();
  const std::string_view kind = OneKey(table, keys, kSomeActions);
  Action action = ActionOfKind(kind).value_or(Action());
  if (!kind.empty()) {
    std::visit(
        [&](auto& what) {
          DecodeTarget(table, kind, what);
          VisitParameters(what, ParameterReader(table));
        },
        action);
  }
  table.RejectUnknown();
  return action;
}

// A file of its own; judged where there is a cast.
sim::Result<FaultPlan> ReadPlan(text::TomlDocument document, const Cast* cast) {
  text::TomlTable root = document.root();
  root.RequiredInteger("version", kFaultPlanVersion, kFaultPlanVersion);
  DecodedPlan decoded = DecodeFaultPlan(root);
  root.RejectUnknown();
  if (cast != nullptr) {
    ComplainAboutFaults(root, decoded, *cast);
  }
  if (const sim::Result<void> read = document.Finish(); !read) {
    return sim::Fail(read);
  }
  return std::move(decoded.plan);
}

// ---- Writing

std::string ShowString(std::string_view text) {
  std::string shown = "\"";
  for (const char letter : text) {
    const auto byte = static_cast<unsigned char>(letter);
    if (letter == '"' || letter == '\\') {
      shown += '\\';
      shown += letter;
    } else if (byte < 0x20 || byte == 0x7f) {
      shown += fmt::format("\\u{:04x}", byte);
    } else {
      shown += letter;
    }
  }
  return shown + "\"";
}

std::string ShowKey(std::string_view key) {
  const bool is_bare = !key.empty() && std::ranges::all_of(key, [](char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
           (letter >= '0' && letter <= '9') || letter == '_' || letter == '-';
  });
  return is_bare ? std::string(key) : ShowString(key);
}

// A number where the text is how a number is written, so that `where = { id = 3 }` stays as it was.
std::string ShowValue(std::string_view text) {
  int64_t number = 0;
  const std::from_chars_result read =
      std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_number = read.ec == std::errc() && std::to_string(number) == text;
  return is_number ? std::string(text) : ShowString(text);
}

std::string ShowSpan(sim::Duration span) { return ShowString(sim::Show(span)); }

std::string ShowSince(const std::optional<size_t>& since) {
  return since ? fmt::format(", since = {}", *since) : "";
}

std::string ShowAtEvent(const AtEvent& when) {
  std::string shown = fmt::format("{{ event = {}, nth = {}", ShowString(when.kind), when.nth);
  if (!when.process.empty()) {
    shown += fmt::format(", process = {}", ShowString(when.process));
  }
  std::string where;
  for (const auto& [name, value] : when.where) {
    where += fmt::format("{}{} = {}", where.empty() ? "" : ", ", ShowKey(name), ShowValue(value));
  }
  if (!where.empty()) {
    shown += fmt::format(", where = {{ {} }}", where);
  }
  if (when.delay != sim::Duration(0)) {
    shown += fmt::format(", delay = {}", ShowSpan(when.delay));
  }
  return shown + ShowSince(when.since) + " }";
}

std::string ShowAtCounts(const AtCounts& when) {
  std::string counts;
  for (const auto& [kind, number] : when.at_least) {
    counts += fmt::format("{}{} = {}", counts.empty() ? "" : ", ", ShowKey(kind), number);
  }
  const std::string unless =
      when.unless.empty() ? "" : fmt::format(", unless = {}", ShowString(when.unless));
  return fmt::format("{{ counts = {{ {} }}{} }}", counts, unless);
}

std::string ShowTrigger(const Trigger& trigger) {
  if (const auto* const at = std::get_if<AtTime>(&trigger)) {
    return fmt::format("{{ at = {} }}", ShowSpan(at->time - sim::kEpoch));
  }
  if (const auto* const after = std::get_if<AfterFault>(&trigger)) {
    return fmt::format("{{ after = {}, delay = {} }}", after->fault, ShowSpan(after->delay));
  }
  if (const auto* const rate = std::get_if<AtRate>(&trigger)) {
    return fmt::format("{{ every = {} }}", ShowSpan(rate->mean));
  }
  if (const auto* const counts = std::get_if<AtCounts>(&trigger)) {
    return ShowAtCounts(*counts);
  }
  if (const auto* const cell = std::get_if<AtCell>(&trigger)) {
    return fmt::format("{{ cell = {}, nth = {}{} }}", ShowString(cell->cell), cell->nth,
                       ShowSince(cell->since));
  }
  return ShowAtEvent(std::get<AtEvent>(trigger));
}

std::string ShowNames(const std::vector<std::string>& names) {
  std::string shown;
  for (const std::string& name : names) {
    shown += (shown.empty() ? "" : ", ") + ShowString(name);
  }
  return "[" + shown + "]";
}

template <typename AnyAction>
std::string ShowTarget(const AnyAction& action) {
  if constexpr (requires { action.process; }) {
    return ShowString(action.process);
  } else if constexpr (requires { action.from; }) {
    return ShowNames({action.from, action.to});
  } else if constexpr (requires { action.group; }) {
    return fmt::format("{}, from = {}", ShowNames(action.group), ShowNames(action.others));
  } else if constexpr (requires { action.hosts; }) {
    return ShowNames(action.hosts);
  } else if constexpr (requires { action.disk; }) {
    return ShowString(action.disk);
  } else if constexpr (requires { action.host; }) {
    return ShowString(action.host);
  } else if constexpr (requires { action.operator_name; }) {
    return ShowString(action.operator_name);
  } else {
    return ShowString(kSharedVolume);
  }
}

// Writes one parameter, and nothing where it has the value that it has without being written.
class ParameterWriter {
 public:
  explicit ParameterWriter(std::string& text) : text_(text) {}

  void operator()(std::string_view key, const sim::Ratio& ratio) const {
    Write(key, ShowString(text::ShowRatio(ratio)));
  }

  void operator()(std::string_view key, sim::Duration span) const { Write(key, ShowSpan(span)); }

  void operator()(std::string_view key, const std::optional<sim::Duration>& span) const {
    if (span) {
      Write(key, ShowSpan(*span));
    }
  }

  void operator()(std::string_view key, uint64_t number) const {
    Write(key, std::to_string(number));
  }

  void operator()(std::string_view key, const std::string& text) const {
    if (!text.empty()) {
      Write(key, ShowString(text));
    }
  }

  void operator()(std::string_view key, bool flag) const {
    if (flag) {
      Write(key, "true");
    }
  }

  void operator()(std::string_view key, sim::CrashStyle style) const {
    if (style == sim::CrashStyle::kSilent) {
      Write(key, ShowString(kCrashWords[1]));
    }
  }

  void operator()(std::string_view key, sim::PausedTimers timers) const {
    if (timers == sim::PausedTimers::kFrozen) {
      Write(key, ShowString(kTimerWords[1]));
    }
  }

 private:
  void Write(std::string_view key, std::string_view value) const {
    text_ += fmt::format(", {} = {}", key, value);
  }

  std::string& text_;
};

std::string ShowAction(const Action& action) {
  return std::visit(
      [&action](const auto& what) {
        std::string text = fmt::format("{{ {} = {}", KindOf(action), ShowTarget(what));
        VisitParameters(what, ParameterWriter(text));
        return text + " }";
      },
      action);
}

// Whether the problem is of what stands in a fault that could not be read as a whole, and not of
// what was put in the place of something that could not be read.
bool IsItsOwn(text::TomlTable& entry, const PlanProblem& problem) {
  if (!entry.HasTable(problem.table)) {
    return false;
  }
  text::TomlTable part = *entry.Table(problem.table);
  return part.Has(problem.key) && !part.IsTold(problem.key);
}

// Without the blanks that stand in no string.
std::string WithoutBlanks(std::string_view text) {
  std::string compact;
  bool in_string = false;
  bool is_escaped = false;
  for (const char letter : text) {
    if (letter == '"' && !is_escaped) {
      in_string = !in_string;
    }
    is_escaped = letter == '\\' && !is_escaped;
    if (in_string || letter != ' ') {
      compact += letter;
    }
  }
  return compact;
}

}  // namespace

sim::Result<FaultPlan> ReadFaultPlan(const std::string& file) {
  return ReadPlan(text::TomlDocument::Load(file), nullptr);
}

sim::Result<FaultPlan> ReadFaultPlan(const std::string& file, const Cast& cast) {
  return ReadPlan(text::TomlDocument::Load(file), &cast);
}

sim::Result<FaultPlan> ParseFaultPlan(std::string file, std::string text) {
  return ReadPlan(text::TomlDocument::Parse(std::move(file), std::move(text)), nullptr);
}

sim::Result<FaultPlan> ParseFaultPlan(std::string file, std::string text, const Cast& cast) {
  return ReadPlan(text::TomlDocument::Parse(std::move(file), std::move(text)), &cast);
}

sim::Result<FaultPlan> ParseInlineFaults(std::span<const std::string> faults, const Cast& cast) {
  // Whole lines each, so that messages show the one that is meant.
  std::string text = fmt::format("version = {}\nfault = [\n", kFaultPlanVersion);
  std::vector<text::TomlPart> parts;
  for (const std::string& fault : faults) {
    parts.push_back(
        {.name = faults.size() == 1 ? "--fault" : fmt::format("--fault {}", parts.size() + 1),
         .line = static_cast<uint32_t>(1 + std::ranges::count(text, '\n')),
         .text = fault});
    text += fault + "\n,\n";
  }
  sim::Result<FaultPlan> plan = ReadPlan(
      text::TomlDocument::Parse("--fault", std::move(text) + "]\n", std::move(parts)), &cast);
  if (plan && plan->faults.size() != faults.size()) {
    return sim::Fail(sim::ErrorCode::kInvalidArgument,
                     "Each --fault is one table { when = { … }, do = { … } }; repeat --fault for "
                     "another fault.");
  }
  return plan;
}

DecodedPlan DecodeFaultPlan(text::TomlTable& table) {
  DecodedPlan decoded;
  for (text::TomlTable& entry : table.Tables("fault")) {
    const size_t index = decoded.plan.faults.size();
    const size_t problems_before = entry.problem_count();
    Fault fault;
    if (std::optional<text::TomlTable> when = entry.RequiredTable("when")) {
      fault.when = DecodeTrigger(*when, index);
    }
    if (std::optional<text::TomlTable> what = entry.RequiredTable("do")) {
      fault.what = DecodeAction(*what);
    }
    entry.RejectUnknown();
    if (entry.problem_count() > problems_before) {
      decoded.broken.insert(index);
    }
    decoded.plan.faults.push_back(std::move(fault));
  }
  return decoded;
}

void ComplainAboutFaults(text::TomlTable& table, const DecodedPlan& decoded, const Cast& cast) {
  std::vector<text::TomlTable> entries = table.Tables("fault");
  for (const PlanProblem& problem : CheckAgainst(decoded.plan, cast)) {
    text::TomlTable& entry = entries.at(problem.fault);
    const bool is_broken = decoded.broken.contains(problem.fault);
    if (is_broken && !IsItsOwn(entry, problem)) {
      continue;
    }
    text::TomlTable part = *entry.Table(problem.table);
    if (problem.host) {
      part.ComplainItem(problem.key, *problem.host, problem.sentence);
    } else if (!problem.field.empty()) {
      part.Table(problem.key)->Complain(problem.field, problem.sentence);
    } else {
      part.Complain(problem.key, problem.sentence);
    }
  }
}

std::string ShowInline(const Fault& fault) {
  return WithoutBlanks(
      fmt::format("{{when={},do={}}}", ShowTrigger(fault.when), ShowAction(fault.what)));
}

std::string ShowToml(const FaultPlan& plan) {
  std::string shown = fmt::format("version = {}\n", kFaultPlanVersion);
  for (const Fault& fault : plan.faults) {
    shown += fmt::format("\n[[fault]]\nwhen = {}\ndo = {}\n", ShowTrigger(fault.when),
                         ShowAction(fault.what));
  }
  return shown;
}

}  // namespace flinch::faults
