#include "faults/actions.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace flinch::faults {
namespace {

constexpr auto kLinkWords = std::to_array<std::string_view>(
    {"clog", "duplicate", "reorder", "corrupt", "stall", "bandwidth"});
constexpr auto kDiskWords = std::to_array<std::string_view>(
    {"read_error", "write_error", "sync_error", "disk_full", "disk_slow", "disk_hang", "lying_sync",
     "bit_rot", "misdirected_write"});
constexpr auto kVolumeWords =
    std::to_array<std::string_view>({"volume_outage", "volume_hang", "volume_throttle",
                                     "request_lost", "reply_lost", "late_listing"});
constexpr auto kClockWords =
    std::to_array<std::string_view>({"clock_jump", "clock_drift", "clock_freeze"});
constexpr auto kCodeWords = std::to_array<std::string_view>({"operator_error", "operator_slow"});

struct KindName {
  std::string_view operator()(const Crash&) const { return "crash"; }

  std::string_view operator()(const Restart&) const { return "restart"; }

  std::string_view operator()(const DropMessages&) const { return "drop"; }

  std::string_view operator()(const DelayMessages&) const { return "delay"; }

  std::string_view operator()(const CutLink&) const { return "cut"; }

  std::string_view operator()(const Pause&) const { return "pause"; }

  std::string_view operator()(const ImpairLink& link) const { return Word(kLinkWords, link); }

  std::string_view operator()(const Partition&) const { return "partition"; }

  std::string_view operator()(const SwizzleHosts&) const { return "swizzle"; }

  std::string_view operator()(const ResetLink&) const { return "reset"; }

  std::string_view operator()(const DiskFault& disk) const { return Word(kDiskWords, disk); }

  std::string_view operator()(const CrashAtWrite&) const { return "crash_at_write"; }

  std::string_view operator()(const VolumeFault& volume) const {
    return Word(kVolumeWords, volume);
  }

  std::string_view operator()(const ClockFault& clock) const { return Word(kClockWords, clock); }

  std::string_view operator()(const OperatorFault& code) const { return Word(kCodeWords, code); }

  template <typename Words, typename Fault>
  static std::string_view Word(const Words& words, const Fault& fault) {
    return words.at(static_cast<size_t>(fault.trouble));
  }
};

// One action of each kind.
std::vector<Action> AllKinds() {
  std::vector<Action> all = {Crash{}, Restart{},   DropMessages{}, DelayMessages{}, CutLink{},
                             Pause{}, Partition{}, SwizzleHosts{}, ResetLink{},     CrashAtWrite{}};
  for (size_t index = 0; index < kLinkWords.size(); ++index) {
    all.emplace_back(ImpairLink{.trouble = static_cast<LinkTrouble>(index)});
  }
  for (size_t index = 0; index < kDiskWords.size(); ++index) {
    all.emplace_back(DiskFault{.trouble = static_cast<DiskTrouble>(index)});
  }
  for (size_t index = 0; index < kVolumeWords.size(); ++index) {
    all.emplace_back(VolumeFault{.trouble = static_cast<VolumeTrouble>(index)});
  }
  for (size_t index = 0; index < kClockWords.size(); ++index) {
    all.emplace_back(ClockFault{.trouble = static_cast<ClockTrouble>(index)});
  }
  for (size_t index = 0; index < kCodeWords.size(); ++index) {
    all.emplace_back(OperatorFault{.trouble = static_cast<CodeTrouble>(index)});
  }
  return all;
}

}  // namespace

std::string_view KindOf(const Action& action) { return std::visit(KindName(), action); }

std::optional<Action> ActionOfKind(std::string_view kind) {
  for (Action& action : AllKinds()) {
    if (KindOf(action) == kind) {
      return std::move(action);
    }
  }
  return std::nullopt;
}

std::string TargetOf(const Action& action) {
  return std::visit(
      [](const auto& what) -> std::string {
        if constexpr (requires { what.process; }) {
          return what.process;
        } else if constexpr (requires { what.from; }) {
          bool one_way = false;
          if constexpr (requires { what.to_only; }) {
            one_way = what.to_only;
          }
          return fmt::format("{}{}{}", what.from, one_way ? ">" : "/", what.to);
        } else if constexpr (requires { what.group; }) {
          return fmt::format("{}{}{}", fmt::join(what.group, "+"), what.to_only ? ">" : "/",
                             fmt::join(what.others, "+"));
        } else if constexpr (requires { what.hosts; }) {
          return fmt::format("{}", fmt::join(what.hosts, "+"));
        } else if constexpr (requires { what.disk; }) {
          return what.disk;
        } else if constexpr (requires { what.host; }) {
          return what.host;
        } else if constexpr (requires { what.operator_name; }) {
          return what.operator_name;
        } else {
          return std::string(kSharedVolume);
        }
      },
      action);
}

std::vector<std::string_view> StruckBy(const Action& action) {
  return std::visit(
      [](const auto& what) -> std::vector<std::string_view> {
        if constexpr (requires { what.process; }) {
          return {what.process};
        } else if constexpr (requires { what.from; }) {
          return {what.from, what.to};
        } else if constexpr (requires { what.group; }) {
          std::vector<std::string_view> all(what.group.begin(), what.group.end());
          all.insert(all.end(), what.others.begin(), what.others.end());
          return all;
        } else if constexpr (requires { what.hosts; }) {
          return {what.hosts.begin(), what.hosts.end()};
        } else if constexpr (requires { what.disk; }) {
          return what.disk == kSharedVolume ? std::vector<std::string_view>()
                                            : std::vector<std::string_view>{what.disk};
        } else if constexpr (requires { what.host; }) {
          return {what.host};
        } else {
          return {};
        }
      },
      action);
}

}  // namespace flinch::faults
