#include "engine/state/key_groups_writer.h"

namespace flinch::engine {

void KeyGroupsWriter::Add(KeyGroup group, const StateMeta& meta, const EncodedEntry& entry) {
  State& state = groups_[group][meta.name];
  if (state.entries == 0) {
    state.meta = meta;
  }
  ++state.entries;
  state.bytes.Text(entry.key);
  Write(state.bytes, entry.key_hash);
  state.bytes.Text(entry.space);
  state.bytes.Text(entry.value);
}

std::map<KeyGroup, sim::Bytes> KeyGroupsWriter::Take() {
  std::map<KeyGroup, sim::Bytes> written;
  for (const auto& [group, states] : std::exchange(groups_, {})) {
    Encoder out;
    Write(out, static_cast<uint32_t>(states.size()));
    for (const auto& [name, state] : states) {
      Write(out, state.meta);
      Write(out, state.entries);
      out.Text(state.bytes.bytes());
    }
    written.emplace(group, out.Take());
  }
  return written;
}

}  // namespace flinch::engine
