// Memory: TCP's account, and the host's or the control group's.
//
// Measured on Linux 6.18: an idle TCP connection costs 3.8 KiB of kernel memory an end (struct
// tcp_sock 2368, inode 832, file and dentry 384, epoll 128, security 110, each rounded up by its
// slab) and no page of tcp_mem; TIME_WAIT costs 256 bytes.
#include <algorithm>
#include <cmath>

#include "base/format.h"
#include "check/check_parts.h"
#include "check/walls_parts.h"
#include "tunewire/base/quantity.h"

namespace tunewire {
namespace {

constexpr std::uint64_t kBytesPerEnd = 3900;
constexpr std::uint64_t kBytesPerTimeWait = 256;

struct Room {
  std::uint64_t bytes = 0;
  std::string words;
  std::string unknown;
};

Room HostRoom(const HostFacts& facts) {
  if (!facts.memory) return {0, "", facts.memory.why()};
  return {facts.memory->available_bytes,
          Format("MemAvailable {}", FormatBytes(facts.memory->available_bytes)), ""};
}

/// The tighter of the host's and the control group's.
Room RoomOf(const HostFacts& facts) {
  Room room = HostRoom(facts);
  if (!room.unknown.empty() || !facts.cgroup || !facts.cgroup->memory_limit_bytes) return room;
  const std::uint64_t limit = *facts.cgroup->memory_limit_bytes;
  const std::uint64_t used = facts.cgroup->memory_used_bytes.value_or(0);
  const std::uint64_t left = limit - std::min(used, limit);
  if (left >= room.bytes) return room;
  return {left,
          Format("control group {} - {} used = {}", FormatBytes(limit), FormatBytes(used),
                 FormatBytes(left)),
          ""};
}

/// What no memory stands behind is no setting to advise: the host would run out of it first.
std::vector<ProfileLine> TcpMemoryLines(const HostFacts& facts, std::uint64_t pressure) {
  const std::uint64_t most = pressure + pressure / 4;
  if (!facts.memory || most > facts.memory->total_bytes / facts.kernel.page_bytes) return {};
  return {
      ExactLine("net.ipv4.tcp_mem",
                Format("[\"keep\", {{\"at_least\": {}}}, {{\"at_least\": {}}}]", pressure, most),
                "data of all connections together")};
}

/// The end that closes first keeps TIME_WAIT, at most tcp_max_tw_buckets of them.
std::uint64_t Resting(const LoadShape& shape) {
  const bool here = shape.both_here || shape.wish.side == shape.wish.closes_first;
  if (!here) return 0;
  const auto opened = static_cast<std::uint64_t>(std::ceil(OpenedWithin(shape, 60)));
  const auto most = TunableNumber(shape.facts, "net.ipv4.tcp_max_tw_buckets");
  return most ? std::min(opened, static_cast<std::uint64_t>(std::max<std::int64_t>(*most, 0)))
              : opened;
}

}  // namespace

std::optional<Wall> TcpMemoryWall(const LoadShape& shape) {
  const std::uint64_t pages = PagesOfMessage(shape);
  // Idle connections hold none.
  if (pages == 0) return std::nullopt;
  if (!shape.facts.sockets) {
    return UnknownWall("tcp_memory", "TCP memory", shape.facts.sockets.why());
  }
  const auto marks = TunableNumbers(shape.facts, "net.ipv4.tcp_mem", 3);
  if (!marks) return UnknownWall("tcp_memory", "TCP memory", marks.error().message);
  const std::uint64_t page = shape.facts.kernel.page_bytes;
  const std::uint64_t now = shape.facts.sockets->tcp_memory_pages;
  const auto most = static_cast<std::uint64_t>(std::max<std::int64_t>((*marks)[2], 0));
  const std::uint64_t left = most - std::min(now, most);
  Wall wall;
  wall.resource = "tcp_memory";
  wall.title = "TCP memory";
  wall.unit = "bytes";
  wall.need = static_cast<double>(shape.wish.connections * pages * page);
  // tcp_mem goes up to 2^63 pages.
  wall.have = static_cast<double>(left) * static_cast<double>(page);
  wall.operation = "send";
  wall.at_connections = left / pages;
  wall.formula =
      Format("need {} x {} for {} B waiting = {} pages of {} B; have tcp_mem[2] {} - {} now = {}",
             CountConnections(shape.wish.connections), Count(pages, "page", "pages"),
             shape.wish.message_bytes, shape.wish.connections * pages, page, most, now, left);
  wall.profile = TcpMemoryLines(shape.facts, now + shape.wish.connections * pages);
  wall = MadeWall(shape, std::move(wall));
  if (!wall.enough) {
    wall.what_happens =
        "nothing fails: windows shrink from tcp_mem[1] on, and above tcp_mem[2] what arrives is "
        "dropped and sent again";
  }
  return wall;
}

std::optional<Wall> MemoryWall(const LoadShape& shape) {
  const Room room = RoomOf(shape.facts);
  if (!room.unknown.empty()) return UnknownWall("memory", "memory for sockets", room.unknown);
  const std::uint64_t ends = shape.both_here ? 2 : 1;
  const std::uint64_t each =
      kBytesPerEnd * ends + PagesOfMessage(shape) * shape.facts.kernel.page_bytes;
  const std::uint64_t resting = Resting(shape) * kBytesPerTimeWait;
  Wall wall;
  wall.resource = "memory";
  wall.title = "memory for sockets";
  wall.unit = "bytes";
  wall.need = static_cast<double>(shape.wish.connections * each + resting);
  wall.have = static_cast<double>(room.bytes);
  wall.error = "ENOMEM";
  wall.operation = shape.wish.side == LoadSide::kClient ? "socket" : "accept";
  wall.at_connections = room.bytes / each;
  wall.formula = Format("need {} x {} B ({} x {} B and {} of data) + {} in TIME_WAIT = {}; have {}",
                        CountConnections(shape.wish.connections), each, ends, kBytesPerEnd,
                        Count(PagesOfMessage(shape), "page", "pages"), FormatBytes(resting),
                        FormatBytes(static_cast<std::uint64_t>(wall.need)), room.words);
  wall = MadeWall(shape, std::move(wall));
  if (!wall.enough) {
    wall.what_happens = "what is sent may fail with ENOBUFS, or a process is killed for memory";
  }
  return wall;
}

}  // namespace tunewire
