// What a fault does: the actions of a plan, as values.
//
// Hosts have the names of the processes on them; a link is named by its two hosts, `to_only`
// restricts a fault to the direction from → to. What each action means, and what may be expected of
// a system after it, is said once, in faults/fault_catalogue.h.
// Shape: `VisitParameters(action, visit)` names the parameters of an action that apply to its kind:
//        decoding, printing and checking are visitors, so that a parameter cannot exist in one and
//        be missing in another.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "sim/random.h"
#include "sim/time.h"
#include "sim/world/network_options.h"
#include "sim/world/world.h"

namespace flinch::faults {

// ---- Processes

struct Crash {
  std::string process;
  // Boots it again after this time. Nothing: it stays down until the run is healed.
  std::optional<sim::Duration> restart_after{};
  sim::CrashStyle style = sim::CrashStyle::kProcess;

  friend bool operator==(const Crash&, const Crash&) = default;
};

struct Restart {
  std::string process;

  friend bool operator==(const Restart&, const Restart&) = default;
};

struct Pause {
  std::string process;
  sim::Duration duration{0};
  sim::PausedTimers timers = sim::PausedTimers::kRunning;

  friend bool operator==(const Pause&, const Pause&) = default;
};

// ---- Links

struct DropMessages {  // one-way messages are lost with this probability
  std::string from;
  std::string to;
  bool to_only = false;
  sim::Ratio ratio = sim::Percent(100);
  sim::Duration duration{0};

  friend bool operator==(const DropMessages&, const DropMessages&) = default;
};

struct DelayMessages {
  std::string from;
  std::string to;
  bool to_only = false;
  sim::Duration by{0};
  sim::Duration duration{0};

  friend bool operator==(const DelayMessages&, const DelayMessages&) = default;
};

struct CutLink {
  std::string from;
  std::string to;
  bool to_only = false;
  sim::Duration duration{0};

  friend bool operator==(const CutLink&, const CutLink&) = default;
};

enum class LinkTrouble : uint8_t { kClog, kDuplicate, kReorder, kCorrupt, kStall, kBandwidth };

// Everything else that may ail a link.
struct ImpairLink {
  LinkTrouble trouble = LinkTrouble::kClog;
  std::string from;
  std::string to;
  bool to_only = false;
  sim::Ratio ratio = sim::Percent(100);  // of all but kClog and kBandwidth
  sim::Duration by{0};                   // of kReorder and kStall
  uint64_t bytes_per_second = 0;         // of kBandwidth
  bool undetected = false;               // of kCorrupt
  sim::Duration duration{0};

  friend bool operator==(const ImpairLink&, const ImpairLink&) = default;
};

// No link between the one group and the other carries anything.
struct Partition {
  std::vector<std::string> group;
  std::vector<std::string> others;
  bool to_only = false;
  sim::Duration duration{0};

  friend bool operator==(const Partition&, const Partition&) = default;
};

struct SwizzleHosts {
  std::vector<std::string> hosts;
  sim::Duration duration{0};

  friend bool operator==(const SwizzleHosts&, const SwizzleHosts&) = default;
};

struct ResetLink {
  std::string from;
  std::string to;
  // Only the connections' ends at `from` learn it.
  bool half_open = false;

  friend bool operator==(const ResetLink&, const ResetLink&) = default;
};

// ---- Disks

// The name of the shared volume, where a disk is named.
inline constexpr std::string_view kSharedVolume = "shared";

enum class DiskTrouble : uint8_t {
  kReadError,
  kWriteError,
  kSyncError,
  kFull,
  kSlow,
  kHang,
  kLyingSync,
  kBitRot,
  kMisdirectedWrite,
};

struct DiskFault {
  DiskTrouble trouble = DiskTrouble::kReadError;
  std::string disk;                      // of a host, or kSharedVolume
  sim::Ratio ratio = sim::Percent(100);  // of all but kFull, kSlow, kHang
  sim::Duration by{0};                   // of kSlow
  uint64_t bytes = 0;                    // of kFull: what the volume holds at most
  std::string path{};                    // what the paths begin with; "": all
  sim::Duration duration{0};

  friend bool operator==(const DiskFault&, const DiskFault&) = default;
};

// Whoever asks for the n-th write or sync from then on dies at it: the write is torn off.
struct CrashAtWrite {
  std::string disk;
  uint64_t nth = 1;
  std::optional<sim::Duration> restart_after{};
  std::string path{};

  friend bool operator==(const CrashAtWrite&, const CrashAtWrite&) = default;
};

// ---- The shared volume, a service behind a network

enum class VolumeTrouble : uint8_t { kOutage, kHang, kThrottle, kRequestLost, kReplyLost, kLate };

struct VolumeFault {
  VolumeTrouble trouble = VolumeTrouble::kOutage;
  uint64_t operations_per_second = 0;    // of kThrottle
  sim::Ratio ratio = sim::Percent(100);  // of kRequestLost and kReplyLost
  sim::Duration by{0};                   // of kLate
  sim::Duration duration{0};

  friend bool operator==(const VolumeFault&, const VolumeFault&) = default;
};

// ---- Clocks of hosts

enum class ClockTrouble : uint8_t { kJump, kDrift, kFreeze };

struct ClockFault {
  ClockTrouble trouble = ClockTrouble::kJump;
  std::string host;
  sim::Duration by{0};        // of kJump: of the wall clock
  uint64_t ppm = 0;           // of kDrift: of both clocks, at most 500,000
  bool backwards = false;     // of kJump; of kDrift: slower
  sim::Duration duration{0};  // of all but kJump, which stays until the run is healed

  friend bool operator==(const ClockFault&, const ClockFault&) = default;
};

// ---- User code

enum class CodeTrouble : uint8_t { kError, kSlow };

// The function of a named operator, in all of its subtasks.
struct OperatorFault {
  CodeTrouble trouble = CodeTrouble::kError;
  std::string operator_name;
  // Of kError: it throws at the n-th record that it is given from now on, or at a later one where a
  // ratio lets some pass.
  uint64_t nth = 1;
  sim::Ratio ratio = sim::Percent(100);
  sim::Duration by{0};  // of kSlow
  // Of kError: all the time until then. Nothing: only once.
  std::optional<sim::Duration> lasts{};
  sim::Duration duration{0};  // of kSlow

  friend bool operator==(const OperatorFault&, const OperatorFault&) = default;
};

using Action = std::variant<Crash, Restart, DropMessages, DelayMessages, CutLink, Pause, ImpairLink,
                            Partition, SwizzleHosts, ResetLink, DiskFault, CrashAtWrite,
                            VolumeFault, ClockFault, OperatorFault>;

// The words of two-valued parameters in files, in the order of their values.
inline constexpr auto kCrashWords = std::to_array<std::string_view>({"process", "power"});
inline constexpr auto kTimerWords = std::to_array<std::string_view>({"running", "frozen"});

// The word that stands for an action in files and reports: "crash", "cut", "disk_full".
std::string_view KindOf(const Action& action);

// An action of this kind against nobody, or nothing.
std::optional<Action> ActionOfKind(std::string_view kind);

// What it acts on: "tm-2", "jm/tm-1", "jm>tm-1" for one direction, "jm/tm-1+tm-2", "shared".
std::string TargetOf(const Action& action);

// The processes that it acts on, and those at the ends of the links that it acts on. Nobody by name
// where it acts on the shared volume or on user code.
std::vector<std::string_view> StruckBy(const Action& action);

// What VisitParameters does of a DiskFault, and, but for how long it is slow, of an OperatorFault.
template <typename Fault, typename Visitor>
void VisitOfDisk(Fault& fault, Visitor& visit) {
  if (fault.trouble == DiskTrouble::kFull) {
    visit("bytes", fault.bytes);
  } else if (fault.trouble == DiskTrouble::kSlow) {
    visit("by", fault.by);
  } else if (fault.trouble != DiskTrouble::kHang) {
    visit("ratio", fault.ratio);
  }
  visit("path", fault.path);
}

template <typename Fault, typename Visitor>
void VisitOfCode(Fault& fault, Visitor& visit) {
  if (fault.trouble == CodeTrouble::kSlow) {
    visit("by", fault.by);
  } else {
    visit("nth", fault.nth);
    visit("ratio", fault.ratio);
    visit("for", fault.lasts);
  }
}

// visit(key, member) for each parameter of an action besides whom it strikes, as far as it applies
// to its kind, in the order in which they are written. The member's type says what may stand there:
//   Ratio (above 0; all by default) · Duration (above 0) · uint64_t (above 0; may be left out where
//   its value without being written is) · string (may be left out) · optional Duration (may be left
//   out; may be 0 unless it says for how long) · bool (false by default) ·
//   CrashStyle, PausedTimers (words; the first by default)
template <typename AnyAction, typename Visitor>
void VisitParameters(AnyAction& action, Visitor&& visit) {
  using A = std::remove_const_t<AnyAction>;
  if constexpr (std::is_same_v<A, Crash>) {
    visit("restart_after", action.restart_after);
    visit("style", action.style);
  } else if constexpr (std::is_same_v<A, DropMessages>) {
    visit("ratio", action.ratio);
  } else if constexpr (std::is_same_v<A, DelayMessages>) {
    visit("by", action.by);
  } else if constexpr (std::is_same_v<A, ImpairLink>) {
    const LinkTrouble trouble = action.trouble;
    if (trouble == LinkTrouble::kBandwidth) {
      visit("bytes_per_second", action.bytes_per_second);
    } else if (trouble != LinkTrouble::kClog) {
      visit("ratio", action.ratio);
    }
    if (trouble == LinkTrouble::kCorrupt) {
      visit("undetected", action.undetected);
    }
    if (trouble == LinkTrouble::kReorder || trouble == LinkTrouble::kStall) {
      visit("by", action.by);
    }
  } else if constexpr (std::is_same_v<A, DiskFault>) {
    VisitOfDisk(action, visit);
  } else if constexpr (std::is_same_v<A, CrashAtWrite>) {
    visit("nth", action.nth);
    visit("restart_after", action.restart_after);
    visit("path", action.path);
  } else if constexpr (std::is_same_v<A, VolumeFault>) {
    if (action.trouble == VolumeTrouble::kThrottle) {
      visit("operations_per_second", action.operations_per_second);
    } else if (action.trouble == VolumeTrouble::kLate) {
      visit("by", action.by);
    } else if (action.trouble == VolumeTrouble::kRequestLost ||
               action.trouble == VolumeTrouble::kReplyLost) {
      visit("ratio", action.ratio);
    }
  } else if constexpr (std::is_same_v<A, ClockFault>) {
    if (action.trouble == ClockTrouble::kJump) {
      visit("by", action.by);
    } else if (action.trouble == ClockTrouble::kDrift) {
      visit("ppm", action.ppm);
    }
    if (action.trouble != ClockTrouble::kFreeze) {
      visit("backwards", action.backwards);
    }
  } else if constexpr (std::is_same_v<A, OperatorFault>) {
    VisitOfCode(action, visit);
  }
  if constexpr (requires { action.duration; }) {
    bool lasts = true;
    if constexpr (std::is_same_v<A, ClockFault>) {
      lasts = action.trouble != ClockTrouble::kJump;
    } else if constexpr (std::is_same_v<A, OperatorFault>) {
      lasts = action.trouble == CodeTrouble::kSlow;
    }
    if (lasts) {
      visit("for", action.duration);
    }
  }
  if constexpr (requires { action.timers; }) {
    visit("timers", action.timers);
  }
  if constexpr (requires { action.to_only; }) {
    visit("one_way", action.to_only);
  }
  if constexpr (requires { action.half_open; }) {
    visit("half_open", action.half_open);
  }
}

}  // namespace flinch::faults
