#include "scenarios/cli/process_snapshots.h"

#include <filesystem>
#include <map>
#include <optional>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "scenarios/cli/snapshot_folder.h"
#include "scenarios/input/input_file.h"
#include "scenarios/stage/kept_snapshots.h"
#include "sim/world/world.h"

namespace flinch::scenarios {

namespace {

namespace fs = std::filesystem;

// By path below the folder.
sim::Result<std::map<std::string, sim::Bytes>> ReadVolume(const std::string& folder) {
  std::map<std::string, sim::Bytes> files;
  std::error_code error;
  fs::create_directories(folder, error);
  fs::recursive_directory_iterator all(folder, error);
  for (; !error && all != fs::recursive_directory_iterator(); all.increment(error)) {
    if (all->is_directory(error)) {
      continue;
    }
    sim::Result<std::string> bytes = ReadWholeFile(all->path().string());
    if (!bytes) {
      return sim::Fail(bytes);
    }
    files["/" + all->path().lexically_relative(folder).string()] = *std::move(bytes);
  }
  if (error) {
    return sim::Fail(sim::ErrorCode::kIo,
                     fmt::format("The folder {} cannot be read: {}.", folder, error.message()));
  }
  return files;
}

}  // namespace

sim::Result<void> ProcessSnapshots(
    const std::string& folder,
    const std::function<sim::Result<void>(sim::FileSystem& volume)>& process) {
  const sim::Result<std::map<std::string, sim::Bytes>> before = ReadVolume(folder);
  if (!before) {
    return sim::Fail(before);
  }
  sim::World world({.seed = 1});
  for (const auto& [path, bytes] : *before) {
    world.PlaceSharedFile(path, bytes);
  }
  std::optional<sim::Result<void>> ended;
  world.AddProcess(world.AddHost("processor"), "processor",
                   [&](sim::Environment& environment) { ended = process(environment.shared()); });
  const sim::Outcome outcome = world.Run([&ended] { return ended.has_value(); });
  if (!ended) {
    return sim::Fail(sim::ErrorCode::kIo,
                     fmt::format("The processing of {} did not end: {}.", folder,
                                 outcome.violation ? outcome.violation->what : "it waits"));
  }
  if (!*ended) {
    return *ended;
  }
  KeptSnapshots changed;
  for (const std::string& path : world.ListShared("/")) {
    const std::optional<sim::Bytes> bytes = world.ReadSharedFile(path);
    const auto known = before->find(path);
    if (bytes && (known == before->end() || known->second != *bytes)) {
      changed.files[path] = *bytes;
    }
  }
  const auto written = WriteKept(folder, changed);
  return written ? sim::Result<void>() : sim::Fail(written);
}

sim::Result<void> KeepLog(sim::FileSystem& volume, std::string_view from, std::string_view to) {
  const sim::Result<sim::Bytes> log = volume.Read(fmt::format("{}/{}", from, kKeptLog));
  if (!log) {
    return log.error().code == sim::ErrorCode::kNotFound ? sim::Result<void>() : sim::Fail(log);
  }
  return sim::WriteDurably(volume, fmt::format("{}/{}", to, kKeptLog), *log);
}

}  // namespace flinch::scenarios
