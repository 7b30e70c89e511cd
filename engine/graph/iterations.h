// Which part of a graph an iteration goes round.
//
// The head of an iteration is the operator into which feedback edges lead. Of its nodes each is
// reached from the head, and reaches it again.
// Source: Flink's iterations of data streams; Carbone et al. 2015, section 4.3.
#pragma once

#include <cstddef>
#include <set>
#include <vector>

#include "engine/graph/stream_graph.h"
#include "sim/result.h"

namespace flinch::engine {

// Of a head that the API makes: input 0 brings what is new.
inline constexpr uint32_t kFeedbackInput = 1;

struct Iteration {
  size_t head = 0;         // indices of nodes
  std::set<size_t> nodes;  // the head among them
};

// By the heads.
std::vector<Iteration> FindIterations(const StreamGraph& stream);

// Whether the job goes round anywhere.
bool HasIterations(const StreamGraph& stream);

// Whether what comes on this input of the operator is fed back.
bool IsFedBack(const StreamGraph& stream, OperatorId to, uint32_t input);

// kInvalidArgument, with a sentence that names the place, when a feedback edge leads back to
// nothing that it comes from, joins other records in one input, is partitioned by key, or when
// iterations share an operator or hold a rescaling exchange.
sim::Result<void> CheckIterations(const StreamGraph& stream);

}  // namespace flinch::engine
