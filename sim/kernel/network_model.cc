#include "sim/kernel/network_model.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "sim/check.h"
#include "sim/kernel/kernel.h"
#include "sim/kernel/process_environment.h"

namespace flinch::sim {
namespace {

void CheckValid(const LinkCondition& condition) {
  const Result<void> valid = Validate(condition);
  Check(valid.has_value(), "the condition of a link is not valid: {}",
        valid ? std::string() : valid.error().message);
}

// The number of what SetLink sets: what it finds, it ends.
constexpr TroubleId kSet(0);

// Whether "fault.link" says all of it with cut, loss and delay.
bool IsPlain(const LinkCondition& condition) {
  return condition ==
         LinkCondition{.cut = condition.cut, .loss = condition.loss, .delay = condition.delay};
}

}  // namespace

void NetworkModel::CheckApart(HostId from, HostId to) const {
  Check(from != to, "the path of host {} to itself gets a condition, but is never impaired",
        links_.NameOf(from));
}

void NetworkModel::Reserve(size_t hosts) {
  links_.Reserve(hosts);
  messages_.Reserve(hosts);
  connections_.Reserve(hosts);
}

void NetworkModel::AddHost(std::string_view name) {
  links_.AddHost(name);
  messages_.AddHost();
  connections_.AddHost();
}

void NetworkModel::Drop(const Incarnation& owner, CrashStyle style) {
  messages_.Drop(owner);
  connections_.Drop(owner, style);
}

void NetworkModel::CheckHosts(std::span<const HostId> hosts) const {
  for (const HostId host : hosts) {
    Check(host.value() < links_.hosts(), "a fault names host {} of {}", host.value(),
          links_.hosts());
  }
}

std::string NetworkModel::NamesOf(std::span<const HostId> hosts) const {
  std::string names;
  for (const HostId host : hosts) {
    names += names.empty() ? "" : " ";
    names += links_.NameOf(host);
  }
  return names;
}

void NetworkModel::TraceLink(HostId from, HostId to, const LinkCondition& condition) {
  const std::string loss =
      fmt::format("{}/{}", condition.loss.numerator, condition.loss.denominator);
  const std::string shown = Show(condition);
  const Field fields[] = {{"from", links_.NameOf(from)},
                          {"to", links_.NameOf(to)},
                          {"cut", condition.cut},
                          {"loss", loss},
                          {"delay_ns", condition.delay.count()},
                          {"condition", shown}};
  kernel_.Trace("fault.link", std::span(fields).first(IsPlain(condition) ? 5 : 6));
}

void NetworkModel::TraceLinks(std::span<const HostId> from, std::span<const HostId> to,
                              std::string_view condition) {
  const std::string from_names = NamesOf(from);
  const std::string to_names = NamesOf(to);
  const Field fields[] = {{"from", from_names}, {"to", to_names}, {"condition", condition}};
  kernel_.Trace("fault.links", fields);
}

void NetworkModel::Revise() {
  messages_.Revise();
  connections_.Revise();
}

TroubleId NetworkModel::Begin(std::vector<Links> links, const LinkCondition& condition) {
  CheckValid(condition);
  for (const Links& some : links) {
    CheckHosts(some.from);
    CheckHosts(some.to);
  }
  const TroubleId trouble(++troubles_begun_);
  troubles_.emplace(trouble, Trouble{.links = std::move(links), .condition = condition});
  return trouble;
}

bool NetworkModel::SetTroubles(TroubleId trouble, const Links& links,
                               const LinkCondition& condition) {
  bool has_changed = false;
  for (const HostId from : links.from) {
    for (const HostId to : links.to) {
      has_changed |= from != to && links_.SetTrouble(from, to, trouble, condition, kernel_.now());
    }
  }
  return has_changed;
}

TroubleId NetworkModel::Impair(HostId from, HostId to, const LinkCondition& condition) {
  CheckHosts(std::array{from, to});
  CheckApart(from, to);
  const TroubleId trouble = Begin({{.from = {from}, .to = {to}}}, condition);
  links_.SetTrouble(from, to, trouble, condition, kernel_.now());
  TraceLink(from, to, LinkCondition(links_.ConditionOf(from, to)));
  Revise();
  return trouble;
}

TroubleId NetworkModel::Impair(std::span<const HostId> from, std::span<const HostId> to,
                               const LinkCondition& condition) {
  const Links links{.from = {from.begin(), from.end()}, .to = {to.begin(), to.end()}};
  const TroubleId trouble = Begin({links}, condition);
  SetTroubles(trouble, links, condition);
  TraceLinks(from, to, Show(condition));
  Revise();
  return trouble;
}

void NetworkModel::EndTrouble(TroubleId trouble) {
  const auto found = troubles_.find(trouble);
  if (found == troubles_.end()) {
    return;
  }
  const Trouble ended = std::move(found->second);
  troubles_.erase(found);
  for (const Links& links : ended.links) {
    if (!SetTroubles(trouble, links, {})) {
      continue;
    }
    if (links.from.size() == 1 && links.to.size() == 1) {
      TraceLink(links.from[0], links.to[0],
                LinkCondition(links_.ConditionOf(links.from[0], links.to[0])));
    } else {
      TraceLinks(links.from, links.to, fmt::format("{} is over", Show(ended.condition)));
    }
  }
  Revise();
}

void NetworkModel::SetLink(HostId from, HostId to, const LinkCondition& condition) {
  CheckValid(condition);
  CheckHosts(std::array{from, to});
  CheckApart(from, to);
  TraceLink(from, to, condition);
  links_.SetOnlyTrouble(from, to, kSet, condition, kernel_.now());
  Revise();
}

void NetworkModel::SetLinks(std::span<const HostId> from, std::span<const HostId> to,
                            const LinkCondition& condition) {
  CheckValid(condition);
  CheckHosts(from);
  CheckHosts(to);
  TraceLinks(from, to, Show(condition));
  for (const HostId sender : from) {
    for (const HostId receiver : to) {
      if (sender != receiver) {
        links_.SetOnlyTrouble(sender, receiver, kSet, condition, kernel_.now());
      }
    }
  }
  Revise();
}

std::vector<HostId> NetworkModel::OthersThan(HostId host, std::span<const HostId> except) const {
  std::vector<HostId> others;
  for (uint32_t other = 0; other < links_.hosts(); ++other) {
    if (HostId(other) != host && std::ranges::find(except, HostId(other)) == except.end()) {
      others.emplace_back(other);
    }
  }
  return others;
}

void NetworkModel::SetHost(HostId host, Direction direction, const LinkCondition& condition) {
  const std::vector<HostId> others = OthersThan(host);
  if (direction != Direction::kTo) {
    SetLinks(std::array{host}, others, condition);
  }
  if (direction != Direction::kFrom) {
    SetLinks(others, std::array{host}, condition);
  }
}

TroubleId NetworkModel::Partition(std::span<const HostId> left, std::span<const HostId> right,
                                  InFlight in_flight) {
  const Links there{.from = {left.begin(), left.end()}, .to = {right.begin(), right.end()}};
  const Links back{.from = there.to, .to = there.from};
  const LinkCondition cut{.cut = true, .in_flight = in_flight};
  const TroubleId trouble = Begin({there, back}, cut);
  for (const Links& links : {there, back}) {
    SetTroubles(trouble, links, cut);
    TraceLinks(links.from, links.to, Show(cut));
    Revise();
  }
  return trouble;
}

size_t NetworkModel::ResetConnections(HostId first, HostId second, ResetEnds ends) {
  CheckHosts(std::array{first, second});
  const Field fields[] = {{"first", links_.NameOf(first)},
                          {"second", links_.NameOf(second)},
                          {"ends", ends == ResetEnds::kBoth ? "both" : "first"}};
  kernel_.Trace("fault.reset", fields);
  return connections_.Reset(first, second, ends);
}

std::vector<HostId> NetworkModel::Shuffled(std::span<const HostId> hosts) {
  std::vector<HostId> order(hosts.begin(), hosts.end());
  for (size_t left = order.size(); left > 1; --left) {
    const uint64_t chosen = swizzle_->Below(left);
    std::swap(order[chosen], order[left - 1]);
  }
  return order;
}

TroubleId NetworkModel::StartSwizzle(std::span<const HostId> group, const Swizzle& swizzle) {
  Check(swizzle.span >= Duration(0), "a swizzle takes {} ns", swizzle.span.count());
  CheckHosts(group);
  std::vector<Links> links;
  for (const HostId host : group) {
    links.push_back({.from = {host}, .to = OthersThan(host)});
    links.push_back({.from = OthersThan(host), .to = {host}});
  }
  const TroubleId trouble = Begin(std::move(links), swizzle.condition);
  const std::string names = NamesOf(group);
  const std::string shown = Show(swizzle.condition);
  const Field fields[] = {
      {"hosts", names}, {"span_ns", swizzle.span.count()}, {"condition", shown}};
  kernel_.Trace("fault.swizzle", fields);
  if (!swizzle_) {
    swizzle_ = choices_.Point("network.swizzle", "world");
  }
  const std::vector<HostId> down = Shuffled(group);
  std::vector<HostId> up = Shuffled(group);
  if (up == down && up.size() > 1) {
    std::ranges::rotate(up, up.begin() + 1);
  }
  const size_t steps = group.size() * 2;
  for (size_t step = 0; step < steps; ++step) {
    const bool impairs = step < group.size();
    const HostId host = impairs ? down[step] : up[step - group.size()];
    // The links to hosts that are still impaired stay so.
    const auto still =
        impairs ? up.end() : up.begin() + static_cast<std::ptrdiff_t>(step - group.size() + 1);
    const Duration when =
        swizzle.span / static_cast<int64_t>(steps - 1) * static_cast<int64_t>(step);
    kernel_.At(
        Later(kernel_.now(), when),
        [this, trouble, host, except = std::vector<HostId>(still, up.end()),
         condition = impairs ? swizzle.condition : LinkCondition{}, is_last = step + 1 == steps] {
          if (troubles_.contains(trouble)) {
            SwizzleHost(trouble, host, except, condition);
          }
          if (is_last) {
            troubles_.erase(trouble);
          }
        });
  }
  return trouble;
}

void NetworkModel::SwizzleHost(TroubleId swizzle, HostId host, std::span<const HostId> except,
                               const LinkCondition& condition) {
  const std::vector<HostId> others = OthersThan(host, except);
  for (const Links& links :
       {Links{.from = {host}, .to = others}, Links{.from = others, .to = {host}}}) {
    TraceLinks(links.from, links.to, Show(condition));
    SetTroubles(swizzle, links, condition);
    Revise();
  }
}

void NetworkModel::Heal() {
  kernel_.Trace("fault.heal", {});
  troubles_.clear();
  for (const auto& [from, to] : links_.Impaired()) {
    links_.SetOnlyTrouble(from, to, kSet, {}, kernel_.now());
  }
  Revise();
}

uint16_t NetworkModel::FreePort(HostId host) {
  // The lowest: what was under way to its last owner comes to the next one.
  for (uint32_t port = kFirstFreePort; port <= UINT16_MAX; ++port) {
    const Address address{host, static_cast<uint16_t>(port)};
    if (!messages_.IsInUse(address) && !connections_.IsInUse(address)) {
      return address.port;
    }
  }
  Unreachable("host {} has no free port left", host.value());
}

}  // namespace flinch::sim
