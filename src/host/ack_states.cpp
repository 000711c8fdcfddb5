// /proc/net/tcp: one line a socket, words of fixed places.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>

#include "host/beneath.h"
#include "tunewire/host/socket_table.h"

namespace tunewire {
namespace {

// net/ipv4/tcp_ipv4.c, get_tcp4_sock(); words counted from 0.
constexpr std::size_t kInode = 9;
constexpr std::size_t kAto = 13;
constexpr std::size_t kQuick = 14;
constexpr std::size_t kWords = 17;
// The kernel hands out a page at a time, whatever it is asked for.
constexpr std::size_t kRoom = 32 * 1024;

using Words = std::array<std::string_view, kWords>;

/// Sockets in TIME_WAIT and requests have fewer words; they have no such state either.
bool SplitLine(std::string_view line, Words& words) {
  for (std::string_view& word : words) {
    const std::size_t begin = line.find_first_not_of(' ');
    if (begin == std::string_view::npos) return false;
    line.remove_prefix(begin);
    word = line.substr(0, line.find(' '));
    line.remove_prefix(word.size());
  }
  return true;
}

template <class T>
bool TakeNumber(std::string_view word, T& number) {
  const char* const end = word.data() + word.size();
  const auto [stop, error] = std::from_chars(word.data(), end, number);
  return error == std::errc() && stop == end;
}

void AppendLine(std::string_view line, std::vector<AckState>& states) {
  Words words;
  AckState state;
  std::uint32_t quick = 0;
  const bool whole = SplitLine(line, words) && TakeNumber(words[kInode], state.inode) &&
                     TakeNumber(words[kAto], state.ato_ticks) && TakeNumber(words[kQuick], quick);
  if (!whole || state.inode == 0) return;
  state.quick = quick >> 1U;
  state.pingpong = (quick & 1U) != 0;
  states.push_back(state);
}

/// Whole lines of `text`; answers how much of it they are.
std::size_t AppendLines(std::string_view text, std::vector<AckState>& states) {
  std::size_t taken = 0;
  for (;;) {
    const std::size_t end = text.find('\n', taken);
    if (end == std::string_view::npos) return taken;
    AppendLine(text.substr(taken, end - taken), states);
    taken = end + 1;
  }
}

/// One line has about 150 bytes; what the room does not hold at once is carried on.
Status AppendFile(const char* path, std::vector<AckState>& states) {
  const UniqueFd fd = OpenFile(path, O_RDONLY);
  if (!fd.valid()) return Fail(SystemError("open", path, errno));
  std::vector<char> room(kRoom);
  std::size_t held = 0;
  while (held < room.size()) {
    const ssize_t size = ::read(fd.get(), room.data() + held, room.size() - held);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return Fail(SystemError("read", path, errno));
    if (size == 0) return {};
    held += static_cast<std::size_t>(size);
    const std::size_t taken = AppendLines({room.data(), held}, states);
    std::copy(room.begin() + static_cast<std::ptrdiff_t>(taken),
              room.begin() + static_cast<std::ptrdiff_t>(held), room.begin());
    held -= taken;
  }
  return Fail(SystemError("read", path, EMSGSIZE));
}

}  // namespace

std::vector<AckState> DecodeAckStates(std::string_view text) {
  std::vector<AckState> states;
  const std::size_t taken = AppendLines(text, states);
  AppendLine(text.substr(taken), states);
  return states;
}

Result<std::vector<AckState>> ReadAckStates() {
  std::vector<AckState> states;
  // Of the calling thread's network namespace; /proc/net would be the process's first thread's.
  if (Status four = AppendFile("/proc/thread-self/net/tcp", states); !four) {
    return Fail(std::move(four.error()));
  }
  const Status six = AppendFile("/proc/thread-self/net/tcp6", states);
  if (!six && six.error().os_error != ENOENT) return Fail(six.error());
  std::ranges::sort(states, {}, &AckState::inode);
  return states;
}

}  // namespace tunewire
