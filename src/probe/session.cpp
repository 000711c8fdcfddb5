#include "probe/session.h"

#include <algorithm>

#include "base/format.h"
#include "probe/drive.h"
#include "probe/grant.h"
#include "tunewire/host/random.h"
#include "tunewire/host/sockets_now.h"

namespace tunewire {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// The largest frame a client may send is a run's: two scripts of kMostSteps at their longest.
constexpr std::size_t kMostRequest = 16 * 1024;

class Session {
 public:
  Session(Greeting greeting, std::uint64_t own_half, Lobby& lobby,
          const std::function<void()>& first_run, const std::function<bool()>& stop)
      : peer_(greeting.peer),
        client_half_(greeting.header.nonce),
        own_half_(own_half),
        nonce_(SessionNonce(client_half_, own_half)),
        over_(After(kSessionTime)),
        channel_(std::move(greeting.fd), kMostRequest, stop),
        lobby_(lobby),
        first_run_(first_run),
        stop_(stop) {}

  SessionEnd Serve();

 private:
  [[nodiscard]] Deadline Soon() const { return std::min(over_, After(kIdlePatience)); }
  [[nodiscard]] milliseconds Left() const;

  Status Welcome();
  Status Serve(const Frame& frame);
  Status ServeRun(const RunRequest& run);
  Result<EndEvidence> Drive(int fd, const RunSpec& spec);
  Status SendEvidence(EndEvidence evidence, std::uint32_t most_events);
  Status Refuse(const Refusal& refusal);
  Status Say(const Error& error);

  SocketAddress peer_;
  std::uint64_t client_half_, own_half_, nonce_;
  Deadline over_;
  Channel channel_;
  Lobby& lobby_;
  const std::function<void()>& first_run_;
  const std::function<bool()>& stop_;
  std::uint32_t runs_ = 0;
  bool said_bye_ = false;
};

milliseconds Session::Left() const {
  return std::chrono::duration_cast<milliseconds>(over_ - steady_clock::now());
}

SessionEnd Session::Serve() {
  Status status = Welcome();
  while (status && !said_bye_) {
    const Result<Frame> frame = channel_.Receive(Soon());
    if (frame) {
      status = Serve(*frame);
    } else if (frame.error().code == "malformed_frame" || frame.error().code == "peer_version") {
      status = Refuse({.reason = RefusalReason::kProtocol, .text = frame.error().message});
    } else {
      status = Fail(frame.error());
    }
  }
  CloseGently(channel_.Release());
  return {.runs = runs_, .how = status ? "bye" : status.error().message};
}

Status Session::Welcome() {
  const auto whole = [](milliseconds time) { return static_cast<std::uint32_t>(time.count()); };
  return channel_.Send(EncodeHelloOk(client_half_, {.nonce = own_half_,
                                                    .session_ms = whole(kSessionTime),
                                                    .idle_ms = whole(kIdlePatience),
                                                    .program = ProgramName()}),
                       Soon());
}

Status Session::Serve(const Frame& frame) {
  if (frame.header.nonce != nonce_) {
    return Refuse({.reason = RefusalReason::kProtocol, .text = "a frame of another session"});
  }
  if (frame.header.type == FrameType::kBye) {
    said_bye_ = true;
    return DecodeBye(frame.payload);
  }
  if (frame.header.type != FrameType::kRun) {
    return Refuse({.reason = RefusalReason::kProtocol, .text = "a frame that is not due"});
  }
  const Result<RunRequest> run = DecodeRun(frame.payload);
  if (!run) return Refuse({.reason = RefusalReason::kProtocol, .text = run.error().message});
  if (const auto refusal = RefusalOf(*run)) return Refuse(*refusal);
  return ServeRun(*run);
}

Status Session::ServeRun(const RunRequest& run) {
  if (run.spec.duration > Left()) {
    return Refuse({.reason = RefusalReason::kOver, .text = "longer than the rest of the session"});
  }
  const auto give_up = [this] { return stop_() || channel_.PeerClosed(); };
  const Deadline soon = std::min(over_, After(kHelloPatience));
  const UniqueFd data = lobby_.Claim(peer_, run.data_port, soon, give_up);
  if (!data.valid()) {
    return Refuse({.reason = RefusalReason::kNoData,
                   .text = Format("no second connection came from its port {}", run.data_port)});
  }
  if (runs_++ == 0) first_run_();
  Result<EndEvidence> evidence = Drive(data.get(), run.spec);
  if (!evidence) return Say(evidence.error());
  const Result<Bytes> payload = channel_.Expect(FrameType::kEvidenceRequest, nonce_, Soon());
  if (!payload) return Fail(payload.error());
  const Result<EvidenceRequest> request = DecodeEvidenceRequest(*payload);
  if (!request) return Fail(request.error());
  return SendEvidence(std::move(*evidence), std::min(MostEvents(run.spec), request->most_events));
}

Result<EndEvidence> Session::Drive(int fd, const RunSpec& spec) {
  const DriveLimits limits{.idle = kIdlePatience,
                           .most = std::max(Left(), milliseconds(1)),
                           .exchanges = spec.count == 0 ? kMostExchanges : spec.count};
  const Ready ready{.bytes = BytesOf(spec.traffic), .most_events = MostEvents(spec)};
  // Said when every option is set: the client's first write must meet what was asked for.
  const auto begun = [&] { return channel_.Send(EncodeReady(nonce_, ready), Soon()); };
  return DriveServer(fd, spec, limits, begun, [this] { return stop_() || channel_.PeerClosed(); });
}

Status Session::SendEvidence(EndEvidence evidence, std::uint32_t most_events) {
  std::span<const Event> events(evidence.events);
  events = events.first(std::min<std::size_t>(events.size(), most_events));
  const Summary summary{.events = static_cast<std::uint32_t>(events.size()),
                        .counters = std::move(evidence.counters),
                        .tcp = evidence.tcp,
                        .facts = evidence.facts};
  Status sent = channel_.Send(EncodeSummary(nonce_, summary), Soon());
  while (sent && !events.empty()) {
    const auto some = events.first(std::min(events.size(), kEventsAFrame));
    sent = channel_.Send(EncodeEvents(nonce_, some), Soon());
    events = events.subspan(some.size());
  }
  return sent;
}

// What a peer is told in place of an answer ends the session, so both come back as its end.
Status Session::Refuse(const Refusal& refusal) {
  channel_.Send(EncodeRefusal(nonce_, refusal), Soon());
  return Fail({.kind = ErrorKind::kInvalid, .code = "refused", .message = refusal.text});
}

Status Session::Say(const Error& error) {
  channel_.Send(EncodeError(nonce_, error), Soon());
  return Fail(error);
}

}  // namespace

std::string ProgramName() { return "tunewire " TUNEWIRE_VERSION; }

SessionEnd ServeSession(Greeting greeting, Lobby& lobby, const std::function<void()>& first_run,
                        const std::function<bool()>& stop) {
  const Result<std::uint64_t> own_half = RandomNumber();
  if (!own_half) return {.runs = 0, .how = own_half.error().message};
  return Session(std::move(greeting), *own_half, lobby, first_run, stop).Serve();
}

}  // namespace tunewire
