// Both ends on this host: two threads, each in its network namespace.
#include <atomic>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/format.h"
#include "host/interface_addresses.h"
#include "host/side_thread.h"
#include "host/socket_address.h"
#include "host/socket_errors.h"
#include "host/thread_network.h"
#include "probe/drive.h"
#include "tunewire/base/text.h"
#include "tunewire/host/namespaces.h"
#include "tunewire/host/tcp.h"
#include "tunewire/probe/ends.h"

namespace tunewire {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kConnectPatience{5000};
constexpr milliseconds kTrial{1500};  ///< for one address that may lead nowhere
constexpr std::size_t kMostTrials = 8;
constexpr milliseconds kGlance{50};
constexpr milliseconds kIdle{10'000};

/// Enters a namespace with the calling thread; "" is where it is.
Status Enter(const std::string& name) {
  return name.empty() ? Status() : EnterNetworkNamespace(name);
}

/// `work()` in a namespace; the caller's thread stays where it is.
template <class Value, class Work>
Result<Value> Within(const std::string& name, Work work) {
  std::optional<Result<Value>> result;
  SideThread thread([&] {
    if (Status entered = Enter(name); !entered) {
      result = Fail(entered.error());
    } else {
      result = work();
    }
  });
  thread.Join();
  return std::move(*result);
}

Result<std::uint64_t> InodeOf(const std::string& name) {
  return Within<std::uint64_t>(name,
                               [] { return Result<std::uint64_t>(ThreadNetworkNamespace()); });
}

/// An address of the server's as either end must write it: a link-local one needs the zone of
/// whoever uses it.
struct Path {
  SocketAddress client, server;
};

/// Does a connection along `path` reach a listener in the server's namespace? Both namespaces may
/// have an interface of that address, and another program may listen at that port.
bool Leads(const std::string& client, const std::string& server, const Path& path) {
  const Result<UniqueFd> listener =
      Within<UniqueFd>(server, [&] { return ListenTcp(WithPort(path.server, 0), 1); });
  if (!listener) return false;
  const Result<SocketAddress> bound = LocalAddressOf(listener->get());
  if (!bound) return false;
  const Result<UniqueFd> connection = Within<UniqueFd>(client, [&] {
    return ConnectTcp(WithPort(path.client, bound->port()), {0, "", kTrial});
  });
  if (!connection) return false;
  const Result<SocketAddress> own = LocalAddressOf(connection->get());
  SocketAddress seen;
  const Result<UniqueFd> accepted = AcceptTcp(listener->get(), kTrial, seen);
  return accepted && accepted->valid() && own && own->port() == seen.port();
}

bool IsV4(const SocketAddress& address) { return address.length == LoopbackV4().length; }

/// IPv4 first, link-local IPv6 last, through each interface of the client's.
std::vector<Path> PathsBetween(const std::vector<InterfaceAddress>& client,
                               const std::vector<InterfaceAddress>& server) {
  std::vector<Path> v4, v6, local;
  for (const InterfaceAddress& to : server) {
    // Every namespace has a loopback of its own: that address would never leave the client's.
    if (to.loopback) continue;
    if (!IsLinkLocal(to.address)) {
      (IsV4(to.address) ? v4 : v6).push_back({to.address, to.address});
      continue;
    }
    for (const InterfaceAddress& from : client) {
      if (from.loopback || !IsLinkLocal(from.address)) continue;
      local.push_back({WithScope(to.address, from.index), to.address});
    }
  }
  v4.insert(v4.end(), v6.begin(), v6.end());
  v4.insert(v4.end(), local.begin(), local.end());
  return v4;
}

Result<std::vector<Path>> Candidates(const std::string& client, const std::string& server,
                                     bool one_namespace) {
  if (one_namespace) {
    return std::vector<Path>{{LoopbackV4(), LoopbackV4()}, {LoopbackV6(), LoopbackV6()}};
  }
  const auto to = Within<std::vector<InterfaceAddress>>(server, InterfaceAddresses);
  if (!to) return Fail(to.error());
  const auto from = Within<std::vector<InterfaceAddress>>(client, InterfaceAddresses);
  if (!from) return Fail(from.error());
  return PathsBetween(*from, *to);
}

std::string NameForPeople(const std::string& name) {
  return name.empty() ? "this one" : Printable(name);
}

std::string Description(const std::string& client, const std::string& server, bool one_namespace) {
  if (client.empty() && server.empty()) return "loopback";
  if (one_namespace) return Format("loopback of namespace {}", NameForPeople(client));
  return Format("namespaces {} and {}", NameForPeople(client), NameForPeople(server));
}

Error NoPath(const std::string& client, const std::string& server, bool one_namespace,
             std::size_t tried) {
  Error error;
  error.code = "no_path";
  error.subject = Description(client, server, one_namespace);
  if (one_namespace) {
    error.message = "no connection over the loopback interface";
    error.hint = "ip link set lo up";
  } else if (tried == 0) {
    error.message =
        Format("namespace {} has no interface that is up with an address", NameForPeople(server));
  } else {
    error.message = Format("none of the {} addresses of namespace {} can be reached from {}", tried,
                           NameForPeople(server), NameForPeople(client));
    error.hint = "a veth pair joins two namespaces: ip link add A type veth peer name B";
  }
  return error;
}

/// One run: the sockets of both ends and what became of them.
class LocalRun {
 public:
  LocalRun(const std::string& client, const std::string& server, const Path& path,
           const RunSpec& spec, const RunWatch& watch)
      : client_name_(client), server_name_(server), path_(path), spec_(spec), watch_(watch) {}

  Result<RunEvidence> Go() {
    Result<UniqueFd> listener =
        Within<UniqueFd>(server_name_, [&] { return ListenTcp(WithPort(path_.server, 0), 1); });
    if (!listener) return Fail(listener.error());
    const Result<SocketAddress> bound = LocalAddressOf(listener->get());
    if (!bound) return Fail(bound.error());
    SideThread server([&] { server_result_ = Serve(listener->get()); });
    SideThread client([&] {
      client_result_ = Drive(WithPort(path_.client, bound->port()));
      if (!client_result_ || client_result_->interrupted) over_ = true;
    });
    client.Join();
    server.Join();
    connection_.Reset();
    return Together();
  }

 private:
  Result<EndEvidence> Serve(int listener) {
    if (Status entered = Enter(server_name_); !entered) return Fail(entered.error());
    SocketAddress peer;
    for (milliseconds waited{}; waited < kConnectPatience && !over_; waited += kGlance) {
      const Result<UniqueFd> fd = AcceptTcp(listener, kGlance, peer);
      if (!fd) return Fail(fd.error());
      if (fd->valid())
        return DriveServer(fd->get(), spec_, Limits(), [this] { return over_.load(); });
    }
    return Fail(TimedOut("accept", "the client", kConnectPatience));
  }

  /// The connection outlives the client's half: its server reads the end of file first.
  Result<RunEvidence> Drive(const SocketAddress& where) {
    if (Status entered = Enter(client_name_); !entered) return Fail(entered.error());
    Result<UniqueFd> fd = ConnectTcp(where, {spec_.traffic.mss, "", kConnectPatience});
    if (!fd) return Fail(fd.error());
    connection_ = std::move(*fd);
    return DriveClient(connection_.get(), spec_, watch_);
  }

  /// Both ends are ours: only a lost peer is to be noticed.
  [[nodiscard]] DriveLimits Limits() const {
    milliseconds pauses{};
    for (const Step& step : spec_.traffic.client) {
      pauses += std::chrono::duration_cast<milliseconds>(step.pause);
    }
    const auto rest = std::chrono::duration_cast<milliseconds>(spec_.think + spec_.interval);
    return {kIdle + pauses + rest, milliseconds(0), 0};
  }

  Result<RunEvidence> Together() {
    if (!client_result_) {
      // An end that went away because it failed itself knows better than the one that lost it.
      const bool lost = client_result_.error().code == "peer_gone";
      return Fail(lost && !server_result_ ? server_result_.error() : client_result_.error());
    }
    if (server_result_) {
      client_result_->server = std::move(*server_result_);
    } else if (!client_result_->interrupted) {
      return Fail(server_result_.error());
    }
    return std::move(client_result_);
  }

  const std::string& client_name_;
  const std::string& server_name_;
  const Path& path_;
  const RunSpec& spec_;
  const RunWatch& watch_;
  std::atomic<bool> over_ = false;
  UniqueFd connection_;
  Result<RunEvidence> client_result_;
  Result<EndEvidence> server_result_;
};

class TwoThreads : public Ends {
 public:
  TwoThreads(std::string client, std::string server, bool one_namespace, const Path& path)
      : client_(std::move(client)),
        server_(std::move(server)),
        one_namespace_(one_namespace),
        path_(path) {}

  Result<RunEvidence> Run(const RunSpec& spec, const RunWatch& watch) override {
    return std::make_unique<LocalRun>(client_, server_, path_, spec, watch)->Go();
  }
  [[nodiscard]] bool OneHost() const override { return true; }
  [[nodiscard]] std::string Describe() const override {
    return Description(client_, server_, one_namespace_);
  }

 private:
  std::string client_, server_;
  bool one_namespace_;
  Path path_;
};

}  // namespace

Result<std::unique_ptr<Ends>> LocalEnds(const std::string& client, const std::string& server) {
  const Result<std::uint64_t> client_inode = InodeOf(client);
  if (!client_inode) return Fail(client_inode.error());
  const Result<std::uint64_t> server_inode = InodeOf(server);
  if (!server_inode) return Fail(server_inode.error());
  const bool one_namespace = *client_inode == *server_inode;
  const Result<std::vector<Path>> paths = Candidates(client, server, one_namespace);
  if (!paths) return Fail(paths.error());
  std::size_t tried = 0;
  for (const Path& path : *paths) {
    if (++tried > kMostTrials) break;
    if (!Leads(client, server, path)) continue;
    return std::unique_ptr<Ends>(std::make_unique<TwoThreads>(client, server, one_namespace, path));
  }
  return Fail(NoPath(client, server, one_namespace, paths->size()));
}

}  // namespace tunewire
