#include "scenarios/jobs/faulty_operator.h"

#include <memory>
#include <stdexcept>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "engine/stream_operator.h"

namespace flinch::scenarios {

namespace {

using engine::EventTime;
using engine::OperatorRuntime;
using engine::Output;
using engine::StreamRecord;

// What user code does before it looks at a record.
class Ailment final : public Output {
 public:
  // `before` is what stood there without it, if anything did.
  Ailment(OperatorRuntime& runtime, Output& inner, std::unique_ptr<Output> before, std::string name,
          const AskFate& ask)
      : runtime_(runtime),
        before_(std::move(before)),
        inner_(before_ ? *before_ : inner),
        name_(std::move(name)),
        ask_(ask) {}

  sim::Result<void> Emit(const StreamRecord& record) override {
    Suffer();
    return inner_.Emit(record);
  }

  sim::Result<void> EmitWatermark(EventTime watermark) override {
    return inner_.EmitWatermark(watermark);
  }

 private:
  void Suffer() {
    const faults::RecordFate fate = ask_(name_);
    if (fate.takes > sim::Duration(0) && !runtime_.is_cancelled()) {
      runtime_.environment().Sleep(fate.takes);
    }
    if (fate.throws) {
      throw std::runtime_error(fmt::format("{} cannot process a record", name_));
    }
  }

  OperatorRuntime& runtime_;
  std::unique_ptr<Output> before_;
  Output& inner_;
  std::string name_;
  const AskFate& ask_;
};

}  // namespace

void WrapCode(engine::StreamGraph& graph, const std::set<std::string>& names, const AskFate& ask) {
  for (engine::OperatorSpec& node : graph.nodes) {
    if (names.contains(node.name)) {
      node.decorate = [name = node.name, &ask, before = node.decorate](OperatorRuntime& runtime,
                                                                       Output& inner) {
        return std::make_unique<Ailment>(runtime, inner, before ? before(runtime, inner) : nullptr,
                                         name, ask);
      };
    }
  }
}

std::set<std::string> AilingOperators(const faults::FaultPlan& plan) {
  std::set<std::string> names;
  for (const faults::Fault& fault : plan.faults) {
    if (const auto* const code = std::get_if<faults::OperatorFault>(&fault.what)) {
      names.insert(code->operator_name);
    }
  }
  return names;
}

}  // namespace flinch::scenarios
