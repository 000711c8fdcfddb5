#include "tunewire/host/host_info.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cerrno>

#include "host/beneath.h"
#include "host/decode_meminfo.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

/// The text of a file below `root`, trimmed; empty where it cannot be read.
std::string TextBelow(int root, const char* path) {
  // /proc is a mount of its own on a running host and an ordinary folder in a captured tree.
  const UniqueFd fd = OpenBeneathAcrossMounts(root, path, O_RDONLY);
  struct stat status {};
  if (!fd.valid() || ::fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode)) return {};
  const Result<std::string> text = ReadAll(fd.get(), path);
  return text ? std::string(Trim(*text)) : std::string();
}

std::uint64_t InodeOf(const char* path) {
  struct stat status {};
  return ::stat(path, &status) == 0 ? status.st_ino : 0;
}

std::string RunningRelease() {
  utsname name{};
  return ::uname(&name) == 0 ? name.release : "";
}

}  // namespace

Result<HostInfo> ReadHostInfo(const std::string& root) {
  const bool running = root == "/";
  const UniqueFd folder = OpenFile(root.c_str(), O_PATH | O_DIRECTORY);
  if (!folder.valid()) return Fail(SystemError("open", root, errno));
  HostInfo info;
  info.kernel_release =
      running ? RunningRelease() : TextBelow(folder.get(), "proc/sys/kernel/osrelease");
  info.boot_id = TextBelow(folder.get(), "proc/sys/kernel/random/boot_id");
  info.memory.ram_bytes = DecodeMemTotal(TextBelow(folder.get(), "proc/meminfo")).value_or(0);
  info.memory.page_bytes = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  info.uid = ::geteuid();
  if (running) {
    info.netns_inode = InodeOf("/proc/self/ns/net");
    info.init_netns = InodeOf("/proc/1/ns/net");
  }
  return info;
}

}  // namespace tunewire
