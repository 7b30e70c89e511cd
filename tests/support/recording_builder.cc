#include "tests/support/recording_builder.h"

#include <map>
#include <variant>
#include <vector>

#include "sim/check.h"

namespace flinch::tests {

RecordingBuilder& RecordingBuilder::At(sim::Duration time) {
  const sim::SimTime next = sim::kEpoch + time;
  sim::Check(next >= now_, "a history goes forward: {} after {}", sim::Show(next), sim::Show(now_));
  now_ = next;
  return *this;
}

RecordingBuilder& RecordingBuilder::By(std::string_view process) {
  process_ = process;
  return *this;
}

RecordingBuilder& RecordingBuilder::CausedBy(sim::EventId cause) {
  cause_ = cause;
  return *this;
}

sim::EventId RecordingBuilder::Tell(std::string_view kind,
                                    std::initializer_list<sim::Field> fields) {
  const sim::EventId id(recording_.events.size() + 1);
  recording_.events.push_back(sim::CopyOf({.id = id,
                                           .cause = cause_,
                                           .time = now_,
                                           .process = sim::ProcessId(),
                                           .process_name = process_,
                                           .kind = kind,
                                           .fields = fields}));
  cause_ = sim::EventId();
  return id;
}

void RecordingBuilder::ShowTo(sim::TraceObserver& observer) const {
  std::map<std::string, sim::ProcessId> processes;
  for (const sim::RecordedEvent& event : recording_.events) {
    const sim::ProcessId next(static_cast<uint32_t>(processes.size()) + 1);
    std::vector<sim::Field> fields;
    for (const sim::RecordedEvent::OwnedField& field : event.fields) {
      if (const auto* number = std::get_if<int64_t>(&field.value)) {
        fields.emplace_back(field.name, *number);
      } else {
        fields.emplace_back(field.name, std::get<std::string>(field.value));
      }
    }
    observer.OnEvent({.id = event.id,
                      .cause = event.cause,
                      .time = event.time,
                      .process = processes.try_emplace(event.process, next).first->second,
                      .process_name = event.process,
                      .kind = event.kind,
                      .fields = fields});
  }
}

}  // namespace flinch::tests
