#include "host/process_descriptors.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>

#include "host/proc_folder.h"

namespace tunewire {
namespace {

// A descriptor that is not there costs as much as one that is.
constexpr std::size_t kMostMissing = 64;
// In the folder "." and ".." come first: descriptor n stands at this place plus n.
constexpr off_t kFirstPlace = 2;

// Long enough for "socket:[18446744073709551615]"; another link may be cut, it is not needed.
using LinkRoom = std::array<char, 40>;

std::optional<std::string_view> LinkOf(int folder, int number, LinkRoom& room) {
  std::array<char, 16> name;
  *std::to_chars(name.data(), name.data() + name.size() - 1, number).ptr = '\0';
  return ReadLinkAt(folder, name.data(), room);
}

}  // namespace

ProcessDescriptors::ProcessDescriptors(UniqueFd folder, int pid)
    : folder_(std::move(folder)), pid_(pid) {}

std::size_t ProcessDescriptors::Count() const {
  struct stat status {};
  const bool known = ::fstat(folder_.get(), &status) == 0 && status.st_size > 0;
  return known ? static_cast<std::size_t>(status.st_size) : 0;
}

ProcessDescriptors::Link ProcessDescriptors::Read(int number, std::vector<HeldSocket>& held) {
  LinkRoom room;
  const auto link = LinkOf(folder_.get(), number, room);
  if (!link) {
    refused_ = refused_ || errno == EACCES || errno == EPERM;
    return Link::kNone;
  }
  const auto inode = DecodeSocketLink(*link);
  if (!inode) return Link::kOther;
  held.push_back({.inode = *inode, .pid = pid_, .descriptor = number});
  return Link::kSocket;
}

std::vector<HeldSocket> ProcessDescriptors::Sockets() {
  std::vector<HeldSocket> held;
  Append({.expected = Count()}, std::numeric_limits<std::size_t>::max(), held);
  return held;
}

bool ProcessDescriptors::StillHolds(const HeldSocket& socket) const {
  LinkRoom room;
  const auto link = LinkOf(folder_.get(), socket.descriptor, room);
  return link && DecodeSocketLink(*link) == socket.inode;
}

/// Answers the first number it has not looked up.
int ProcessDescriptors::LookUp(const DescriptorRange& range, std::vector<HeldSocket>& held) {
  std::size_t found = 0;
  std::size_t missing = 0;
  int number = range.first;
  while (number < range.end && found < range.expected && missing < kMostMissing && !refused_) {
    ++(Read(number, held) == Link::kNone ? missing : found);
    ++number;
  }
  return number;
}

std::vector<int> ProcessDescriptors::Listed(int first, int end) const {
  // Where the place cannot be chosen the whole folder is listed.
  static_cast<void>(::lseek(folder_.get(), kFirstPlace + first, SEEK_SET));
  Result<std::vector<int>> numbers = NumbersIn(folder_.get());
  if (!numbers) return {};
  std::erase_if(*numbers, [&](int number) { return number < first || number >= end; });
  return std::move(*numbers);
}

std::vector<DescriptorRange> ProcessDescriptors::Append(const DescriptorRange& range,
                                                        std::size_t most,
                                                        std::vector<HeldSocket>& held) {
  const int behind = LookUp(range, held);
  if (behind >= range.end || refused_) return {};
  const std::vector<int> numbers = Listed(behind, range.end);
  const std::size_t own = std::min(most, numbers.size());
  for (std::size_t i = 0; i < own && !refused_; ++i) Read(numbers[i], held);
  std::vector<DescriptorRange> rest;
  for (std::size_t i = own; i < numbers.size(); i += most) {
    const bool last = numbers.size() - i <= most;
    rest.push_back({.first = numbers[i], .end = last ? range.end : numbers[i + most]});
  }
  return rest;
}

}  // namespace tunewire
