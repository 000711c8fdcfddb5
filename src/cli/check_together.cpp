// Which options of `tunewire check` say something together, and which do not.
#include <utility>

#include "base/format.h"
#include "cli/check_line.h"
#include "cli/command_options.h"
#include "host/parse_address.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

Error Together(std::string message, std::string hint) {
  return UsageError("invalid_argument", std::move(message), std::move(hint));
}

using GivenOption = std::pair<bool, std::string_view>;

/// The first that the line has, empty where none.
std::string_view FirstOf(std::initializer_list<GivenOption> options) {
  for (const auto& [given, name] : options) {
    if (given) return name;
  }
  return "";
}

Status CheckSides(const CheckLine& words) {
  const std::string_view client = FirstOf({{!words.to.empty(), "--to"},
                                           {!words.sources.empty(), "--bind"},
                                           {words.bind_takes_port, "--bind-takes-port"}});
  if (words.listen && !client.empty())
    return Fail(Together(Format("{} and --listen exclude each other", client),
                         "a load is looked at from one side: ask twice"));
  if (words.backlog && !words.listen)
    return Fail(Together("--backlog belongs to --listen", "which port? --listen 80"));
  if (words.bind_takes_port && words.sources.empty())
    return Fail(Together("--bind-takes-port belongs to --bind", "which address? --bind 10.0.0.9"));
  return {};
}

/// What says how a load is, where nothing says how much.
Status CheckAmount(const CheckLine& words) {
  const bool flow = words.rtt && words.bandwidth;
  if (words.connections || words.rate || flow) return {};
  const std::string_view lone = FirstOf({{words.listen.has_value(), "--listen"},
                                         {words.keepalive, "--keepalive"},
                                         {words.message.has_value(), "--message"},
                                         {words.duration.has_value(), "--duration"},
                                         {words.threads.has_value(), "--threads"},
                                         {words.closes_first.has_value(), "--closes-first"},
                                         {!words.sources.empty(), "--bind"}});
  if (!lone.empty())
    return Fail(MissingArgument("check", "load", Format("{} goes with --connections N", lone)));
  if (words.rtt)
    return Fail(Together("--rtt alone is no load", "add --bandwidth 10G, or --connections N"));
  if (words.bandwidth)
    return Fail(Together("--bandwidth alone is no load", "add --rtt 80ms: what one flow needs"));
  return {};
}

Status CheckMeaning(const CheckLine& words) {
  if (words.keepalive && words.closes_first)
    return Fail(Together("--keepalive and --closes-first exclude each other",
                         "connections that are kept are closed by nobody"));
  if (words.closes_first && !words.rate)
    return Fail(Together("--closes-first belongs to --rate",
                         "without one, connections are opened once and kept"));
  if (words.keepalive && !words.connections)
    return Fail(Together("--keepalive: how many connections are kept?", "--connections N"));
  const bool link = words.rate && words.message;
  if (words.bandwidth && !words.rtt && !link)
    return Fail(Together("--bandwidth says nothing here",
                         "it goes with --rtt (one flow) or with --rate and --message (the link)"));
  return {};
}

/// An IPv4 source never reaches an IPv6 target, nor the other way round.
Status CheckFamilies(const CheckLine& words) {
  for (const std::string& to : words.to) {
    const Result<HostPort> where = ParseHostPort(to);
    const std::optional<SocketEnd> target = where ? ParseAddress(where->host) : std::nullopt;
    for (const std::string& source : words.sources) {
      const std::optional<SocketEnd> from = ParseAddress(source);
      if (target && from && target->v6 != from->v6)
        return Fail(
            Together(Format("--bind {} cannot reach --to {}", Printable(source), Printable(to)),
                     "one is IPv4, the other IPv6"));
    }
  }
  return {};
}

}  // namespace

Status CheckTogether(const CheckLine& words) {
  for (const auto check : {CheckSides, CheckAmount, CheckMeaning, CheckFamilies}) {
    if (Status fits = check(words); !fits) return fits;
  }
  return {};
}

}  // namespace tunewire
