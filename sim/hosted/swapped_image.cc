#include "sim/hosted/swapped_image.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <link.h>
#include <unistd.h>
#include <utility>

namespace flinch::sim {
namespace {

std::byte* PointerTo(uintptr_t address) { return reinterpret_cast<std::byte*>(address); }

std::string_view FileName(const dl_phdr_info& library) {
  const std::string_view path = library.dlpi_name;
  return path.substr(path.rfind('/') + 1);
}

using Visit = std::function<void(const dl_phdr_info&)>;

void VisitLibraries(Visit visit) {
  dl_iterate_phdr(
      [](dl_phdr_info* library, size_t, void* context) {
        (*static_cast<Visit*>(context))(*library);
        return 0;
      },
      &visit);
}

void AddPlace(uintptr_t begin, uintptr_t end, std::vector<std::span<std::byte>>& places) {
  if (begin < end) {
    places.emplace_back(PointerTo(begin), PointerTo(end));
  }
}

// The writable segments without the part that the loader has made read-only since.
void AddPlacesOf(const dl_phdr_info& library, LibraryPlaces& places) {
  const std::span headers(library.dlpi_phdr, library.dlpi_phnum);
  uintptr_t fixed_begin = 0;
  uintptr_t fixed_end = 0;
  for (const ElfW(Phdr) & header : headers) {
    if (header.p_type == PT_GNU_RELRO) {
      const auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
      fixed_begin = library.dlpi_addr + header.p_vaddr;
      fixed_end = (fixed_begin + header.p_memsz) & ~(page - 1);
    }
  }
  for (const ElfW(Phdr) & header : headers) {
    const uintptr_t begin = library.dlpi_addr + header.p_vaddr;
    const uintptr_t end = begin + header.p_memsz;
    if (header.p_type == PT_LOAD && (header.p_flags & PF_W) != 0) {
      AddPlace(begin, std::min(end, std::max(begin, fixed_begin)), places.globals);
      AddPlace(std::max(begin, fixed_end), end, places.globals);
    } else if (header.p_type == PT_TLS && library.dlpi_tls_data != nullptr) {
      const auto here = reinterpret_cast<uintptr_t>(library.dlpi_tls_data);
      AddPlace(here, here + header.p_memsz, places.thread_locals);
    }
  }
}

}  // namespace

SwappedPlace& SwappedPlace::At(std::span<std::byte> bytes) {
  thread_local std::vector<std::unique_ptr<SwappedPlace>> places;
  const auto found = std::ranges::find_if(places, [bytes](const auto& place) {
    return place->bytes_.data() == bytes.data() && place->bytes_.size() == bytes.size();
  });
  if (found != places.end()) {
    return **found;
  }
  places.push_back(std::unique_ptr<SwappedPlace>(new SwappedPlace(bytes)));
  return *places.back();
}

SwappedCopy::~SwappedCopy() {
  if (place_.holder_ == this) {
    std::ranges::copy(place_.initial_, place_.bytes_.begin());
    place_.holder_ = nullptr;
  }
}

void SwappedCopy::BringIn() {
  if (place_.holder_ == this) {
    return;
  }
  if (place_.holder_ != nullptr) {
    std::ranges::copy(place_.bytes_, place_.holder_->values_.begin());
  }
  std::ranges::copy(values_, place_.bytes_.begin());
  place_.holder_ = this;
}

SwappedCopies CopiesOf(std::span<const std::span<std::byte>> places) {
  SwappedCopies copies;
  for (const std::span<std::byte> place : places) {
    copies.push_back(std::make_unique<SwappedCopy>(SwappedPlace::At(place)));
  }
  return copies;
}

LibraryPlaces FindLibrary(std::string_view name) {
  LibraryPlaces places;
  VisitLibraries([&](const dl_phdr_info& library) {
    if (FileName(library).starts_with(name)) {
      AddPlacesOf(library, places);
    }
  });
  return places;
}

std::vector<std::string> LoadedLibraries() {
  std::vector<std::string> names;
  VisitLibraries([&](const dl_phdr_info& library) {
    if (const std::string_view name = FileName(library); !name.empty()) {
      names.emplace_back(name);
    }
  });
  std::ranges::sort(names);
  return names;
}

}  // namespace flinch::sim
