// The network between hosts: links, what travels over them, and the acts that change them.
//
// Latency is drawn per direction of a link from its own choice point, each trouble from another, so
// that a fault on one link moves no draw elsewhere. One-way messages of one link may overtake each
// other. Frames of a connection do not; while its link carries nothing they are held, as a
// retransmitting transport would, and leave when it is whole again.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/kernel/connection_model.h"
#include "sim/kernel/link_table.h"
#include "sim/kernel/message_model.h"
#include "sim/network.h"

namespace flinch::sim {

class Kernel;
struct Incarnation;

class NetworkModel {
 public:
  NetworkModel(Kernel& kernel, const LinkOptions& options, const Choices& choices)
      : kernel_(kernel),
        choices_(choices),
        links_(options, choices),
        messages_(kernel, links_),
        connections_(kernel, links_) {}

  // Makes room for so many hosts.
  void Reserve(size_t hosts);
  void AddHost(std::string_view name);
  // Everything that an incarnation had open is gone.
  void Drop(const Incarnation& owner, CrashStyle style);

  void OnBoot(ProcessId process) { connections_.OnBoot(process); }

  // Pending events.
  void DeliverMessage(uint32_t index) { messages_.Deliver(index); }

  void OnPipeEvent(uint32_t slot, uint64_t detail) { connections_.OnEvent(slot, detail); }

  // The experimenter's acts; see sim/world/world.h.
  TroubleId Impair(HostId from, HostId to, const LinkCondition& condition);
  TroubleId Impair(std::span<const HostId> from, std::span<const HostId> to,
                   const LinkCondition& condition);
  void EndTrouble(TroubleId trouble);
  void SetLink(HostId from, HostId to, const LinkCondition& condition);
  void SetLinks(std::span<const HostId> from, std::span<const HostId> to,
                const LinkCondition& condition);
  void SetHost(HostId host, Direction direction, const LinkCondition& condition);
  TroubleId Partition(std::span<const HostId> left, std::span<const HostId> right,
                      InFlight in_flight);
  size_t ResetConnections(HostId first, HostId second, ResetEnds ends);
  TroubleId StartSwizzle(std::span<const HostId> group, const Swizzle& swizzle);
  void Heal();

  // For a report (network_report.cc): the other end of a connection, and all that is queued.
  std::optional<ConnectionPeer> PeerOf(uint64_t end) const { return connections_.PeerOf(end); }

  void Explain(StuckReport& report) const;

  // For the door.
  uint16_t FreePort(HostId host);

  MessageModel& messages() { return messages_; }

  const MessageModel& messages() const { return messages_; }

  ConnectionModel& connections() { return connections_; }

 private:
  // The range that a caller gets who names no port.
  static constexpr uint16_t kFirstFreePort = 49152;

  // All links from one to another.
  struct Links {
    std::vector<HostId> from;
    std::vector<HostId> to;
  };

  // What an act impaired that has not ended.
  struct Trouble {
    std::vector<Links> links;
    LinkCondition condition;
  };

  TroubleId Begin(std::vector<Links> links, const LinkCondition& condition);
  // Whether what ails one of these links has changed.
  bool SetTroubles(TroubleId trouble, const Links& links, const LinkCondition& condition);
  void TraceLink(HostId from, HostId to, const LinkCondition& condition);
  void TraceLinks(std::span<const HostId> from, std::span<const HostId> to,
                  std::string_view condition);
  void Revise();
  // Links to and from a host change, without those to hosts for which the same still holds.
  void SwizzleHost(TroubleId swizzle, HostId host, std::span<const HostId> except,
                   const LinkCondition& condition);
  std::vector<HostId> OthersThan(HostId host, std::span<const HostId> except = {}) const;
  std::vector<HostId> Shuffled(std::span<const HostId> hosts);
  void CheckHosts(std::span<const HostId> hosts) const;
  void CheckApart(HostId from, HostId to) const;
  std::string NamesOf(std::span<const HostId> hosts) const;

  Kernel& kernel_;
  const Choices& choices_;
  LinkTable links_;
  MessageModel messages_;
  ConnectionModel connections_;
  std::optional<ChoicePoint> swizzle_;  // from the first swizzle on
  std::map<TroubleId, Trouble> troubles_;
  uint64_t troubles_begun_ = 0;
};

// The network as one process sees it.
class NetworkDoor final : public Network {
 public:
  NetworkDoor(Kernel& kernel, Incarnation& incarnation)
      : kernel_(kernel), incarnation_(incarnation) {}

  std::optional<Address> Resolve(std::string_view host, uint16_t port) const override;
  Result<std::unique_ptr<Socket>> Bind(uint16_t port) override;
  Result<std::unique_ptr<Listener>> Listen(uint16_t port) override;
  Result<std::unique_ptr<Connection>> Connect(Address to, Duration timeout) override;

 private:
  Kernel& kernel_;
  Incarnation& incarnation_;
};

}  // namespace flinch::sim
