// The part of StreamTask that is of batch jobs.
#include <utility>

#include "engine/events.h"
#include "engine/runtime/stream_task.h"
#include "sim/check.h"

namespace flinch::engine {
namespace {

// Puts a decoded record, with its key, where it waits for all others.
class SortingOutput final : public Output {
 public:
  SortingOutput(InputSorter& sorter, const InputSpec& spec, uint32_t input)
      : sorter_(sorter), spec_(spec), input_(input) {}

  sim::Result<void> Emit(const StreamRecord& record) override {
    SortedRecord sorted{.key = {}, .timestamp = record.timestamp, .input = input_, .value = {}};
    spec_.key.encode(record.value, sorted.key);
    sorted.key_hash = record.is_hashed ? record.key_hash : spec_.key.hash(record.value);
    Encoder out;
    spec_.type.write(out, record.value);
    sorted.value = out.Take();
    return sorter_.Add(std::move(sorted));
  }

  sim::Result<void> EmitWatermark(EventTime) override { return {}; }

 private:
  InputSorter& sorter_;
  const InputSpec& spec_;
  uint32_t input_;
};

}  // namespace

void StreamTask::MakeBatch(const OperatorSpec& root) {
  batch_.emplace(
      Batch{.commits = HasSink(code_, deployment_.chain),
            .is_over = deployment_.checkpoint.kind == CheckpointKind::kSavepointTerminate});
  if (root.is_keyed()) {
    batch_->sorter.emplace(environment_.disk(), results_.ScratchOf(id_),
                           engine_.execution.sort_bytes, defects_);
  }
  for (const PartitionDescriptor& edge : deployment_.partitions) {
    const std::string path = results_.PathOf(id_, edge.edge);
    KeptResult kept{.path = path, .subpartitions = {}};
    kept.subpartitions.resize(edge.subpartitions);
    batch_->results.push_back(
        {.file = BlockFileWriter(environment_.disk(), path), .kept = std::move(kept)});
  }
}

// Watermarks among records say nothing: time ends with the input.
sim::Result<void> StreamTask::AddToSort(const Reading& reading, const Element& element,
                                        Decoder& in) {
  if (element.kind == ElementKind::kWatermark) {
    return {};
  }
  CountRecord();
  ++channels_[*reading.channel].records;
  const OperatorSpec& root = *code_.Find(deployment_.chain.front());
  SortingOutput sorting(*batch_->sorter, root.inputs[reading.input], reading.input);
  return inputs_[reading.input].type.read(in, element.record, sorting);
}

sim::Result<void> StreamTask::Sort() {
  if (sim::Result<void> finished = batch_->sorter->Finish(); !finished) {
    return finished;
  }
  events::Trace(environment_, events::InputSorted{.subtask = name_,
                                                  .attempt = id_.attempt,
                                                  .records = batch_->sorter->records(),
                                                  .runs = batch_->sorter->runs()});
  batch_->feeds = true;
  return {};
}

sim::Result<bool> StreamTask::FeedSorted() {
  const sim::Result<std::optional<SortedRecord>> next = batch_->sorter->Next();
  if (!next) {
    return sim::Fail(next);
  }
  const std::optional<SortedRecord>& record = *next;
  if (batch_->key && (!record || *batch_->key != record->key)) {
    batch_->key.reset();
    if (sim::Result<void> ended = chain_.EndKey(); !ended) {
      return sim::Fail(ended);
    }
  }
  if (!record) {
    const sim::Result<void> ended = EndSorted();
    return ended ? sim::Result<bool>(true) : sim::Fail(ended);
  }
  CountRecord();
  batch_->key = record->key;
  Input& input = inputs_[record->input];
  Decoder in(record->value);
  const sim::Result<void> processed = input.type.read(
      in, {.timestamp = record->timestamp, .key_hash = record->key_hash, .is_hashed = true},
      *input.into);
  return processed ? sim::Result<bool>(true) : sim::Fail(processed);
}

sim::Result<void> StreamTask::EndSorted() {
  batch_->feeds = false;
  for (uint32_t index = 0; index < inputs_.size(); ++index) {
    sim::Result<void> ended = inputs_[index].into->EmitWatermark(kMaxEventTime);
    if (ended) {
      ended = chain_.EndInput(index);
    }
    if (!ended) {
      return ended;
    }
  }
  return EndInput();
}

sim::Result<void> StreamTask::SpillResults() {
  for (size_t i = 0; batch_ && i < batch_->results.size(); ++i) {
    ResultPartition& partition = *partitions_[i];
    Batch::Result& result = batch_->results[i];
    for (uint32_t index = 0; index < partition.subpartitions(); ++index) {
      while (partition.HasBuffer(index)) {
        Buffer buffer = partition.Take(index);
        const sim::Result<FileBlock> block = result.file.Append(buffer.content());
        if (!block) {
          return sim::Fail(block);
        }
        result.kept.subpartitions[index].push_back(*block);
        pool_.Give(std::move(buffer.bytes));
      }
    }
    if (defects_.Has(Defect::kResultIsReadHalfWritten) && !result.kept.subpartitions.empty()) {
      results_.Keep(deployment_.job, id_, deployment_.partitions[i].edge, result.kept);
    }
  }
  return {};
}

sim::Result<void> StreamTask::CommitAtOnce() {
  if (!batch_->commits || !defects_.Has(Defect::kBatchSinkCommitsWhenItEnds)) {
    return {};
  }
  const CheckpointId id = CheckpointId(1);
  const sim::Result<FrozenTask> taken =
      chain_.Snapshot({.id = id, .timestamp = environment_.WallNow(), .options = {}});
  return taken ? chain_.NotifyComplete(id) : sim::Fail(taken);
}

// From here on they are not the task's any more.
sim::Result<void> StreamTask::KeepResults() {
  if (batch_->is_over) {
    return {};  // nobody reads them
  }
  if (sim::Result<void> committed = CommitAtOnce(); !committed) {
    return committed;
  }
  for (const std::unique_ptr<ResultPartition>& partition : partitions_) {
    partition->Flush();
  }
  if (sim::Result<void> spilled = SpillResults(); !spilled) {
    return spilled;
  }
  uint64_t bytes = 0;
  for (size_t i = 0; i < batch_->results.size(); ++i) {
    Batch::Result& result = batch_->results[i];
    result.file.Close();
    bytes += result.file.bytes();
    results_.Keep(deployment_.job, id_, deployment_.partitions[i].edge, std::move(result.kept));
  }
  if (!batch_->results.empty()) {
    events::Trace(environment_,
                  events::ResultKept{.subtask = name_, .attempt = id_.attempt, .bytes = bytes});
  }
  batch_->results.clear();
  return {};
}

void StreamTask::RemoveFiles() {
  if (!batch_) {
    return;
  }
  if (batch_->sorter) {
    batch_->sorter->Remove();
  }
  for (Batch::Result& result : batch_->results) {
    result.file.Remove();
  }
}

}  // namespace flinch::engine
