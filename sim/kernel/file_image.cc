#include "sim/kernel/file_image.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "sim/check.h"

namespace flinch::sim {
namespace {

constexpr auto kAnyPatch = [](const auto&) { return true; };
constexpr auto kOpenPatch = [](const auto& patch) { return patch.is_open; };
constexpr auto kLostPatch = [](const auto& patch) { return !patch.is_open; };

}  // namespace

PieceFate DrawFate(ChoicePoint& point, const CrashWeights& weights) {
  const uint64_t sum = uint64_t{weights.kept} + weights.lost + weights.torn;
  const uint64_t drawn = point.Below(sum);
  if (drawn < weights.kept) {
    return PieceFate::kKept;
  }
  return drawn < uint64_t{weights.kept} + weights.lost ? PieceFate::kLost : PieceFate::kTorn;
}

// ---- Writing ------------------------------------------------------------------------------------

void FileImage::Write(uint64_t offset, std::string_view bytes) {
  if (bytes.empty()) {
    return;
  }
  const uint64_t size = data_.size();
  const uint64_t end = offset + bytes.size();
  Open(std::min(offset, size), end);
  if (offset == size) {
    data_.append(bytes);
  } else {
    if (end > size) {
      data_.resize(end, '\0');
    }
    data_.replace(offset, bytes.size(), bytes);
  }
  size_is_dirty_ = size_is_dirty_ || end > durable_size_;
  if (end > size) {
    Resized(kUncut);
  }
}

void FileImage::Truncate(uint64_t size) {
  const uint64_t before = data_.size();
  if (size == before) {
    return;
  }
  Open(std::min(size, before), std::max(size, before));
  data_.resize(size, '\0');
  Resized(size < before ? size : kUncut);
  const uint64_t end = std::max(size, durable_size_);
  SplitAt(end);
  patches_.erase(patches_.lower_bound(end), patches_.end());
}

void FileImage::Resized(uint64_t cut_at) {
  size_is_dirty_ = true;
  sizes_.push_back({.size = data_.size(), .cut = std::min(cut(), cut_at)});
}

// Lets a patch begin at `offset`, if one lies there.
void FileImage::SplitAt(uint64_t offset) {
  auto patch = patches_.lower_bound(offset);
  if (patch == patches_.begin()) {
    return;
  }
  --patch;
  const uint64_t head = offset - patch->first;
  if (head >= patch->second.size) {
    return;
  }
  Patch tail{.size = patch->second.size - head, .beneath = {}, .is_open = patch->second.is_open};
  if (head < patch->second.beneath.size()) {
    tail.beneath = patch->second.beneath.substr(head);
    patch->second.beneath.resize(head);
  }
  patch->second.size = head;
  patches_.emplace_hint(std::next(patch), offset, std::move(tail));
}

// From now on the bytes [from, to) wait for the next sync.
void FileImage::Open(uint64_t from, uint64_t to) {
  if (!patches_.empty()) {
    const auto last = std::prev(patches_.end());
    if (last->second.is_open && last->first + last->second.size == from && from >= data_.size() &&
        from >= durable_size_) {
      last->second.size += to - from;  // an append behind an append
      return;
    }
  }
  SplitAt(from);
  SplitAt(to);
  auto next = patches_.lower_bound(from);
  while (from < to) {
    if (next != patches_.end() && next->first == from) {
      next->second.is_open = true;
      from += next->second.size;
      ++next;
      continue;
    }
    const uint64_t end = next == patches_.end() ? to : std::min(to, next->first);
    // No patch lies here, so what can be read is what is durable.
    Bytes beneath = from < data_.size() ? data_.substr(from, end - from) : Bytes();
    patches_.emplace_hint(
        next, from, Patch{.size = end - from, .beneath = std::move(beneath), .is_open = true});
    from = end;
  }
}

void FileImage::Sync() {
  std::erase_if(patches_, [](const auto& patch) { return patch.second.is_open; });
  if (size_is_dirty_) {
    durable_size_ = data_.size();
    SplitAt(durable_size_);
    patches_.erase(patches_.lower_bound(durable_size_), patches_.end());
  }
  size_is_dirty_ = false;
  sizes_.clear();
}

void FileImage::MarkClean() {
  for (auto& [offset, patch] : patches_) {
    patch.is_open = false;
  }
  size_is_dirty_ = false;
  sizes_.clear();
}

void FileImage::Reset(Bytes image) {
  data_ = std::move(image);
  durable_size_ = data_.size();
  size_is_dirty_ = false;
  patches_.clear();
  sizes_.clear();
}

// ---- What a crash leaves ------------------------------------------------------------------------

FileImage::Patches::const_iterator FileImage::FirstBehind(uint64_t offset) const {
  auto patch = patches_.upper_bound(offset);
  if (patch != patches_.begin()) {
    const auto before = std::prev(patch);
    if (before->first + before->second.size > offset) {
      return before;
    }
  }
  return patch;
}

template <typename Wanted>
void FileImage::Revert(Bytes& image, ByteRange range, uint64_t cut, Wanted wanted) const {
  const uint64_t end = std::min<uint64_t>(range.offset + range.size, image.size());
  for (auto at = FirstBehind(range.offset); at != patches_.end() && at->first < end; ++at) {
    const auto& [offset, patch] = *at;
    if (!wanted(patch)) {
      continue;
    }
    const uint64_t from = std::max(range.offset, offset);
    const uint64_t to = std::min(end, offset + patch.size);
    const uint64_t known = std::max(from, std::min({to, cut, offset + patch.beneath.size()}));
    if (from < known) {
      image.replace(from, known - from, patch.beneath, from - offset, known - from);
    }
    std::fill(image.begin() + static_cast<std::ptrdiff_t>(known),
              image.begin() + static_cast<std::ptrdiff_t>(to), '\0');
  }
}

// The file of that size with all open bytes as they were written.
Bytes FileImage::Base(Size size) const {
  Bytes image = data_.substr(0, size.size);
  const uint64_t written = image.size();
  image.resize(size.size, '\0');
  Revert(image, {.offset = written, .size = size.size - written}, size.cut, kAnyPatch);
  Revert(image, {.offset = 0, .size = size.size}, size.cut, kLostPatch);
  return image;
}

Bytes FileImage::DurableImage() const {
  Bytes image = data_.substr(0, durable_size_);
  image.resize(durable_size_, '\0');
  Revert(image, {.offset = 0, .size = durable_size_}, kUncut, kAnyPatch);
  return image;
}

Bytes FileImage::KeptImage() const {
  return Base(size_is_dirty_ ? Size{.size = data_.size(), .cut = cut()}
                             : Size{.size = durable_size_, .cut = kUncut});
}

FileImage::Size FileImage::DrawSize(ChoicePoint& crash, const CrashWeights& weights) const {
  const Size durable{.size = durable_size_, .cut = kUncut};
  if (!size_is_dirty_) {
    return durable;
  }
  const Size now{.size = data_.size(), .cut = cut()};
  const PieceFate fate = DrawFate(crash, weights);
  if (fate == PieceFate::kKept) {
    return now;
  }
  if (fate == PieceFate::kLost) {
    return durable;
  }
  const uint64_t earlier = sizes_.empty() ? 0 : sizes_.size() - 1;
  const uint64_t sectors =
      now.size > durable_size_ ? (now.size - 1) / kSectorBytes - durable_size_ / kSectorBytes : 0;
  if (earlier + sectors == 0) {
    return durable;
  }
  const uint64_t drawn = crash.Below(earlier + sectors);
  if (drawn < earlier) {
    return sizes_[drawn];
  }
  return {.size = (durable_size_ / kSectorBytes + 1 + drawn - earlier) * kSectorBytes,
          .cut = now.cut};
}

bool FileImage::HasOpen(ByteRange range) const {
  for (auto patch = FirstBehind(range.offset);
       patch != patches_.end() && patch->first < range.offset + range.size; ++patch) {
    if (patch->second.is_open) {
      return true;
    }
  }
  return false;
}

Bytes FileImage::DrawImage(ChoicePoint& crash, const CrashWeights& weights) const {
  if (!size_is_dirty_ &&
      std::ranges::none_of(patches_, [](const auto& patch) { return patch.second.is_open; })) {
    return DurableImage();
  }
  const Size size = DrawSize(crash, weights);
  Bytes image = Base(size);
  uint64_t page = 0;  // the next that was not looked at
  for (const auto& [offset, patch] : patches_) {
    const uint64_t end = std::min(offset + patch.size, size.size);
    page = std::max(page, offset / kPageBytes * kPageBytes);
    for (; patch.is_open && page < end; page += kPageBytes) {
      const PieceFate fate = DrawFate(crash, weights);
      if (fate == PieceFate::kLost) {
        Revert(image, {.offset = page, .size = kPageBytes}, size.cut, kOpenPatch);
      }
      for (uint64_t sector = page; fate == PieceFate::kTorn && sector < page + kPageBytes;
           sector += kSectorBytes) {
        const ByteRange range{.offset = sector, .size = kSectorBytes};
        if (sector < size.size && HasOpen(range) && crash.Below(2) == 0) {
          Revert(image, range, size.cut, kOpenPatch);
        }
      }
    }
  }
  return image;
}

// ---- What is durable, and damage ----------------------------------------------------------------

std::vector<ByteRange> FileImage::DurableParts(ByteRange range) const {
  const uint64_t end =
      range.offset +
      std::min<uint64_t>(range.size, data_.size() - std::min<uint64_t>(range.offset, data_.size()));
  std::vector<ByteRange> parts;
  uint64_t from = range.offset;
  for (auto patch = FirstBehind(from); patch != patches_.end() && patch->first < end; ++patch) {
    if (patch->first > from) {
      parts.push_back({.offset = from, .size = patch->first - from});
    }
    from = std::max(from, patch->first + patch->second.size);
  }
  if (from < end) {
    parts.push_back({.offset = from, .size = end - from});
  }
  return parts;
}

void FileImage::FlipBit(uint64_t bit) {
  Check(bit / 8 < data_.size(), "bit {} rots in a file of {} bytes", bit, data_.size());
  data_[bit / 8] = static_cast<char>(static_cast<uint8_t>(data_[bit / 8]) ^ (1U << (bit % 8)));
}

void FileImage::Overwrite(uint64_t offset, std::string_view bytes) {
  Check(offset < data_.size(), "offset {} is overwritten in a file of {} bytes", offset,
        data_.size());
  const uint64_t size = std::min<uint64_t>(bytes.size(), data_.size() - offset);
  data_.replace(offset, size, bytes.substr(0, size));
}

}  // namespace flinch::sim
