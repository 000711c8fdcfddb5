#include "sockets/look_taker.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace tunewire {
namespace {

constexpr std::size_t kMostTroubled = 256;

constexpr SignSet Bit(Sign sign) { return 1U << static_cast<unsigned>(sign); }

// In the order of how much a second look at once would tell.
constexpr std::array<SignSet, 3> kRanked{
    Bit(Sign::kHeldSmall) | Bit(Sign::kCorked) | Bit(Sign::kPersistOpen),
    Bit(Sign::kPeerWindowZero) | Bit(Sign::kOwnWindowZero) | Bit(Sign::kSendBufferFull) |
        Bit(Sign::kRetransmitting),
    Bit(Sign::kPeerWindowFull) | Bit(Sign::kCwndFull) | Bit(Sign::kReaderBehind) |
        Bit(Sign::kAckPending) | Bit(Sign::kInRecovery)};

SocketName NameOf(const SocketGlance& socket) {
  return {socket.local, socket.remote, socket.cookie, socket.interface};
}

bool IsConnection(TcpState state) {
  return state != TcpState::kListen && state != TcpState::kTimeWait &&
         state != TcpState::kNewSynReceived;
}

}  // namespace

LookTaker::LookTaker(SocketSource& source, const SocketSelection& selection,
                     std::span<LookSink* const> sinks)
    : source_(source), selection_(selection), sinks_(sinks) {}

LookScope LookTaker::widest() const {
  const SocketFilter& filter = selection_.filter;
  const bool all = !filter.port && !filter.peer && (filter.states | kListenOnly) == kEveryState;
  return all ? LookScope::kAll : LookScope::kFiltered;
}

void LookTaker::AddHeld(std::span<const HeldSocket> held) {
  std::vector<HeldSocket> fresh, all;
  std::set_difference(held.begin(), held.end(), known_.begin(), known_.end(),
                      std::back_inserter(fresh));
  if (fresh.empty()) return;
  std::set_union(known_.begin(), known_.end(), fresh.begin(), fresh.end(), std::back_inserter(all));
  known_ = std::move(all);
  for (const HeldSocket& one : fresh) held_.insert(one.inode);
  for (LookSink* sink : sinks_) sink->Held(fresh);
}

bool LookTaker::IsOfSelected(const SocketGlance& socket) const {
  return held_.contains(socket.inode) || cookies_.contains(socket.cookie);
}

void LookTaker::NoticeInode(std::uint64_t inode) {
  if (inode == 0 || std::binary_search(inodes_.begin(), inodes_.end(), inode)) return;
  new_inodes_.push_back(inode);
}

/// Without queued bytes no connection shows a trouble that another look at once would explain.
void LookTaker::NoticeTrouble(const SocketGlance& glance, std::span<const std::byte> raw) {
  if (glance.send_queue == 0 && glance.receive_queue == 0) return;
  const auto socket = DecodeSocket(raw);
  if (!socket) return;
  const SignSet signs = SignsOf(*socket, std::nullopt);
  for (std::size_t rank = 0; rank < kRanks; ++rank) {
    if ((signs & kRanked[rank]) == 0) continue;
    if (troubled_[rank].size() < kMostTroubled) troubled_[rank].push_back(NameOf(glance));
    return;
  }
}

void LookTaker::Notice(std::span<const std::byte> raw) {
  const auto glance = GlanceAt(raw);
  if (!glance) return;
  if (glance->state == TcpState::kListen) return NoticeInode(glance->inode);
  if (!IsConnection(glance->state)) return;
  if (selection_.pids.empty()) {
    NoticeInode(glance->inode);
    return NoticeTrouble(*glance, raw);
  }
  if (!IsOfSelected(*glance)) return;
  NoticeInode(glance->inode);
  next_.push_back(NameOf(*glance));
}

Status LookTaker::Add(Result<SocketDump> answered, SocketDump& dump) {
  if (!answered) {
    dump.partial = true;
    return Fail(std::move(answered.error()));
  }
  dump.seen += answered->seen;
  dump.partial = dump.partial || answered->partial;
  return {};
}

Status LookTaker::Ask(const LookHead& head, SocketDump& dump) {
  const TakeSocket take = [this](std::span<const std::byte> raw) {
    for (LookSink* sink : sinks_) sink->Socket(raw);
    Notice(raw);
  };
  const SocketFilter listeners{.states = kListenOnly, .port = selection_.filter.port};
  SocketFilter filter = selection_.filter;
  if (head.scope == LookScope::kSome) {
    if (const Status asked = Add(source_.Ask(followed_, take), dump); !asked) return asked;
    return Add(source_.Dump(listeners, take), dump);
  }
  if (!filter.peer) {
    filter.states |= kListenOnly;
    return Add(source_.Dump(filter, take), dump);
  }
  // No listener has a peer.
  filter.states &= kConnections;
  if (const Status dumped = Add(source_.Dump(filter, take), dump); !dumped) return dumped;
  return Add(source_.Dump(listeners, take), dump);
}

void LookTaker::FollowNext(LookScope scope) {
  if (selection_.pids.empty()) {
    if (scope == LookScope::kSome) return;
    for (std::vector<SocketName>& names : troubled_) {
      const std::size_t room = kMostTroubled - next_.size();
      next_.insert(next_.end(), names.begin(),
                   names.begin() + static_cast<std::ptrdiff_t>(std::min(room, names.size())));
    }
  }
  followed_ = std::exchange(next_, {});
  cookies_.clear();
  for (const SocketName& name : followed_) cookies_.insert(name.cookie);
}

Status LookTaker::Take(LookHead head) {
  next_.clear();
  for (std::vector<SocketName>& names : troubled_) names.clear();
  for (LookSink* sink : sinks_) sink->Begin(head);
  SocketDump dump;
  const Status taken = Ask(head, dump);
  for (LookSink* sink : sinks_) sink->End(dump);
  std::sort(new_inodes_.begin(), new_inodes_.end());
  const auto end = std::unique(new_inodes_.begin(), new_inodes_.end());
  const auto middle = static_cast<std::ptrdiff_t>(inodes_.size());
  inodes_.insert(inodes_.end(), new_inodes_.begin(), end);
  std::inplace_merge(inodes_.begin(), inodes_.begin() + middle, inodes_.end());
  new_inodes_.clear();
  if (!taken) return taken;
  if (head.scope != LookScope::kSome) seen_ = dump.seen;
  FollowNext(head.scope);
  return {};
}

Status LookTaker::Wide(LookHead head) {
  head.scope = widest();
  return Take(std::move(head));
}

Status LookTaker::Narrow(LookHead head) {
  head.scope = LookScope::kSome;
  return Take(std::move(head));
}

}  // namespace tunewire
