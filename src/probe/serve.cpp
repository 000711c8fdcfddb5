// The server of probes between two hosts: one thread accepts and listens to who says hello, one
// more for each session.
#include <atomic>
#include <mutex>

#include "base/format.h"
#include "probe/grant.h"
#include "probe/lobby.h"
#include "probe/session.h"
#include "tunewire/host/privileges.h"
#include "tunewire/host/sockets_now.h"
#include "tunewire/host/tcp.h"
#include "tunewire/host/workers.h"
#include "tunewire/probe/ends.h"

namespace tunewire {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kSlice{100};
constexpr int kBacklog = 1024;
constexpr int kAcceptsARound = 16;

class Server {
 public:
  Server(UniqueFd listener, const ServeOptions& options, const ServeEvents& events)
      : listener_(std::move(listener)), options_(options), events_(events) {}

  void Run();

 private:
  [[nodiscard]] bool Over() const;
  void AcceptSome();
  void Answer(Greeting greeting);
  void Begin(Greeting greeting);
  void Refuse(Greeting greeting, const Refusal& refusal);
  void Note(const std::string& line);

  UniqueFd listener_;
  const ServeOptions& options_;
  const ServeEvents& events_;
  Lobby lobby_;
  std::mutex noting_;
  std::atomic<std::uint32_t> with_runs_ = 0;
  std::atomic<bool> stopping_ = false;
  Workers workers_{kMostSessions};  // last: its end waits for sessions that use all the others
};

bool Server::Over() const {
  return options_.sessions != 0 && with_runs_ >= options_.sessions && workers_.AtWork() == 0;
}

void Server::Run() {
  while (!Over()) {
    if (events_.stop()) break;
    std::vector<int> fds = lobby_.Descriptors();
    fds.push_back(listener_.get());
    AwaitAnyReadable(fds, kSlice);
    AcceptSome();
    for (Greeting& greeting : lobby_.Read()) Answer(std::move(greeting));
  }
  stopping_ = true;
  if (const std::uint64_t turned = lobby_.Turned(); turned > 0) {
    Note(Format("{} connections without a hello", turned));
  }
}

// Out of descriptors, or a connection that died while it waited: the next round tries again, and
// the table has let go of somebody by then.
void Server::AcceptSome() {
  for (int i = 0; i < kAcceptsARound; ++i) {
    SocketAddress peer;
    Result<UniqueFd> fd = AcceptTcp(listener_.get(), milliseconds(0), peer);
    if (!fd || !fd->valid()) return;
    lobby_.Admit(std::move(*fd), peer);
  }
}

void Server::Answer(Greeting greeting) {
  if (greeting.header.version != kFrameVersion) {
    const std::string text =
        Format("this server speaks version {}, not {}", kFrameVersion, greeting.header.version);
    return Refuse(std::move(greeting), {.reason = RefusalReason::kVersion, .text = text});
  }
  if (!greeting.hello) {
    return Refuse(std::move(greeting),
                  {.reason = RefusalReason::kProtocol, .text = "a hello that is none"});
  }
  if (options_.sessions != 0 && with_runs_ >= options_.sessions) {
    return Refuse(std::move(greeting),
                  {.reason = RefusalReason::kBusy, .text = "it has served all its sessions"});
  }
  Begin(std::move(greeting));
}

void Server::Begin(Greeting greeting) {
  const std::string who = Format("{} ({})", greeting.peer.Text(), greeting.hello->program);
  // std::function wants to be copied; a greeting owns its connection.
  auto shared = std::make_shared<Greeting>(std::move(greeting));
  const Status started = workers_.Start([this, shared, who] {
    const SessionEnd end = ServeSession(
        std::move(*shared), lobby_, [this] { ++with_runs_; }, [this] { return stopping_.load(); });
    Note(Format("{}: {} {}, {}", who, end.runs, end.runs == 1 ? "run" : "runs", end.how));
  });
  if (started) return;
  const std::string text = Format("it already serves {} sessions", kMostSessions);
  Refuse(std::move(*shared), {.reason = RefusalReason::kBusy, .text = text});
}

// Whoever does not take one small frame at once does not get it.
void Server::Refuse(Greeting greeting, const Refusal& refusal) {
  static_cast<void>(SendNow(greeting.fd.get(), EncodeRefusal(greeting.header.nonce, refusal)));
  CloseGently(std::move(greeting.fd));
  Note(Format("{}: refused, {}", greeting.peer.Text(), refusal.text));
}

void Server::Note(const std::string& line) {
  const std::scoped_lock lock(noting_);
  events_.note(line);
}

}  // namespace

Status Serve(const ServeOptions& options, const ServeEvents& events) {
  const Result<std::vector<SocketAddress>> where = ResolveHost({options.listen, options.port});
  if (!where) return Fail(where.error());
  Result<UniqueFd> listener = ListenTcp(where->front(), kBacklog);
  if (!listener) return Fail(listener.error());
  if (Status dropped = DropRoot(); !dropped) return dropped;
  const Result<SocketAddress> bound = LocalAddressOf(listener->get());
  if (!bound) return Fail(bound.error());
  events.ready(options.listen, bound->port());
  Server(std::move(*listener), options, events).Run();
  return {};
}

}  // namespace tunewire
