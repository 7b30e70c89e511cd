#include "sim/kernel/trace_recorder.h"

#define XXH_INLINE_ALL
#include <algorithm>
#include <array>

#include <xxhash.h>

#include "sim/kernel/debugger.h"
#include "sim/kernel/interpose.h"
#include "sim/kernel/recycled.h"
#include "sim/kernel/stack_trace.h"

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
    {"sim.arrive", "connection", "sent"},
    {"sim.disk", "operation", "content"},
    {"sim.act", "number", ""},
    {"sim.drop", "sent", "to"},
    {"sim.duplicate", "to", "sent"},
    {"sim.reorder", "delay_ns", "sent"},
    {"sim.corrupt", "bits", "sent"},
    {"sim.discard", "sent", ""},
    {"sim.hold", "to", "sent"},
    {"sim.retransmit", "times", "connection"},
    {"sim.unanswered", "connection", ""},
    {"sim.reset", "end", "connection"},
    {"sim.disk_fault", "fault", "path"},
    {"sim.disk_crash", "piece", "left"},
});

}  // namespace

struct TraceRecorder::State : Recycled<State> {
  XXH3_state_t xxh3;
};

TraceRecorder::TraceRecorder(Keep keep, const Lens& lens)
    : keep_(keep), lens_(lens), state_(std::make_unique_for_overwrite<State>()) {
  XXH3_INITSTATE(&state_->xxh3);
  XXH3_128bits_reset(&state_->xxh3);
  Plan();
}

TraceRecorder::~TraceRecorder() = default;

void TraceRecorder::HashNow(const void* bytes, size_t size) {
  XXH3_128bits_update(&state_->xxh3, bytes, size);
}

void TraceRecorder::Flush() {
  HashNow(pending_.data(), pending_bytes_);
  pending_bytes_ = 0;
}

void TraceRecorder::KeepStep(Step step, SimTime time, std::string_view process, uint64_t a,
                             uint64_t b) {
  if (!lens_.Covers(EventId(count_))) {
    return;
  }
  const StepNames& names = kStepNames[static_cast<size_t>(step)];
  RecordedEvent& event = recording_.events.emplace_back();
  event.id = EventId(count_);
  event.time = time;
  event.process = process;
  event.kind = names.kind;
  event.fields.push_back({std::string(names.a), static_cast<int64_t>(a)});
  if (!names.b.empty()) {
    event.fields.push_back({std::string(names.b), static_cast<int64_t>(b)});
  }
}

EventId TraceRecorder::Trace(const TraceEvent& event_without_id) {
  TraceEvent event = event_without_id;
  event.id = EventId(++count_);
  HashStep(Nanos(event.time), static_cast<uint64_t>(event.process.value()) << 32 | UINT32_MAX,
           event.cause.value(), event.kind.size());
  Hash(event.kind.data(), event.kind.size());
  const uint64_t fields = event.fields.size();
  Hash(&fields, sizeof fields);
  for (const Field& field : event.fields) {
    // Of what type the value is, too: 0 and "" would be the same bytes.
    const auto* number = std::get_if<int64_t>(&field.value);
    const uint64_t shape = field.name.size() << 1 | (number == nullptr ? 1U : 0U);
    Hash(&shape, sizeof shape);
    Hash(field.name.data(), field.name.size());
    if (number != nullptr) {
      Hash(number, sizeof *number);
    } else {
      const auto text = std::get<std::string_view>(field.value);
      const uint64_t length = text.size();
      Hash(&length, sizeof length);
      Hash(text.data(), text.size());
    }
  }
  Stop();
  if (keep_ != Keep::kNothing && lens_.Covers(event.id)) {
    recording_.events.push_back(CopyOf(event));
  }
  for (TraceObserver* observer : ObserversOf(event.kind)) {
    observer->OnEvent(event);
  }
  return event.id;
}

void TraceRecorder::Observe(TraceObserver& observer) {
  const std::vector<std::string_view> wants = observer.wants();
  observers_.push_back({.observer = &observer, .wants = {wants.begin(), wants.end()}});
  routes_.clear();
}

const std::vector<TraceObserver*>& TraceRecorder::ObserversOf(std::string_view kind) {
  if (const auto known = routes_.find(kind); known != routes_.end()) {
    return known->second;
  }
  std::vector<TraceObserver*>& route = routes_[std::string(kind)];
  for (const auto& [observer, wants] : observers_) {
    const auto covers = [kind](const std::string& want) {
      return kind == want || (want.ends_with('.') && kind.starts_with(want));
    };
    if (wants.empty() || std::ranges::any_of(wants, covers)) {
      route.push_back(observer);
    }
  }
  return route;
}

void TraceRecorder::Stop() {
  if (count_ % kEventsPerRung == 0) {
    ladder_.push_back(digest().low);
  }
  if (count_ == lens_.stack_at) {
    recording_.actor = RunningActor();
    {
      const DiagnosisScope scope;
      recording_.stack = StackNow(1);
    }
    AtEvent(count_);
  }
  Plan();
}

void TraceRecorder::Plan() {
  if (pending_.size() - pending_bytes_ < kStepBytes) {
    Flush();
  }
  const uint64_t full = count_ + (pending_.size() - pending_bytes_) / kStepBytes;
  const uint64_t rung = (count_ / kEventsPerRung + 1) * kEventsPerRung;
  next_stop_ = std::min(full, rung);
  if (lens_.stack_at > count_) {
    next_stop_ = std::min(next_stop_, lens_.stack_at);
  }
}

Digest TraceRecorder::digest() {
  Flush();
  const XXH128_hash_t hash = XXH3_128bits_digest(&state_->xxh3);
  return {.high = hash.high64, .low = hash.low64};
}

}  // namespace flinch::sim
