// Sockets of another process: one contract for the fake and for the kernel, and every option
// against what the process itself has set.
#include "tunewire/host/foreign_socket.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <functional>
#include <utility>

#include "support/child.h"
#include "support/fake_live_sockets.h"
#include "tunewire/base/unique_fd.h"
#include "tunewire/host/clock.h"
#include "tunewire/host/process_usage.h"

namespace tunewire {
namespace {

sockaddr_in Loopback() {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

std::uint64_t InodeOf(int fd) {
  struct stat facts {};
  REQUIRE(::fstat(fd, &facts) == 0);
  return facts.st_ino;
}

/// A listening socket, a connection made to it, and the end that was accepted.
struct Connection {
  explicit Connection(const std::function<void(int listener)>& prepare) {
    sockaddr_in address = Loopback();
    socklen_t size = sizeof address;
    REQUIRE(::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
    prepare(listener.get());
    REQUIRE(::listen(listener.get(), 5) == 0);
    REQUIRE(::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
    REQUIRE(::connect(client.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
    accepted = UniqueFd(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    REQUIRE(accepted.valid());
  }

  UniqueFd listener{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  UniqueFd client{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  UniqueFd accepted;
};

/// A process with one connection.
class Stage {
 public:
  virtual ~Stage() = default;
  virtual ForeignSockets& lender() = 0;
  ProcessId process;
  int descriptor = -1;
  std::uint64_t inode = 0;
};

class FakeStage : public Stage {
 public:
  FakeStage() {
    process = world_.AddProcess(812, "child").id;
    inode = world_.Add(812, 5, 80, 4000).inode;
    descriptor = 5;
  }
  ForeignSockets& lender() override { return lender_; }

 private:
  FakeClock clock_;
  FakeSocketWorld world_{clock_};
  FakeForeignSockets lender_{world_};
};

/// The child inherits the sockets, and this process closes its own.
class LinuxStage : public Stage {
 public:
  LinuxStage() : connection_(std::make_unique<Connection>([](int) {})) {
    descriptor = connection_->client.get();
    inode = InodeOf(descriptor);
    child_ = std::make_unique<Child>("lender", [] {});
    connection_.reset();
    const Result<ProcessId> id = ProcessNow(child_->pid());
    REQUIRE(id);
    process = *id;
  }
  ForeignSockets& lender() override { return *lender_; }

 private:
  std::unique_ptr<Connection> connection_;
  std::unique_ptr<Child> child_;
  std::unique_ptr<ForeignSockets> lender_ = LinuxForeignSockets();
};

std::unique_ptr<Stage> MakeStage(bool real) {
  if (real) return std::make_unique<LinuxStage>();
  return std::make_unique<FakeStage>();
}

bool HasDelackMax(Stage& stage) {
  const auto socket = stage.lender().Borrow(stage.process, stage.descriptor, stage.inode);
  REQUIRE(socket);
  return (*socket)->Get(SocketSwitch::kDelackMax).has_value();
}

}  // namespace

TEST_SUITE("host.foreign_socket") {
  TEST_CASE("what is set through one copy is read through another") {
    for (const bool real : {false, true}) {
      CAPTURE(real);
      const std::unique_ptr<Stage> stage = MakeStage(real);
      const auto borrow = [&stage] {
        auto socket = stage->lender().Borrow(stage->process, stage->descriptor, stage->inode);
        if (!socket) FAIL(socket.error().message);
        return std::move(*socket);
      };
      const std::uint64_t cookie = borrow()->cookie();
      CHECK(cookie != 0);
      CHECK(borrow()->cookie() == cookie);
      for (const SocketSwitch which : {SocketSwitch::kNodelay, SocketSwitch::kCork}) {
        CHECK(borrow()->Get(which) == Result<std::uint32_t>(0u));
        CHECK(borrow()->Set(which, 1).has_value());
        CHECK(borrow()->Get(which) == Result<std::uint32_t>(1u));
        CHECK(borrow()->Set(which, 0).has_value());
        CHECK(borrow()->Get(which) == Result<std::uint32_t>(0u));
      }
      CHECK(borrow()->Set(SocketSwitch::kNodelay, 1).has_value());
      CHECK(borrow()->Options().nodelay == true);
      CHECK(borrow()->Options().cork == false);
    }
  }

  TEST_CASE("nothing but that socket of that process is lent") {
    for (const bool real : {false, true}) {
      CAPTURE(real);
      const std::unique_ptr<Stage> stage = MakeStage(real);
      const auto refusal = [&stage](const ProcessId& process, int descriptor, std::uint64_t inode) {
        const auto socket = stage->lender().Borrow(process, descriptor, inode);
        REQUIRE(!socket);
        CHECK(socket.error().kind == ErrorKind::kNotFound);
        return socket.error().code;
      };
      const ProcessId process = stage->process;
      CHECK(refusal(process, stage->descriptor, stage->inode + 1) == "no_such_socket");
      CHECK(refusal(process, 900, stage->inode) == "no_such_socket");
      CHECK(refusal({process.pid, process.start_ticks + 1}, stage->descriptor, stage->inode) ==
            "no_such_process");
      CHECK(refusal({0, 0}, stage->descriptor, stage->inode) == "no_such_process");
      CHECK(refusal({-1, 0}, stage->descriptor, stage->inode) == "no_such_process");
    }
  }

  TEST_CASE("the least delayed ACK is two ticks; less is refused, more is rounded up") {
    for (const bool real : {false, true}) {
      CAPTURE(real);
      const std::unique_ptr<Stage> stage = MakeStage(real);
      if (!HasDelackMax(*stage)) continue;
      const std::uint32_t tick =
          real ? 1'000'000U / static_cast<std::uint32_t>(TicksPerSecond()) : 4000;
      const auto socket = stage->lender().Borrow(stage->process, stage->descriptor, stage->inode);
      REQUIRE(socket);
      const Status less = (*socket)->Set(SocketSwitch::kDelackMax, tick);
      REQUIRE(!less);
      CHECK(less.error().code == "invalid_option");
      CHECK((*socket)->Set(SocketSwitch::kDelackMax, 2 * tick).has_value());
      CHECK((*socket)->Get(SocketSwitch::kDelackMax) == Result<std::uint32_t>(2 * tick));
      CHECK((*socket)->Set(SocketSwitch::kDelackMax, 2 * tick + 1).has_value());
      CHECK((*socket)->Get(SocketSwitch::kDelackMax) == Result<std::uint32_t>(3 * tick));
      CHECK((*socket)->Set(SocketSwitch::kDelackMax, 200'000).has_value());
      CHECK((*socket)->Get(SocketSwitch::kDelackMax) == Result<std::uint32_t>(200'000u));
    }
  }

  TEST_CASE("a process that has ended lends nothing, and neither does a file") {
    const UniqueFd file(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    Child child("ends", [] {});
    const Result<ProcessId> id = ProcessNow(child.pid());
    REQUIRE(id);
    const std::unique_ptr<ForeignSockets> lender = LinuxForeignSockets();
    const auto of_file = lender->Borrow(*id, file.get(), InodeOf(file.get()));
    REQUIRE(!of_file);
    CHECK(of_file.error().code == "no_such_socket");
    child.Kill();
    CHECK(lender->Borrow(*id, 0, 1).error().code == "no_such_process");
    child.End();
    CHECK(lender->Borrow(*id, 0, 1).error().code == "no_such_process");
  }

  TEST_CASE("a copy that is given back leaves the connection open") {
    LinuxStage stage;
    for (int i = 0; i < 3; ++i)
      CHECK(stage.lender().Borrow(stage.process, stage.descriptor, stage.inode).has_value());
  }

  TEST_CASE("options are those that the process has set") {
    const auto set = [](int fd, int level, int option, int value) {
      REQUIRE(::setsockopt(fd, level, option, &value, sizeof value) == 0);
    };
    auto connection = std::make_unique<Connection>([&set](int listener) {
      set(listener, IPPROTO_TCP, TCP_DEFER_ACCEPT, 7);
      set(listener, IPPROTO_TCP, TCP_NODELAY, 1);
      set(listener, SOL_SOCKET, SO_RCVBUF, 65536);
    });
    const int fd = connection->client.get();
    set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    set(fd, IPPROTO_TCP, TCP_CORK, 1);
    set(fd, IPPROTO_TCP, TCP_KEEPIDLE, 77);
    set(fd, IPPROTO_TCP, TCP_KEEPINTVL, 13);
    set(fd, IPPROTO_TCP, TCP_KEEPCNT, 5);
    set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 12345);
    set(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, 16384);
    set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    set(fd, SOL_SOCKET, SO_RCVLOWAT, 3);
    set(fd, SOL_SOCKET, SO_SNDBUF, 40000);
    set(fd, SOL_SOCKET, SO_PRIORITY, 3);
    set(fd, IPPROTO_IP, IP_TOS, 0x10);
    const std::uint64_t pacing = 5'000'000'000ULL;
    REQUIRE(::setsockopt(fd, SOL_SOCKET, SO_MAX_PACING_RATE, &pacing, sizeof pacing) == 0);
    const linger wait{1, 9};
    REQUIRE(::setsockopt(fd, SOL_SOCKET, SO_LINGER, &wait, sizeof wait) == 0);
    REQUIRE(::setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "reno", 4) == 0);
    REQUIRE(::fcntl(fd, F_SETFL, O_NONBLOCK) == 0);

    const std::vector<int> fds{fd, connection->accepted.get(), connection->listener.get()};
    std::vector<std::uint64_t> inodes;
    for (const int one : fds) inodes.push_back(InodeOf(one));
    Child child("options", [] {});
    // A linger would make this close wait for the peer; the child holds it, so that it does not.
    connection.reset();
    const Result<ProcessId> id = ProcessNow(child.pid());
    REQUIRE(id);
    const std::unique_ptr<ForeignSockets> lender = LinuxForeignSockets();
    const auto options = [&](std::size_t which) {
      const auto socket = lender->Borrow(*id, fds[which], inodes[which]);
      if (!socket) FAIL(socket.error().message);
      return (*socket)->Options();
    };

    const SocketOptions client = options(0);
    CHECK(client.nodelay == true);
    CHECK(client.cork == true);
    CHECK(client.quickack.has_value());
    CHECK(client.keepalive == true);
    CHECK(client.keepalive_idle_s == 77u);
    CHECK(client.keepalive_interval_s == 13u);
    CHECK(client.keepalive_count == 5u);
    CHECK(client.user_timeout_ms == 12345u);
    CHECK(client.notsent_lowat == 16384u);
    CHECK(client.reuseaddr == true);
    CHECK(client.reuseport == false);
    CHECK(client.rcvlowat == 3u);
    CHECK(client.sndbuf == 80000u);
    CHECK(client.priority.has_value());
    CHECK(client.tos == 0x10u);
    CHECK(client.max_pacing_rate == pacing);
    CHECK(client.linger_s == 9u);
    CHECK(client.congestion_control == "reno");
    CHECK(client.nonblocking == true);
    CHECK(client.zerocopy == false);
    CHECK(client.mark == 0u);
    CHECK(client.maxseg.value_or(0) > 500);
    CHECK(!client.ulp);
    CHECK(!client.bound_device);
    CHECK(!client.incoming_cpu_set);
    if (client.sndbuf_locked) {
      CHECK(*client.sndbuf_locked);
      CHECK_FALSE(*client.rcvbuf_locked);
    }

    const SocketOptions accepted = options(1);
    CHECK(accepted.nodelay == true);
    CHECK(accepted.cork == false);
    CHECK(accepted.nonblocking == false);
    CHECK(accepted.keepalive == false);
    CHECK(!accepted.linger_s);
    CHECK(!accepted.max_pacing_rate);
    CHECK(accepted.rcvbuf == 131072u);

    const SocketOptions listener = options(2);
    CHECK(listener.defer_accept_s.value_or(0) >= 7);
    CHECK(listener.nodelay == true);
    CHECK(listener.incoming_cpu_set == false);
    CHECK(listener.rcvbuf == 131072u);
  }
}

}  // namespace tunewire
