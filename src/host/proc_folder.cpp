#include "host/proc_folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstring>

#include "base/format.h"

namespace tunewire {
namespace {

std::optional<int> Number(std::string_view name) {
  int number = 0;
  const char* const end = name.data() + name.size();
  const auto [stop, error] = std::from_chars(name.data(), end, number);
  if (error != std::errc() || stop != end) return std::nullopt;
  return number;
}

/// The kernel's records of getdents64(2).
void AppendNumbers(std::span<const char> records, std::vector<int>& numbers) {
  while (records.size() > offsetof(dirent64, d_name)) {
    unsigned short size = 0;
    std::memcpy(&size, records.data() + offsetof(dirent64, d_reclen), sizeof size);
    if (size <= offsetof(dirent64, d_name) || size > records.size()) return;
    const char* const name = records.data() + offsetof(dirent64, d_name);
    const std::size_t room = size - offsetof(dirent64, d_name);
    if (const auto number = Number({name, ::strnlen(name, room)})) numbers.push_back(*number);
    records = records.subspan(size);
  }
}

}  // namespace

Result<UniqueFd> OpenProc() {
  UniqueFd fd(::open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) return Fail(SystemError("open", "/proc", errno));
  return fd;
}

UniqueFd OpenFolderAt(int folder, const char* name) {
  return UniqueFd(::openat(folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
}

Result<std::vector<int>> NumbersIn(int folder) {
  std::vector<int> numbers;
  std::vector<char> room(kProcRoom);
  for (;;) {
    const ssize_t size = ::getdents64(folder, room.data(), room.size());
    if (size < 0) return Fail(SystemError("read", "/proc", errno));
    if (size == 0) break;
    AppendNumbers({room.data(), static_cast<std::size_t>(size)}, numbers);
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

std::vector<int> NextNumbersIn(int folder, std::span<char> room) {
  std::vector<int> numbers;
  // "." and ".." may be all that fits.
  while (numbers.empty()) {
    const ssize_t size = ::getdents64(folder, room.data(), room.size());
    if (size <= 0) break;
    AppendNumbers({room.data(), static_cast<std::size_t>(size)}, numbers);
  }
  return numbers;
}

std::optional<std::string_view> ReadAt(int folder, const char* name, std::span<char> room) {
  const UniqueFd fd(::openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd.valid()) return std::nullopt;
  ssize_t size = 0;
  do {
    size = ::read(fd.get(), room.data(), room.size());
  } while (size < 0 && errno == EINTR);
  if (size < 0) return std::nullopt;
  return std::string_view(room.data(), static_cast<std::size_t>(size));
}

std::optional<std::string_view> ReadLinkAt(int folder, const char* name, std::span<char> room) {
  const ssize_t size = ::readlinkat(folder, name, room.data(), room.size());
  if (size < 0) return std::nullopt;
  return std::string_view(room.data(), static_cast<std::size_t>(size));
}

std::optional<ProcessStat> StatOf(int proc, int pid) {
  std::array<char, 1024> room;
  const auto text = ReadAt(proc, Format("{}/stat", pid).c_str(), room);
  if (!text) return std::nullopt;
  auto stat = DecodeProcessStat(*text);
  if (stat && stat->ended()) return std::nullopt;
  return stat;
}

}  // namespace tunewire
