// State that does not live for ever: when it has expired, and who sees it then.
//
// Times:  of the host's wall clock, in whole milliseconds, as Flink's: they go on while a job is
//         down. What was last written (or, if so configured, read) at a time has expired from that
//         time plus the time to live on.
// Shape:  with each value lies the time of its last access; of a list with each item, of a map with
//         each entry. So state with a time to live is of another type than state without.
// Clean-up: what is read and has expired goes. In full snapshots what has expired may be left out:
//         it stays in the running state. `incremental` entries more are looked at with each access;
//         of state in LevelDB neither lists in snapshots nor that.
// Source: Flink's StateTtlConfig, TtlStateFactory.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <type_traits>
#include <utility>
#include <vector>

#include "sim/time.h"

namespace flinch::engine {

enum class TtlUpdateType : uint8_t { kOnCreateAndWrite, kOnReadAndWrite };

enum class TtlVisibility : uint8_t {
  kNeverReturnExpired,
  // Until somebody has looked, or cleaned up.
  kReturnExpiredIfNotCleanedUp,
};

struct StateTtlConfig {
  sim::Duration ttl{};  // 0: it lives for ever
  TtlUpdateType update = TtlUpdateType::kOnCreateAndWrite;
  TtlVisibility visibility = TtlVisibility::kNeverReturnExpired;
  bool cleans_full_snapshots = false;
  uint32_t incremental = 0;  // entries
};

// A value, and when it was last accessed.
template <typename T>
struct Timed {
  int64_t last_access = 0;  // milliseconds
  T value{};

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.last_access);
    visit(self.value);
  }
};

// What decides for one state. Outlives its tables.
class Ttl {
 public:
  using Clock = std::function<int64_t()>;  // milliseconds

  Ttl(const StateTtlConfig& config, Clock clock) : config_(config), clock_(std::move(clock)) {}

  const StateTtlConfig& config() const { return config_; }

  int64_t Now() const { return clock_(); }

  bool HasExpired(int64_t last_access) const {
    const int64_t ttl = config_.ttl / std::chrono::milliseconds(1);
    const int64_t latest = std::numeric_limits<int64_t>::max() - ttl;
    return last_access <= latest && last_access + ttl <= Now();
  }

  bool shows_expired() const {
    return config_.visibility == TtlVisibility::kReturnExpiredIfNotCleanedUp;
  }

  bool updates_on_read() const { return config_.update == TtlUpdateType::kOnReadAndWrite; }

 private:
  StateTtlConfig config_;
  Clock clock_;
};

// Whether nothing of it is left: of a list, that all items have expired.
template <typename T>
bool HasExpired(const Ttl&, const T&) {
  return false;
}

template <typename T>
bool HasExpired(const Ttl& ttl, const Timed<T>& timed) {
  return ttl.HasExpired(timed.last_access);
}

template <typename T>
bool HasExpired(const Ttl& ttl, const std::vector<Timed<T>>& items) {
  for (const Timed<T>& item : items) {
    if (!ttl.HasExpired(item.last_access)) {
      return false;
    }
  }
  return true;
}

}  // namespace flinch::engine
