// The bytes of one file as pure state: what can be read, what is durable, what a crash leaves.
//
// What is not durable lies in patches: ranges of the file, each with the durable bytes that it
// hides. A patch is open, and the next sync makes it durable; or it is lost, for a failed sync took
// it for written: no sync makes it durable any more, and no crash keeps it.
// Cut off: of a file that was made shorter, and longer again, the old bytes do not come back behind
// the cut unless the cut itself is lost.
// Cost:   a write what it writes, and O(log n) of n patches; a sync what is not durable.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "sim/disk.h"
#include "sim/kernel/choices.h"
#include "sim/world/disk_options.h"

namespace flinch::sim {

enum class PieceFate : uint8_t { kKept, kLost, kTorn };

PieceFate DrawFate(ChoicePoint& point, const CrashWeights& weights);

class FileImage {
 public:
  static constexpr uint64_t kPageBytes = 4096;
  static constexpr uint64_t kSectorBytes = 512;

  const Bytes& data() const { return data_; }

  // Whether a crash could change it.
  bool is_dirty() const { return !patches_.empty() || size_is_dirty_; }

  // Makes the file longer where it must; zeros fill a gap.
  void Write(uint64_t offset, std::string_view bytes);
  // Cuts it, or adds zeros.
  void Truncate(uint64_t size);
  void Sync();
  // As a failed sync after which the cache takes the bytes for written (FailedSync::kMarkedClean).
  void MarkClean();

  // What must be left after a crash, what may be left at most, and what chance leaves.
  Bytes DurableImage() const;
  Bytes KeptImage() const;
  Bytes DrawImage(ChoicePoint& crash, const CrashWeights& weights) const;

  // All of it is just this, and durable.
  void Reset(Bytes image);

  // The durable bytes of `range`, in order.
  std::vector<ByteRange> DurableParts(ByteRange range) const;

  // Damage at rest. `bit` counts from the start of the file and lies within it.
  void FlipBit(uint64_t bit);
  // Overwrites from `offset` on, which lies within the file, without making it longer.
  void Overwrite(uint64_t offset, std::string_view bytes);

 private:
  struct Patch {
    uint64_t size = 0;
    Bytes beneath;  // the durable bytes; where it is shorter, there are none
    bool is_open = true;
  };

  using Patches = std::map<uint64_t, Patch>;  // by offset; none overlap

  // A size that the file had since the last sync, and the lowest place where it had been cut.
  struct Size {
    uint64_t size = 0;
    uint64_t cut = kUncut;
  };

  static constexpr uint64_t kUncut = UINT64_MAX;

  uint64_t cut() const { return sizes_.empty() ? kUncut : sizes_.back().cut; }

  void Open(uint64_t from, uint64_t to);
  void SplitAt(uint64_t offset);
  void Resized(uint64_t cut_at);
  Bytes Base(Size size) const;
  // The first patch that ends behind `offset`.
  Patches::const_iterator FirstBehind(uint64_t offset) const;
  // Puts what lies beneath the patches that `wanted` wants into the bytes of `range` of `image`.
  template <typename Wanted>
  void Revert(Bytes& image, ByteRange range, uint64_t cut, Wanted wanted) const;
  bool HasOpen(ByteRange range) const;
  Size DrawSize(ChoicePoint& crash, const CrashWeights& weights) const;

  Bytes data_;
  uint64_t durable_size_ = 0;
  bool size_is_dirty_ = false;
  Patches patches_;  // within the longer of the file and its durable size
  std::vector<Size> sizes_;
};

}  // namespace flinch::sim
