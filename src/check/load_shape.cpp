#include "check/load_shape.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "base/format.h"
#include "check/check_parts.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

constexpr std::uint32_t kUsualBacklog = 4096;  // what most servers ask for since Linux 5.4

/// "10.0.0.9" of "10.0.0.9:80", "::1" of "[::1]:80".
std::string HostOf(const SocketAddress& address) {
  const std::string text = address.Text();
  const std::size_t colon = text.rfind(':');
  std::string host = text.substr(0, colon);
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  return host;
}

bool IsOwn(const HostFacts& facts, const SocketAddress& address) {
  if (address.IsLoopback()) return true;
  if (!facts.interfaces) return false;
  const std::string host = HostOf(address);
  for (const InterfaceFacts& one : *facts.interfaces) {
    for (const std::string& own : one.addresses) {
      if (own.substr(0, own.find('/')) == host) return true;
    }
  }
  return false;
}

const ListeningSocket* Shorter(const ListeningSocket* a, const ListeningSocket& b) {
  return a == nullptr || b.backlog < a->backlog ? &b : a;
}

/// Of several on one port (SO_REUSEPORT, two families) the shortest queue overflows first.
const ListeningSocket* ListenerOn(const HostFacts& facts, std::uint16_t port) {
  const ListeningSocket* found = nullptr;
  for (const ListeningSocket& one : *facts.listeners) {
    if (one.port == port) found = Shorter(found, one);
  }
  return found;
}

/// The one that a connection there gets: that of the address before one of all addresses.
const ListeningSocket* ListenerAt(const HostFacts& facts, const SocketAddress& destination) {
  const ListeningSocket* exact = nullptr;
  const ListeningSocket* any = nullptr;
  const std::string host = HostOf(destination);
  for (const ListeningSocket& one : *facts.listeners) {
    if (one.port != destination.port()) continue;
    if (one.address == host) exact = Shorter(exact, one);
    if (one.address == "0.0.0.0" || one.address == "::") any = Shorter(any, one);
  }
  return exact != nullptr ? exact : any;
}

QueueAsked Capped(std::uint64_t asked, const HostFacts& facts, const char* whence) {
  const auto most = TunableNumber(facts, "net.core.somaxconn");
  if (!most) return {0, 0, "", most.error().message};
  const std::uint64_t cap = static_cast<std::uint64_t>(std::max<std::int64_t>(*most, 0));
  return {std::min(asked, cap), 0, Format("min(backlog {} {}, somaxconn {})", asked, whence, cap),
          ""};
}

QueueAsked NotYet(const HostFacts& facts) {
  return Capped(kUsualBacklog, facts, "assumed, as nobody listens yet");
}

QueueAsked Standing(const ListeningSocket& listener) {
  const std::string owner =
      listener.owner ? Format(" of {}", Printable(listener.owner->command)) : "";
  return {listener.backlog, listener.queue,
          Format("backlog {} of port {}{}", listener.backlog, listener.port, owner), ""};
}

/// Where destinations have listeners of their own each gets its share; the first to be full counts.
QueueAsked FirstFull(const LoadShape& shape) {
  std::map<const ListeningSocket*, std::uint64_t> shares;
  for (const SocketAddress& one : shape.wish.destinations) ++shares[ListenerAt(shape.facts, one)];
  std::optional<QueueAsked> first;
  for (const auto& [listener, share] : shares) {
    QueueAsked queue = listener != nullptr ? Standing(*listener) : NotYet(shape.facts);
    queue.share = share;
    queue.targets = shape.wish.destinations.size();
    if (!first || queue.Room() < first->Room()) first = std::move(queue);
  }
  return *first;
}

}  // namespace

bool BothHere(const LoadWish& wish, const HostFacts& facts) {
  return wish.side == LoadSide::kClient && !wish.destinations.empty() &&
         std::ranges::all_of(wish.destinations,
                             [&](const SocketAddress& one) { return IsOwn(facts, one); });
}

LoadShape ShapeOf(const LoadWish& wish, const HostFacts& facts,
                  const std::optional<Calibration>& calibration) {
  LoadShape shape{wish, facts, BothHere(wish, facts), std::nullopt, false};
  if (wish.keepalive) return shape;
  if (wish.rate > 0) {
    shape.opened_per_s = wish.rate;
  } else if (calibration && calibration->connections_per_s > 0) {
    const double cpus = facts.cpu ? std::max<double>(facts.cpu->allowed, 1) : 1;
    shape.opened_per_s = calibration->connections_per_s * cpus;
  } else {
    shape.endless_opening = true;
  }
  return shape;
}

double OpenedWithin(const LoadShape& shape, double seconds) {
  if (!shape.opened_per_s) return 0;
  const auto whole = std::chrono::duration<double>(shape.wish.duration).count();
  return *shape.opened_per_s * (whole > 0 ? std::min(seconds, whole) : seconds);
}

std::optional<QueueAsked> QueueOf(const LoadShape& shape) {
  if (shape.wish.side == LoadSide::kClient && !shape.both_here) return std::nullopt;
  if (shape.wish.backlog > 0) return Capped(shape.wish.backlog, shape.facts, "asked");
  if (!shape.facts.listeners) return QueueAsked{0, 0, "", shape.facts.listeners.why()};
  if (shape.wish.side == LoadSide::kClient) return FirstFull(shape);
  const ListeningSocket* listener = ListenerOn(shape.facts, shape.wish.listen_port);
  return listener != nullptr ? Standing(*listener) : NotYet(shape.facts);
}

std::uint64_t QueueAsked::Room() const {
  return (backlog + 1 - std::min(waiting, backlog + 1)) * targets / share;
}

Wall MadeWall(const LoadShape& shape, Wall wall) {
  wall.enough = wall.need <= wall.have;
  if (wall.enough) {
    wall.at_connections.reset();
    wall.at_seconds.reset();
    wall.profile.clear();
    return wall;
  }
  if (wall.at_connections && !wall.at_seconds && shape.opened_per_s) {
    wall.at_seconds = static_cast<double>(*wall.at_connections) / *shape.opened_per_s;
  }
  return wall;
}

Wall UnknownWall(std::string resource, std::string title, std::string why) {
  Wall wall;
  wall.resource = std::move(resource);
  wall.title = std::move(title);
  wall.unknown = std::move(why);
  return wall;
}

std::uint64_t PagesOfMessage(const LoadShape& shape) {
  if (shape.wish.message_bytes == 0) return 0;
  const auto bytes = static_cast<double>(shape.wish.message_bytes);
  // Measured on Linux 6.18 over loopback, bytes waiting unread against pages of tcp_mem:
  // 1 -> 0.9, 1000 -> 0.9, 16000 -> 4.94, 64000 -> 16.9; that is truesize (struct skb_shared_info
  // and sk_buff, 832 bytes, and a little for each fragment) in whole pages. A card's driver gives
  // each segment of 1448 bytes a half page and 256 bytes: 1.6 times the data.
  const double truesize = shape.both_here ? bytes * 33 / 32 + 832 : bytes * 1.6 + 832;
  const double page =
      static_cast<double>(std::max<std::uint64_t>(shape.facts.kernel.page_bytes, 1));
  return static_cast<std::uint64_t>(std::ceil(truesize / page));
}

std::string CountConnections(std::uint64_t number) {
  return Count(number, "connection", "connections");
}

std::string Number(double number) {
  if (number == std::floor(number) && std::abs(number) < 1e15) return Format("{:.0f}", number);
  if (std::abs(number) >= 1) return Format("{:.2f}", number);
  // A round trip of microseconds must not be shown as no time.
  std::string text = Format("{:.6f}", number);
  while (text.ends_with('0')) text.pop_back();
  return text.ends_with('.') ? "0" : text;
}

}  // namespace tunewire
