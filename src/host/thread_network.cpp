#include "host/thread_network.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "host/beneath.h"
#include "tunewire/base/text.h"

namespace tunewire {

std::uint64_t ThreadNetworkNamespace() {
  struct stat status {};
  return ::stat("/proc/thread-self/ns/net", &status) == 0 ? status.st_ino : 0;
}

std::optional<std::string> ThreadSysctl(const std::string& path) {
  const std::string whole = "/proc/sys/net/" + path;
  const UniqueFd fd = OpenFile(whole.c_str(), O_RDONLY);
  if (!fd.valid()) return std::nullopt;
  const Result<std::string> text = ReadAll(fd.get(), whole);
  if (!text) return std::nullopt;
  return std::string(Trim(*text));
}

std::string KernelRelease() {
  utsname name{};
  return ::uname(&name) == 0 ? name.release : "";
}

}  // namespace tunewire
