// A lock inside one process.
#pragma once

#include <memory>

#include "tunewire/host/lock.h"

namespace tunewire {

/// What a test hands over where a held lock is asked for.
class FakeHeldLock : public HeldLock {};

class FakeLock : public LockPlace {
 public:
  Result<std::unique_ptr<HeldLock>> TryLock() override {
    if (!held_.expired()) {
      Error error;
      error.kind = ErrorKind::kBusy;
      error.code = "busy";
      error.message = "another transaction is running";
      return Fail(std::move(error));
    }
    auto token = std::make_shared<int>(0);
    held_ = token;
    return std::make_unique<Held>(std::move(token));
  }

 private:
  class Held : public HeldLock {
   public:
    explicit Held(std::shared_ptr<int> token) : token_(std::move(token)) {}

   private:
    std::shared_ptr<int> token_;
  };
  std::weak_ptr<int> held_;
};

}  // namespace tunewire
