#include "sim/kernel/stack_trace.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <cxxabi.h>
#include <dlfcn.h>
#include <elf.h>
#include <execinfo.h>
#include <fstream>
#include <link.h>
#include <string_view>

namespace flinch::sim {
namespace {

constexpr size_t kNameMax = 160;
// From it on stands only what every fiber has.
constexpr std::string_view kFiberStart = "flinch::sim::Kernel::RunBody";

constexpr std::string_view kSelf = "flinch::sim::StackNow";

// The last template argument of the list that opens at `open`.
std::string_view LastArgument(std::string_view name, size_t open) {
  int depth = 0;
  size_t begin = open + 1;
  for (size_t at = open; at < name.size(); ++at) {
    depth += std::string_view("<({").contains(name[at]) ? 1 : 0;
    depth -= std::string_view(">)}").contains(name[at]) ? 1 : 0;
    if (depth == 1 && name.substr(at).starts_with(", ")) {
      begin = at + 2;
    } else if (depth == 0) {
      return name.substr(begin, at - begin);
    }
  }
  return name;
}

// A library function that only calls a lambda, which may be inlined in it, is called by its name.
std::string WhatItCalls(std::string name) {
  for (const std::string_view handler : {"std::_Function_handler<", "::_S_invoke<"}) {
    if (const size_t at = name.find(handler); at != std::string::npos) {
      return std::string(LastArgument(name, at + handler.size() - 1));
    }
  }
  return name;
}

std::string Demangle(const char* symbol) {
  int status = 0;
  char* const readable = abi::__cxa_demangle(symbol, nullptr, nullptr, &status);
  std::string name = WhatItCalls(status == 0 ? readable : symbol);
  std::free(readable);  // NOLINT(cppcoreguidelines-no-malloc): the interface says so
  if (name.size() > kNameMax) {
    name = name.substr(0, kNameMax) + "...";
  }
  return name;
}

// The functions of the running program, from the symbol table of its file.
class SymbolTable {
 public:
  SymbolTable() : file_("/proc/self/exe", std::ios::binary) {
    const auto header = Read<ElfW(Ehdr)>(0);
    for (size_t index = 0; file_ && index < header.e_shnum; ++index) {
      const auto section = Read<ElfW(Shdr)>(header.e_shoff + index * header.e_shentsize);
      if (section.sh_type != SHT_SYMTAB) {
        continue;
      }
      const auto names =
          Read<ElfW(Shdr)>(header.e_shoff + section.sh_link * size_t{header.e_shentsize});
      names_.resize(names.sh_size);
      ReadInto(names.sh_offset, names_.data(), names_.size());
      symbols_.resize(section.sh_size / sizeof(ElfW(Sym)));
      ReadInto(section.sh_offset, symbols_.data(), symbols_.size() * sizeof(ElfW(Sym)));
    }
  }

  // `offset` from where the program is loaded. Empty when no function lies there.
  std::string NameAt(uintptr_t offset) const {
    const auto found = std::ranges::find_if(symbols_, [offset](const ElfW(Sym) & symbol) {
      return ELF64_ST_TYPE(symbol.st_info) == STT_FUNC && offset >= symbol.st_value &&
             offset - symbol.st_value < symbol.st_size;
    });
    return file_ && found != symbols_.end() && found->st_name < names_.size()
               ? Demangle(names_.data() + found->st_name)
               : std::string();
  }

 private:
  template <typename T>
  T Read(size_t offset) {
    T value{};
    ReadInto(offset, &value, sizeof value);
    return value;
  }

  void ReadInto(size_t offset, void* target, size_t size) {
    file_.seekg(static_cast<std::streamoff>(offset));
    file_.read(static_cast<char*>(target), static_cast<std::streamsize>(size));
  }

  std::ifstream file_;
  std::vector<ElfW(Sym)> symbols_;
  std::vector<char> names_;
};

// Where the program itself lies: the first object that the loader knows, by its link map.
bool IsProgram(const link_map* object) { return object != nullptr && object->l_prev == nullptr; }

std::string NameOf(const SymbolTable& program, const void* address) {
  Dl_info info{};
  link_map* object = nullptr;
  void** const extra = reinterpret_cast<void**>(&object);
  if (dladdr1(address, &info, extra, RTLD_DL_LINKMAP) == 0) {
    return "?";
  }
  std::string name;
  if (IsProgram(object)) {
    // A return address may be the first byte behind a function that does not return.
    name = program.NameAt(reinterpret_cast<uintptr_t>(address) - 1 - object->l_addr);
  }
  if (name.empty() && info.dli_sname != nullptr) {
    name = Demangle(info.dli_sname);
  }
  return name.empty() ? "?" : name;
}

}  // namespace

std::vector<std::string> StackNow(size_t skip) {
  std::array<void*, 4 * kStackDepthMax> addresses{};
  const int found = backtrace(addresses.data(), static_cast<int>(addresses.size()));
  const SymbolTable program;
  std::vector<std::string> names;
  for (size_t index = 0; index < static_cast<size_t>(found); ++index) {
    std::string name = NameOf(program, addresses.at(index));
    if (name.starts_with(kFiberStart) || names.size() == skip + kStackDepthMax) {
      break;
    }
    if (name.starts_with(kSelf)) {
      names.clear();  // before it stands what a sanitizer put between
    } else {
      names.push_back(std::move(name));
    }
  }
  names.erase(names.begin(),
              names.begin() + static_cast<std::ptrdiff_t>(std::min(skip, names.size())));
  return names;
}

}  // namespace flinch::sim
