// The world as a hosted process sees it: every call goes outside and comes back.
//
// What a call hands out (files, sockets, connections) belongs to the process's HostedProcess, and
// the process gets a door to it, in its own memory; so nothing is lost when the process is
// abandoned.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/environment.h"

namespace flinch::sim {

class HostedProcess;

class HostedFileSystem final : public FileSystem {
 public:
  HostedFileSystem(HostedProcess& process, FileSystem& volume)
      : process_(process), volume_(volume) {}

  Result<std::unique_ptr<File>> Open(std::string_view path, OpenMode mode) override;
  Result<std::unique_ptr<File>> OpenForAppend(std::string_view path) override;
  Result<std::unique_ptr<File>> Create(std::string_view path) override;
  Result<Bytes> Read(std::string_view path) override;
  Result<Bytes> ReadAt(std::string_view path, ByteRange range) override;
  Result<uint64_t> Size(std::string_view path) override;
  Result<void> Rename(std::string_view from, std::string_view to) override;
  Result<void> Remove(std::string_view path) override;
  Result<void> SyncDirectory(std::string_view directory) override;
  Result<std::vector<std::string>> List(std::string_view directory) override;
  Result<bool> PutIfAbsent(std::string_view path, std::string_view bytes) override;
  Result<void> MakeDirectory(std::string_view directory) override;
  Result<void> RemoveDirectory(std::string_view directory) override;
  Result<std::vector<DirectoryEntry>> Entries(std::string_view directory) override;
  FileSystem& AtOnce() override;
  void Settle() override;

 private:
  HostedProcess& process_;
  FileSystem& volume_;
  std::unique_ptr<HostedFileSystem> at_once_;  // made when it is asked for
};

class HostedNetwork final : public Network {
 public:
  HostedNetwork(HostedProcess& process, Network& network) : process_(process), network_(network) {}

  std::optional<Address> Resolve(std::string_view host, uint16_t port) const override;
  Result<std::unique_ptr<Socket>> Bind(uint16_t port) override;
  Result<std::unique_ptr<Listener>> Listen(uint16_t port) override;
  Result<std::unique_ptr<Connection>> Connect(Address to, Duration timeout) override;

 private:
  HostedProcess& process_;
  Network& network_;
};

class HostedEnvironment final : public Environment {
 public:
  HostedEnvironment(HostedProcess& process, Environment& world);

  std::string_view process_name() const override { return world_.process_name(); }

  std::string_view host_name() const override { return world_.host_name(); }

  uint32_t incarnation() const override { return world_.incarnation(); }

  SimTime Now() const override { return world_.Now(); }

  WallTime WallNow() const override { return world_.WallNow(); }

  void Sleep(Duration span) override;
  void Yield() override;
  FiberId Spawn(std::string_view name, std::move_only_function<void()> body) override;

  FiberId CurrentFiber() const override { return world_.CurrentFiber(); }

  bool Park(SimTime deadline, std::string_view reason, const WaitDetail* detail) override;
  void Unpark(FiberId fiber) override;
  Random RandomStream(std::string_view name) override;

  Network& network() override { return network_; }

  FileSystem& disk() override { return disk_; }

  FileSystem& shared() override { return shared_; }

  EventId Trace(std::string_view kind, std::initializer_list<Field> fields) override;

 private:
  HostedProcess& process_;
  Environment& world_;
  HostedNetwork network_;
  HostedFileSystem disk_;
  HostedFileSystem shared_;
};

}  // namespace flinch::sim
