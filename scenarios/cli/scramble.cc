// Legal but hostile answers to what the C++ standard leaves open, in a whole program: what a
// correct run does not notice.
//
// FLINCH_SCRAMBLE=N in the environment, N not 0, from the start of the process on:
//   - operator new gives blocks of one size in an order drawn from N, so that addresses do not grow
//     with time;
//   - std::hash of text is another function;
//   - hash tables have other numbers of buckets, and so another order even of integers.
// A flavour of the proof that nothing but the seed decides (`flinch verify`, ./check, the leak
// drill). Anything else is as it was, and without the variable so is all of this.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <dlfcn.h>
#include <new>
#include <utility>

namespace flinch::scenarios {

namespace {

uint64_t SeedFromEnvironment() {
  const char* const text = std::getenv("FLINCH_SCRAMBLE");
  return text == nullptr ? 0 : std::strtoull(text, nullptr, 10);
}

// One for the life of the process: hash tables that exist must not change.
uint64_t Seed() {
  static const uint64_t kSeed = SeedFromEnvironment();
  return kSeed;
}

template <auto* kOurs>
auto Real(const char* name) {
  static const auto real = reinterpret_cast<decltype(kOurs)>(dlsym(RTLD_NEXT, name));
  return real;
}

using RehashPolicy = void;
using RehashNeed = std::pair<bool, size_t>;

}  // namespace

// libstdc++'s own, which the templates in its headers call.
size_t HashBytes(const void* data, size_t size, size_t seed) asm("_ZSt11_Hash_bytesPKvmm");
size_t NextBuckets(const RehashPolicy* policy,
                   size_t wanted) asm("_ZNKSt8__detail20_Prime_rehash_policy11_M_next_bktEm");
RehashNeed NeedRehash(const RehashPolicy* policy, size_t buckets, size_t elements,
                      size_t more) asm("_ZNKSt8__detail20_Prime_rehash_policy14_M_need_rehashEmmm");

size_t HashBytes(const void* data, size_t size, size_t seed) {
  return Real<HashBytes>("_ZSt11_Hash_bytesPKvmm")(data, size, seed ^ Seed());
}

size_t NextBuckets(const RehashPolicy* policy, size_t wanted) {
  const size_t more = Seed() == 0 ? 0 : 1 + Seed() % 31;
  return Real<NextBuckets>("_ZNKSt8__detail20_Prime_rehash_policy11_M_next_bktEm")(policy,
                                                                                   wanted + more);
}

RehashNeed NeedRehash(const RehashPolicy* policy, size_t buckets, size_t elements, size_t more) {
  RehashNeed need = Real<NeedRehash>("_ZNKSt8__detail20_Prime_rehash_policy14_M_need_rehashEmmm")(
      policy, buckets, elements, more);
  if (need.first && Seed() != 0) {
    need.second = NextBuckets(policy, need.second);
  }
  return need;
}

#if !defined(__SANITIZE_ADDRESS__)
namespace {

constexpr size_t kGrain = 16;
constexpr size_t kClasses = 64;  // blocks up to 1 KiB
constexpr size_t kShelf = 8;     // blocks of one class to choose from

struct Shelf {
  std::array<void*, kShelf> blocks{};
};

constinit std::array<Shelf, kClasses> shelves;
constinit uint64_t draws = 0;

uint64_t Draw() {
  uint64_t bits = Seed() + ++draws * 0x9e3779b97f4a7c15;
  bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9;
  return bits ^ (bits >> 31);
}

void* ScrambledBlock(size_t size) {
  const size_t grains = (size + kGrain - 1) / kGrain;
  if (grains >= kClasses) {
    return std::malloc(size + Draw() % kGrain * kGrain);
  }
  void*& place = shelves.at(grains).blocks.at(Draw() % kShelf);
  if (place == nullptr) {
    for (void*& block : shelves.at(grains).blocks) {
      block = block == nullptr ? std::malloc(grains * kGrain) : block;
    }
  }
  return std::exchange(place, std::malloc(grains * kGrain));
}

void* TryBlock(size_t size) {
  return Seed() == 0 ? std::malloc(size) : ScrambledBlock(size == 0 ? 1 : size);
}

// As the library's own does: who has set a handler is asked before anybody can catch.
void* Block(size_t size) {
  void* block = TryBlock(size);
  while (block == nullptr) {
    const std::new_handler handler = std::get_new_handler();
    if (handler == nullptr) {
      throw std::bad_alloc();
    }
    handler();
    block = TryBlock(size);
  }
  return block;
}

}  // namespace
#endif

}  // namespace flinch::scenarios

#if !defined(__SANITIZE_ADDRESS__)
// Under the address sanitizer its own allocator stays, which never gives a block twice soon.
void* operator new(size_t size) { return flinch::scenarios::Block(size == 0 ? 1 : size); }

void operator delete(void* block) noexcept { std::free(block); }

void operator delete(void* block, size_t) noexcept { std::free(block); }
#endif
