#include <algorithm>
#include <deque>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "sockets/census.h"
#include "sockets/look_trends.h"
#include "sockets/sign_tallies.h"
#include "sockets/socket_filter.h"
#include "tunewire/host/socket_store.h"
#include "tunewire/sockets/evidence.h"

namespace tunewire {
namespace {

constexpr SignSet Bit(Sign sign) { return 1U << static_cast<unsigned>(sign); }
constexpr SignSet kAllSigns = (1U << kSigns) - 1;
// Of these every healthy connection shows one.
constexpr SignSet kTroubles =
    kAllSigns & ~(Bit(Sign::kPingPong) | Bit(Sign::kAwaitsReply) | Bit(Sign::kOwesReply));

/// What is kept of a connection between looks, beside its first and last payload.
struct Track {
  std::int64_t first_ns = 0, last_ns = 0;
  SignTrack signs;
  std::uint32_t looks = 0;
  std::uint32_t receive_queue_max = 0, send_queue_max = 0;
  std::uint32_t cwnd_max = 0, cwnd_min = 0, cwnd_last = 0;
  std::uint32_t ack_looks = 0;
  AckState ack;
  LookTrends trends;
  TcpState state = TcpState::kUnknown;
};

const AckState* AckOf(const std::vector<AckState>& acks, std::uint64_t inode) {
  const auto found = std::lower_bound(
      acks.begin(), acks.end(), inode,
      [](const AckState& ack, std::uint64_t wanted) { return ack.inode < wanted; });
  return found != acks.end() && found->inode == inode && inode != 0 ? &*found : nullptr;
}

void AddQueuesAndCwnd(Track& track, const SocketInfo& socket) {
  track.receive_queue_max = std::max(track.receive_queue_max, socket.receive_queue);
  track.send_queue_max = std::max(track.send_queue_max, socket.send_queue);
  if (!socket.tcp.snd_cwnd) return;
  const std::uint32_t cwnd = *socket.tcp.snd_cwnd;
  track.cwnd_min = track.cwnd_max == 0 ? cwnd : std::min(track.cwnd_min, cwnd);
  track.cwnd_max = std::max(track.cwnd_max, cwnd);
  track.cwnd_last = cwnd;
}

/// Who holds an inode, among the processes that are known.
class Owners {
 public:
  explicit Owners(const SocketSurroundings& around) : held_(around.held), options_(around.options) {
    for (std::size_t at = 0; at < around.processes.size(); ++at) {
      by_pid_.emplace(around.processes[at].id.pid, at);
    }
    std::sort(options_.begin(), options_.end(),
              [](const auto& a, const auto& b) { return a.first < b.first; });
  }

  [[nodiscard]] std::optional<std::size_t> Of(std::uint64_t inode) const {
    if (inode == 0) return std::nullopt;
    auto at = std::lower_bound(held_.begin(), held_.end(), HeldSocket{.inode = inode});
    for (; at != held_.end() && at->inode == inode; ++at) {
      if (const auto found = by_pid_.find(at->pid); found != by_pid_.end()) return found->second;
    }
    return std::nullopt;
  }

  [[nodiscard]] std::optional<SocketOptions> Options(std::uint64_t inode) const {
    const auto at = std::lower_bound(
        options_.begin(), options_.end(), inode,
        [](const auto& entry, std::uint64_t wanted) { return entry.first < wanted; });
    if (inode == 0 || at == options_.end() || at->first != inode) return std::nullopt;
    return at->second;
  }

 private:
  std::span<const HeldSocket> held_;
  std::vector<std::pair<std::uint64_t, SocketOptions>> options_;
  std::unordered_map<int, std::size_t> by_pid_;
};

/// A connection has none before accept(2) and none after close(2).
std::uint64_t InodeOf(const SocketInfo& first, const SocketInfo& last) {
  return last.inode != 0 ? last.inode : first.inode;
}

template <class Watched>
void PutOwner(Watched& watched, const Owners& owners) {
  const std::uint64_t inode = InodeOf(watched.first, watched.last);
  watched.owner = owners.Of(inode);
  watched.options = owners.Options(inode);
}

}  // namespace

struct EvidenceBuilder::State {
  SocketFilter filter;
  std::vector<int> pids;
  std::optional<std::unordered_set<std::uint64_t>> wanted;

  SocketStore store;
  std::deque<Track> tracks;  // by the store's numbers; never holds twice what it needs
  SignTallies tallies;
  std::vector<ListenerEvidence> listeners;
  std::unordered_map<std::uint64_t, std::size_t> listener_by_cookie;

  LookHead head;  ///< of the look that is under way
  Census census;
  LookScope widest = LookScope::kSome;
  std::optional<NetCounters> counters_first;
  NetCounters counters_last;
  std::optional<std::int64_t> first_ns;
  Evidence evidence;  ///< what is already as it will be

  [[nodiscard]] bool IsWanted(const SocketGlance& socket) const {
    if (socket.state == TcpState::kTimeWait) return false;
    // A socket that was wanted stays so when its descriptor is closed.
    if (wanted && !wanted->contains(socket.inode) && !store.Find(socket.cookie)) return false;
    return Passes(socket, filter);
  }

  void AddListener(const SocketInfo& socket);
  void AddConnection(const SocketInfo& socket, std::span<const std::byte> raw);
  void AddTrends(Track& track, const SocketInfo& socket, SignSet signs) const;
  [[nodiscard]] ConnectionEvidence Laid(std::size_t number) const;
  [[nodiscard]] std::vector<std::size_t> WorthLaying() const;
  [[nodiscard]] std::uint64_t Trouble(const Track& track) const;
};

void EvidenceBuilder::State::AddListener(const SocketInfo& socket) {
  const auto [at, added] = listener_by_cookie.emplace(socket.cookie, listeners.size());
  if (added) listeners.push_back({.first = socket});
  ListenerEvidence& listener = listeners[at->second];
  listener.last = socket;
  ++listener.looks;
  listener.queue_max = std::max(listener.queue_max, socket.receive_queue);
  // sk_acceptq_is_full(): one more than the backlog fits.
  if (socket.receive_queue > socket.send_queue) ++listener.full_looks;
}

/// The look before is decoded again only where it can matter: cwnd has shrunk.
void EvidenceBuilder::State::AddTrends(Track& track, const SocketInfo& socket,
                                       SignSet signs) const {
  const bool shrunk = socket.tcp.snd_cwnd && *socket.tcp.snd_cwnd < track.cwnd_last;
  const auto number = shrunk ? store.Find(socket.cookie) : std::nullopt;
  const std::optional<SocketInfo> before =
      number ? std::optional(store.Last(*number)) : std::nullopt;
  AddLookTrends(track.trends, before ? &*before : nullptr, socket, signs);
}

void EvidenceBuilder::State::AddConnection(const SocketInfo& socket,
                                           std::span<const std::byte> raw) {
  const AckState* ack = AckOf(head.acks, socket.inode);
  const SignSet signs = SignsOf(socket, ack != nullptr ? std::optional(*ack) : std::nullopt);
  const auto known = store.Find(socket.cookie);
  if (known) AddTrends(tracks[*known], socket, signs);
  const auto number = store.Put(raw);
  if (!number) return;
  if (!known) {
    tracks.push_back({.first_ns = head.at_ns});
    AddLookTrends(tracks[*number].trends, nullptr, socket, signs);
  }
  Track& track = tracks[*number];
  ++track.looks;
  track.last_ns = head.at_ns;
  track.state = socket.state;
  AddQueuesAndCwnd(track, socket);
  tallies.Add(track.signs, signs, ack != nullptr ? kAllSigns : kAllSigns & ~Bit(Sign::kPingPong),
              head.at_ns);
  if (ack == nullptr) return;
  track.ack = *ack;
  ++track.ack_looks;
}

ConnectionEvidence EvidenceBuilder::State::Laid(std::size_t number) const {
  const Track& track = tracks[number];
  ConnectionEvidence connection;
  connection.first = store.First(number);
  connection.last = store.Last(number);
  connection.looks = track.looks;
  connection.first_ns = track.first_ns;
  connection.last_ns = track.last_ns;
  connection.signs = tallies.Of(track.signs);
  connection.receive_queue_max = track.receive_queue_max;
  connection.send_queue_max = track.send_queue_max;
  connection.cwnd_max = track.cwnd_max;
  connection.cwnd_min = track.cwnd_min;
  connection.trends = track.trends;
  connection.ack_looks = track.ack_looks;
  if (track.ack_looks > 0) connection.ack = track.ack;
  return connection;
}

/// A leak shows no sign: a state other than ESTABLISHED counts as one look of trouble.
std::uint64_t EvidenceBuilder::State::Trouble(const Track& track) const {
  return tallies.Looks(track.signs, kTroubles) + track.trends.idle_collapses +
         (track.state == TcpState::kEstablished ? 0 : 1);
}

std::vector<std::size_t> EvidenceBuilder::State::WorthLaying() const {
  std::vector<std::size_t> numbers(tracks.size());
  for (std::size_t at = 0; at < numbers.size(); ++at) numbers[at] = at;
  if (numbers.size() <= kMostConnections) return numbers;
  const auto end = numbers.begin() + kMostConnections;
  std::vector<std::uint64_t> trouble(tracks.size());
  std::transform(tracks.begin(), tracks.end(), trouble.begin(),
                 [this](const Track& track) { return Trouble(track); });
  std::nth_element(numbers.begin(), end, numbers.end(), [&](std::size_t a, std::size_t b) {
    return trouble[a] != trouble[b] ? trouble[a] > trouble[b] : a < b;
  });
  numbers.erase(end, numbers.end());
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

EvidenceBuilder::EvidenceBuilder(SocketSelection selection) : state_(std::make_unique<State>()) {
  state_->filter = selection.filter;
  state_->pids = std::move(selection.pids);
  if (!state_->pids.empty()) state_->wanted.emplace();
}

EvidenceBuilder::EvidenceBuilder(SocketFilter filter,
                                 std::optional<std::vector<std::uint64_t>> wanted_inodes)
    : state_(std::make_unique<State>()) {
  state_->filter = filter;
  if (wanted_inodes) state_->wanted.emplace(wanted_inodes->begin(), wanted_inodes->end());
}

EvidenceBuilder::~EvidenceBuilder() = default;

void EvidenceBuilder::Held(std::span<const HeldSocket> held) {
  const std::vector<int>& pids = state_->pids;
  for (const HeldSocket& one : held) {
    if (std::find(pids.begin(), pids.end(), one.pid) == pids.end()) continue;
    state_->wanted->insert(one.inode);
  }
}

void EvidenceBuilder::Begin(LookHead head) {
  State& state = *state_;
  if (!head.counters.all.empty()) {
    if (!state.counters_first) state.counters_first = head.counters;
    state.counters_last = std::move(head.counters);
  }
  if (!state.first_ns) state.first_ns = head.at_ns;
  state.evidence.span_ns = head.at_ns - *state.first_ns;
  ++state.evidence.looks;
  state.head = std::move(head);
  if (state.head.scope != LookScope::kSome) state.census.Begin();
}

void EvidenceBuilder::Socket(std::span<const std::byte> raw) {
  const auto glance = GlanceAt(raw);
  if (!glance) return;
  if (state_->head.scope != LookScope::kSome) state_->census.Add(*glance);
  const bool listens = glance->state == TcpState::kListen;
  if (!listens && !state_->IsWanted(*glance)) return;
  const auto socket = DecodeSocket(raw);
  if (!socket) return;
  if (listens) return state_->AddListener(*socket);
  state_->AddConnection(*socket, raw);
}

void EvidenceBuilder::End(const SocketDump& dump) {
  State& state = *state_;
  state.evidence.partial = state.evidence.partial || dump.partial;
  if (state.head.scope == LookScope::kSome || state.head.scope < state.widest) return;
  state.widest = state.head.scope;
  state.evidence.sockets_seen = dump.seen;
  state.evidence.by_state = state.census.by_state();
  state.evidence.destinations = state.census.Largest();
}

Evidence EvidenceBuilder::Finish(const SocketSurroundings& around) {
  State& state = *state_;
  Evidence evidence = std::move(state.evidence);
  const Owners owners(around);
  const std::vector<std::size_t> numbers = state.WorthLaying();
  evidence.left_out = state.tracks.size() - numbers.size();
  evidence.connections.reserve(numbers.size());
  for (const std::size_t number : numbers) {
    evidence.connections.push_back(state.Laid(number));
    PutOwner(evidence.connections.back(), owners);
  }
  evidence.listeners = std::move(state.listeners);
  for (ListenerEvidence& listener : evidence.listeners) PutOwner(listener, owners);
  evidence.processes = around.processes;
  evidence.settings = around.settings;
  evidence.unreadable = around.unreadable;
  if (state.counters_first) {
    evidence.counters = ChangedCounters(*state.counters_first, state.counters_last);
  }
  return evidence;
}

std::size_t EvidenceBuilder::MemoryBytes() const {
  return state_->store.MemoryBytes() + state_->tracks.size() * sizeof(Track) +
         state_->tallies.MemoryBytes();
}

}  // namespace tunewire
