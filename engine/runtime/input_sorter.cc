#include "engine/runtime/input_sorter.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include <fmt/format.h>

namespace flinch::engine {
namespace {

// Of a run, what is read at once.
constexpr size_t kBlockBytes = 16 * 1024;

// What a record takes beside its bytes, about.
constexpr size_t kOverheadBytes = 64;

bool ComesBefore(const SortedRecord& left, const SortedRecord& right) {
  return std::tie(left.key, left.timestamp, left.number) <
         std::tie(right.key, right.timestamp, right.number);
}

}  // namespace

InputSorter::InputSorter(sim::FileSystem& disk, std::string path, uint32_t memory_bytes,
                         const Defects& defects)
    : disk_(disk), path_(std::move(path)), memory_bytes_(memory_bytes), defects_(defects) {}

sim::Result<void> InputSorter::Add(SortedRecord record) {
  record.number = records_++;
  in_memory_ += record.key.size() + record.value.size() + kOverheadBytes;
  memory_.push_back(std::move(record));
  return in_memory_ < memory_bytes_ ? sim::Result<void>() : Spill();
}

sim::Result<void> InputSorter::Spill() {
  std::ranges::sort(memory_, ComesBefore);
  Run& run = runs_.emplace_back(
      Run{.file = BlockFileWriter(disk_, fmt::format("{}-{}", path_, runs_.size())),
          .blocks = {},
          .loaded = {}});
  Encoder block;
  for (const SortedRecord& record : memory_) {
    Write(block, record);
    if (block.size() < kBlockBytes && &record != &memory_.back()) {
      continue;
    }
    const sim::Result<FileBlock> written = run.file.Append(block.bytes());
    if (!written) {
      return sim::Fail(written);
    }
    run.blocks.push_back(*written);
    block = Encoder();
  }
  run.file.Close();
  memory_.clear();
  in_memory_ = 0;
  return {};
}

sim::Result<void> InputSorter::Finish() {
  std::ranges::sort(memory_, ComesBefore);
  for (Run& run : runs_) {
    if (sim::Result<void> loaded = Load(run); !loaded) {
      return loaded;
    }
  }
  return {};
}

sim::Result<void> InputSorter::Load(Run& run) {
  if (run.next < run.loaded.size() || run.next_block == run.blocks.size()) {
    return {};
  }
  const sim::Result<Bytes> block = ReadBlock(disk_, run.file.path(), run.blocks[run.next_block++]);
  if (!block) {
    return sim::Fail(block);
  }
  run.loaded.clear();
  run.next = 0;
  Decoder in(*block);
  while (in.good() && in.remaining() > 0) {
    Read(in, run.loaded.emplace_back());
  }
  return in.good() ? sim::Result<void>()
                   : sim::Fail(sim::ErrorCode::kCorruption,
                               fmt::format("The file {} is damaged.", run.file.path()));
}

InputSorter::Run* InputSorter::Least() {
  Run* least = nullptr;
  const SortedRecord* first = next_ < memory_.size() ? &memory_[next_] : nullptr;
  for (Run& run : runs_) {
    if (run.next == run.loaded.size()) {
      continue;
    }
    if (first == nullptr || ComesBefore(run.loaded[run.next], *first)) {
      least = &run;
      first = &run.loaded[run.next];
    }
    if (defects_.Has(Defect::kSortedRunsAreNotMerged)) {
      return &run;
    }
  }
  return least;
}

sim::Result<std::optional<SortedRecord>> InputSorter::Next() {
  Run* const run = Least();
  if (run == nullptr) {
    return next_ == memory_.size() ? std::optional<SortedRecord>()
                                   : std::optional<SortedRecord>(std::move(memory_[next_++]));
  }
  SortedRecord record = std::move(run->loaded[run->next++]);
  if (const sim::Result<void> loaded = Load(*run); !loaded) {
    return sim::Fail(loaded);
  }
  return record;
}

void InputSorter::Remove() {
  for (Run& run : runs_) {
    run.file.Remove();
  }
}

}  // namespace flinch::engine
