// Named outputs beside an operator's main one: late records, rejects, a second stream.
//
//   const SideOutput<Click> kLate("late");
//   struct Check {
//     auto SideOutputs() const { return std::tuple(kLate); }       // what it may emit to
//     void ProcessElement(const Click& click, const ProcessContext<Click>& context) const {
//       context.Emit(kLate, click);
//     }
//   };
//   SingleOutputStream<Click> checked = clicks.Process<Click>("check", Check());
//   checked.GetSideOutput(kLate).SinkTo("late sink", …);
//
// A side output that nobody reads is dropped. One that is read and not declared is refused when the
// job is built.
#pragma once

#include <cstdint>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "engine/graph/stream_graph.h"

namespace flinch::engine {

template <typename T>
class SideOutput {
 public:
  explicit SideOutput(std::string name) : name_(std::move(name)) {}

  const std::string& name() const { return name_; }

  // By the name; never the main output's.
  OutputTag tag() const {
    const auto hash = static_cast<uint32_t>(HashOfName(name_));
    return OutputTag(hash == kMainOutput.value() ? 1 : hash);
  }

 private:
  std::string name_;
};

// The outputs of an operator that emits Out and runs `function`.
template <typename Out, typename Function>
std::vector<OutputSpec> OutputsOf(const Function& function) {
  std::vector<OutputSpec> outputs = {{.tag = kMainOutput, .name = {}, .type = TypeOf<Out>()}};
  if constexpr (requires { function.SideOutputs(); }) {
    const auto add = [&outputs]<typename T>(const SideOutput<T>& side) {
      outputs.push_back({.tag = side.tag(), .name = side.name(), .type = TypeOf<T>()});
    };
    std::apply([&add](const auto&... sides) { (add(sides), ...); }, function.SideOutputs());
  }
  return outputs;
}

}  // namespace flinch::engine
