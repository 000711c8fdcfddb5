#include "tunewire/base/unique_fd.h"

#include <unistd.h>

namespace tunewire {

UniqueFd& UniqueFd::operator=(UniqueFd&& other) noexcept {
  if (this != &other) {
    Reset();
    fd_ = other.Release();
  }
  return *this;
}

void UniqueFd::Reset() {
  // Linux frees the number even when close(2) fails, so a retry could close another's descriptor.
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

}  // namespace tunewire
