// Variables of which each owner has its own values, one owner at a time where the code looks.
//
// A value is moved away and back as bytes, to the same place, so it may be of any type.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace flinch::sim {

class SwappedCopy;

// Where the variables lie. One object per place and thread of the machine, for ever.
class SwappedPlace {
 public:
  // What lies there now is what every owner begins with.
  static SwappedPlace& At(std::span<std::byte> bytes);

 private:
  friend class SwappedCopy;

  explicit SwappedPlace(std::span<std::byte> bytes)
      : bytes_(bytes), initial_(bytes.begin(), bytes.end()) {}

  std::span<std::byte> bytes_;
  std::vector<std::byte> initial_;
  SwappedCopy* holder_ = nullptr;  // whose values are there; null: those at the beginning
};

// One owner's values.
class SwappedCopy {
 public:
  explicit SwappedCopy(SwappedPlace& place) : place_(place), values_(place.initial_) {}

  ~SwappedCopy();
  SwappedCopy(const SwappedCopy&) = delete;
  SwappedCopy& operator=(const SwappedCopy&) = delete;

  // Afterwards these values are at the place.
  void BringIn();

 private:
  SwappedPlace& place_;
  std::vector<std::byte> values_;
};

using SwappedCopies = std::vector<std::unique_ptr<SwappedCopy>>;

SwappedCopies CopiesOf(std::span<const std::span<std::byte>> places);

// What a shared library may write to.
struct LibraryPlaces {
  std::vector<std::span<std::byte>> globals;
  std::vector<std::span<std::byte>> thread_locals;  // this thread's
};

// Of the loaded libraries whose file names begin with `name`; nothing when there are none.
LibraryPlaces FindLibrary(std::string_view name);

// The file names of the loaded libraries, sorted.
std::vector<std::string> LoadedLibraries();

}  // namespace flinch::sim
