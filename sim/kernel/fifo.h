// A queue in one piece of memory, for the many queues of the network that are nearly always empty:
// costs nothing until it is used, and no allocation for an element that comes and goes.
#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace flinch::sim {

template <typename T>
class Fifo {
 public:
  bool empty() const { return head_ == items_.size(); }

  size_t size() const { return items_.size() - head_; }

  // In order, the next one to pop first.
  std::span<T> items() { return std::span(items_).subspan(head_); }

  std::span<const T> items() const { return std::span(items_).subspan(head_); }

  void Push(T&& item) {
    // The popped ones go when they are the half: each is moved once on average.
    if (head_ >= kSlackMin && head_ * 2 >= items_.size()) {
      items_.erase(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(head_));
      head_ = 0;
    }
    items_.push_back(std::move(item));
  }

  // None of the three when empty.
  T& front() { return items_[head_]; }

  void DropFront() {
    if (++head_ == items_.size()) {
      Clear();
    }
  }

  T Pop() {
    T item = std::move(front());
    DropFront();
    return item;
  }

  void Clear() {
    items_.clear();
    head_ = 0;
  }

  // Takes everything out.
  std::vector<T> TakeAll() {
    items_.erase(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(head_));
    head_ = 0;
    return std::exchange(items_, {});
  }

 private:
  static constexpr size_t kSlackMin = 32;

  std::vector<T> items_;
  size_t head_ = 0;
};

}  // namespace flinch::sim
