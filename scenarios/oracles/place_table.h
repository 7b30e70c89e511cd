// Places of a job's state under small numbers, so that judges compare numbers instead of texts.
//
// Shape: numbers are given from 0 in the order of the first mention. Nothing depends on the order
//        of hashes: the table is asked and never walked.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace flinch::scenarios {

// Where a job keeps something: under a key, in one of its slots. Windows: a slot per window, its
// start. Jobs without windows: slot 0.
struct StatePlace {
  std::string key;
  int64_t slot = 0;

  friend auto operator<=>(const StatePlace&, const StatePlace&) = default;
};

class PlaceTable {
 public:
  using Index = uint32_t;

  PlaceTable() = default;
  // The numbers' keys point into the table.
  PlaceTable(const PlaceTable&) = delete;
  PlaceTable& operator=(const PlaceTable&) = delete;
  PlaceTable(PlaceTable&&) = default;
  PlaceTable& operator=(PlaceTable&&) = default;

  // Returns the place's number, which is new when the place is.
  Index Intern(std::string_view key, int64_t slot) {
    if (const std::optional<Index> known = Find(key, slot)) {
      return *known;
    }
    const auto index = static_cast<Index>(places_.size());
    const StatePlace& place = places_.emplace_back(std::string(key), slot);
    numbers_.emplace(View{.key = place.key, .slot = slot}, index);
    return index;
  }

  std::optional<Index> Find(std::string_view key, int64_t slot) const {
    const auto found = numbers_.find(View{.key = key, .slot = slot});
    return found == numbers_.end() ? std::nullopt : std::optional(found->second);
  }

  const StatePlace& at(Index index) const { return places_.at(index); }

  size_t size() const { return places_.size(); }

 private:
  struct View {
    std::string_view key;
    int64_t slot = 0;

    friend bool operator==(const View&, const View&) = default;
  };

  struct Hash {
    size_t operator()(const View& view) const {
      constexpr size_t kOdd = 0x9E3779B97F4A7C15;
      return std::hash<std::string_view>()(view.key) ^ (static_cast<size_t>(view.slot) * kOdd);
    }
  };

  std::deque<StatePlace> places_;  // which never moves them
  std::unordered_map<View, Index, Hash> numbers_;
};

}  // namespace flinch::scenarios
