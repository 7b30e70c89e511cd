#include "faults/fault_plan_toml.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <span>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "faults/text.h"

namespace flinch::faults {
namespace {

constexpr auto kTriggerKeys = std::to_array<std::string_view>({"event", "at", "after"});
constexpr auto kActionKeys =
    std::to_array<std::string_view>({"crash", "restart", "drop", "delay", "cut"});

// ---- Reading

// The one key of `keys` that the table has. None or several are a problem.
std::string_view OneKey(TomlTable& table, std::span<const std::string_view> keys) {
  std::string_view found;
  std::string all;
  bool is_one = true;
  for (const std::string_view key : keys) {
    all += (all.empty() ? "" : ", ") + std::string(key);
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
sim::Duration RequiredSpan(TomlTable& table, std::string_view key) {
  if (!table.Has(key)) {
    return table.RequiredDuration(key);
  }
  const std::optional<sim::Duration> span = table.DurationValue(key);
  if (span == sim::Duration(0)) {
    table.Complain(key, fmt::format("{} is nothing; a fault takes some time.", Quote(key)));
  }
  return span.value_or(sim::Duration(0));
}

// `index` is the fault's place in the plan: it may only wait for an earlier one.
Trigger DecodeTrigger(TomlTable& table, size_t index) {
  const std::string_view key = OneKey(table, kTriggerKeys);
  Trigger trigger;
  if (key == "event") {
    AtEvent when;
    when.kind = table.RequiredString("event");
    when.nth = static_cast<uint64_t>(table.Integer("nth", 1, INT64_MAX).value_or(1));
    when.process = table.String("process").value_or("");
    when.where = table.Fields("where");
    trigger = std::move(when);
  } else if (key == "at") {
    trigger = AtTime{sim::kEpoch + table.RequiredDuration("at")};
  } else if (key == "after") {
    AfterFault when;
    when.delay = table.DurationValue("delay").value_or(sim::Duration(0));
    if (index == 0) {
      table.Complain("after", "This is the first fault; there is none before it to wait for.");
    } else {
      when.fault =
          static_cast<size_t>(table.RequiredInteger("after", 0, static_cast<int64_t>(index) - 1));
    }
    trigger = when;
  }
  table.RejectUnknown();
  return trigger;
}

// Reads what every link fault has: the two hosts, the direction, the duration.
template <typename LinkFault>
LinkFault DecodeLink(TomlTable& table, std::string_view key) {
  LinkFault fault;
  std::vector<std::string> hosts = table.Strings(key, 2, 2);
  if (hosts.size() == 2) {
    if (hosts[0] == hosts[1]) {
      table.Complain(key, fmt::format("A link joins two hosts, but both are {}.", Quote(hosts[0])));
    }
    fault.from = std::move(hosts[0]);
    fault.to = std::move(hosts[1]);
  }
  fault.to_only = table.Bool("one_way").value_or(false);
  fault.duration = RequiredSpan(table, "for");
  return fault;
}

DropMessages DecodeDrop(TomlTable& table) {
  auto drop = DecodeLink<DropMessages>(table, "drop");
  drop.ratio = table.Ratio("ratio").value_or(drop.ratio);
  if (drop.ratio.numerator == 0) {
    table.Complain("ratio", "Dropping nothing is no fault; give a ratio above 0%.");
  }
  return drop;
}

Action DecodeAction(TomlTable& table) {
  const std::string_view key = OneKey(table, kActionKeys);
  Action action;
  if (key == "crash") {
    action = Crash{.process = table.RequiredString("crash"),
                   .restart_after = table.DurationValue("restart_after")};
  } else if (key == "restart") {
    action = Restart{.process = table.RequiredString("restart")};
  } else if (key == "drop") {
    action = DecodeDrop(table);
  } else if (key == "delay") {
    auto delay = DecodeLink<DelayMessages>(table, "delay");
    delay.by = RequiredSpan(table, "by");
    action = std::move(delay);
  } else if (key == "cut") {
    action = DecodeLink<CutLink>(table, "cut");
  }
  table.RejectUnknown();
  return action;
}

// A file of its own; judged where there is a cast.
sim::Result<FaultPlan> ReadPlan(TomlDocument document, const Cast* cast) {
  TomlTable root = document.root();
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

std::string ShowTrigger(const Trigger& trigger) {
  if (const auto* const at = std::get_if<AtTime>(&trigger)) {
    return fmt::format("{{ at = {} }}", ShowSpan(at->time - sim::kEpoch));
  }
  if (const auto* const after = std::get_if<AfterFault>(&trigger)) {
    return fmt::format("{{ after = {}, delay = {} }}", after->fault, ShowSpan(after->delay));
  }
  const auto& when = std::get<AtEvent>(trigger);
  std::string shown = fmt::format("{{ event = {}, nth = {}", ShowString(when.kind), when.nth);
  if (!when.process.empty()) {
    shown += fmt::format(", process = {}", ShowString(when.process));
  }
  std::string where;
  for (const auto& [name, value] : when.where) {
    where += fmt::format("{}{} = {}", where.empty() ? "" : ", ", ShowKey(name), ShowValue(value));
  }
  return shown + (where.empty() ? " }" : fmt::format(", where = {{ {} }} }}", where));
}

template <typename LinkFault>
std::string ShowLink(std::string_view kind, const LinkFault& fault, std::string_view amount) {
  return fmt::format("{{ {} = [{}, {}]{}, for = {}{} }}", kind, ShowString(fault.from),
                     ShowString(fault.to), amount, ShowSpan(fault.duration),
                     fault.to_only ? ", one_way = true" : "");
}

std::string ShowAction(const Action& action) {
  const std::string_view kind = KindOf(action);
  if (const auto* const crash = std::get_if<Crash>(&action)) {
    return fmt::format("{{ {} = {}{} }}", kind, ShowString(crash->process),
                       crash->restart_after
                           ? fmt::format(", restart_after = {}", ShowSpan(*crash->restart_after))
                           : "");
  }
  if (const auto* const restart = std::get_if<Restart>(&action)) {
    return fmt::format("{{ {} = {} }}", kind, ShowString(restart->process));
  }
  if (const auto* const drop = std::get_if<DropMessages>(&action)) {
    return ShowLink(kind, *drop, fmt::format(", ratio = {}", ShowString(ShowRatio(drop->ratio))));
  }
  if (const auto* const delay = std::get_if<DelayMessages>(&action)) {
    return ShowLink(kind, *delay, fmt::format(", by = {}", ShowSpan(delay->by)));
  }
  return ShowLink(kind, std::get<CutLink>(action), "");
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
  return ReadPlan(TomlDocument::Load(file), nullptr);
}

sim::Result<FaultPlan> ReadFaultPlan(const std::string& file, const Cast& cast) {
  return ReadPlan(TomlDocument::Load(file), &cast);
}

sim::Result<FaultPlan> ParseFaultPlan(std::string file, std::string text) {
  return ReadPlan(TomlDocument::Parse(std::move(file), std::move(text)), nullptr);
}

sim::Result<FaultPlan> ParseFaultPlan(std::string file, std::string text, const Cast& cast) {
  return ReadPlan(TomlDocument::Parse(std::move(file), std::move(text)), &cast);
}

sim::Result<FaultPlan> ParseInlineFaults(std::span<const std::string> faults, const Cast& cast) {
  // A line each, so that messages show the one that is meant.
  std::string text = fmt::format("version = {}\nfault = [\n", kFaultPlanVersion);
  for (const std::string& fault : faults) {
    text += fault + "\n,\n";
  }
  sim::Result<FaultPlan> plan =
      ReadPlan(TomlDocument::Parse("--fault", std::move(text) + "]\n"), &cast);
  if (plan && plan->faults.size() != faults.size()) {
    return sim::Fail(sim::ErrorCode::kInvalidArgument,
                     "Each --fault is one table { when = { … }, do = { … } }; repeat --fault for "
                     "another fault.");
  }
  return plan;
}

DecodedPlan DecodeFaultPlan(TomlTable& table) {
  DecodedPlan decoded;
  for (TomlTable& entry : table.Tables("fault")) {
    const size_t index = decoded.plan.faults.size();
    const size_t problems_before = entry.problem_count();
    Fault fault;
    if (std::optional<TomlTable> when = entry.RequiredTable("when")) {
      fault.when = DecodeTrigger(*when, index);
    }
    if (std::optional<TomlTable> what = entry.RequiredTable("do")) {
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

void ComplainAboutFaults(TomlTable& table, const DecodedPlan& decoded, const Cast& cast) {
  std::vector<TomlTable> entries = table.Tables("fault");
  for (const PlanProblem& problem : CheckAgainst(decoded.plan, cast)) {
    if (decoded.broken.contains(problem.fault)) {
      continue;
    }
    // What can be read has both tables.
    TomlTable part = *entries.at(problem.fault).Table(problem.table);
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
