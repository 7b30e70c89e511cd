#include "engine/network/partition_session.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include "sim/check.h"

namespace flinch::engine {
namespace {

// How long a consumer may take to say what it wants.
constexpr sim::Duration kRequestTimeout = std::chrono::seconds(2);

}  // namespace

// One channel, attached to its subpartition.
class PartitionSession::View final : public SubpartitionReader {
 public:
  View(PartitionSession& session, uint32_t channel, uint32_t credit)
      : session_(session), channel_(channel), credit_(credit) {}

  bool Open(const OpenSubpartition& open, const PartitionRequest& request, bool again) {
    subpartition_ = open(request, *this, again);
    return subpartition_ != nullptr;
  }

  // Before there is a subpartition nothing is sent.
  void OnBuffer() override { session_.Enqueue(*this); }

  void OnClosed() override { session_.OnPartitionClosed(channel_); }  // the end of this view

  bool MaySend() const {
    return subpartition_ != nullptr && subpartition_->HasBuffer() &&
           (credit_ > 0 || subpartition_->NextKind() != BufferKind::kRecords);
  }

  Buffer Take() {
    Buffer buffer = subpartition_->Take();
    credit_ -= buffer.kind == BufferKind::kRecords ? 1U : 0U;
    return buffer;
  }

  bool has_credit() const { return credit_ > 0; }

  // What waits for credit, when that is to be told and is another number than was told last.
  std::optional<uint32_t> NextBacklog() {
    const std::optional<uint32_t> backlog =
        subpartition_ == nullptr ? std::nullopt : subpartition_->Backlog();
    return !backlog || std::exchange(told_backlog_, *backlog) == *backlog ? std::nullopt : backlog;
  }

  void SetBufferSize(uint32_t bytes) { subpartition_->SetBufferSize(bytes); }

  void Grant(uint32_t credit) { credit_ += credit; }

  uint32_t NextSequence() { return sequence_++; }

  uint32_t channel() const { return channel_; }

  bool is_in_line = false;

 private:
  PartitionSession& session_;
  uint32_t channel_;
  uint32_t credit_;
  uint32_t sequence_ = 0;
  uint32_t told_backlog_ = 0;
  std::unique_ptr<SubpartitionView> subpartition_;
};

PartitionSession::PartitionSession(sim::Environment& environment, OpenSubpartition open,
                                   std::unique_ptr<sim::Connection> connection,
                                   const Defects& defects)
    : environment_(environment),
      open_(std::move(open)),
      connection_(std::move(connection)),
      defects_(defects),
      changed_(environment, "buffers and credit"),
      fibers_(environment) {}

PartitionSession::~PartitionSession() = default;

void PartitionSession::Start() {
  fibers_.Spawn("consumer", [this] { Listen(); });
  fibers_.Spawn("output", [this] { Write(); });
}

void PartitionSession::Listen() {
  sim::SimTime deadline = sim::Later(environment_.Now(), kRequestTimeout);
  for (;;) {
    const sim::Result<Bytes> bytes = connection_->Receive(deadline);
    if (closed_ || !bytes || (!IsWhole(*bytes) && !defects_.Has(Defect::kFramesAreNotChecked))) {
      return Close();
    }
    const auto frame =
        Decode<ConsumerFrame>(std::string_view(*bytes).substr(std::min(kSealBytes, bytes->size())));
    if (!frame) {
      return Close();
    }
    std::visit([this](const auto& each) { On(each); }, *frame);
    deadline = sim::kForever;
  }
}

void PartitionSession::On(const RequestFrame& frame) {
  if (views_.contains(frame.channel)) {
    return Close();  // no consumer numbers two channels alike
  }
  auto view = std::make_unique<View>(*this, frame.channel, frame.credit);
  if (!view->Open(open_, frame.request, defects_.Has(Defect::kReconnectsWithoutSequence))) {
    return Answer(NotFoundFrame{.channel = frame.channel});
  }
  View& served = *(views_[frame.channel] = std::move(view));
  Answer(ServedFrame{.channel = frame.channel});
  Enqueue(served);
}

void PartitionSession::On(const CreditFrame& frame) {
  const auto found = views_.find(frame.channel);
  if (found != views_.end()) {  // else the task has ended meanwhile
    if (!found->second->has_credit() && defects_.Has(Defect::kCreditThatRunsOutIsLost)) {
      return;
    }
    found->second->Grant(frame.credit);
    Enqueue(*found->second);
  }
}

void PartitionSession::On(const BufferSizeFrame& frame) {
  const auto found = views_.find(frame.channel);
  if (found != views_.end()) {
    found->second->SetBufferSize(frame.bytes);
  }
}

void PartitionSession::On(const ReleaseFrame& frame) {
  const auto found = views_.find(frame.channel);
  if (found != views_.end()) {
    views_.erase(found);
  }
}

void PartitionSession::Answer(const ProducerFrame& frame) {
  answers_.push_back(EncodeFrame(frame));
  changed_.NotifyAll();
}

void PartitionSession::Enqueue(View& view) {
  if (!view.is_in_line && view.MaySend()) {
    view.is_in_line = true;
    ready_.push_back(view.channel());
    changed_.NotifyAll();
  }
  if (!view.has_credit()) {
    TellBacklog(view);
  }
}

void PartitionSession::TellBacklog(View& view) {
  if (const std::optional<uint32_t> backlog = view.NextBacklog()) {
    Answer(BacklogFrame{.channel = view.channel(), .buffers = *backlog});
  }
}

Bytes PartitionSession::TakeFrame(View& view) {
  Buffer buffer = view.Take();
  Encoder header;
  sim::Write(header, uint32_t{0});
  sim::Write(header,
             ProducerFrame(BufferFrame{
                 .channel = view.channel(), .sequence = view.NextSequence(), .kind = buffer.kind}));
  sim::Check(header.size() == kBufferHeadroom, "a header of {} bytes for {}", header.size(),
             kBufferHeadroom);
  std::memcpy(buffer.bytes.data(), header.bytes().data(), kBufferHeadroom);
  Seal(buffer.bytes);
  return std::move(buffer.bytes);
}

void PartitionSession::Write() {
  for (;;) {
    changed_.WaitFor([this] { return closed_ || !answers_.empty() || !ready_.empty(); });
    if (closed_) {
      return;
    }
    Bytes frame;
    if (!answers_.empty()) {
      frame = std::move(answers_.front());
      answers_.pop_front();
    } else {
      const auto found = views_.find(ready_.front());
      ready_.pop_front();
      if (found == views_.end()) {
        continue;  // released, or ended, while it stood in line
      }
      View& view = *found->second;
      view.is_in_line = false;
      if (!view.MaySend()) {
        continue;  // somebody else has taken it: a planted defect
      }
      frame = TakeFrame(view);
      TellBacklog(view);
      Enqueue(view);
    }
    if (!connection_->Send(std::move(frame))) {
      return Close();  // the consumer is gone; whoever sees it first fails the job's attempt
    }
  }
}

void PartitionSession::OnPartitionClosed(uint32_t channel) {
  views_.erase(channel);
  if (!closed_) {
    Answer(ClosedFrame{.channel = channel});
  }
}

void PartitionSession::Close() {
  if (std::exchange(closed_, true)) {
    return;
  }
  views_.clear();
  connection_->Close();
  changed_.NotifyAll();
}

}  // namespace flinch::engine
