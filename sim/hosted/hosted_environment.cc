#include "sim/hosted/hosted_environment.h"

#include <utility>

#include "sim/hosted/hosted_process.h"

namespace flinch::sim {
namespace {

// A thing of the world that the process holds: the base of its door.
template <typename Thing>
class Door {
 public:
  Door(HostedProcess& process, Thing& thing, uint64_t number)
      : process_(process), thing_(thing), number_(number) {}

  ~Door() {
    process_.Outside([this](HostedThread&) { process_.LetGo(number_); });
  }

  Door(const Door&) = delete;
  Door& operator=(const Door&) = delete;

 protected:
  template <typename Call>
  auto Ask(Call call) const {
    return process_.Outside([&](HostedThread&) { return call(thing_); });
  }

  HostedProcess& process() const { return process_; }

 private:
  HostedProcess& process_;
  Thing& thing_;
  uint64_t number_;
};

// What `call` hands out, behind a door of type `DoorTo`.
template <typename DoorTo, typename Thing, typename Call>
Result<std::unique_ptr<Thing>> OpenDoor(HostedProcess& process, Call call) {
  struct Opened {
    Thing* thing = nullptr;
    uint64_t number = 0;
  };

  const Result<Opened> opened = process.Outside([&](HostedThread&) -> Result<Opened> {
    Result<std::unique_ptr<Thing>> result = call();
    if (!result) {
      return std::unexpected(std::move(result).error());
    }
    Thing* const thing = result->get();
    return Opened{.thing = thing, .number = process.Keep(std::move(*result))};
  });
  if (!opened) {
    return std::unexpected(opened.error());
  }
  return std::make_unique<DoorTo>(process, *opened->thing, opened->number);
}

class FileDoor final : public File, private Door<File> {
 public:
  using Door::Door;

  Result<void> Append(std::string_view bytes) override {
    return Ask([&](File& file) { return file.Append(bytes); });
  }

  Result<void> WriteAt(uint64_t offset, std::string_view bytes) override {
    return Ask([&](File& file) { return file.WriteAt(offset, bytes); });
  }

  Result<void> Truncate(uint64_t size) override {
    return Ask([&](File& file) { return file.Truncate(size); });
  }

  Result<void> Sync() override {
    return Ask([](File& file) { return file.Sync(); });
  }

  Result<Bytes> ReadAt(ByteRange range) override {
    return Ask([&](File& file) { return file.ReadAt(range); });
  }

  Result<uint64_t> Size() override {
    return Ask([](File& file) { return file.Size(); });
  }

  Result<bool> Lock(LockKind kind) override {
    return Ask([&](File& file) { return file.Lock(kind); });
  }

  Result<void> Unlock() override {
    return Ask([](File& file) { return file.Unlock(); });
  }
};

class SocketDoor final : public Socket, private Door<Socket> {
 public:
  using Door::Door;

  Address address() const override {
    return Ask([](Socket& socket) { return socket.address(); });
  }

  void Send(Address to, Bytes payload) override {
    Ask([&](Socket& socket) { socket.Send(to, Bytes(std::as_const(payload))); });
  }

  Result<Message> Receive(SimTime deadline) override {
    return Ask([&](Socket& socket) { return socket.Receive(deadline); });
  }

  void Close() override {
    Ask([](Socket& socket) { socket.Close(); });
  }
};

class ConnectionDoor final : public Connection, private Door<Connection> {
 public:
  using Door::Door;

  Address peer() const override {
    return Ask([](Connection& connection) { return connection.peer(); });
  }

  Result<void> Send(Bytes frame) override {
    return Ask(
        [&](Connection& connection) { return connection.Send(Bytes(std::as_const(frame))); });
  }

  Result<Bytes> Receive(SimTime deadline) override {
    return Ask([&](Connection& connection) { return connection.Receive(deadline); });
  }

  void Close() override {
    Ask([](Connection& connection) { connection.Close(); });
  }
};

class ListenerDoor final : public Listener, private Door<Listener> {
 public:
  ListenerDoor(HostedProcess& process, Listener& listener, uint64_t number)
      : Door(process, listener, number), listener_(listener) {}

  Address address() const override {
    return Ask([](Listener& listener) { return listener.address(); });
  }

  Result<std::unique_ptr<Connection>> Accept(SimTime deadline) override {
    return OpenDoor<ConnectionDoor, Connection>(process(),
                                                [&] { return listener_.Accept(deadline); });
  }

 private:
  Listener& listener_;
};

}  // namespace

// ---- Disks --------------------------------------------------------------------------------------

Result<std::unique_ptr<File>> HostedFileSystem::Open(std::string_view path, OpenMode mode) {
  return OpenDoor<FileDoor, File>(process_, [&] { return volume_.Open(path, mode); });
}

Result<std::unique_ptr<File>> HostedFileSystem::OpenForAppend(std::string_view path) {
  return OpenDoor<FileDoor, File>(process_, [&] { return volume_.OpenForAppend(path); });
}

Result<std::unique_ptr<File>> HostedFileSystem::Create(std::string_view path) {
  return OpenDoor<FileDoor, File>(process_, [&] { return volume_.Create(path); });
}

Result<Bytes> HostedFileSystem::Read(std::string_view path) {
  return process_.Outside([&](HostedThread&) { return volume_.Read(path); });
}

Result<Bytes> HostedFileSystem::ReadAt(std::string_view path, ByteRange range) {
  return process_.Outside([&](HostedThread&) { return volume_.ReadAt(path, range); });
}

Result<uint64_t> HostedFileSystem::Size(std::string_view path) {
  return process_.Outside([&](HostedThread&) { return volume_.Size(path); });
}

Result<void> HostedFileSystem::Rename(std::string_view from, std::string_view to) {
  return process_.Outside([&](HostedThread&) { return volume_.Rename(from, to); });
}

Result<void> HostedFileSystem::Remove(std::string_view path) {
  return process_.Outside([&](HostedThread&) { return volume_.Remove(path); });
}

Result<void> HostedFileSystem::SyncDirectory(std::string_view directory) {
  return process_.Outside([&](HostedThread&) { return volume_.SyncDirectory(directory); });
}

Result<std::vector<std::string>> HostedFileSystem::List(std::string_view directory) {
  return process_.Outside([&](HostedThread&) { return volume_.List(directory); });
}

Result<bool> HostedFileSystem::PutIfAbsent(std::string_view path, std::string_view bytes) {
  return process_.Outside([&](HostedThread&) { return volume_.PutIfAbsent(path, bytes); });
}

Result<void> HostedFileSystem::MakeDirectory(std::string_view directory) {
  return process_.Outside([&](HostedThread&) { return volume_.MakeDirectory(directory); });
}

Result<void> HostedFileSystem::RemoveDirectory(std::string_view directory) {
  return process_.Outside([&](HostedThread&) { return volume_.RemoveDirectory(directory); });
}

Result<std::vector<DirectoryEntry>> HostedFileSystem::Entries(std::string_view directory) {
  return process_.Outside([&](HostedThread&) { return volume_.Entries(directory); });
}

FileSystem& HostedFileSystem::AtOnce() {
  process_.Outside([this](HostedThread&) {
    if (!at_once_) {
      at_once_ = std::make_unique<HostedFileSystem>(process_, volume_.AtOnce());
    }
  });
  return *at_once_;
}

void HostedFileSystem::Settle() {
  process_.Outside([this](HostedThread&) { volume_.Settle(); });
}

// ---- Network ------------------------------------------------------------------------------------

std::optional<Address> HostedNetwork::Resolve(std::string_view host, uint16_t port) const {
  return process_.Outside([&](HostedThread&) { return network_.Resolve(host, port); });
}

Result<std::unique_ptr<Socket>> HostedNetwork::Bind(uint16_t port) {
  return OpenDoor<SocketDoor, Socket>(process_, [&] { return network_.Bind(port); });
}

Result<std::unique_ptr<Listener>> HostedNetwork::Listen(uint16_t port) {
  return OpenDoor<ListenerDoor, Listener>(process_, [&] { return network_.Listen(port); });
}

Result<std::unique_ptr<Connection>> HostedNetwork::Connect(Address to, Duration timeout) {
  return OpenDoor<ConnectionDoor, Connection>(process_,
                                              [&] { return network_.Connect(to, timeout); });
}

// ---- The rest -----------------------------------------------------------------------------------

HostedEnvironment::HostedEnvironment(HostedProcess& process, Environment& world)
    : process_(process),
      world_(world),
      network_(process, world.network()),
      disk_(process, world.disk()),
      shared_(process, world.shared()) {}

void HostedEnvironment::Sleep(Duration span) {
  process_.Outside([&](HostedThread&) { world_.Sleep(span); });
}

void HostedEnvironment::Yield() {
  process_.Outside([&](HostedThread&) { world_.Yield(); });
}

FiberId HostedEnvironment::Spawn(std::string_view name, std::move_only_function<void()> body) {
  return process_.SpawnFiber(name, std::move(body));
}

bool HostedEnvironment::Park(SimTime deadline, std::string_view reason, const WaitDetail* detail) {
  return process_.Outside([&](HostedThread&) { return world_.Park(deadline, reason, detail); });
}

void HostedEnvironment::Unpark(FiberId fiber) {
  process_.Outside([&](HostedThread&) { world_.Unpark(fiber); });
}

Random HostedEnvironment::RandomStream(std::string_view name) {
  return process_.Outside([&](HostedThread&) { return world_.RandomStream(name); });
}

EventId HostedEnvironment::Trace(std::string_view kind, std::initializer_list<Field> fields) {
  return process_.Outside([&](HostedThread&) { return world_.Trace(kind, fields); });
}

}  // namespace flinch::sim
