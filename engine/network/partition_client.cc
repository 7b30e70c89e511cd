#include "engine/network/partition_client.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "sim/check.h"

namespace flinch::engine {
namespace {

// How long one attempt to reach a producer's host may take; then it starts over.
constexpr sim::Duration kConnectTimeout = std::chrono::seconds(1);

// A consumer that owes nothing says so after this time: a connection that only the producer has
// lost breaks when something is sent on it, and never else. TCP's keep-alive (there: two hours).
constexpr sim::Duration kKeepAlive = std::chrono::seconds(10);

sim::Error Corrupt(std::string_view what) {
  return {sim::ErrorCode::kCorruption, std::string(what)};
}

}  // namespace

PartitionClient::PartitionClient(sim::Environment& environment, sim::Address producer,
                                 const Defects& defects)
    : environment_(environment),
      producer_(producer),
      defects_(defects),
      changed_(environment, "requests to send"),
      fibers_(environment) {}

void PartitionClient::Start() {
  fibers_.Spawn("requests", [this] { Connect(); });
}

void PartitionClient::Connect() {
  sim::Result<std::unique_ptr<sim::Connection>> connection =
      environment_.network().Connect(producer_, kConnectTimeout);
  if (over_) {
    return;
  }
  if (!connection) {
    return End(connection.error());
  }
  connection_ = *std::move(connection);
  fibers_.Spawn("input", [this] { Read(); });
  Write();
}

uint32_t PartitionClient::Request(const PartitionRequest& request, uint32_t credit,
                                  ChannelListener& listener) {
  sim::Check(!over_, "a channel of a connection that is over");
  const uint32_t channel = next_channel_++;
  channels_[channel] = &listener;
  Send(RequestFrame{.channel = channel, .request = request, .credit = credit});
  return channel;
}

void PartitionClient::Grant(uint32_t channel, uint32_t credit) {
  sim::Check(channels_.contains(channel), "credit for channel {}, which is none", channel);
  Send(CreditFrame{.channel = channel, .credit = credit});
}

void PartitionClient::SetBufferSize(uint32_t channel, uint32_t bytes) {
  sim::Check(channels_.contains(channel), "a size for channel {}, which is none", channel);
  Send(BufferSizeFrame{.channel = channel, .bytes = bytes});
}

void PartitionClient::Release(uint32_t channel) {
  sim::Check(channels_.erase(channel) == 1, "channel {} is released twice", channel);
  if (channels_.empty()) {
    return End({sim::ErrorCode::kCancelled, "Nobody wants the connection any more."});
  }
  Send(ReleaseFrame{.channel = channel});
}

void PartitionClient::Send(const ConsumerFrame& frame) {
  outgoing_.push_back(EncodeFrame(frame));
  changed_.NotifyAll();
}

void PartitionClient::Write() {
  for (;;) {
    const bool has_work = changed_.WaitFor([this] { return over_ || !outgoing_.empty(); },
                                           sim::Later(environment_.Now(), kKeepAlive));
    if (over_) {
      return;
    }
    if (!has_work) {
      Send(CreditFrame{.channel = channels_.begin()->first, .credit = 0});
    }
    Bytes frame = std::move(outgoing_.front());
    outgoing_.pop_front();
    if (const sim::Result<void> sent = connection_->Send(std::move(frame)); !sent) {
      return End(sent.error());
    }
  }
}

void PartitionClient::Read() {
  for (;;) {
    sim::Result<Bytes> bytes = connection_->Receive();
    if (over_) {
      return;
    }
    if (!bytes) {
      return End(bytes.error());
    }
    if (!IsWhole(*bytes) && !defects_.Has(Defect::kFramesAreNotChecked)) {
      return End(Corrupt("A frame was damaged on its way."));
    }
    Decoder in(std::string_view(*bytes).substr(std::min(kSealBytes, bytes->size())));
    ProducerFrame frame;
    sim::Read(in, frame);
    const bool has_content = std::holds_alternative<BufferFrame>(frame);
    if (!in.good() || (!has_content && in.remaining() != 0)) {
      return End(Corrupt("A frame cannot be read."));
    }
    Hand(frame, *std::move(bytes));
    if (over_) {
      return;
    }
  }
}

void PartitionClient::Hand(const ProducerFrame& frame, Bytes bytes) {
  const uint32_t channel = std::visit([](const auto& each) { return each.channel; }, frame);
  const auto found = channels_.find(channel);
  if (found == channels_.end()) {
    return;  // it was on its way when the channel was released
  }
  if (std::holds_alternative<ServedFrame>(frame)) {
    found->second->OnServed();
  } else if (const auto* buffer = std::get_if<BufferFrame>(&frame)) {
    found->second->OnBuffer(buffer->sequence, {.kind = buffer->kind, .bytes = std::move(bytes)});
  } else if (const auto* backlog = std::get_if<BacklogFrame>(&frame)) {
    found->second->OnBacklog(backlog->buffers);
  } else if (std::holds_alternative<NotFoundFrame>(frame)) {
    EndChannel(channel, {sim::ErrorCode::kNotFound, "The producer does not have the partition."});
  } else {
    EndChannel(channel, {kProducerEnded, "The producer has ended."});
  }
}

void PartitionClient::EndChannel(uint32_t channel, const sim::Error& reason) {
  const auto ended = channels_.extract(channel);
  ended.mapped()->OnOver(reason);
  if (channels_.empty()) {
    End(reason);
  }
}

void PartitionClient::End(const sim::Error& reason) {
  if (std::exchange(over_, true)) {
    return;
  }
  if (connection_) {
    connection_->Close();
  }
  changed_.NotifyAll();
  for (const auto& [channel, listener] : std::exchange(channels_, {})) {
    listener->OnOver(reason);
  }
}

}  // namespace flinch::engine
