#include "tunewire/host/program.h"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <climits>

namespace tunewire {

ProgramFacts ReadProgramFacts() {
  constexpr const char* kSelf = "/proc/self/exe";
  ProgramFacts facts;
  facts.user = ::geteuid();
  std::array<char, PATH_MAX> path{};
  const ssize_t length = ::readlink(kSelf, path.data(), path.size());
  if (length > 0) facts.path.assign(path.data(), static_cast<std::size_t>(length));
  struct stat status {};
  if (::stat(kSelf, &status) == 0) facts.owner = status.st_uid;
  return facts;
}

}  // namespace tunewire
