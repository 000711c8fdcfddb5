// A fact about the host, or the reason why there is none.
#pragma once

#include <optional>
#include <string>
#include <utility>

namespace tunewire {

/// Nothing is ever guessed: what could not be read stays unknown and says why.
template <class T>
class Known {
 public:
  Known() : why_("not looked at") {}
  Known(T value) : value_(std::move(value)) {}  // NOLINT: a fact is given as it is

  static Known Unknown(std::string why) {
    Known unknown;
    unknown.why_ = std::move(why);
    return unknown;
  }

  [[nodiscard]] bool known() const { return value_.has_value(); }
  explicit operator bool() const { return known(); }
  const T& operator*() const { return *value_; }
  const T* operator->() const { return &*value_; }
  /// "/proc/sys/net/netfilter: no such folder"; empty where it is known.
  [[nodiscard]] const std::string& why() const { return why_; }

  bool operator==(const Known&) const = default;

 private:
  std::optional<T> value_;
  std::string why_;
};

}  // namespace tunewire
