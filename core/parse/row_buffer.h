// Rows of float32 that arrive one by one and end up as one array, without a second copy.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>

namespace nearabout::parse {

struct FreeMemory {
  void operator()(float* memory) const { std::free(memory); }
};
using FloatMemory = std::unique_ptr<float[], FreeMemory>;

// A growing array of rows. Uses realloc, which moves pages instead of bytes if the system can; memory is allocated as
// rows arrive, never because a header announced them (a reservation means that the caller knows the data is there).
class RowBuffer {
 public:
  RowBuffer(std::size_t dims, std::size_t reserved_rows) : dims_(dims) {
    if (reserved_rows != 0) resize(reserved_rows);
  }

  // Returns room for one more row, which counts only after commit().
  float* next() {
    if (rows_ == capacity_) resize(std::max(kFirstBytes / (dims_ * sizeof(float)), capacity_ + capacity_ / 2) + 1);
    return memory_.get() + rows_ * dims_;
  }
  void commit() { ++rows_; }

  std::size_t rows() const { return rows_; }
  FloatMemory take() {  // never null
    if (rows_ < capacity_ || capacity_ == 0) resize(std::max<std::size_t>(rows_, 1));
    rows_ = capacity_ = 0;
    return std::move(memory_);
  }

 private:
  static constexpr std::size_t kFirstBytes = 1 << 16;

  void resize(std::size_t rows) {
    if (rows > static_cast<std::size_t>(-1) / sizeof(float) / dims_) throw std::bad_alloc();
    void* moved = std::realloc(memory_.get(), rows * dims_ * sizeof(float));
    if (moved == nullptr) throw std::bad_alloc();
    (void)memory_.release();
    memory_.reset(static_cast<float*>(moved));
    capacity_ = rows;
  }

  std::size_t dims_;
  std::size_t rows_ = 0;
  std::size_t capacity_ = 0;
  FloatMemory memory_;
};

}  // namespace nearabout::parse
