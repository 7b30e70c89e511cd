// A process's environment whose shared volume fails when the test says so.
//
// A failed operation either did nothing, or was carried out and the answer lost: both happen with
// real volumes, and callers cannot tell.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sim/environment.h"

namespace flinch::tests {

enum class Outcome : uint8_t { kRefused, kDoneUnanswered };

class FlakyVolume final : public sim::FileSystem {
 public:
  explicit FlakyVolume(sim::FileSystem& volume) : volume_(&volume) {}

  // The next `count` operations that change something fail.
  void FailNext(int count, Outcome outcome) {
    failures_ = count;
    outcome_ = outcome;
  }

  // Lets `count` changing operations succeed first.
  void SparingNext(int count) { spared_ = count; }

  int failures_left() const { return failures_; }

  sim::Result<std::unique_ptr<sim::File>> Open(std::string_view path, sim::OpenMode mode) override;
  sim::Result<std::unique_ptr<sim::File>> OpenForAppend(std::string_view path) override;
  sim::Result<std::unique_ptr<sim::File>> Create(std::string_view path) override;
  sim::Result<sim::Bytes> Read(std::string_view path) override;
  sim::Result<sim::Bytes> ReadAt(std::string_view path, sim::ByteRange range) override;
  sim::Result<uint64_t> Size(std::string_view path) override;
  sim::Result<void> Rename(std::string_view from, std::string_view to) override;
  sim::Result<void> Remove(std::string_view path) override;
  sim::Result<void> SyncDirectory(std::string_view directory) override;
  sim::Result<std::vector<std::string>> List(std::string_view directory) override;
  sim::Result<bool> PutIfAbsent(std::string_view path, std::string_view bytes) override;
  sim::Result<void> MakeDirectory(std::string_view directory) override;
  sim::Result<void> RemoveDirectory(std::string_view directory) override;
  sim::Result<std::vector<sim::DirectoryEntry>> Entries(std::string_view directory) override;

  // Never fails.
  sim::FileSystem& AtOnce() override { return volume_->AtOnce(); }

  void Settle() override { volume_->Settle(); }

 private:
  bool Fails();

  sim::FileSystem* volume_;
  int spared_ = 0;
  int failures_ = 0;
  Outcome outcome_ = Outcome::kRefused;
};

class FlakyEnvironment final : public sim::Environment {
 public:
  explicit FlakyEnvironment(sim::Environment& real) : real_(real), volume_(real.shared()) {}

  FlakyVolume& volume() { return volume_; }

  std::string_view process_name() const override { return real_.process_name(); }

  std::string_view host_name() const override { return real_.host_name(); }

  uint32_t incarnation() const override { return real_.incarnation(); }

  sim::SimTime Now() const override { return real_.Now(); }

  sim::WallTime WallNow() const override { return real_.WallNow(); }

  void Sleep(sim::Duration span) override { real_.Sleep(span); }

  void Yield() override { real_.Yield(); }

  sim::FiberId Spawn(std::string_view name, std::move_only_function<void()> body) override {
    return real_.Spawn(name, std::move(body));
  }

  sim::FiberId CurrentFiber() const override { return real_.CurrentFiber(); }

  bool Park(sim::SimTime deadline, std::string_view reason,
            const sim::WaitDetail* detail) override {
    return real_.Park(deadline, reason, detail);
  }

  void Unpark(sim::FiberId fiber) override { real_.Unpark(fiber); }

  sim::Random RandomStream(std::string_view name) override { return real_.RandomStream(name); }

  sim::Network& network() override { return real_.network(); }

  sim::FileSystem& disk() override { return real_.disk(); }

  sim::FileSystem& shared() override { return volume_; }

  sim::EventId Trace(std::string_view kind, std::initializer_list<sim::Field> fields) override {
    return real_.Trace(kind, fields);
  }

 private:
  sim::Environment& real_;
  FlakyVolume volume_;
};

}  // namespace flinch::tests
