// A process's door to the kernel: sim/environment.h for one incarnation.
#pragma once

#include <string>
#include <string_view>

#include "sim/environment.h"
#include "sim/kernel/network_model.h"
#include "sim/kernel/volume_door.h"

namespace flinch::sim {

class Kernel;
struct HostRecord;
struct Incarnation;

class ProcessEnvironment final : public Environment {
 public:
  ProcessEnvironment(Kernel& kernel, Incarnation& incarnation, HostRecord& host);

  std::string_view process_name() const override;
  std::string_view host_name() const override;
  uint32_t incarnation() const override;
  SimTime Now() const override;
  WallTime WallNow() const override;
  void Sleep(Duration span) override;
  void Yield() override;
  FiberId Spawn(std::string_view name, std::move_only_function<void()> body) override;
  FiberId CurrentFiber() const override;
  bool Park(SimTime deadline, std::string_view reason, const WaitDetail* detail) override;
  void Unpark(FiberId fiber) override;
  Random RandomStream(std::string_view name) override;

  Network& network() override { return network_; }

  FileSystem& disk() override { return disk_; }

  FileSystem& shared() override { return shared_; }

  EventId Trace(std::string_view kind, std::initializer_list<Field> fields) override;

  // For who hosts the process.
  Kernel& kernel() { return kernel_; }

  Incarnation& incarnation_record() { return incarnation_; }

  // For devices: waits for a span of the world's time, whatever the clocks of the host show.
  void AwaitDevice(Duration span);

 private:
  Kernel& kernel_;
  Incarnation& incarnation_;
  const HostRecord& host_;
  NetworkDoor network_;
  VolumeDoor disk_;
  VolumeDoor shared_;
};

}  // namespace flinch::sim
