// Every order of inputs to a pure core, up to a length: for cores that are small enough.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace flinch::tests {

// How many states can be reached in so many steps; no promise is broken in any of them, and on no
// way to one. Each state is left once in each way, however it was reached. `numbers`: for each act,
// with how many numbers it is tried.
//
// `Surroundings` are a core and what it talks to, as a value: Act(act, number), Show() its state,
// trouble() the promise that was broken, or "".
template <typename Surroundings, size_t kActs>
size_t TryAll(const Surroundings& first, const std::array<uint64_t, kActs>& numbers, int steps) {
  std::set<std::string> seen = {first.Show()};
  std::vector<Surroundings> reached = {first};
  for (int step = 0; step < steps; ++step) {
    std::vector<Surroundings> next;
    for (const Surroundings& from : reached) {
      for (size_t act = 0; act < kActs; ++act) {
        for (uint64_t number = 0; number < numbers[act]; ++number) {
          Surroundings to = from;
          to.Act(static_cast<int>(act), number);
          EXPECT_EQ(to.trouble(), "") << to.Show();
          if (to.trouble().empty() && seen.insert(to.Show()).second) {
            next.push_back(std::move(to));
          }
        }
      }
    }
    reached = std::move(next);
  }
  return seen.size();
}

}  // namespace flinch::tests
