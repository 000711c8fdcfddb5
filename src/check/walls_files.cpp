// Descriptors of one process, open files of the host, threads.
//
// Measured on Linux 6.18: with RLIMIT_NOFILE 200 a client that has its three standard streams open
// gets 197 connections, then EMFILE at socket(2); `tunewire http` with one thread, an epoll and a
// pipe 194. A server's accept4(2) fails the same way, and the connection stays in the accept queue.
//
// Threads: with RLIMIT_NPROC 200 a user who runs nothing else has 200, the program's first among
// them, then EAGAIN at clone(2); with pids.max 200 likewise.
#include <algorithm>

#include "base/format.h"
#include "check/check_parts.h"
#include "check/walls_parts.h"
#include "tunewire/profile/profile.h"

namespace tunewire {
namespace {

constexpr std::uint64_t kStandardStreams = 3;

/// What a program holds beside its connections: the streams, an epoll a thread, and two more (a
/// listener or a report, a pipe or a timer).
std::uint64_t FilesBeside(const LoadShape& shape) {
  return kStandardStreams + shape.wish.threads + 2;
}

std::string SideCall(const LoadShape& shape) {
  return shape.wish.side == LoadSide::kClient ? "socket" : "accept";
}

std::string LimitWords(std::uint64_t limit) {
  return limit == kUnlimited ? "unlimited" : Format("{}", limit);
}

double Amount(std::uint64_t limit) { return static_cast<double>(limit); }

std::string EmfileWords(const Limits& limits, std::uint64_t need) {
  if (limits.hard <= limits.soft) return "it is each process's own limit: others go on";
  return Format(
      "a program that raises its own soft limit, as tunewire http does, goes on to the hard one "
      "({}); for others: ulimit -n {}",
      LimitWords(limits.hard), std::min(need, limits.hard));
}

/// A nofile above fs.nr_open is refused by setrlimit(2) whoever asks.
std::vector<ProfileLine> NofileLines(const LoadShape& shape, std::uint64_t need) {
  std::vector<ProfileLine> lines{AtLeastLine("nofile", static_cast<std::int64_t>(need),
                                             "each connection of the load takes a descriptor")};
  if (shape.facts.files && shape.facts.files->nr_open > 0 && need > shape.facts.files->nr_open) {
    lines.push_back(
        AtLeastLine("fs.nr_open", static_cast<std::int64_t>(need), "nofile cannot be above it"));
  }
  return lines;
}

struct ThreadRoom {
  std::uint64_t have = 0;
  std::string words;
  std::string key;  ///< of a profile; empty where none would help
};

ThreadRoom HostRoom(const HostFacts& facts) {
  const bool pids = facts.pid_max && *facts.pid_max < *facts.threads_max;
  const std::string key = pids ? "kernel.pid_max" : "kernel.threads-max";
  const std::uint64_t most = pids ? *facts.pid_max : *facts.threads_max;
  const std::uint64_t now = *facts.threads_now;
  return {most - std::min(now, most), Format("{} {} - {} now", key, most, now), key};
}

/// The least of what the host, the control group and the user have left.
ThreadRoom RoomOf(const HostFacts& facts) {
  ThreadRoom room = HostRoom(facts);
  if (facts.cgroup && facts.cgroup->pids_limit) {
    const std::uint64_t limit = *facts.cgroup->pids_limit;
    const std::uint64_t used = std::min(facts.cgroup->pids_used.value_or(0), limit);
    if (limit - used < room.have) {
      room = {limit - used, Format("pids.max of the control group {} - {} now", limit, used), ""};
    }
  }
  // It counts the threads of all the user's programs; root is not held to it.
  const std::uint64_t own = facts.nproc.soft;
  if (facts.kernel.uid != 0 && own > 0 && own < room.have) {
    room = {own, Format("RLIMIT_NPROC soft {}, less what this user runs already", own), ""};
  }
  return room;
}

}  // namespace

std::optional<Wall> DescriptorWall(const LoadShape& shape) {
  const Limits& limits = shape.facts.nofile;
  if (limits.soft == 0 && limits.hard == 0) {
    return UnknownWall("descriptors", "file descriptors",
                       "the limits of this process were not read");
  }
  const std::uint64_t beside = FilesBeside(shape);
  const std::uint64_t need = shape.wish.connections + beside;
  const std::uint64_t fits = limits.soft - std::min(beside, limits.soft);
  Wall wall;
  wall.resource = "descriptors";
  wall.title = "file descriptors";
  wall.need = Amount(need);
  wall.have = Amount(limits.soft);
  wall.error = "EMFILE";
  wall.operation = SideCall(shape);
  wall.at_connections = fits;
  wall.formula = Format(
      "need {} + {} standard streams + {} epoll + 2 = {}; have RLIMIT_NOFILE soft {} "
      "(hard {}{})",
      CountConnections(shape.wish.connections), kStandardStreams, shape.wish.threads, need,
      LimitWords(limits.soft), LimitWords(limits.hard),
      shape.facts.files ? Format(", fs.nr_open {}", shape.facts.files->nr_open) : "");
  wall.profile = NofileLines(shape, need);
  wall.what_happens = EmfileWords(limits, need);
  wall = MadeWall(shape, std::move(wall));
  if (wall.enough) wall.what_happens.clear();
  return wall;
}

std::optional<Wall> FileTableWall(const LoadShape& shape) {
  if (!shape.facts.files) {
    return UnknownWall("file_max", "open files of the host", shape.facts.files.why());
  }
  const FileTable& files = *shape.facts.files;
  const std::uint64_t ends = shape.both_here ? 2 : 1;
  const std::uint64_t beside = FilesBeside(shape) * ends;
  const std::uint64_t room = files.most - std::min(files.open, files.most);
  Wall wall;
  wall.resource = "file_max";
  wall.title = "open files of the host";
  wall.need = Amount(shape.wish.connections * ends + beside);
  wall.have = Amount(room);
  wall.error = "ENFILE";
  wall.operation = SideCall(shape);
  wall.at_connections = (room - std::min(beside, room)) / ends;
  wall.formula = Format("need {} x {} + {} = {}; have fs.file-max {} - {} open = {}",
                        CountConnections(shape.wish.connections), Count(ends, "end", "ends"),
                        beside, Number(wall.need), files.most, files.open, room);
  wall.profile = {AtLeastLine(
      "fs.file-max", static_cast<std::int64_t>(files.open + static_cast<std::uint64_t>(wall.need)),
      "the host's table of open files would be full")};
  wall.what_happens =
      "it hits every program of the host; root (CAP_SYS_ADMIN) alone is let through";
  wall = MadeWall(shape, std::move(wall));
  if (wall.enough) wall.what_happens.clear();
  return wall;
}

std::optional<Wall> ThreadWall(const LoadShape& shape) {
  const HostFacts& facts = shape.facts;
  // One thread is the program itself: it runs already.
  if (shape.wish.threads <= 1) return std::nullopt;
  if (!facts.threads_max) return UnknownWall("threads", "threads", facts.threads_max.why());
  if (!facts.threads_now) return UnknownWall("threads", "threads", facts.threads_now.why());
  const ThreadRoom room = RoomOf(facts);
  Wall wall;
  wall.resource = "threads";
  wall.title = "threads";
  wall.need = shape.wish.threads;
  wall.have = Amount(room.have);
  wall.error = "EAGAIN";
  wall.operation = "clone";
  wall.formula = Format("need {}; have {} = {}", shape.wish.threads, room.words, room.have);
  if (!room.key.empty()) {
    wall.profile = {AtLeastLine(
        room.key,
        std::min<std::int64_t>(*facts.threads_now + std::int64_t{shape.wish.threads} * 2, 4194304),
        "the load's threads must find room")};
  }
  wall = MadeWall(shape, std::move(wall));
  if (!wall.enough) wall.what_happens = "the program cannot start its threads";
  return wall;
}

}  // namespace tunewire
