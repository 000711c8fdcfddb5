#include "cli/probe_traffic.h"

#include <algorithm>
#include <array>

#include "base/format.h"
#include "cli/command_options.h"
#include "probe/variations.h"
#include "tunewire/base/quantity.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

using std::chrono::microseconds;

constexpr std::int64_t kSmallestMss = 88;    ///< TCP_MIN_MSS, include/net/tcp.h
constexpr std::int64_t kLargestMss = 32767;  ///< MAX_TCP_WINDOW

SourcePlace PlaceIn(const std::string& text, std::string_view part, const std::string& option) {
  const auto at = static_cast<int>(part.data() - text.data());
  return {option, 1, at + 1, std::max(static_cast<int>(part.size()), 1), text};
}

Error BadNumber(const std::string& text, std::string_view part, const std::string& option,
                std::string hint) {
  Error error =
      UsageError("invalid_size", Format("'{}' is not a size", Printable(part)), std::move(hint));
  error.where = PlaceIn(text, part, option);
  return error;
}

Error Excluded(std::string_view option, std::string_view hint) {
  return UsageError("invalid_argument", Format("{} has no say over a script", option),
                    std::string(hint));
}

bool IsName(const std::string& pattern) {
  const auto named = NamedPatterns();
  if (std::ranges::find(named, pattern, &PatternEntry::name) != named.end()) return true;
  // One word of letters that is no step: a mistyped name rather than a mistyped script.
  return !pattern.empty() && pattern.find_first_of(" \t0123456789") == std::string::npos;
}

Result<Writer> ParseWriter(const std::string& text) {
  if (text.empty() || text == "client") return Writer::kClient;
  if (text == "server") return Writer::kServer;
  if (text == "both") return Writer::kBoth;
  return Fail(UsageError("invalid_argument", Format("--writer {}: no such end", Printable(text)),
                         "client, server or both"));
}

Result<QuickAck> ParseQuickAck(const std::string& text) {
  if (text.empty() || text == "off") return QuickAck::kOff;
  if (text == "once") return QuickAck::kOnce;
  if (text == "always") return QuickAck::kAlways;
  return Fail(UsageError("invalid_argument",
                         Format("--quickack {}: no such choice", Printable(text)),
                         "off, once or always"));
}

/// What a pattern is called where only sizes were named.
std::string DefaultPattern(std::size_t sizes) {
  constexpr std::array<std::string_view, 3> kBySizes{"one_write", "two_writes", "three_writes"};
  return std::string(kBySizes[std::clamp<std::size_t>(sizes, 1, kBySizes.size()) - 1]);
}

Result<Shape> ShapeFrom(const TrafficWords& words) {
  Shape shape;
  if (!words.writes.empty()) {
    Result<std::vector<std::uint32_t>> writes = ParseSizes(words.writes, "--write");
    if (!writes) return Fail(writes.error());
    shape.writes = *std::move(writes);
  }
  if (!words.reply.empty()) {
    const Result<std::vector<std::uint32_t>> reply = ParseSizes(words.reply, "--reply");
    if (!reply) return Fail(reply.error());
    if (reply->size() != 1)
      return Fail(BadNumber(words.reply, words.reply, "--reply", "one size, in one write"));
    shape.reply = reply->front();
  }
  const Result<microseconds> gap = ParsePause(words.gap, "--gap");
  if (!gap) return Fail(gap.error());
  const Result<microseconds> think = ParsePause(words.peer_think, "--peer-think");
  if (!think) return Fail(think.error());
  shape.gap = *gap;
  shape.peer_think = *think;
  return shape;
}

Result<Traffic> FromName(const TrafficWords& words) {
  Result<Shape> shape = ShapeFrom(words);
  if (!shape) return Fail(shape.error());
  const Result<Writer> writer = ParseWriter(words.writer);
  if (!writer) return Fail(writer.error());
  const std::string name =
      words.pattern.empty() ? DefaultPattern(shape->writes.size()) : words.pattern;
  if (shape->gap.count() > 0 && (name == "one_write" || name == "writev"))
    return Fail(UsageError("invalid_argument", Format("--gap: {} has no gap", name),
                           "two_writes and three_writes have, and so have cork and msg_more"));
  if (words.echo) {
    if (*writer != Writer::kClient)
      return Fail(UsageError("invalid_argument", "an echo peer has no writes of its own",
                             "--echo goes with --writer client"));
    if (words.reply.empty()) {
      const Result<Traffic> once = NamedTraffic(name, *shape, Writer::kClient);
      if (!once) return once;
      shape->reply = static_cast<std::uint32_t>(BytesWritten(once->client));
    }
  }
  return NamedTraffic(name, *shape, *writer);
}

std::optional<Error> ScriptExcludes(const TrafficWords& words) {
  if (!words.writes.empty()) return Excluded("--write", "write the sizes there: 'w200 w1000 r100'");
  if (!words.reply.empty()) return Excluded("--reply", "write the read there: 'w200 w1000 r100'");
  if (!words.gap.empty()) return Excluded("--gap", "write the sleep there: 'w200 s5ms w1000 r100'");
  if (!words.writer.empty())
    return Excluded("--writer", "--pattern is the client's script, --peer-pattern the server's");
  return std::nullopt;
}

/// The answering end rests before the first thing it writes.
void InsertThink(Script& script, microseconds think) {
  if (think.count() == 0) return;
  const auto write =
      std::ranges::find_if(script, [](const Step& step) { return step.kind == StepKind::kWrite; });
  script.insert(write, Step{StepKind::kSleep, {}, think});
}

Result<Traffic> FromScript(const TrafficWords& words) {
  if (std::optional<Error> error = ScriptExcludes(words)) return Fail(*std::move(error));
  Result<Script> client = ParseScript(words.pattern, "--pattern");
  if (!client) return Fail(client.error());
  Result<Script> server = Answering(*client);
  if (!server) return Fail(server.error());
  const Result<microseconds> think = ParsePause(words.peer_think, "--peer-think");
  if (!think) return Fail(think.error());
  InsertThink(*server, *think);
  Traffic traffic;
  traffic.pattern = words.pattern;
  traffic.client = *std::move(client);
  traffic.server = *std::move(server);
  return traffic;
}

/// The scripts played against each other over a wire that holds any number of bytes: does each
/// read get its bytes?
bool BothEnd(const Script& client, const Script& server) {
  struct Player {
    const Script& script;
    std::size_t at = 0;
    std::uint64_t inbox = 0;
  };
  Player players[] = {{client}, {server}};
  for (bool moved = true; moved;) {
    moved = false;
    for (int who = 0; who < 2; ++who) {
      Player& one = players[who];
      for (; one.at < one.script.size(); ++one.at, moved = true) {
        const Script step{one.script[one.at]};
        if (one.inbox < BytesRead(step)) break;
        one.inbox -= BytesRead(step);
        players[1 - who].inbox += BytesWritten(step);
      }
    }
  }
  return std::ranges::all_of(
      players, [](const Player& one) { return one.at == one.script.size() && one.inbox == 0; });
}

std::optional<Error> Mismatch(const TrafficWords& words, const Traffic& traffic) {
  const std::string& text = words.peer_pattern.empty() ? words.pattern : words.peer_pattern;
  const std::string option = words.peer_pattern.empty() ? "--pattern" : "--peer-pattern";
  std::string message;
  if (BytesWritten(traffic.client) != BytesRead(traffic.server)) {
    message = Format("the client writes {} bytes and the other side reads {}",
                     BytesWritten(traffic.client), BytesRead(traffic.server));
  } else if (BytesWritten(traffic.server) != BytesRead(traffic.client)) {
    message = Format("the other side writes {} bytes and the client reads {}",
                     BytesWritten(traffic.server), BytesRead(traffic.client));
  } else if (!BothEnd(traffic.client, traffic.server)) {
    message = "both ends would wait for each other";
  } else {
    return std::nullopt;
  }
  Error error = UsageError("invalid_pattern", std::move(message), "the sizes must agree");
  error.where = PlaceIn(text, text, option);
  return error;
}

/// An echo peer never sends more than it got.
std::optional<Error> EchoMismatch(const TrafficWords& words, const Traffic& traffic) {
  const std::uint64_t written = BytesWritten(traffic.client), read = BytesRead(traffic.client);
  if (!words.echo || written == read) return std::nullopt;
  return UsageError(
      "invalid_pattern",
      Format("the client writes {} bytes and reads {}: an echo is as long as what was sent",
             written, read),
      words.reply.empty() ? "make the reads as long as the writes" : "leave --reply out");
}

Status TakeOptions(const TrafficWords& words, Traffic& traffic) {
  const Result<std::uint32_t> mss = ParseMss(words.mss);
  if (!mss) return Fail(mss.error());
  const Result<QuickAck> quickack = ParseQuickAck(words.quickack);
  if (!quickack) return Fail(quickack.error());
  constexpr std::size_t kLongestName = 15;  // TCP_CA_NAME_MAX with its end
  if (words.congestion.size() > kLongestName)
    return Fail(
        UsageError("invalid_argument",
                   Format("--congestion {}: no such algorithm", Printable(words.congestion)),
                   "tunewire show net.ipv4.tcp_available_congestion_control"));
  const EndSet writers = WritingEnds(traffic), readers = ReadingEnds(traffic);
  traffic.mss = *mss;
  traffic.client_options.congestion = traffic.server_options.congestion = words.congestion;
  if (words.nodelay && writers.client) traffic.client_options.nagle = Nagle::kOff;
  if (words.nodelay && writers.server) traffic.server_options.nagle = Nagle::kOff;
  if (readers.client) traffic.client_options.quickack = *quickack;
  if (readers.server) traffic.server_options.quickack = *quickack;
  return {};
}

Writer WriterOf(const Traffic& traffic) {
  const EndSet writers = WritingEnds(traffic);
  if (!writers.server) return Writer::kClient;
  return writers.client ? Writer::kBoth : Writer::kServer;
}

}  // namespace

Result<std::vector<std::uint32_t>> ParseSizes(const std::string& text, const std::string& option) {
  std::vector<std::uint32_t> sizes;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t comma = std::min(text.find(',', at), text.size());
    const std::string_view part = Trim(std::string_view(text).substr(at, comma - at));
    const std::optional<std::int64_t> size = ParseDecimal(part);
    if (!size || *size < 1 || *size > kLargestPiece) {
      return Fail(BadNumber(text, part.empty() ? std::string_view(text) : part, option,
                            Format("1 to {} bytes each, apart by commas", kLargestPiece)));
    }
    sizes.push_back(static_cast<std::uint32_t>(*size));
    at = comma + 1;
  }
  return sizes;
}

Result<microseconds> ParsePause(const std::string& text, const std::string& option) {
  if (text.empty()) return microseconds{0};
  const Result<microseconds> pause = ParseDuration(text);
  if (pause && *pause <= kLongestPause) return *pause;
  const std::string limit = Format("0us to {}", FormatDuration(kLongestPause));
  return Fail(UsageError(
      "invalid_duration",
      Format("{} {}: {}", option, Printable(text), pause ? "too long" : "not a duration"),
      pause ? limit : pause.error().hint));
}

Result<std::uint32_t> ParseMss(const std::string& text) {
  if (text.empty()) return 0U;
  const std::optional<std::int64_t> mss = ParseDecimal(text);
  if (mss && (*mss == 0 || (*mss >= kSmallestMss && *mss <= kLargestMss)))
    return static_cast<std::uint32_t>(*mss);
  return Fail(BadNumber(text, text, "--mss",
                        Format("{} to {} bytes, 1460 is Ethernet's; 0 is the path's own",
                               kSmallestMss, kLargestMss)));
}

Result<Traffic> TrafficFrom(const TrafficWords& words) {
  const bool named = words.pattern.empty() || IsName(words.pattern);
  if (words.echo && (!words.peer_pattern.empty() || !words.peer_think.empty()))
    return Fail(UsageError("invalid_argument", "an echo peer takes no script and no think time",
                           "leave out --peer-pattern and --peer-think, or --echo"));
  if (!words.peer_pattern.empty() && !words.peer_think.empty())
    return Fail(Excluded("--peer-think", "write the sleep there: 'r1200 s5ms w100'"));
  Result<Traffic> traffic = named ? FromName(words) : FromScript(words);
  if (!traffic) return traffic;
  if (!words.peer_pattern.empty()) {
    Result<Script> server = ParseScript(words.peer_pattern, "--peer-pattern");
    if (!server) return Fail(server.error());
    traffic->server = *std::move(server);
  }
  if (std::optional<Error> error = EchoMismatch(words, *traffic)) return Fail(*std::move(error));
  if (std::optional<Error> error = Mismatch(words, *traffic)) return Fail(*std::move(error));
  if (!named) traffic->writer = WriterOf(*traffic);
  if (Status options = TakeOptions(words, *traffic); !options) return Fail(options.error());
  return traffic;
}

}  // namespace tunewire
