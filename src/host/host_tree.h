// The files a host is described by: the running one's, or a captured tree of another's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tunewire/base/result.h"
#include "tunewire/base/unique_fd.h"
#include "tunewire/host/known.h"

namespace tunewire {

/// Paths are relative: "proc/stat". What cannot be read is unknown, and says why in one form:
/// "/proc/stat: no such file".
class HostTree {
 public:
  /// "/" is the running host. In any other tree symbolic links stay inside it, and only regular
  /// files are read. Errors: the system's.
  static Result<HostTree> Open(const std::string& root);
  /// A tree in which nothing can be read.
  static HostTree Nowhere() { return {UniqueFd(), false}; }

  [[nodiscard]] bool running() const { return running_; }

  /// The whole of a file of up to 1 MiB.
  [[nodiscard]] Known<std::string> Read(const std::string& path) const;
  /// Its first bytes, in one read(2): /proc/cpuinfo takes long to be made whole.
  [[nodiscard]] Known<std::string> Head(const std::string& path, std::size_t most) const;
  /// Without white space around it.
  [[nodiscard]] Known<std::string> Line(const std::string& path) const;
  /// Of a file that is one decimal number.
  [[nodiscard]] std::optional<std::uint64_t> Number(const std::string& path) const;
  /// Names in a folder, sorted.
  [[nodiscard]] Known<std::vector<std::string>> Names(const std::string& folder) const;
  [[nodiscard]] bool Has(const std::string& path) const;
  /// Is it a link that reads so? Of the running host alone.
  [[nodiscard]] bool LinkIs(const std::string& path, std::string_view text) const;

  /// The path of a file of /proc/net as the calling thread's network namespace has it.
  [[nodiscard]] std::string Net(std::string_view name) const;

 private:
  HostTree(UniqueFd root, bool running) : root_(std::move(root)), running_(running) {}
  [[nodiscard]] UniqueFd OpenAt(const std::string& path, int flags) const;
  [[nodiscard]] Known<UniqueFd> OpenToRead(const std::string& path) const;

  UniqueFd root_;
  bool running_;
};

/// "/proc/stat: no such file".
std::string WhyNot(const std::string& path, int os_error);

/// "/proc/stat: not as expected: 'cpu x'".
std::string NotAsExpected(const std::string& path, std::string_view text);

/// What `decode` makes of a file.
template <class T>
Known<T> Decoded(const HostTree& tree, const std::string& path,
                 std::optional<T> (*decode)(std::string_view)) {
  const Known<std::string> text = tree.Read(path);
  if (!text) return Known<T>::Unknown(text.why());
  std::optional<T> value = decode(*text);
  if (!value) return Known<T>::Unknown(NotAsExpected(path, *text));
  return std::move(*value);
}

}  // namespace tunewire
