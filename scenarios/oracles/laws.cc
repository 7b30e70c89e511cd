#include "scenarios/oracles/laws.h"

#include <algorithm>
#include <compare>
#include <cstddef>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "scenarios/oracles/wording.h"

namespace flinch::scenarios {

namespace {

struct KeyAndValue {
  std::string_view key;
  std::string_view value;

  friend auto operator<=>(const KeyAndValue&, const KeyAndValue&) = default;
};

struct Copies {
  uint64_t expected = 0;
  std::vector<const OutputRecord*> found;
};

// Records of one key, in order.
struct KeyHistory {
  std::vector<std::string_view> expected;
  std::vector<const OutputRecord*> found;
  bool comparable = true;  // nothing doubled, nothing foreign
};

// What a law that counts each record cares about.
struct Strictness {
  bool surplus = true;
  bool lack = true;
  bool order = false;
};

using CopiesOfRows = std::map<KeyAndValue, Copies>;
using Histories = std::map<std::string_view, KeyHistory>;

// Whether each key has exactly the expected values in the expected order, in time that is linear in
// the records. True of nearly every run; what is wrong with the others, the long way tells.
bool IsPlainlyRight(const OutputView& output) {
  if (output.expected.size() != output.found.size()) {
    return false;
  }

  struct Found {
    std::vector<const OutputRecord*> records;
    size_t next = 0;
  };

  std::unordered_map<std::string_view, Found> keys;  // asked, never walked
  for (const OutputRecord* record : output.found) {
    keys[record->key].records.push_back(record);
  }
  return std::ranges::all_of(output.expected, [&keys](const ExpectedRecord* record) {
    const auto found = keys.find(record->key);
    if (found == keys.end() || found->second.next == found->second.records.size()) {
      return false;
    }
    return found->second.records[found->second.next++]->value == record->value;
  });
}

// The first record that is not where a walk through the reference meets it: `found` is then no
// subsequence of `expected`, though each of its records is in there.
std::optional<OutputBreach> FindMisplaced(const KeyHistory& history) {
  size_t place = 0;
  for (size_t i = 0; i < history.found.size(); ++i) {
    while (place < history.expected.size() && history.expected[place] != history.found[i]->value) {
      ++place;
    }
    if (place == history.expected.size()) {
      return OutputBreach{.kind = "misplaced",
                          .key = history.found[i]->key,
                          .value = history.found[i]->value,
                          .copies = {history.found[i]},
                          .earlier = i == 0 ? nullptr : history.found[i - 1]};
    }
    ++place;
  }
  return std::nullopt;
}

void AddMisplaced(const Histories& histories, std::vector<OutputBreach>& breaches) {
  for (const auto& [key, history] : histories) {
    if (!history.comparable) {
      continue;
    }
    if (std::optional<OutputBreach> misplaced = FindMisplaced(history)) {
      breaches.push_back(*std::move(misplaced));
    }
  }
}

// Those that are doubled, then those that are foreign, lost, misplaced.
std::vector<OutputBreach> CompareRecords(const OutputView& output, const Strictness& strict) {
  if (IsPlainlyRight(output)) {
    return {};
  }
  CopiesOfRows counts;
  Histories histories;
  for (const ExpectedRecord* record : output.expected) {
    ++counts[{record->key, record->value}].expected;
    histories[record->key].expected.push_back(record->value);
  }
  for (const OutputRecord* record : output.found) {
    counts[{record->key, record->value}].found.push_back(record);
    histories[record->key].found.push_back(record);
  }
  std::vector<OutputBreach> doubled;
  std::vector<OutputBreach> foreign;
  std::vector<OutputBreach> lost;
  for (const auto& [record, copies] : counts) {
    OutputBreach breach{.kind = {},
                        .key = record.key,
                        .value = record.value,
                        .expected = copies.expected,
                        .copies = copies.found};
    if (copies.found.size() > copies.expected) {
      histories[record.key].comparable = false;
      breach.kind = copies.expected == 0 ? "foreign" : "doubled";
      if (strict.surplus) {
        (copies.expected == 0 ? foreign : doubled).push_back(std::move(breach));
      }
    } else if (copies.found.size() < copies.expected && output.complete && strict.lack) {
      breach.kind = "lost";
      lost.push_back(std::move(breach));
    }
  }
  std::vector<OutputBreach> breaches = std::move(doubled);
  std::ranges::move(foreign, std::back_inserter(breaches));
  std::ranges::move(lost, std::back_inserter(breaches));
  if (strict.order) {
    AddMisplaced(histories, breaches);
  }
  return breaches;
}

Law Counting(std::string name, std::string promise, const Strictness& strict,
             std::source_location where) {
  return {.name = std::move(name),
          .promise = std::move(promise),
          .judge = [strict](const OutputView& output) { return CompareRecords(output, strict); },
          .where = where};
}

std::vector<OutputBreach> CompareLast(const OutputView& output) {
  std::map<std::string_view, std::string_view> wanted;
  std::map<std::string_view, const OutputRecord*> last;
  for (const ExpectedRecord* record : output.expected) {
    wanted[record->key] = record->value;
  }
  std::vector<OutputBreach> breaches;
  for (const OutputRecord* record : output.found) {
    last[record->key] = record;
    if (!wanted.contains(record->key)) {
      breaches.push_back(
          {.kind = "foreign", .key = record->key, .value = record->value, .copies = {record}});
    }
  }
  for (const auto& [key, value] : wanted) {
    const auto found = last.find(key);
    if (!output.complete || (found != last.end() && found->second->value == value)) {
      continue;
    }
    OutputBreach breach{.kind = "lost", .key = key, .value = value, .expected = 1};
    if (found != last.end()) {
      breach.kind = "outdated";
      breach.copies = {found->second};
      breach.sentence =
          fmt::format("The last record with key {} has value {}, but {} should have come last.",
                      ShowBytes(key), ShowBytes(found->second->value), ShowBytes(value));
    }
    breaches.push_back(std::move(breach));
  }
  return breaches;
}

using Amount = std::function<int64_t(std::string_view key, std::string_view value)>;

std::vector<OutputBreach> CompareSums(const OutputView& output, const Amount& amount) {
  int64_t wanted = 0;
  int64_t found = 0;
  for (const ExpectedRecord* record : output.expected) {
    wanted += amount(record->key, record->value);
  }
  for (const OutputRecord* record : output.found) {
    found += amount(record->key, record->value);
  }
  if (found == wanted || (found < wanted && !output.complete)) {
    return {};
  }
  return {{.kind = found < wanted ? "shrunk" : "grown",
           .sentence = fmt::format("The output amounts to {} instead of {}.", found, wanted)}};
}

}  // namespace

Law PerKeyOrder(std::source_location where) {
  return Counting(
      "per_key_order",
      "The output is what was expected, no record doubled, missing or foreign, each key "
      "in order.",
      {.order = true}, where);
}

Law SameMultiset(std::source_location where) {
  return Counting("same_multiset",
                  "The output is what was expected, no record doubled, missing or foreign.", {},
                  where);
}

Law LastPerKey(std::source_location where) {
  return {.name = "last_per_key",
          .promise = "Of each key that is expected, the last record is the expected last one.",
          .judge = CompareLast,
          .where = where};
}

Law Conserves(Amount amount, std::source_location where) {
  return {.name = "conserves",
          .promise = "What the records amount to is what was expected.",
          .judge = [amount = std::move(amount)](
                       const OutputView& output) { return CompareSums(output, amount); },
          .where = where};
}

Law Contains(std::source_location where) {
  return Counting("contains", "No record is missing.", {.surplus = false}, where);
}

Law ContainedIn(std::source_location where) {
  return Counting("contained_in", "No record is doubled or foreign.", {.lack = false}, where);
}

}  // namespace flinch::scenarios
