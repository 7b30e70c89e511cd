#include "tests/leak_drill/leaks.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <new>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <unordered_set>
#include <utility>
#include <vector>

namespace flinch::leak_drill {

// Named functions outside of any local namespace: the drill finds them in the call stacks.

[[gnu::noinline]] void LeakWallClock(sim::Environment& env, Planted planted) {
  const int64_t now = planted == Planted::kYes
                          ? std::chrono::steady_clock::now().time_since_epoch().count()
                          : sim::Nanos(env.Now());
  env.Trace("picked", {{"now", now}});
}

[[gnu::noinline]] void LeakRandomDevice(sim::Environment& env, Planted planted) {
  const uint64_t drawn =
      planted == Planted::kYes ? std::random_device()() : env.RandomStream("drill").Next();
  env.Trace("picked", {{"drawn", drawn}});
}

// Eight numbers, sorted by where they lie in memory.
std::string OrderOfPointers(Planted planted) {
  std::vector<std::unique_ptr<int>> owners;
  std::vector<int*> order;
  for (int i = 0; i < 8; ++i) {
    owners.push_back(std::make_unique<int>(i));
    order.push_back(owners.back().get());
  }
  if (planted == Planted::kYes) {
    const std::set<int*> sorted(order.begin(), order.end());
    order.assign(sorted.begin(), sorted.end());
  }
  std::string text;
  for (const int* each : order) {
    text += std::to_string(*each);
  }
  return text;
}

[[gnu::noinline]] void LeakPointerOrder(sim::Environment& env, Planted planted) {
  env.Trace("picked", {{"order", OrderOfPointers(planted)}});
}

[[gnu::noinline]] void LeakDiskBytes(sim::Environment& env, Planted planted) {
  const auto file = env.disk().Create("/state");
  const bool written = file && (*file)->Append(OrderOfPointers(planted));
  env.Trace("picked", {{"written", written}});
}

[[gnu::noinline]] void LeakUnorderedIteration(sim::Environment& env, Planted planted) {
  std::vector<std::string> words = {"anna", "bert", "carl", "dora", "emil", "frida"};
  if (planted == Planted::kYes) {
    const std::unordered_set<std::string> table(words.begin(), words.end());
    words.assign(table.begin(), table.end());
  }
  std::string text;
  for (const std::string& word : words) {
    text += word.front();
  }
  env.Trace("picked", {{"order", text}});
}

[[gnu::noinline]] void LeakUninitialisedRead(sim::Environment& env, Planted planted) {
  constexpr size_t kSize = 4'096;
  auto* const block = static_cast<volatile unsigned char*>(::operator new(kSize));
  if (planted == Planted::kNo) {
    block[kSize / 2] = 0;
  }
  env.Trace("picked", {{"byte", block[kSize / 2]}});
  ::operator delete(const_cast<unsigned char*>(block));
}

[[gnu::noinline]] void LeakStaticCounter(sim::Environment& env, Planted planted) {
  static int counter = 0;
  counter = planted == Planted::kYes ? counter + 1 : 1;
  env.Trace("picked", {{"count", counter}});
}

[[gnu::noinline]] void LeakThread(sim::Environment& env, Planted planted) {
  int64_t done = 0;
  if (planted == Planted::kYes) {
    std::thread([&done] { done = 1; }).join();
  }
  env.Trace("picked", {{"done", done}});
}

[[gnu::noinline]] void LeakLocale(sim::Environment& env, Planted planted) {
  std::array<char, 16> text{};
  if (planted == Planted::kYes) {
    std::snprintf(text.data(), text.size(), "%.1f", 1.5);
  } else {
    std::snprintf(text.data(), text.size(), "%d.%d", 1, 5);
  }
  env.Trace("picked", {{"text", text.data()}});
}

[[gnu::noinline]] void LeakMultiplyAdd(sim::Environment& env, Planted planted) {
  const volatile double tenth = 0.1;
  const volatile double ten = planted == Planted::kYes ? 10.0 : 0.0;
  const volatile double minus = planted == Planted::kYes ? -1.0 : 0.0;
  const double factor = tenth;
  const double other = ten;
  const double addend = minus;
#ifdef LEAK_CONTRACTED_BY_HAND
  const double sum = std::fma(factor, other, addend);
#else
  const double sum = factor * other + addend;  // rounded twice, or once
#endif
  env.Trace("picked", {{"is_zero", sum == 0.0}});
}

#ifdef LEAK_OTHER_SORT
// As legal a std::sort as the library's.
template <typename Iterator, typename Less>
void Sort(Iterator begin, Iterator end, Less less) {
  std::stable_sort(begin, end, less);
}
#else
template <typename Iterator, typename Less>
void Sort(Iterator begin, Iterator end, Less less) {
  std::sort(begin, end, less);
}
#endif

[[gnu::noinline]] void LeakSortTies(sim::Environment& env, Planted planted) {
  std::vector<std::pair<int, int>> pairs;
  for (int i = 0; i < 40; ++i) {
    pairs.emplace_back(i % 3, i);
  }
  if (planted == Planted::kYes) {
    Sort(pairs.begin(), pairs.end(),
         [](const auto& left, const auto& right) { return left.first < right.first; });
  } else {
    Sort(pairs.begin(), pairs.end(), std::less<>());
  }
  env.Trace("picked", {{"first", pairs[0].second}, {"second", pairs[1].second}});
}

struct Drawn {
  uint64_t left;
  uint64_t right;
};

[[gnu::noinline]] Drawn Pair(uint64_t left, uint64_t right) { return {left, right}; }

[[gnu::noinline]] void LeakArgumentOrder(sim::Environment& env, Planted planted) {
  sim::Random random = env.RandomStream("drill");
  Drawn drawn{};
#ifdef LEAK_OTHER_ARGUMENT_ORDER
  const bool by_name = true;
#else
  const bool by_name = planted == Planted::kNo;
#endif
  if (by_name) {
    const uint64_t left = random.Below(1'000'000);
    const uint64_t right = random.Below(1'000'000);
    drawn = Pair(left, right);
  } else {
    drawn = Pair(random.Below(1'000'000), random.Below(1'000'000));
  }
  env.Trace("picked", {{"left", drawn.left}, {"right", drawn.right}});
}

[[gnu::noinline]] void LeakDirectoryOrder(sim::Environment& env, Planted planted) {
  std::string first = "bin";
  if (planted == Planted::kYes) {
    first = std::filesystem::directory_iterator("/")->path().filename();
  }
  env.Trace("picked", {{"first", first}});
}

std::span<const Leak> Leaks() {
  static constexpr auto kLeaks = std::to_array<Leak>({
      {"wall_clock", LeakWallClock},
      {"random_device", LeakRandomDevice},
      {"pointer_order", LeakPointerOrder},
      {"disk_bytes", LeakDiskBytes},
      {"unordered_iteration", LeakUnorderedIteration},
      {"uninitialised_read", LeakUninitialisedRead},
      {"static_counter", LeakStaticCounter},
      {"thread", LeakThread},
      {"locale", LeakLocale},
      {"multiply_add", LeakMultiplyAdd},
      {"sort_ties", LeakSortTies},
      {"argument_order", LeakArgumentOrder},
      {"directory_order", LeakDirectoryOrder},
  });
  return kLeaks;
}

}  // namespace flinch::leak_drill
