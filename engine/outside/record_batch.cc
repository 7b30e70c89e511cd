#include "engine/outside/record_batch.h"

#include <algorithm>

namespace flinch::engine {

RecordBatch RecordBatch::Slice(uint64_t first, uint64_t count) const {
  RecordBatch slice;
  if (first >= count_) {
    return slice;
  }
  slice.count_ = std::min(count, count_ - first);
  if (slice.count_ == count_) {
    slice.bytes_ = bytes_;
    return slice;
  }
  RecordCursor begin(bytes_);
  begin.Skip(first);
  RecordCursor end = begin;
  end.Skip(slice.count_);
  slice.bytes_ = begin.rest().substr(0, begin.rest().size() - end.rest().size());
  return slice;
}

bool RecordBatch::IsSound() const {
  std::string_view rest = bytes_;
  const auto take = [&rest](uint64_t size) {
    if (size > rest.size()) {
      return false;
    }
    rest.remove_prefix(size);
    return true;
  };
  const auto take_text = [&rest, &take] {
    uint32_t size = 0;
    if (rest.size() < sizeof size) {
      return false;
    }
    std::memcpy(&size, rest.data(), sizeof size);
    return take(sizeof size + uint64_t{size});
  };
  uint64_t found = 0;
  for (; !rest.empty(); ++found) {
    if (!take_text() || !take_text() || !take(sizeof(int64_t))) {
      return false;
    }
  }
  return found == count_;
}

}  // namespace flinch::engine
