#include "host/host_tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>

#include "base/format.h"
#include "host/beneath.h"
#include "host/decode_text.h"
#include "host/proc_folder.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

/// openat2(2) refuses O_PATH along with what concerns reading.
int FlagsFor(int flags) {
  return flags | O_CLOEXEC | ((flags & O_PATH) != 0 ? 0 : O_NOCTTY | O_NONBLOCK);
}

/// Symbolic links, absolute ones too, lead to where they would lead on the captured host.
UniqueFd OpenInRoot(int root, const char* path, int flags) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags);
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  return UniqueFd(static_cast<int>(::syscall(SYS_openat2, root, path, &how, sizeof how)));
}

bool IsFile(int fd) {
  struct stat status {};
  return ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

std::vector<std::string> NamesOf(DIR* folder) {
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(folder)) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

Result<HostTree> HostTree::Open(const std::string& root) {
  UniqueFd folder(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!folder.valid()) return Fail(SystemError("open", root, errno));
  return HostTree(std::move(folder), root == "/");
}

UniqueFd HostTree::OpenAt(const std::string& path, int flags) const {
  if (!root_.valid()) {
    errno = ENOENT;
    return UniqueFd();
  }
  if (!running_) return OpenInRoot(root_.get(), path.c_str(), FlagsFor(flags));
  return UniqueFd(::openat(root_.get(), path.c_str(), FlagsFor(flags)));
}

Known<UniqueFd> HostTree::OpenToRead(const std::string& path) const {
  UniqueFd fd = OpenAt(path, O_RDONLY);
  if (!fd.valid()) return Known<UniqueFd>::Unknown(WhyNot(path, errno));
  if (!running_ && !IsFile(fd.get())) return Known<UniqueFd>::Unknown(WhyNot(path, ENOENT));
  return fd;
}

Known<std::string> HostTree::Read(const std::string& path) const {
  const Known<UniqueFd> fd = OpenToRead(path);
  if (!fd) return Known<std::string>::Unknown(fd.why());
  Result<std::string> text = ReadAll(fd->get(), path);
  if (text) return std::move(*text);
  const int os_error = text.error().os_error;
  return Known<std::string>::Unknown(os_error != 0 ? WhyNot(path, os_error)
                                                   : Format("/{}: more than 1 MiB", path));
}

Known<std::string> HostTree::Head(const std::string& path, std::size_t most) const {
  const Known<UniqueFd> fd = OpenToRead(path);
  if (!fd) return Known<std::string>::Unknown(fd.why());
  std::string text(most, '\0');
  const ssize_t size = ::read(fd->get(), text.data(), text.size());
  if (size < 0) return Known<std::string>::Unknown(WhyNot(path, errno));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

Known<std::string> HostTree::Line(const std::string& path) const {
  const Known<std::string> text = Read(path);
  return text ? Known<std::string>(std::string(Trim(*text))) : text;
}

std::optional<std::uint64_t> HostTree::Number(const std::string& path) const {
  const Known<std::string> line = Line(path);
  return line ? NumberIn<std::uint64_t>(*line) : std::nullopt;
}

Known<std::vector<std::string>> HostTree::Names(const std::string& folder) const {
  using Answer = Known<std::vector<std::string>>;
  UniqueFd fd = OpenAt(folder, O_RDONLY | O_DIRECTORY);
  if (!fd.valid() && errno == ENOENT) return Answer::Unknown(Format("/{}: no such folder", folder));
  if (!fd.valid()) return Answer::Unknown(WhyNot(folder, errno));
  const std::unique_ptr<DIR, int (*)(DIR*)> open(::fdopendir(fd.get()), ::closedir);
  if (!open) return Answer::Unknown(WhyNot(folder, errno));
  (void)fd.Release();
  return NamesOf(open.get());
}

bool HostTree::Has(const std::string& path) const { return OpenAt(path, O_PATH).valid(); }

bool HostTree::LinkIs(const std::string& path, std::string_view text) const {
  std::array<char, 128> room;
  const auto link = running_ ? ReadLinkAt(root_.get(), path.c_str(), room) : std::nullopt;
  return link && *link == text;
}

std::string HostTree::Net(std::string_view name) const {
  // /proc/net is the process's leader's; a thread may be in a namespace of its own.
  return Format("{}{}", running_ ? "proc/thread-self/net/" : "proc/net/", name);
}

std::string WhyNot(const std::string& path, int os_error) {
  if (os_error == ENOENT || os_error == ENOTDIR) return Format("/{}: no such file", path);
  if (os_error == EACCES || os_error == EPERM) return Format("/{}: permission denied", path);
  return Format("/{}: {}", path, DescribeErrno(os_error));
}

std::string NotAsExpected(const std::string& path, std::string_view text) {
  constexpr std::size_t kShown = 40;
  const std::string_view line = TakeLine(text);
  return Format("/{}: not as expected: '{}'", path, Printable(line.substr(0, kShown)));
}

}  // namespace tunewire
