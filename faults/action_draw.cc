#include "faults/action_draw.h"

#include <array>
#include <optional>
#include <utility>
#include <variant>

#include "sim/check.h"

namespace flinch::faults {
namespace {

using namespace std::chrono_literals;

constexpr auto kOtherRatios = std::to_array<uint32_t>({1, 5, 10, 25, 50});
constexpr auto kByteRates = std::to_array<uint64_t>({2'000, 20'000, 200'000});
constexpr auto kOperationRates = std::to_array<uint64_t>({10, 50, 200});
constexpr auto kDrifts = std::to_array<uint64_t>({200, 10'000, 300'000});
constexpr auto kDiskSizes = std::to_array<uint64_t>({1'000, 10'000, 100'000});
constexpr uint64_t kWritesMax = 30;
// A wall clock that is set: by NTP, by hand, by a wrong time zone.
constexpr auto kClockJumps = std::to_array<sim::Duration>({100ms, 5s, 5min, 1h});
constexpr sim::Ratio kEvenChance = {.numerator = 1, .denominator = 2};

// The kinds that are drawn in ways of their own.
constexpr auto kOwnWay = std::to_array<std::string_view>(
    {"crash", "restart", "drop", "delay", "cut", "operator_error", "operator_slow"});

// Draws one parameter of an action after the other, each from a stream of its name.
class ParameterDraw {
 public:
  ParameterDraw(const SwarmOptions& options, std::string_view kind, const sim::Random& random)
      : options_(options), kind_(kind), random_(random) {}

  void operator()(std::string_view key, sim::Ratio& ratio) const {
    ratio = {.numerator = Pick(key, kOtherRatios), .denominator = 100};
  }

  void operator()(std::string_view key, sim::Duration& span) const {
    if (kind_ == "clock_jump") {
      span = Pick(key, kClockJumps);
      return;
    }
    const bool is_length = key == "for";
    span = Draw(key, is_length ? options_.link() : options_.delay());
  }

  void operator()(std::string_view key, std::optional<sim::Duration>& span) const {
    if (key == "for") {
      // Once, or for so long.
      span = Flip("lasts") ? std::optional(Draw(key, options_.link())) : std::nullopt;
      return;
    }
    span = Draw(key, options_.restart());
  }

  void operator()(std::string_view key, uint64_t& number) const {
    if (key == "nth") {
      number = 1 + random_.Split(key).Below(kWritesMax);
    } else if (key == "ppm") {
      number = Pick(key, kDrifts);
    } else if (key == "bytes") {
      number = Pick(key, kDiskSizes);
    } else {
      number = key == "bytes_per_second" ? Pick(key, kByteRates) : Pick(key, kOperationRates);
    }
  }

  void operator()(std::string_view, std::string&) const {}  // the path: drawn with its disk

  // Wrong bytes may do anything to whom carries no checksum: they are asked for by hand.
  void operator()(std::string_view key, bool& flag) const {
    flag = key != "undetected" && Flip(key);
  }

  void operator()(std::string_view key, sim::CrashStyle& style) const {
    style = Flip(key) ? sim::CrashStyle::kSilent : sim::CrashStyle::kProcess;
  }

  void operator()(std::string_view key, sim::PausedTimers& timers) const {
    timers = Flip(key) ? sim::PausedTimers::kFrozen : sim::PausedTimers::kRunning;
  }

  bool Flip(std::string_view key) const { return random_.Split(key).Chance(kEvenChance); }

 private:
  sim::Duration Draw(std::string_view key, const SpanBounds& bounds) const {
    return random_.Split(key).Between(bounds.min, bounds.max);
  }

  template <typename Choices>
  typename Choices::value_type Pick(std::string_view key, const Choices& choices) const {
    return choices[random_.Split(key).Below(choices.size())];
  }

  const SwarmOptions& options_;
  const std::string_view kind_;
  const sim::Random random_;
};

// Which hosts besides the first stand on its side of a partition or are swizzled: each by chance.
std::vector<std::string> DrawGroup(const SwarmOptions& options, const Victims& victims,
                                   const sim::Random& random, bool rest) {
  std::vector<std::string> group;
  for (const std::string& host : options.hosts) {
    const bool is_in =
        host == victims.first ||
        (host != victims.second && random.Split("side").Split(host).Chance(kEvenChance));
    if (is_in != rest) {
      group.push_back(host);
    }
  }
  return group;
}

// One kind of files of the shared volume, or all of it.
std::string DrawPath(const SwarmOptions& options, const sim::Random& random) {
  return options.volume_paths.empty() || random.Split("all_files").Chance(kEvenChance)
             ? std::string()
             : options.volume_paths[random.Split("path").Below(options.volume_paths.size())];
}

template <typename AnyAction>
void Aim(AnyAction& action, const SwarmOptions& options, const Victims& victims,
         const sim::Random& random, std::string_view family) {
  if constexpr (requires { action.process; }) {
    action.process = victims.first;
  } else if constexpr (requires { action.from; }) {
    action.from = victims.first;
    action.to = victims.second;
  } else if constexpr (requires { action.group; }) {
    action.group = DrawGroup(options, victims, random, false);
    action.others = DrawGroup(options, victims, random, true);
  } else if constexpr (requires { action.hosts; }) {
    action.hosts = DrawGroup(options, victims, random, false);
  } else if constexpr (requires { action.disk; }) {
    const std::vector<std::string>& hosts = options.disk_hosts;
    const bool on_host =
        !hosts.empty() && (family == "disk" || random.Split("disk").Chance(kEvenChance));
    action.disk =
        on_host ? hosts[random.Split("disk_host").Below(hosts.size())] : std::string(kSharedVolume);
    if constexpr (requires { action.path; }) {
      action.path = on_host ? std::string() : DrawPath(options, random);
    }
  } else if constexpr (requires { action.host; }) {
    action.host = victims.first;
  } else if constexpr (requires { action.operator_name; }) {
    const std::vector<std::string>& names =
        victims.operators.empty() ? options.operators : victims.operators;
    sim::Check(!names.empty(), "there is no operator whose code could fail");
    action.operator_name = names[random.Split("operator").Below(names.size())];
  }
}

}  // namespace

std::vector<std::string_view> KindsOf(const SwarmOptions& options, std::string_view family) {
  std::vector<std::string_view> kinds;
  for (const FaultInfo& fault : kFaultCatalogue) {
    const bool is_other = !IsOneOf(fault.kind, kOwnWay) &&
                          (fault.kind != "reset" || options.connected_hosts.size() >= 2);
    // A crash at a write comes when it comes; who asks for a family wants it now.
    const bool is_asked =
        family.empty() ? is_other : fault.family == family && fault.kind != "crash_at_write";
    if (is_asked && (options.damages_storage || !IsOneOf(fault.kind, kDamagingKinds))) {
      kinds.push_back(fault.kind);
    }
  }
  return kinds;
}

Action DrawActionOfKind(const SwarmOptions& options, std::string_view kind, const Victims& victims,
                        const sim::Random& random, std::string_view family) {
  Action action = *ActionOfKind(kind);
  std::visit(
      [&](auto& what) {
        Aim(what, options, victims, random, family);
        VisitParameters(what, ParameterDraw(options, kind, random));
      },
      action);
  return action;
}

std::vector<std::string_view> DrawableKinds(const SwarmOptions& options, std::string_view family) {
  return KindsOf(options, family);
}

Action DrawAction(const SwarmOptions& options, std::string_view family, const Victims& victims,
                  const sim::Random& random) {
  const std::vector<std::string_view> kinds = KindsOf(options, family);
  sim::Check(!kinds.empty(), "there is no fault of the family {}", family);
  const std::string_view kind = kinds[random.Split("kind").Below(kinds.size())];
  return DrawActionOfKind(options, kind, victims, random, family);
}

}  // namespace flinch::faults
