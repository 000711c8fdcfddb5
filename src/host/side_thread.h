// A thread beside the caller's, which ends before its owner does.
#pragma once

#include <functional>
#include <thread>

namespace tunewire {

/// A namespace entered in it is its own: setns(2) moves one thread.
class SideThread {
 public:
  explicit SideThread(std::function<void()> work) : thread_(std::move(work)) {}
  SideThread(const SideThread&) = delete;
  SideThread& operator=(const SideThread&) = delete;
  ~SideThread() { Join(); }

  void Join() {
    if (thread_.joinable()) thread_.join();
  }

 private:
  std::thread thread_;
};

}  // namespace tunewire
