#include "engine/network/kept_results.h"

#include <deque>
#include <utility>

#include <fmt/format.h>

#include "engine/serializer.h"
#include "sim/check.h"
#include "sim/sync.h"

namespace flinch::engine {
namespace {

// Buffers that are read before anybody takes them.
constexpr size_t kReadAhead = 2;

std::string DirectoryOfResults(std::string_view process) {
  return fmt::format("/results/{}", process);
}

Buffer EndOfData() {
  Encoder out(Bytes(kBufferHeadroom, '\0'));
  Write(out, StreamEvent(EndOfDataEvent()));
  return {.kind = BufferKind::kEvent, .bytes = out.Take()};
}

}  // namespace

// What a view and the fiber that reads for it share: either may end first.
struct KeptResults::Reading {
  Reading(sim::Environment& environment, Key of, std::shared_ptr<const KeptResult> from,
          uint32_t part, SubpartitionReader& to)
      : key(of),
        result(std::move(from)),
        subpartition(part),
        reader(&to),
        changed(environment, "somebody to read on") {}

  const std::vector<FileBlock>& blocks() const { return result->subpartitions[subpartition]; }

  Key key;
  std::shared_ptr<const KeptResult> result;
  uint32_t subpartition;
  SubpartitionReader* reader;  // null once the view is gone
  size_t next = 0;             // block that is read next
  std::deque<Buffer> buffers;
  sim::Condition changed;
};

class KeptResults::View final : public SubpartitionView {
 public:
  explicit View(std::shared_ptr<Reading> reading) : reading_(std::move(reading)) {}

  ~View() override {
    reading_->reader = nullptr;
    reading_->changed.NotifyAll();
  }

  bool HasBuffer() const override { return !reading_->buffers.empty(); }

  BufferKind NextKind() const override { return reading_->buffers.front().kind; }

  Buffer Take() override {
    Buffer buffer = std::move(reading_->buffers.front());
    reading_->buffers.pop_front();
    reading_->changed.NotifyAll();
    return buffer;
  }

 private:
  std::shared_ptr<Reading> reading_;
};

std::string KeptResults::PathOf(const ExecutionAttemptId& producer, uint32_t edge) const {
  return fmt::format("{}/{}-{}-{}-{}", DirectoryOfResults(environment_.process_name()),
                     producer.vertex.value(), producer.subtask.value(), producer.attempt.value(),
                     edge);
}

std::string KeptResults::ScratchOf(const ExecutionAttemptId& task) const {
  return fmt::format("{}/{}-{}-{}-sorted", DirectoryOfResults(environment_.process_name()),
                     task.vertex.value(), task.subtask.value(), task.attempt.value());
}

void KeptResults::Keep(JobId job, const ExecutionAttemptId& producer, uint32_t edge,
                       KeptResult result) {
  Entry& entry = results_[{.producer = producer, .edge = edge}];
  entry.job = job;
  entry.result = std::make_shared<const KeptResult>(std::move(result));
}

std::unique_ptr<SubpartitionView> KeptResults::Open(const PartitionRequest& request,
                                                    SubpartitionReader& reader) {
  const auto found = results_.find({.producer = request.producer, .edge = request.edge});
  if (found == results_.end() ||
      request.subpartition >= found->second.result->subpartitions.size()) {
    return nullptr;
  }
  Entry& entry = found->second;
  std::erase_if(entry.readings, [](const auto& reading) { return reading.expired(); });
  auto reading = std::make_shared<Reading>(environment_, found->first, entry.result,
                                           request.subpartition, reader);
  entry.readings.push_back(reading);
  environment_.Spawn("result", [this, reading] { ReadAhead(reading); });
  return std::make_unique<View>(std::move(reading));
}

void KeptResults::ReadAhead(const std::shared_ptr<Reading>& reading) {
  while (reading->reader != nullptr && reading->next < reading->blocks().size()) {
    const FileBlock& block = reading->blocks()[reading->next++];
    const sim::Result<sim::Bytes> content =
        ReadBlock(environment_.disk(), reading->result->path, block);
    if (reading->reader == nullptr) {
      return;
    }
    if (!content) {
      const auto lost = results_.find(reading->key);
      if (lost != results_.end() && lost->second.result == reading->result) {
        return Drop(lost);
      }
      return std::exchange(reading->reader, nullptr)->OnClosed();
    }
    Bytes bytes(kBufferHeadroom, '\0');
    bytes.append(*content);
    reading->buffers.push_back({.kind = BufferKind::kRecords, .bytes = std::move(bytes)});
    reading->reader->OnBuffer();
    reading->changed.WaitFor(
        [&] { return reading->reader == nullptr || reading->buffers.size() < kReadAhead; });
  }
  if (reading->reader != nullptr) {
    reading->buffers.push_back(EndOfData());
    reading->reader->OnBuffer();
  }
}

std::vector<ExecutionAttemptId> KeptResults::ProducersOf(JobId job) const {
  std::vector<ExecutionAttemptId> producers;
  for (const auto& [key, entry] : results_) {
    if (entry.job == job && (producers.empty() || producers.back() != key.producer)) {
      producers.push_back(key.producer);
    }
  }
  return producers;
}

void KeptResults::Release(JobId job, const std::vector<ExecutionAttemptId>& producers) {
  for (const ExecutionAttemptId& producer : producers) {
    auto next = results_.lower_bound({.producer = producer, .edge = 0});
    while (next != results_.end() && next->first.producer == producer) {
      const auto entry = next++;
      if (entry->second.job == job) {
        Drop(entry);
      }
    }
  }
}

void KeptResults::ReleaseAll(JobId job) { Release(job, ProducersOf(job)); }

void KeptResults::Drop(std::map<Key, Entry>::iterator entry) {
  const Entry dropped = std::move(entry->second);
  results_.erase(entry);
  environment_.Spawn("release", [this, path = dropped.result->path] {
    (void)environment_.disk().Remove(path);  // a result without a block has no file
  });
  for (const std::weak_ptr<Reading>& each : dropped.readings) {
    const std::shared_ptr<Reading> reading = each.lock();
    if (reading == nullptr) {
      continue;
    }
    if (SubpartitionReader* const reader = std::exchange(reading->reader, nullptr)) {
      reader->OnClosed();
    }
  }
}

void KeptResults::Sweep() {
  const sim::Result<std::vector<std::string>> left =
      environment_.disk().List(DirectoryOfResults(environment_.process_name()));
  for (const std::string& path : left ? *left : std::vector<std::string>()) {
    (void)environment_.disk().Remove(path);
  }
}

}  // namespace flinch::engine
