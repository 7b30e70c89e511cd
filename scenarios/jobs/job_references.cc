#include "scenarios/jobs/job_references.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <numeric>
#include <utility>

#include "engine/serializer.h"
#include "scenarios/jobs/job_output.h"

namespace flinch::scenarios {

namespace {

bool IsBlank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// Calls `visit` with each word of the text.
template <typename Visit>
void ForEachWord(std::string_view text, const Visit& visit) {
  size_t start = 0;
  for (size_t at = 0; at <= text.size(); ++at) {
    if (at < text.size() && !IsBlank(text[at])) {
      continue;
    }
    if (at > start) {
      visit(text.substr(start, at - start));
    }
    start = at + 1;
  }
}

}  // namespace

int64_t WindowStart(engine::EventTime time, sim::Duration window) {
  int64_t index = time.nanos() / window.count();
  if (index * window.count() > time.nanos()) {
    --index;  // before 1970, division rounds towards a later window
  }
  return index * window.count();
}

void AddToWindow(const InputRow& row, sim::Duration window, SubjectRows& rows) {
  const int64_t start = WindowStart(row.timestamp, window);
  rows.Add(row.key, start, 1, start + window.count() - 1);
}

void AddWords(const InputRow& row, SubjectRows& rows) {
  ForEachWord(row.value, [&rows](std::string_view word) { rows.Add(word, 0); });
}

std::vector<ExpectedRecord> CountPerWindow(const std::vector<InputRow>& rows,
                                           sim::Duration window) {
  PlaceTable places;
  std::vector<int64_t> counts;  // by place
  for (const InputRow& row : rows) {
    const PlaceTable::Index place = places.Intern(row.key, WindowStart(row.timestamp, window));
    counts.resize(places.size());
    ++counts[place];
  }
  std::vector<PlaceTable::Index> order(places.size());
  std::iota(order.begin(), order.end(), PlaceTable::Index{0});
  std::ranges::sort(order, {}, [&places](PlaceTable::Index place) -> const StatePlace& {
    return places.at(place);
  });
  std::vector<ExpectedRecord> expected;
  expected.reserve(order.size());
  for (const PlaceTable::Index place : order) {
    const WindowCount value{.window_start = engine::EventTime(places.at(place).slot),
                            .count = counts[place]};
    expected.push_back({.key = places.at(place).key, .value = engine::Encode(value)});
  }
  return expected;
}

std::vector<ExpectedRecord> CountPerSession(const std::vector<InputRow>& rows, sim::Duration gap) {
  std::map<std::string, std::vector<int64_t>> times;
  for (const InputRow& row : rows) {
    times[row.key].push_back(row.timestamp.nanos());
  }
  std::vector<ExpectedRecord> expected;
  for (auto& [key, of_key] : times) {
    std::ranges::sort(of_key);
    for (size_t first = 0; first < of_key.size();) {
      size_t behind = first + 1;
      while (behind < of_key.size() && of_key[behind] - of_key[behind - 1] <= gap.count()) {
        ++behind;
      }
      const WindowCount value{.window_start = engine::EventTime(of_key[first]),
                              .count = static_cast<int64_t>(behind - first)};
      expected.push_back({.key = key, .value = engine::Encode(value)});
      first = behind;
    }
  }
  return expected;
}

std::vector<ExpectedRecord> CountWords(const std::vector<InputRow>& rows) {
  std::map<std::string, int64_t, std::less<>> counts;
  for (const InputRow& row : rows) {
    ForEachWord(row.value, [&counts](std::string_view word) {
      const auto known = counts.find(word);
      ++(known == counts.end() ? counts.emplace(word, 0).first : known)->second;
    });
  }
  std::vector<ExpectedRecord> expected;
  for (const auto& [word, count] : counts) {
    for (int64_t so_far = 1; so_far <= count; ++so_far) {
      expected.push_back({.key = word, .value = engine::Encode(RunningCount{.count = so_far})});
    }
  }
  return expected;
}

}  // namespace flinch::scenarios
