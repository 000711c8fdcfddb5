#include "tunewire/host/random.h"

#include <sys/random.h>

#include <cerrno>

namespace tunewire {

Result<std::uint64_t> RandomNumber() {
  std::uint64_t number = 0;
  // So few bytes come whole or not at all (getrandom(2)).
  if (getrandom(&number, sizeof number, 0) == sizeof number) return number;
  return Fail(SystemError("getrandom", "random numbers", errno));
}

}  // namespace tunewire
