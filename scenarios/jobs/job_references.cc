#include "scenarios/jobs/job_references.h"

#include <cstdint>
#include <locale>
#include <map>
#include <sstream>
#include <utility>

#include "engine/serializer.h"
#include "scenarios/jobs/job_output.h"

namespace flinch::scenarios {

Addition WindowAddition(const InputRow& row, sim::Duration window) {
  const int64_t time = row.timestamp.nanos();
  int64_t index = time / window.count();
  if (index * window.count() > time) {
    --index;  // before 1970, division rounds towards a later window
  }
  const int64_t start = index * window.count();
  return {.place = {.key = row.key, .slot = start}, .last = start + window.count() - 1};
}

std::vector<Addition> WordAdditions(const InputRow& row) {
  std::istringstream line(row.value);
  line.imbue(std::locale::classic());
  std::vector<Addition> additions;
  for (std::string word; line >> word;) {
    additions.push_back({.place = {.key = word, .slot = 0}});
  }
  return additions;
}

std::vector<ExpectedRecord> CountPerWindow(const std::vector<InputRow>& rows,
                                           sim::Duration window) {
  std::map<std::pair<std::string, int64_t>, int64_t> counts;
  for (const InputRow& row : rows) {
    const StatePlace place = WindowAddition(row, window).place;
    ++counts[{place.key, place.slot}];
  }
  std::vector<ExpectedRecord> expected;
  for (const auto& [key_and_start, count] : counts) {
    const WindowCount value{.window_start = engine::EventTime(key_and_start.second),
                            .count = count};
    expected.push_back({.key = key_and_start.first, .value = engine::Encode(value)});
  }
  return expected;
}

std::vector<ExpectedRecord> CountWords(const std::vector<InputRow>& rows) {
  std::map<std::string, int64_t> counts;
  for (const InputRow& row : rows) {
    for (const Addition& addition : WordAdditions(row)) {
      ++counts[addition.place.key];
    }
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
