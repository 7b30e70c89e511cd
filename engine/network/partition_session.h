// The producing end of a connection: the subpartitions that one other TaskManager reads.
//
// A fiber listens to requests and credit, another sends, one buffer of each channel in turn that
// has both a buffer and credit for it. What ends with a task is told to its consumer; what ends
// with the connection is nobody's any more.
// Source: Flink's PartitionRequestServerHandler and PartitionRequestQueue.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>

#include "engine/defects.h"
#include "engine/network/frames.h"
#include "engine/network/subpartition_view.h"
#include "sim/environment.h"
#include "sim/sync.h"

namespace flinch::engine {

class PartitionSession {
 public:
  PartitionSession(sim::Environment& environment, OpenSubpartition open,
                   std::unique_ptr<sim::Connection> connection, const Defects& defects = {});
  ~PartitionSession();

  // Starts its fibers.
  void Start();

  // It may be destroyed.
  bool has_ended() const { return closed_ && fibers_.running() == 0; }

 private:
  class View;

  void Listen();
  void Write();
  void On(const RequestFrame& frame);
  void On(const CreditFrame& frame);
  void On(const ReleaseFrame& frame);
  void On(const BufferSizeFrame& frame);
  void Answer(const ProducerFrame& frame);
  // Puts the channel in line when it may send and does not wait there already.
  void Enqueue(View& view);
  void TellBacklog(View& view);
  Bytes TakeFrame(View& view);
  void OnPartitionClosed(uint32_t channel);
  void Close();

  sim::Environment& environment_;
  OpenSubpartition open_;
  std::unique_ptr<sim::Connection> connection_;
  Defects defects_;
  std::map<uint32_t, std::unique_ptr<View>> views_;
  std::deque<uint32_t> ready_;  // channels that may send, in turn
  std::deque<Bytes> answers_;
  bool closed_ = false;
  sim::Condition changed_;
  sim::FiberGroup fibers_;
};

}  // namespace flinch::engine
