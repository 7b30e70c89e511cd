// Who holds which port of a host: few entries, looked up for every message, so a flat sorted
// vector.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

namespace flinch::sim {

template <typename Holder>
class PortMap {
 public:
  // Null when nobody holds the port.
  Holder* Find(uint16_t port) const {
    if (entries_.size() == 1) [[likely]] {
      const Entry& only = entries_.front();
      return only.first == port ? only.second : nullptr;
    }
    const auto found = std::ranges::lower_bound(entries_, port, {}, &Entry::first);
    return found != entries_.end() && found->first == port ? found->second : nullptr;
  }

  // Brings what Find looks at into the processor's cache.
  void Prefetch() const { __builtin_prefetch(entries_.data()); }

  // False when somebody holds it.
  bool Insert(uint16_t port, Holder& holder) {
    const auto place = std::ranges::lower_bound(entries_, port, {}, &Entry::first);
    if (place != entries_.end() && place->first == port) {
      return false;
    }
    entries_.insert(place, {port, &holder});
    return true;
  }

  // Unless it is somebody else's by now.
  void Erase(uint16_t port, Holder& holder) {
    const auto found = std::ranges::lower_bound(entries_, port, {}, &Entry::first);
    if (found != entries_.end() && found->first == port && found->second == &holder) {
      entries_.erase(found);
    }
  }

  template <typename Predicate>
  void EraseIf(const Predicate& is_gone) {
    std::erase_if(entries_,
                  [&](const Entry& entry) { return is_gone(entry.first, *entry.second); });
  }

  // In the order of the ports: visit(port, holder).
  template <typename Visit>
  void ForEach(const Visit& visit) const {
    for (const Entry& entry : entries_) {
      visit(entry.first, *entry.second);
    }
  }

 private:
  using Entry = std::pair<uint16_t, Holder*>;

  std::vector<Entry> entries_;
};

}  // namespace flinch::sim
