// A process of its own for one test: it does nothing until it is ended, and ends with its parent.
#pragma once

#include <functional>
#include <string>

namespace tunewire {

class Child {
 public:
  /// Starts it; returns once it bears the name and `first` has run in it.
  Child(const std::string& name, const std::function<void()>& first);
  /// With this number, in a pid namespace where the caller may choose; pid() is -1 where not.
  Child(int pid, const std::string& name);
  Child(Child&& other) noexcept : pid_(other.pid_) { other.pid_ = -1; }
  Child& operator=(Child&&) = delete;
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() { End(); }

  [[nodiscard]] int pid() const { return pid_; }
  /// Kills it and leaves it unreaped.
  void Kill() const;
  /// Kills and reaps it.
  void End();

 private:
  int pid_ = -1;
};

}  // namespace tunewire
