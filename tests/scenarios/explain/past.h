// A recording of one event every 100 ms, told by the world.
#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <vector>

#include "scenarios/explain/history.h"
#include "tests/support/recording_builder.h"

namespace flinch::scenarios {

class Past {
 public:
  Past& Add(std::string_view kind, std::initializer_list<sim::Field> fields, uint64_t cause = 0) {
    now_ += std::chrono::milliseconds(100);
    builder_.At(now_).CausedBy(sim::EventId(cause)).Tell(kind, fields);
    return *this;
  }

  Past& Checkpoint(std::string_view kind, int64_t id) { return Add(kind, {{"id", id}}); }

  Past& Sink(std::string_view kind, std::string_view transaction, int64_t checkpoint) {
    return Add(kind,
               {{"transaction", transaction}, {"checkpoint", checkpoint}, {"subtask", "sink[1]"}});
  }

  const std::vector<RecordedEvent>& events() const { return builder_.recording().events; }

  History history() const { return History(builder_.recording().events); }

 private:
  tests::RecordingBuilder builder_;
  sim::Duration now_{0};
};

}  // namespace flinch::scenarios
