#include "probe/peer_link.h"

#include <algorithm>

#include "base/format.h"
#include "probe/drive.h"
#include "probe/session.h"
#include "tunewire/host/random.h"

namespace tunewire {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kPatience{5000};
// A run that the server would cut ends a little before: its evidence still has to come over.
constexpr milliseconds kSpare{2000};
// Where a run broke, the reason may already be on its way on the other connection.
constexpr milliseconds kWordPatience{1000};

bool Never() { return false; }

Error NotAPeer(const std::string& name, std::string_view what) {
  return {.kind = ErrorKind::kInvalid,
          .code = "not_a_peer",
          .message = Format("{} {}: no `tunewire probe serve` listens there", name, what),
          .subject = name,
          .hint = "start `tunewire probe serve` on that host"};
}

}  // namespace

PeerLink::PeerLink(Channel channel, const SocketAddress& where, std::string name)
    : channel_(std::move(channel)), where_(where), name_(std::move(name)) {}

Result<PeerLink> PeerLink::Open(const SocketAddress& where, const std::string& name) {
  ConnectOptions options;
  options.patience = kPatience;
  Result<UniqueFd> fd = ConnectTcp(where, options);
  if (!fd) return Fail(fd.error());
  PeerLink link(Channel(std::move(*fd), kMostPayload, Never), where, name);
  if (Status greeted = link.Greet(); !greeted) return Fail(greeted.error());
  return link;
}

Status PeerLink::Greet() {
  const Result<std::uint64_t> own_half = RandomNumber();
  if (!own_half) return Fail(own_half.error());
  const Deadline deadline = After(kPatience);
  Status sent = channel_.Send(EncodeHello(*own_half, {.program = ProgramName()}), deadline);
  if (!sent) return Fail(NotAPeer(name_, "takes no hello"));
  const Result<Bytes> payload = channel_.Expect(FrameType::kHelloOk, *own_half, deadline);
  if (!payload) {
    const std::string& code = payload.error().code;
    if (code == "peer_gone") return Fail(NotAPeer(name_, "closed instead of answering"));
    if (code == "not_a_peer") return Fail(NotAPeer(name_, "answers in another protocol"));
    if (code == "timed_out") return Fail(NotAPeer(name_, "does not answer a hello"));
    return Fail(Named(payload.error()));
  }
  const Result<HelloOk> hello = DecodeHelloOk(*payload);
  if (!hello) return Fail(Named(hello.error()));
  nonce_ = SessionNonce(*own_half, hello->nonce);
  over_ = After(milliseconds(hello->session_ms));
  idle_ = milliseconds(hello->idle_ms);
  idle_until_ = After(idle_);
  return {};
}

bool PeerLink::Fresh(const RunSpec& spec) const {
  const auto now = steady_clock::now();
  return now + milliseconds(1000) < idle_until_ && now + spec.duration + kSpare * 2 < over_ &&
         !channel_.PeerClosed();
}

Result<RunEvidence> PeerLink::Run(const RunSpec& spec, const RunWatch& watch) {
  ConnectOptions options;
  options.mss = spec.traffic.mss;
  options.patience = kPatience;
  const Result<UniqueFd> data = ConnectTcp(where_, options);
  if (!data) return Fail(data.error());
  const Result<SocketAddress> own = LocalAddressOf(data->get());
  if (!own) return Fail(own.error());
  const RunRequest request{.spec = spec, .bytes = BytesOf(spec.traffic), .data_port = own->port()};
  if (Status agreed = Agree(request); !agreed) return Fail(Named(agreed.error()));
  return Drive(data->get(), spec, watch);
}

Status PeerLink::Agree(const RunRequest& request) {
  const Deadline deadline = After(kPatience);
  if (Status sent = channel_.Send(EncodeRun(nonce_, request), deadline); !sent) return sent;
  const Result<Bytes> payload = channel_.Expect(FrameType::kReady, nonce_, deadline);
  if (!payload) return Fail(payload.error());
  const Result<Ready> ready = DecodeReady(*payload);
  if (!ready) return Fail(ready.error());
  if (ready->bytes == request.bytes) return {};
  return Fail(ErrorOf({.reason = RefusalReason::kSizeMismatch,
                       .text = "it reckons with other sizes of an exchange"},
                      name_));
}

Result<RunEvidence> PeerLink::Drive(int fd, const RunSpec& spec, const RunWatch& watch) {
  const Deadline last = over_ - kSpare;
  Result<RunEvidence> run =
      DriveClient(fd, spec, [&](std::uint64_t done, std::chrono::nanoseconds elapsed) {
        return watch(done, elapsed) || steady_clock::now() >= last;
      });
  if (!run) return Fail(WhatHappened(run.error()));
  Result<EndEvidence> server = Gather(*run);
  if (server) {
    run->server = std::move(*server);
  } else if (!run->interrupted) {
    return Fail(Named(server.error()));
  }
  idle_until_ = After(idle_);
  return run;
}

Result<EndEvidence> PeerLink::Gather(const RunEvidence& run) {
  const std::uint32_t most = MostEvents(run.spec);
  const Bytes request =
      EncodeEvidenceRequest(nonce_, {.exchanges = run.latency.count(), .most_events = most});
  if (Status sent = channel_.Send(request, After(kPatience)); !sent) return Fail(sent.error());
  const Result<Bytes> payload = channel_.Expect(FrameType::kSummary, nonce_, After(kPatience));
  if (!payload) return Fail(payload.error());
  Result<Summary> summary = DecodeSummary(*payload);
  if (!summary) return Fail(summary.error());
  if (summary->events > most) return Fail(MalformedFrame("more evidence than asked"));
  EndEvidence evidence{.events = {},
                       .counters = std::move(summary->counters),
                       .tcp = summary->tcp,
                       .facts = summary->facts};
  while (evidence.events.size() < summary->events) {
    const Result<Bytes> more = channel_.Expect(FrameType::kEvents, nonce_, After(kPatience));
    if (!more) return Fail(more.error());
    const Result<std::vector<Event>> events = DecodeEvents(*more);
    if (!events) return Fail(events.error());
    // An empty one would let a peer keep us here for ever.
    const std::size_t left = summary->events - evidence.events.size();
    if (events->empty() || events->size() > left) return Fail(MalformedFrame("events"));
    evidence.events.insert(evidence.events.end(), events->begin(), events->end());
  }
  return evidence;
}

// The server says on this connection why it gave up on the other one.
Error PeerLink::WhatHappened(Error of_data) {
  const Result<Bytes> word = channel_.Expect(FrameType::kSummary, nonce_, After(kWordPatience));
  if (word || word.error().code == "timed_out") return Named(std::move(of_data));
  if (word.error().code == "malformed_frame") return Named(std::move(of_data));
  return Named(word.error());
}

Error PeerLink::Named(Error error) const {
  if (error.subject.empty() || error.subject == "the peer") error.subject = name_;
  constexpr std::string_view kNobody = "the peer";
  if (error.message.starts_with(kNobody)) error.message.replace(0, kNobody.size(), name_);
  return error;
}

bool PeerLink::OnOneHost() const {
  const Result<SocketAddress> own = LocalAddressOf(channel_.fd());
  return own && own->SameHost(where_);
}

void PeerLink::SayBye() { channel_.Send(EncodeBye(nonce_), After(milliseconds(0))); }

}  // namespace tunewire
