#include "scenarios/cli/state_command.h"

#include <algorithm>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "scenarios/cli/snapshot_content.h"
#include "scenarios/lab/complaint.h"
#include "scenarios/lab/version.h"
#include "scenarios/stage/show_value.h"
#include "sim/text/text.h"

namespace flinch::scenarios {

namespace {

using Json = nlohmann::ordered_json;
using Entries = std::map<SnapshotContent::Place, std::string>;

void List(const SnapshotContent& content, std::ostream& out) {
  size_t operators = 8;
  size_t states = 5;
  size_t whats = 4;
  for (const auto& [place, sum] : content.sums) {
    operators = std::max(operators, place.first.size());
    states = std::max(states, place.second.size());
    whats = std::max(whats, sum.what.size());
  }
  out << fmt::format("{} {}, {} key groups\n", content.kind, content.id.value(),
                     content.max_parallelism);
  out << fmt::format("  {:<{}}  {:<{}}  {:<{}}  {:>9}  {:>11}\n", "OPERATOR", operators, "STATE",
                     states, "WHAT", whats, "ENTRIES", "BYTES");
  for (const auto& [place, sum] : content.sums) {
    out << fmt::format("  {:<{}}  {:<{}}  {:<{}}  {:>9}  {:>11}\n", text::Printable(place.first),
                       operators, text::Printable(place.second), states, sum.what, whats,
                       sum.entries, sum.bytes);
  }
}

Json ListAsJson(const SnapshotContent& content) {
  Json states = Json::array();
  for (const auto& [place, sum] : content.sums) {
    states.push_back({{"operator", place.first},
                      {"state", place.second},
                      {"what", sum.what},
                      {"entries", sum.entries},
                      {"bytes", sum.bytes}});
  }
  return {{"kind", content.kind},
          {"id", content.id.value()},
          {"max_parallelism", content.max_parallelism},
          {"states", states}};
}

Json Describe(const SnapshotContent& content, const SnapshotContent::Place& place) {
  const engine::StateMeta& meta = content.metas.at({place.operator_name, place.state});
  Json line{{"operator", place.operator_name}, {"state", place.state}, {"key", ShowKey(place.key)}};
  if (!place.space.empty()) {
    line["namespace"] = ShowValue(meta.spaces, place.space);
  }
  return line;
}

Json ValueAt(const SnapshotContent& content, const Entries::value_type& entry) {
  return ShowValue(content.metas.at({entry.first.operator_name, entry.first.state}).shape,
                   entry.second);
}

bool IsWanted(const StateArguments& arguments, const SnapshotContent::Place& place) {
  return (!arguments.operator_name || *arguments.operator_name == place.operator_name) &&
         (!arguments.state || *arguments.state == place.state);
}

// Both are in the same order: so one pass finds what is in one of them only.
void Compare(const StateArguments& arguments, const SnapshotContent& before,
             const SnapshotContent& after, std::ostream& out) {
  const auto tell = [&](const char* change, const SnapshotContent& content,
                        const Entries::value_type& entry) {
    if (!IsWanted(arguments, entry.first)) {
      return;
    }
    Json line{{"change", change}};
    line.update(Describe(content, entry.first));
    if (&content == &before) {
      line["before"] = ValueAt(content, entry);
    } else {
      if (const auto old = before.entries.find(entry.first); old != before.entries.end()) {
        line["before"] = ValueAt(before, *old);
      }
      line["after"] = ValueAt(content, entry);
    }
    out << line.dump() << '\n';
  };
  auto old = before.entries.begin();
  auto now = after.entries.begin();
  while (old != before.entries.end() || now != after.entries.end()) {
    if (now == after.entries.end() || (old != before.entries.end() && old->first < now->first)) {
      tell("removed", before, *old++);
    } else if (old == before.entries.end() || now->first < old->first) {
      tell("added", after, *now++);
    } else {
      if (old->second != now->second) {
        tell("changed", after, *now);
      }
      ++old;
      ++now;
    }
  }
}

}  // namespace

int StateCommand(const StateArguments& arguments, std::ostream& out, std::ostream& err) {
  std::vector<SnapshotContent> contents;
  for (const std::string& snapshot : arguments.snapshots) {
    sim::Result<SnapshotContent> content = ReadSnapshotFolder(snapshot);
    if (!content) {
      return ComplainAboutInput(err, content.error().message);
    }
    contents.push_back(*std::move(content));
  }
  switch (arguments.what) {
    case StateVerb::kList:
      if (arguments.json) {
        out << ListAsJson(contents.front()).dump() << '\n';
      } else {
        List(contents.front(), out);
      }
      break;
    case StateVerb::kCat:
      for (const auto& entry : contents.front().entries) {
        if (IsWanted(arguments, entry.first)) {
          Json line = Describe(contents.front(), entry.first);
          line["value"] = ValueAt(contents.front(), entry);
          out << line.dump() << '\n';
        }
      }
      break;
    case StateVerb::kDiff:
      Compare(arguments, contents.front(), contents.back(), out);
      break;
  }
  return kExitPassed;
}

}  // namespace flinch::scenarios
