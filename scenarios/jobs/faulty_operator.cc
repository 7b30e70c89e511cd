#include "scenarios/jobs/faulty_operator.h"

#include <memory>
#include <stdexcept>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "engine/stream_operator.h"
#include "sim/check.h"

namespace flinch::scenarios {

namespace {

using engine::CheckpointId;
using engine::EventTime;
using engine::OperatorContext;
using engine::OperatorState;
using engine::StreamRecord;

// What user code does before it looks at a record.
class Ailment {
 public:
  Ailment(std::string name, const AskFate& ask) : name_(std::move(name)), ask_(ask) {}

  void Open(sim::Environment& environment) { environment_ = &environment; }

  void Cancel() { is_cancelled_ = true; }

  void Suffer() {
    const faults::RecordFate fate = ask_(name_);
    if (fate.takes > sim::Duration(0) && !is_cancelled_) {
      environment_->Sleep(fate.takes);
    }
    if (fate.throws) {
      throw std::runtime_error(fmt::format("{} cannot process a record", name_));
    }
  }

 private:
  std::string name_;
  const AskFate& ask_;
  sim::Environment* environment_ = nullptr;
  bool is_cancelled_ = false;
};

// All but what is said of records and watermarks, which a source has none of.
template <typename Kind>
class Wrapped : public Kind {
 public:
  Wrapped(std::unique_ptr<Kind> inner, std::string name, const AskFate& ask)
      : inner_(std::move(inner)), ailment_(std::move(name), ask) {}

  sim::Result<void> Finish() override { return inner_->Finish(); }

  sim::Result<OperatorState> Snapshot(CheckpointId id) override { return inner_->Snapshot(id); }

  sim::Result<void> NotifyCheckpointComplete(CheckpointId id) override {
    return inner_->NotifyCheckpointComplete(id);
  }

  sim::Result<void> NotifyCheckpointAborted(CheckpointId id) override {
    return inner_->NotifyCheckpointAborted(id);
  }

  void Cancel() override {
    ailment_.Cancel();
    inner_->Cancel();
  }

  void Close() override { inner_->Close(); }

 protected:
  std::unique_ptr<Kind> inner_;
  Ailment ailment_;
};

class WrappedOperator final : public Wrapped<engine::StreamOperator> {
 public:
  using Wrapped::Wrapped;

  sim::Result<void> Open(const OperatorContext& context, const OperatorState* restored) override {
    ailment_.Open(context.environment);
    return inner_->Open(context, restored);
  }

  sim::Result<void> ProcessElement(const StreamRecord& record) override {
    ailment_.Suffer();
    return inner_->ProcessElement(record);
  }

  sim::Result<void> ProcessWatermark(EventTime watermark) override {
    return inner_->ProcessWatermark(watermark);
  }
};

// Its records are what it emits.
class WrappedSource final : public Wrapped<engine::SourceOperator> {
 public:
  using Wrapped::Wrapped;

  sim::Result<void> Open(const OperatorContext& context, const OperatorState* restored) override {
    ailment_.Open(context.environment);
    gate_ = std::make_unique<Gate>(context.output, ailment_);
    context_ = std::make_unique<OperatorContext>(OperatorContext{.environment = context.environment,
                                                                 .output = *gate_,
                                                                 .name = context.name,
                                                                 .subtask = context.subtask,
                                                                 .parallelism = context.parallelism,
                                                                 .attempt = context.attempt,
                                                                 .keyed_state = context.keyed_state,
                                                                 .defects = context.defects});
    return inner_->Open(*context_, restored);
  }

  void OnAvailable(std::function<void()> wake) override { inner_->OnAvailable(std::move(wake)); }

  sim::Result<engine::InputStatus> EmitNext() override { return inner_->EmitNext(); }

 private:
  class Gate final : public engine::Output {
   public:
    Gate(engine::Output& next, Ailment& ailment) : next_(next), ailment_(ailment) {}

    sim::Result<void> Emit(const StreamRecord& record) override {
      ailment_.Suffer();
      return next_.Emit(record);
    }

    sim::Result<void> EmitWatermark(EventTime watermark) override {
      return next_.EmitWatermark(watermark);
    }

   private:
    engine::Output& next_;
    Ailment& ailment_;
  };

  std::unique_ptr<Gate> gate_;
  std::unique_ptr<OperatorContext> context_;
};

std::unique_ptr<engine::StreamOperator> WrapSource(std::unique_ptr<engine::StreamOperator> made,
                                                   const std::string& name, const AskFate& ask) {
  auto* const source = dynamic_cast<engine::SourceOperator*>(made.get());
  sim::Check(source != nullptr, "the source {} is none", name);
  (void)made.release();
  return std::make_unique<WrappedSource>(std::unique_ptr<engine::SourceOperator>(source), name,
                                         ask);
}

}  // namespace

void WrapCode(engine::StreamGraph& graph, const std::set<std::string>& names, const AskFate& ask) {
  for (engine::StreamNode& node : graph.nodes) {
    if (!names.contains(node.name)) {
      continue;
    }
    node.make = [make = std::move(node.make), name = node.name, is_source = node.is_source,
                 &ask]() -> std::unique_ptr<engine::StreamOperator> {
      if (is_source) {
        return WrapSource(make(), name, ask);
      }
      return std::make_unique<WrappedOperator>(make(), name, ask);
    };
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
