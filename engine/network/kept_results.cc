#include "engine/network/kept_results.h"

#include <algorithm>
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

struct KeptResults::Reading {
  Reading(sim::Environment& environment, uint64_t of, std::string from,
          std::vector<FileBlock> content, SubpartitionReader& to)
      : number(of),
        path(std::move(from)),
        blocks(std::move(content)),
        reader(&to),
        changed(environment, "somebody to read on") {}

  uint64_t number;  // of the result
  std::string path;
  std::vector<FileBlock> blocks;
  SubpartitionReader* reader;  // null: it hears of nothing any more
  bool has_view = true;
  bool has_fiber = true;
  std::deque<Buffer> buffers;
  sim::Condition changed;
};

class KeptResults::View final : public SubpartitionView {
 public:
  View(KeptResults& results, Reading& reading) : results_(results), reading_(reading) {}

  ~View() override { results_.Leave(reading_); }

  bool HasBuffer() const override { return !reading_.buffers.empty(); }

  BufferKind NextKind() const override { return reading_.buffers.front().kind; }

  Buffer Take() override {
    Buffer buffer = std::move(reading_.buffers.front());
    reading_.buffers.pop_front();
    reading_.changed.NotifyAll();
    return buffer;
  }

 private:
  KeptResults& results_;
  Reading& reading_;
};

KeptResults::KeptResults(sim::Environment& environment) : environment_(environment) {}

KeptResults::~KeptResults() = default;

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
  results_[{.producer = producer, .edge = edge}] = {
      .job = job, .number = ++last_number_, .result = std::move(result)};
}

std::unique_ptr<SubpartitionView> KeptResults::Open(const PartitionRequest& request,
                                                    SubpartitionReader& reader) {
  const auto found = results_.find({.producer = request.producer, .edge = request.edge});
  if (found == results_.end() ||
      request.subpartition >= found->second.result.subpartitions.size()) {
    return nullptr;
  }
  const Entry& entry = found->second;
  Reading& reading = *readings_.emplace_back(
      std::make_unique<Reading>(environment_, entry.number, entry.result.path,
                                entry.result.subpartitions[request.subpartition], reader));
  environment_.Spawn("result", [this, &reading] { ReadAhead(reading); });
  return std::make_unique<View>(*this, reading);
}

void KeptResults::ReadAhead(Reading& reading) {
  ReadBlocks(reading);
  reading.has_fiber = false;
  if (!reading.has_view) {
    Remove(reading);
  }
}

void KeptResults::ReadBlocks(Reading& reading) {
  for (const FileBlock& block : reading.blocks) {
    reading.changed.WaitFor(
        [&] { return reading.reader == nullptr || reading.buffers.size() < kReadAhead; });
    if (reading.reader == nullptr) {
      return;
    }
    const sim::Result<sim::Bytes> content = ReadBlock(environment_.disk(), reading.path, block);
    if (reading.reader == nullptr) {
      return;
    }
    if (!content) {
      const auto lost = std::ranges::find_if(
          results_, [&](const auto& entry) { return entry.second.number == reading.number; });
      if (lost != results_.end()) {
        return Drop(lost);
      }
      return std::exchange(reading.reader, nullptr)->OnClosed();
    }
    Bytes bytes(kBufferHeadroom, '\0');
    bytes.append(*content);
    reading.buffers.push_back({.kind = BufferKind::kRecords, .bytes = std::move(bytes)});
    reading.reader->OnBuffer();
  }
  if (reading.reader != nullptr) {
    reading.buffers.push_back(EndOfData());
    reading.reader->OnBuffer();
  }
}

void KeptResults::Leave(Reading& reading) {
  reading.reader = nullptr;
  reading.has_view = false;
  reading.changed.NotifyAll();
  if (!reading.has_fiber) {
    Remove(reading);
  }
}

void KeptResults::Remove(const Reading& reading) {
  std::erase_if(readings_, [&](const auto& each) { return each.get() == &reading; });
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
  environment_.Spawn("release", [this, path = dropped.result.path] {
    (void)environment_.disk().Remove(path);  // a result without a block has no file
  });
  // Who is told lets its view go, and with it perhaps its reading.
  std::vector<SubpartitionReader*> readers;
  for (const std::unique_ptr<Reading>& reading : readings_) {
    if (reading->number == dropped.number && reading->reader != nullptr) {
      readers.push_back(std::exchange(reading->reader, nullptr));
      reading->changed.NotifyAll();
    }
  }
  for (SubpartitionReader* const reader : readers) {
    reader->OnClosed();
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
