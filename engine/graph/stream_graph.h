// What the user wrote: operators and the edges between them, with their types erased.
//
// A StreamGraph is the job's code: immutable once built, and the one thing that every process of a
// cluster has without having received it, as a user's jar is on every machine. What travels are
// ids, indices and bytes. engine/data_stream.h builds it with types; engine/graph/job_graph.h
// checks and chains it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/graph/partitioning.h"
#include "engine/serializer.h"
#include "engine/source.h"
#include "engine/stream_operator.h"

namespace flinch::engine {

// How data crosses an edge between tasks. Blocking exchanges will join.
enum class EdgeKind : uint8_t {
  kPipelined,
  // Back to the head of an iteration, whose records in flight belong to its snapshots.
  kFeedback,
};

// How elements of one type cross an edge between tasks.
struct ElementType {
  void (*write)(Encoder& out, const void* value) = nullptr;
  // Decodes one element and emits it as `record`'s value. kCorruption when the bytes are none of
  // `write`'s.
  sim::Result<void> (*read)(Decoder& in, StreamRecord record, Output& output) = nullptr;
};

template <typename T>
constexpr ElementType TypeOf() {
  return {
      .write = [](Encoder& out, const void* value) { Write(out, *static_cast<const T*>(value)); },
      .read = [](Decoder& in, StreamRecord record, Output& output) -> sim::Result<void> {
        T value{};
        Read(in, value);
        if (!in.good()) {
          return sim::Fail(sim::ErrorCode::kCorruption, "A record on the wire cannot be decoded.");
        }
        record.value = &value;
        return output.Emit(record);
      }};
}

// The key of a record, in two independent forms; and how a key that lies in state is known again.
struct KeyCodec {
  // Returns the key's hash, which decides its key group (state/key_groups.h). Encodes nothing.
  std::function<int32_t(const void* record)> hash;
  // Replaces `key` by the key's bytes.
  std::function<void(const void* record, sim::Bytes& key)> encode;

  // Whether these bytes are a key of this type, of this hash. Null: nobody knows.
  std::function<bool(std::string_view key, int32_t hash)> reads{};

  explicit operator bool() const { return hash != nullptr; }
};

// What comes into an operator: records of one type, from one or (a union) several edges.
struct InputSpec {
  ElementType type;
  KeyCodec key;  // set when the input is keyed
};

struct OutputSpec {
  OutputTag tag;
  std::string name;  // of a side output; "" is the main one
  ElementType type = {};
};

using OperatorFactory = std::function<std::unique_ptr<StreamOperator>()>;

// Makes what stands in the way of records to `inner`: for wrappers, which then need not know the
// operator behind it.
using OutputDecorator =
    std::function<std::unique_ptr<Output>(OperatorRuntime& runtime, Output& inner)>;

// Flink's ChainingStrategy.
enum class ChainStrategy : uint8_t {
  kAlways,
  kHead,   // begins a chain: never chained to what is before it
  kNever,  // a chain of its own
};

struct OperatorSpec {
  std::string name;  // unique in the graph
  std::string uid;   // unique in the graph; empty: the name. State is matched by it
  OperatorFactory make;
  bool is_source = false;         // `make` yields a SourceOperator
  std::vector<InputSpec> inputs;  // none for a source
  std::vector<OutputSpec> outputs = {{.tag = kMainOutput, .name = {}}};  // what it may emit to
  ChainStrategy chaining = ChainStrategy::kAlways;
  uint32_t parallelism = 1;
  // Stands before the operator's inputs; with a source, which has none, behind it.
  OutputDecorator decorate;
  // Of a source whose splits are given out at the master: `make` then yields a SourceReader.
  SplitEnumeratorFactory make_enumerator = {};
  // Of its operator state, the lists that all subtasks get as a whole when the parallelism changes,
  // whatever their mode: what is in them says whose it is.
  std::vector<std::string> shared_lists{};

  // What state is matched by, and a hash of it.
  const std::string& state_name() const { return uid.empty() ? name : uid; }

  OperatorId id() const { return OperatorIdOf(state_name()); }

  // All inputs are keyed, or none.
  bool is_keyed() const { return !inputs.empty() && inputs.front().key; }
};

struct StreamEdge {
  size_t from = 0;  // indices of nodes
  OutputTag tag;
  size_t to = 0;
  uint32_t input = 0;  // of `to`; its spec says the type, and with kHash the key
  Partitioning partitioning = Partitioning::kForward;
  EdgeKind kind = EdgeKind::kPipelined;
};

struct StreamGraph {
  std::string job_name;
  uint32_t max_parallelism = 128;
  bool max_parallelism_is_set = false;  // chosen by somebody: it must not change
  std::vector<OperatorSpec> nodes;
  std::vector<StreamEdge> edges;

  const InputSpec& input_of(const StreamEdge& edge) const {
    return nodes.at(edge.to).inputs.at(edge.input);
  }

  // Null when there is none.
  const OperatorSpec* Find(OperatorId id) const {
    for (const OperatorSpec& node : nodes) {
      if (node.id() == id) {
        return &node;
      }
    }
    return nullptr;
  }
};

}  // namespace flinch::engine
