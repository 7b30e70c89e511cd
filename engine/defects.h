// Wrong behaviours, planted on purpose and off by default: the test of the oracles.
//
// Each is one place in the engine that asks `defects.Has(Defect::k…)`. In a build with
// FLINCH_DEFECTS=0 `Has` is a constant false and the branches vanish; with the default build it is
// one test of a bit. Each has a witness, a seed under which an oracle catches it: see
// tests/scenarios/witnesses.md.
#pragma once

#include <bitset>
#include <cstddef>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

#include "engine/defect_table.h"

#ifndef FLINCH_DEFECTS
#define FLINCH_DEFECTS 1
#endif

namespace flinch::engine {

// The set of planted defects of one run. A value; travels in options.
class Defects {
 public:
  bool Has([[maybe_unused]] Defect defect) const {
#if FLINCH_DEFECTS
    return planted_.test(static_cast<size_t>(defect));
#else
    return false;
#endif
  }

  // The right value, but the wrong one where the defect is planted.
  template <typename Value>
  Value Right(Value right, Defect defect, std::type_identity_t<Value> wrong) const {
    return Has(defect) ? std::move(wrong) : std::move(right);
  }

  void Plant(Defect defect) { planted_.set(static_cast<size_t>(defect)); }

  bool empty() const { return planted_.none(); }

 private:
  std::bitset<256> planted_;
};

static_assert(kDefects.size() <= 256);

constexpr std::optional<Defect> FindDefect(std::string_view name) {
  for (const DefectInfo& info : kDefects) {
    if (info.name == name) {
      return info.defect;
    }
  }
  return std::nullopt;
}

}  // namespace flinch::engine
