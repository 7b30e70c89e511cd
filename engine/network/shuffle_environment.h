// What the tasks of one TaskManager share to reach each other's output: the data port, connections
// to other TaskManagers, the results that lie here, and the memory of buffers.
// Source: Flink's NettyShuffleEnvironment.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "engine/network/kept_results.h"
#include "engine/network/partition_client.h"
#include "engine/network/partition_session.h"
#include "engine/network/result_partition.h"

namespace flinch::engine {

// The output of a task of this TaskManager on an edge; null when there is no such.
using FindPartition =
    std::function<ResultPartition*(const ExecutionAttemptId& producer, uint32_t edge)>;

class ShuffleEnvironment {
 public:
  // Serves what `find` finds to those who connect to `port`, once Serve is called.
  ShuffleEnvironment(sim::Environment& environment, uint16_t port, FindPartition find,
                     const Defects& defects = {});

  // Accepts connections. Never returns.
  void Serve();

  // Whether a producer at this address is a task of this TaskManager.
  bool IsHere(const sim::Address& producer) const { return producer == address_; }

  // Of a task that runs here, or of a result that lies here.
  std::unique_ptr<SubpartitionView> Open(const PartitionRequest& request,
                                         SubpartitionReader& reader, bool again = false);

  KeptResults& results() { return results_; }

  // The connection to those producers, made when there is none; valid until it is over.
  PartitionClient& ClientOf(const sim::Address& producer);

  SegmentPool& pool() { return pool_; }

 private:
  sim::Environment& environment_;
  sim::Address address_;
  FindPartition find_;
  Defects defects_;
  SegmentPool pool_;
  KeptResults results_;
  std::vector<std::unique_ptr<PartitionClient>> clients_;  // of each producer one is not over
  std::vector<std::unique_ptr<PartitionSession>> sessions_;
};

}  // namespace flinch::engine
