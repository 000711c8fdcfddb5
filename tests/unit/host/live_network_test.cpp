#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <map>
#include <random>
#include <string>

#include "host/decode_rtnetlink.h"
#include "host/netlink_attributes.h"
#include "support/child.h"
#include "support/fake_live_network.h"
#include "tunewire/base/unique_fd.h"
#include "tunewire/host/listeners.h"
#include "tunewire/host/live_network.h"

namespace tunewire {
namespace {

using Bytes = std::vector<std::byte>;

void Append(Bytes& bytes, const void* data, std::size_t size) {
  const auto* begin = static_cast<const std::byte*>(data);
  bytes.insert(bytes.end(), begin, begin + size);
  bytes.resize((bytes.size() + 3) / 4 * 4);
}

Bytes Attribute(std::uint16_t type, const void* data, std::size_t size) {
  const nlattr header{static_cast<std::uint16_t>(sizeof(nlattr) + size), type};
  Bytes bytes;
  Append(bytes, &header, sizeof header);
  Append(bytes, data, size);
  return bytes;
}

Bytes Text(std::uint16_t type, const std::string& text) {
  return Attribute(type, text.c_str(), text.size() + 1);
}

template <class Head>
Bytes Message(const Head& head, const std::vector<Bytes>& attributes) {
  Bytes bytes;
  Append(bytes, &head, sizeof head);
  for (const Bytes& one : attributes) bytes.insert(bytes.end(), one.begin(), one.end());
  return bytes;
}

std::string Shown(const std::vector<InterfaceQdisc>& rows) {
  std::string text;
  for (const InterfaceQdisc& row : rows) {
    text += row.interface + "=" + row.qdisc + (row.virtual_device ? "*" : "") + " ";
  }
  return text;
}

bool Run(const std::string& command) {
  return std::system((command + " 2>/dev/null >&2").c_str()) == 0;
}

bool RealKernelAsked() { return std::getenv("TUNEWIRE_REAL_PROC") != nullptr; }

}  // namespace

TEST_CASE("netlink attributes: found by type, damaged ones end the search") {
  Bytes bytes = Text(3, "abc");
  const Bytes second = Text(static_cast<std::uint16_t>(4 | NLA_F_NESTED), "second");
  bytes.insert(bytes.end(), second.begin(), second.end());
  CHECK(TextAttribute(bytes, 3) == "abc");
  CHECK(TextAttribute(bytes, 4) == "second");
  CHECK(TextAttribute(bytes, 5).empty());
  CHECK(TextAttribute(std::span(bytes).first(bytes.size() - 2), 4).empty());
  for (const std::uint16_t size : std::vector<std::uint16_t>{0, 3, 60000}) {
    std::memcpy(bytes.data(), &size, sizeof size);
    CHECK(TextAttribute(bytes, 4).empty());
  }
}

TEST_CASE("link and qdisc bytes") {
  ifinfomsg head{};
  head.ifi_index = 7;
  head.ifi_type = ARPHRD_ETHER;
  const Bytes kind = Text(IFLA_INFO_KIND, "veth");
  const auto link = DecodeLink(
      Message(head, {Text(IFLA_IFNAME, "v0"), Attribute(IFLA_LINKINFO, kind.data(), kind.size())}));
  REQUIRE(link.has_value());
  CHECK(link->index == 7);
  CHECK(link->name == "v0");
  CHECK(link->kind == "veth");
  CHECK_FALSE(link->loopback);
  head.ifi_type = ARPHRD_LOOPBACK;
  CHECK(DecodeLink(Message(head, {Text(IFLA_IFNAME, "lo")}))->loopback);
  CHECK_FALSE(DecodeLink(Message(head, {})).has_value());
  tcmsg qdisc{};
  qdisc.tcm_ifindex = 7;
  qdisc.tcm_handle = 0x10000;
  qdisc.tcm_parent = TC_H_ROOT;
  const auto decoded = DecodeQdisc(Message(qdisc, {Text(TCA_KIND, "fq")}));
  REQUIRE(decoded.has_value());
  CHECK(decoded->index == 7);
  CHECK(decoded->handle == 0x10000);
  CHECK(decoded->parent == TC_H_ROOT);
  CHECK(decoded->kind == "fq");
  CHECK_FALSE(DecodeQdisc(Message(qdisc, {})).has_value());
}

TEST_CASE("link and qdisc bytes: any are survived") {
  std::mt19937 random(13);
  for (int round = 0; round < 20000; ++round) {
    Bytes bytes(random() % 120);
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(random() % 40);
    if (const auto link = DecodeLink(bytes)) CHECK_FALSE(link->name.empty());
    if (const auto qdisc = DecodeQdisc(bytes)) CHECK_FALSE(qdisc->kind.empty());
  }
}

TEST_CASE("root qdiscs: leaves stand for mq, and only its own") {
  const std::vector<Link> links{
      {1, "lo", "", true}, {2, "eth0", "", false}, {3, "eth1", "", false}};
  std::vector<Qdisc> qdiscs{{1, 0, TC_H_ROOT, "noqueue"},
                            {2, 0, TC_H_ROOT, "mq"},
                            {2, 0, 1, "fq_codel"},
                            {2, 0, 2, "fq_codel"},
                            {2, 0xFFFF0000, TC_H_INGRESS, "ingress"},
                            {3, 0x10000, TC_H_ROOT, "htb"},
                            {3, 0x20000, 0x10001, "sfq"}};
  CHECK(Shown(RootQdiscs(links, qdiscs)) == "eth0=fq_codel eth1=htb lo=noqueue* ");
  qdiscs[3].kind = "fq";
  CHECK(Shown(RootQdiscs(links, qdiscs)) == "eth0=fq eth0=fq_codel eth1=htb lo=noqueue* ");
  CHECK(Shown(RootQdiscs(links, {{2, 0, TC_H_ROOT, "mq"}})) == "eth0=mq ");
  CHECK(Shown(RootQdiscs({}, qdiscs)).empty());
}

TEST_CASE("root qdiscs: where no queue is right") {
  const std::vector<Link> links{{1, "br0", "bridge", false}, {2, "wlan0", "", false}};
  CHECK(Shown(RootQdiscs(links, {{1, 0, TC_H_ROOT, "noqueue"}, {2, 0, TC_H_ROOT, "noqueue"}})) ==
        "br0=noqueue* wlan0=noqueue* ");
  // One with a handle was put there by somebody.
  CHECK(Shown(RootQdiscs(links, {{2, 0x80010000, TC_H_ROOT, "noqueue"}})) == "wlan0=noqueue ");
}

// ---- The contract of sockets and their owners, held by the fake and by the running system.

namespace {

struct Wish {
  FakeNetworkSocket::Protocol protocol = FakeNetworkSocket::Protocol::kTcp;
  int receive = 0;  ///< SO_RCVBUF to ask for, 0 for none
  int send = 0;
};

struct Opened {
  std::uint64_t inode = 0;
  std::string local;
};

class NetworkWorld {
 public:
  virtual ~NetworkWorld() = default;
  virtual const LiveNetwork& network() = 0;
  virtual Opened Listen(const Wish& wish) = 0;
  /// A connection that this listener has accepted.
  virtual Opened Accept(const Opened& listener) = 0;
  /// A process that holds just these.
  virtual ProcessId Start(const std::vector<Opened>& sockets) = 0;
  virtual void End(const ProcessId& id) = 0;
};

class FakeNetworkWorld : public NetworkWorld {
 public:
  const LiveNetwork& network() override { return fake_; }
  Opened Listen(const Wish& wish) override {
    FakeNetworkSocket socket;
    socket.protocol = wish.protocol;
    socket.local = "127.0.0.1:" + std::to_string(++next_);
    if (wish.receive != 0) socket.receive = wish.receive;
    if (wish.send != 0) socket.send = wish.send;
    return Put(std::move(socket));
  }
  Opened Accept(const Opened& listener) override {
    FakeNetworkSocket socket = sockets_.at(listener.inode);
    socket.peer = "127.0.0.1:" + std::to_string(++next_);
    return Put(std::move(socket));
  }
  ProcessId Start(const std::vector<Opened>& sockets) override {
    std::set<std::uint64_t> inodes;
    for (const Opened& one : sockets) inodes.insert(one.inode);
    const ProcessId id{static_cast<int>(++next_), 1};
    fake_.PutProcess(id, inodes);
    return id;
  }
  void End(const ProcessId& id) override { fake_.EndProcess(id); }

 private:
  Opened Put(FakeNetworkSocket socket) {
    const Opened opened{++next_, socket.local};
    sockets_[opened.inode] = socket;
    fake_.PutSocket(opened.inode, std::move(socket));
    return opened;
  }

  FakeLiveNetwork fake_;
  std::map<std::uint64_t, FakeNetworkSocket> sockets_;
  std::uint64_t next_ = 40000;
};

class RealNetworkWorld : public NetworkWorld {
 public:
  RealNetworkWorld() { REQUIRE(Run("ip link set lo up")); }
  const LiveNetwork& network() override { return *network_; }
  Opened Listen(const Wish& wish) override {
    const bool tcp = wish.protocol == FakeNetworkSocket::Protocol::kTcp;
    UniqueFd fd(::socket(AF_INET, tcp ? SOCK_STREAM : SOCK_DGRAM, 0));
    if (wish.receive != 0) Set(fd, SO_RCVBUF, wish.receive);
    if (wish.send != 0) Set(fd, SO_SNDBUF, wish.send);
    sockaddr_in address = Loopback(0);
    REQUIRE(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    if (tcp) REQUIRE(::listen(fd.get(), 8) == 0);
    return Keep(std::move(fd));
  }
  Opened Accept(const Opened& listener) override {
    const UniqueFd& server = fds_.at(listener.inode);
    const sockaddr_in address = Loopback(Port(server));
    UniqueFd client(::socket(AF_INET, SOCK_STREAM, 0));
    REQUIRE(::connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
            0);
    clients_.push_back(std::move(client));
    return Keep(UniqueFd(::accept(server.get(), nullptr, nullptr)));
  }
  ProcessId Start(const std::vector<Opened>& sockets) override {
    children_.emplace_back("tw-holder", [&] {
      clients_.clear();
      std::erase_if(fds_, [&](const auto& one) {
        return std::ranges::find(sockets, one.first, &Opened::inode) == sockets.end();
      });
    });
    const auto processes = LinuxProcesses()->Processes();
    REQUIRE(processes.has_value());
    const auto found = std::ranges::find_if(
        *processes, [&](const Process& one) { return one.id.pid == children_.back().pid(); });
    REQUIRE(found != processes->end());
    return found->id;
  }
  void End(const ProcessId& id) override {
    const auto found = std::ranges::find(children_, id.pid, &Child::pid);
    REQUIRE(found != children_.end());
    found->End();
  }

 private:
  static void Set(const UniqueFd& fd, int option, int bytes) {
    REQUIRE(::setsockopt(fd.get(), SOL_SOCKET, option, &bytes, sizeof bytes) == 0);
  }
  static sockaddr_in Loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
  }
  static std::uint16_t Port(const UniqueFd& fd) {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    REQUIRE(::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
    return ntohs(address.sin_port);
  }
  Opened Keep(UniqueFd fd) {
    struct stat status {};
    REQUIRE(::fstat(fd.get(), &status) == 0);
    Opened opened{status.st_ino, "127.0.0.1:" + std::to_string(Port(fd))};
    fds_[opened.inode] = std::move(fd);
    return opened;
  }

  std::unique_ptr<LiveNetwork> network_ = LinuxLiveNetwork();
  std::map<std::uint64_t, UniqueFd> fds_;
  std::vector<UniqueFd> clients_;
  std::vector<Child> children_;
};

/// Owners among `ids`: the test itself holds every real socket too.
std::vector<ProcessId> Among(const SocketOwners& owners, const Opened& socket,
                             const std::vector<ProcessId>& ids) {
  std::vector<ProcessId> found;
  const auto held = owners.by_inode.find(socket.inode);
  if (held == owners.by_inode.end()) return found;
  std::ranges::copy_if(held->second, std::back_inserter(found), [&](const ProcessId& id) {
    return std::ranges::find(ids, id) != ids.end();
  });
  std::ranges::sort(found);
  return found;
}

void OwnersOfTheAsked(NetworkWorld& world) {
  const Opened first = world.Listen({});
  const Opened second = world.Listen({});
  const Opened third = world.Listen({});
  const ProcessId one = world.Start({first, second});
  const ProcessId two = world.Start({second, third});
  const auto owners = world.network().Owners({first.inode, second.inode});
  REQUIRE(owners.has_value());
  CHECK(Among(*owners, first, {one, two}) == std::vector{one});
  CHECK(Among(*owners, second, {one, two}) == std::vector{one, two});
  CHECK(owners->by_inode.size() == 2);
}

void NothingAskedNothingFound(NetworkWorld& world) {
  world.Start({world.Listen({})});
  const auto owners = world.network().Owners({});
  REQUIRE(owners.has_value());
  CHECK(owners->by_inode.empty());
  CHECK(owners->unreadable == 0);
}

void OwnersThatEnded(NetworkWorld& world) {
  const Opened socket = world.Listen({});
  const ProcessId id = world.Start({socket});
  world.End(id);
  const auto owners = world.network().Owners({socket.inode});
  REQUIRE(owners.has_value());
  CHECK(Among(*owners, socket, {id}).empty());
}

void AutotunedOnesAreNotLocked(NetworkWorld& world) {
  const ProcessId id = world.Start({world.Listen({})});
  const auto locked = world.network().LockedBuffers({id});
  REQUIRE(locked.has_value());
  CHECK(locked->empty());
}

void LockedOnesBySide(NetworkWorld& world) {
  const Opened receive = world.Listen({.receive = 20000});
  const Opened send = world.Listen({.send = 30000});
  const Opened both = world.Listen({.receive = 40000, .send = 50000});
  const ProcessId id = world.Start({receive, send, both});
  const auto locked = world.network().LockedBuffers({id});
  REQUIRE(locked.has_value());
  REQUIRE(locked->size() == 4);
  std::map<std::pair<std::string, bool>, std::uint64_t> bytes;
  for (const LockedBuffer& one : *locked) {
    bytes[{one.local, one.receive}] = one.bytes;
    CHECK(one.peer.empty());
    CHECK(one.owner == id);
  }
  CHECK(bytes[{receive.local, true}] == 40000);
  CHECK(bytes[{send.local, false}] == 60000);
  CHECK(bytes[{both.local, true}] == 80000);
  CHECK(bytes[{both.local, false}] == 100000);
}

void ConnectionsInheritTheLock(NetworkWorld& world) {
  const Opened listener = world.Listen({.receive = 20000});
  const Opened connection = world.Accept(listener);
  const ProcessId id = world.Start({connection});
  const auto locked = world.network().LockedBuffers({id});
  REQUIRE(locked.has_value());
  REQUIRE(locked->size() == 1);
  CHECK(locked->front().inode == connection.inode);
  CHECK(locked->front().local == listener.local);
  CHECK(locked->front().peer.starts_with("127.0.0.1:"));
  CHECK(locked->front().receive);
}

void OnlyTcp(NetworkWorld& world) {
  const ProcessId id = world.Start(
      {world.Listen({.protocol = FakeNetworkSocket::Protocol::kUdp, .receive = 20000})});
  const auto locked = world.network().LockedBuffers({id});
  REQUIRE(locked.has_value());
  CHECK(locked->empty());
}

void SharedOnesOnce(NetworkWorld& world) {
  const Opened socket = world.Listen({.receive = 20000});
  const ProcessId one = world.Start({socket});
  const ProcessId two = world.Start({socket});
  const auto locked = world.network().LockedBuffers({one, two});
  REQUIRE(locked.has_value());
  REQUIRE(locked->size() == 1);
  CHECK(locked->front().owner == one);
}

void LockedOnesOfTheEnded(NetworkWorld& world) {
  const Opened socket = world.Listen({.receive = 20000});
  const ProcessId ended = world.Start({socket});
  const ProcessId living = world.Start({socket});
  world.End(ended);
  const ProcessId other{living.pid, living.start_ticks + 1};
  const auto locked = world.network().LockedBuffers({ended, other, {0, 1}, {-1, 1}});
  REQUIRE(locked.has_value());
  CHECK(locked->empty());
}

struct Clause {
  const char* says;
  void (*check)(NetworkWorld&);
};

const std::vector<Clause> kClauses{
    {"owners", OwnersOfTheAsked},
    {"nothing asked", NothingAskedNothingFound},
    {"owners that ended", OwnersThatEnded},
    {"autotuned", AutotunedOnesAreNotLocked},
    {"locked", LockedOnesBySide},
    {"inherited", ConnectionsInheritTheLock},
    {"only TCP", OnlyTcp},
    {"shared", SharedOnesOnce},
    {"locked, ended", LockedOnesOfTheEnded},
};

}  // namespace

TEST_CASE("live network contract: fake") {
  for (const Clause& clause : kClauses) {
    INFO(std::string(clause.says));
    FakeNetworkWorld world;
    clause.check(world);
  }
}

TEST_CASE("live network contract: live" * doctest::skip(!RealKernelAsked())) {
  for (const Clause& clause : kClauses) {
    INFO(std::string(clause.says));
    RealNetworkWorld world;
    clause.check(world);
  }
}

TEST_CASE("live network: live: looking changes nothing" * doctest::skip(!RealKernelAsked())) {
  RealNetworkWorld world;
  const Opened listener = world.Listen({});
  const Opened connection = world.Accept(listener);
  const ProcessId id = world.Start({listener, connection});
  const auto links = [&] {
    std::string text;
    std::array<char, 64> link{};
    for (int fd = 0; fd < 64; ++fd) {
      const std::string path = "/proc/" + std::to_string(id.pid) + "/fd/" + std::to_string(fd);
      const ssize_t size = ::readlink(path.c_str(), link.data(), link.size());
      if (size > 0) text += std::to_string(fd) + std::string(link.data(), std::size_t(size)) + "\n";
    }
    return text;
  };
  const std::string before = links();
  REQUIRE(world.network().LockedBuffers({id}).has_value());
  REQUIRE(world.network().Owners({listener.inode}).has_value());
  CHECK(links() == before);
  CHECK(world.network().LockedBuffers({id})->empty());
}

TEST_CASE("live network: live: processes of others are counted, not an error" *
          doctest::skip(!RealKernelAsked())) {
  struct stat first {};
  REQUIRE(::stat("/proc/1", &first) == 0);
  if (::getuid() == 0 && first.st_uid == 0) return;
  if (::access("/proc/1/fd", R_OK) == 0) return;
  RealNetworkWorld world;
  const Opened socket = world.Listen({.receive = 20000});
  const ProcessId own = world.Start({socket});
  const auto owners = world.network().Owners({socket.inode});
  REQUIRE(owners.has_value());
  CHECK(owners->unreadable > 0);
  const Process* one = nullptr;
  const auto processes = LinuxProcesses()->Processes();
  for (const Process& process : *processes) {
    if (process.id.pid == 1) one = &process;
  }
  REQUIRE(one != nullptr);
  const auto locked = world.network().LockedBuffers({one->id, own});
  REQUIRE(locked.has_value());
  CHECK(locked->size() == 1);
}

TEST_CASE("live network: live: qdiscs of interfaces" * doctest::skip(!RealKernelAsked())) {
  const auto network = LinuxLiveNetwork();
  REQUIRE(Run("ip link set lo up"));
  REQUIRE(Run("ip link add v0 numtxqueues 4 type veth peer name v1"));
  REQUIRE(network->Qdiscs().has_value());
  CHECK(Shown(*network->Qdiscs()) == "lo=noqueue* ");  // the others have not been up yet
  REQUIRE(Run("ip link set v0 up && ip link set v1 up"));
  CHECK(Shown(*network->Qdiscs()) == "lo=noqueue* v0=noqueue* v1=noqueue* ");
  REQUIRE(Run("tc qdisc add dev v1 root handle 5: pfifo"));
  REQUIRE(Run("tc qdisc add dev v0 root handle 1: mq"));
  REQUIRE(Run("tc qdisc replace dev v0 parent 1:2 pfifo"));
  const std::string shown = Shown(*network->Qdiscs());
  CHECK(shown.find("v0=pfifo* ") != std::string::npos);
  CHECK(shown.find("v0=mq") == std::string::npos);
  CHECK(shown.find("v1=pfifo* ") != std::string::npos);
  CHECK(Run("ip link del v0"));
}

TEST_CASE("listeners: live: their congestion control" * doctest::skip(!RealKernelAsked())) {
  const UniqueFd fd(::socket(AF_INET6, SOCK_STREAM, 0));
  REQUIRE(::setsockopt(fd.get(), IPPROTO_TCP, TCP_CONGESTION, "reno", 4) == 0);
  REQUIRE(::listen(fd.get(), 5) == 0);
  struct stat status {};
  REQUIRE(::fstat(fd.get(), &status) == 0);
  const auto listeners = LinuxListeners()->Listeners();
  REQUIRE(listeners.has_value());
  const auto found = std::ranges::find(*listeners, status.st_ino, &Listener::inode);
  REQUIRE(found != listeners->end());
  CHECK(found->congestion_control == "reno");
}

}  // namespace tunewire
