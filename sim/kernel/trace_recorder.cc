#include "sim/kernel/trace_recorder.h"

#define XXH_INLINE_ALL
#include <array>

#include <xxhash.h>

namespace flinch::sim {
namespace {

struct StepNames {
  std::string_view kind;
  std::string_view a;
  std::string_view b;
};

constexpr auto kStepNames = std::to_array<StepNames>({
    {"sim.run", "fiber", "woken_by"},
    {"sim.send", "to", "payload"},
    {"sim.lose", "to", ""},
    {"sim.deliver", "sent", ""},
    {"sim.connect", "to", "connection"},
    {"sim.frame", "connection", "payload"},
    {"sim.arrive", "connection", ""},
    {"sim.disk", "operation", "path"},
    {"sim.act", "number", ""},
    {"sim.disk_fault", "fault", "path"},
});

// Hashed as it lies in memory: no padding.
struct HashedStep {
  int64_t time;
  uint32_t step;
  uint32_t process;
  uint64_t a;
  uint64_t b;
};

static_assert(std::has_unique_object_representations_v<HashedStep>);

}  // namespace

struct TraceRecorder::Hash {
  XXH3_state_t state;
};

TraceRecorder::TraceRecorder(Keep keep) : keep_(keep), hash_(std::make_unique<Hash>()) {
  XXH3_INITSTATE(&hash_->state);
  XXH3_128bits_reset(&hash_->state);
}

TraceRecorder::~TraceRecorder() = default;

EventId TraceRecorder::Record(Step step, SimTime time, ProcessId process,
                              std::string_view process_name, uint64_t a, uint64_t b) {
  const HashedStep hashed{Nanos(time), static_cast<uint32_t>(step), process.value(), a, b};
  XXH3_128bits_update(&hash_->state, &hashed, sizeof hashed);
  const EventId id(++count_);
  if (keep_ == Keep::kEverything) {
    const StepNames& names = kStepNames[static_cast<size_t>(step)];
    RecordedEvent& event = recording_.events.emplace_back();
    event.id = id;
    event.time = time;
    event.process = process_name;
    event.kind = names.kind;
    event.fields.push_back({std::string(names.a), static_cast<int64_t>(a)});
    if (!names.b.empty()) {
      event.fields.push_back({std::string(names.b), static_cast<int64_t>(b)});
    }
  }
  return id;
}

EventId TraceRecorder::Trace(const TraceEvent& event_without_id) {
  TraceEvent event = event_without_id;
  event.id = EventId(++count_);
  const HashedStep hashed{Nanos(event.time), UINT32_MAX, event.process.value(), event.cause.value(),
                          event.kind.size()};
  XXH3_128bits_update(&hash_->state, &hashed, sizeof hashed);
  XXH3_128bits_update(&hash_->state, event.kind.data(), event.kind.size());
  for (const Field& field : event.fields) {
    const uint64_t size = field.name.size();
    XXH3_128bits_update(&hash_->state, &size, sizeof size);
    XXH3_128bits_update(&hash_->state, field.name.data(), field.name.size());
    if (const auto* number = std::get_if<int64_t>(&field.value)) {
      XXH3_128bits_update(&hash_->state, number, sizeof *number);
    } else {
      const auto text = std::get<std::string_view>(field.value);
      const uint64_t length = text.size();
      XXH3_128bits_update(&hash_->state, &length, sizeof length);
      XXH3_128bits_update(&hash_->state, text.data(), text.size());
    }
  }
  if (keep_ != Keep::kNothing) {
    recording_.events.push_back(CopyOf(event));
  }
  for (TraceObserver* observer : observers_) {
    observer->OnEvent(event);
  }
  return event.id;
}

Digest TraceRecorder::digest() const {
  const XXH128_hash_t hash = XXH3_128bits_digest(&hash_->state);
  return {.high = hash.high64, .low = hash.low64};
}

}  // namespace flinch::sim
