// What the user wrote: operators and the edges between them, with their types erased.
//
// A StreamGraph is the job's code: immutable once built, and the one thing that every process of a
// cluster has without having received it, as a user's jar is on every machine. What travels are
// names, indices and bytes. engine/data_stream.h builds it with types; engine/graph/job_graph.h
// chains it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/serializer.h"
#include "engine/stream_operator.h"

namespace flinch::engine {

enum class Partitioning : uint8_t {
  kForward,    // to the subtask with the same index; the only kind that can be chained
  kHash,       // by key group of the record's key
  kRebalance,  // round robin
};

// How elements of one type cross an edge between tasks.
struct ElementType {
  void (*write)(Encoder& out, const void* value) = nullptr;
  // Decodes one element and emits it. kCorruption when the bytes are none of `write`'s.
  sim::Result<void> (*read)(Decoder& in, EventTime timestamp, Output& output) = nullptr;
};

template <typename T>
constexpr ElementType TypeOf() {
  return {
      .write = [](Encoder& out, const void* value) { Write(out, *static_cast<const T*>(value)); },
      .read = [](Decoder& in, EventTime timestamp, Output& output) -> sim::Result<void> {
        T value{};
        Read(in, value);
        if (!in.good()) {
          return sim::Fail(sim::ErrorCode::kCorruption, "A record on the wire cannot be decoded.");
        }
        return output.Emit({&value, timestamp});
      }};
}

// Writes the record's key into `key` (encoded) and returns the key's Java hash code.
using KeySelector = std::function<int32_t(const void* value, sim::Bytes& key)>;

using OperatorFactory = std::function<std::unique_ptr<StreamOperator>()>;

struct StreamNode {
  std::string name;  // unique in the graph; state is matched by it
  OperatorFactory make;
  bool is_source = false;  // `make` yields a SourceOperator
  KeySelector key;         // set when the operator has keyed state
  uint32_t parallelism = 1;
  bool starts_chain = false;  // never chained to its input
};

struct StreamEdge {
  size_t from = 0;  // indices of nodes; from < to
  size_t to = 0;
  Partitioning partitioning = Partitioning::kForward;
  KeySelector key;  // with kHash
  ElementType type;
};

struct StreamGraph {
  std::string job_name;
  uint32_t max_parallelism = 128;
  std::vector<StreamNode> nodes;
  std::vector<StreamEdge> edges;
};

}  // namespace flinch::engine
