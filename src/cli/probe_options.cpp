#include "cli/probe_options.h"

#include <CLI/CLI.hpp>
#include <array>

#include "base/format.h"
#include "cli/probe_traffic.h"
#include "report/layout.h"
#include "tunewire/base/quantity.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

using std::chrono::microseconds;

constexpr std::int64_t kMostExchanges = 100'000'000;
constexpr microseconds kLongestRun = std::chrono::hours(1);

Error Bad(std::string message, std::string hint) {
  return UsageError("invalid_argument", std::move(message), std::move(hint));
}

Result<std::uint64_t> ParseCount(const std::string& text, const std::string& option,
                                 std::int64_t most) {
  const std::optional<std::int64_t> count = ParseDecimal(text);
  if (count && *count >= 1 && *count <= most) return static_cast<std::uint64_t>(*count);
  return Fail(
      Bad(Format("{} {}: not a number of that", option, Printable(text)), Format("1 to {}", most)));
}

/// Empty is 0: the default's choice.
Result<microseconds> ParseTime(const std::string& text, const std::string& option,
                               microseconds most) {
  if (text.empty()) return microseconds{0};
  const Result<microseconds> time = ParseDuration(text);
  if (time && time->count() > 0 && *time <= most) return *time;
  return Fail(UsageError(
      "invalid_duration",
      Format("{} {}: {}", option, Printable(text), time ? "out of range" : "not a duration"),
      time ? Format("above 0, at most {}", FormatDuration(most)) : time.error().hint));
}

/// HOST:PORT or [V6]:PORT by its looks; whether there is such a host is found out later.
std::optional<Error> BadPeer(const std::string& peer) {
  const auto refuse = [&peer](std::string_view hint) {
    Error error = Bad(Format("'{}' is not HOST:PORT", Printable(peer)), std::string(hint));
    error.code = "invalid_peer";
    error.subject = peer;
    return error;
  };
  const std::size_t colon = peer.rfind(':');
  const std::size_t bracket = peer.rfind(']');
  if (colon == std::string::npos || (bracket != std::string::npos && bracket > colon))
    return refuse(Format("which port? {}:{} is where `tunewire probe serve` listens",
                         Printable(peer), kProbePort));
  const std::string host = peer.substr(0, colon);
  if (host.empty() || host == "[]") return refuse("which host?");
  const bool bracketed = host.front() == '[' && host.back() == ']';
  if (!bracketed && host.find(':') != std::string::npos)
    return refuse("an IPv6 address stands in brackets: [::1]:7411");
  const std::optional<std::int64_t> port = ParseDecimal(peer.substr(colon + 1));
  if (!port || *port < 1 || *port > 65535) return refuse("a port is a number from 1 to 65535");
  return std::nullopt;
}

/// What says where the two ends are.
class PlaceOptions {
 public:
  void AddTo(CLI::App& command) {
    command.add_option("HOST:PORT", place_.peer, "a `tunewire probe serve` there")->type_name("");
  }

  /// A pair of names is taken out of `global`; one name stays there and is both ends'.
  [[nodiscard]] Result<ProbePlace> Take(GlobalArguments& global) const {
    ProbePlace place = place_;
    if (!global.root.empty())
      return Fail(
          Bad("--root: a tree of files cannot be probed", "the probe measures a live host"));
    if (!place.peer.empty()) {
      if (std::optional<Error> error = BadPeer(place.peer)) return Fail(*std::move(error));
    }
    const std::size_t comma = global.netns.find(',');
    if (comma == std::string::npos) return place;
    place.client_netns = global.netns.substr(0, comma);
    place.server_netns = global.netns.substr(comma + 1);
    const bool two = !place.client_netns.empty() && !place.server_netns.empty() &&
                     place.server_netns.find(',') == std::string::npos;
    if (!two)
      return Fail(Bad(Format("--netns {}: not two namespaces", Printable(global.netns)),
                      "A,B: the client's, then the server's"));
    if (!place.peer.empty())
      return Fail(Bad("--netns A,B is both ends, and HOST:PORT is one of them",
                      "one namespace for the client: --netns A"));
    global.netns.clear();
    return place;
  }

 private:
  ProbePlace place_;
};

class Options : public CommandOptions {
 public:
  void AddTo(CLI::App& command) override {
    place_.AddTo(command);
    AddTraffic(command);
    AddAmount(command);
    const auto flag = [&](const char* names, bool& value, const char* text) {
      command.add_flag(names, value, text);
    };
    flag("--echo", words_.echo, "HOST:PORT only sends back what it gets");
    flag("--no-proof", no_proof_, "only the traffic as asked, no variation of it");
    Add(command, "--assert", assert_, "WHAT", "exit 1 unless so: 'stalls=0,p99<2ms'");
    Add(command, "--csv", csv_, "FILE", "every exchange");
    Add(command, "--cdf", cdf_, "FILE", "the cumulative distribution of every run");
    Add(command, "--html", html_, "FILE", "one page with the pictures");
  }

  Result<CommandArguments> Take(GlobalArguments& global) const override {
    ProbeArguments arguments;
    Result<ProbePlace> place = place_.Take(global);
    if (!place) return Fail(place.error());
    arguments.place = *std::move(place);
    if (words_.echo) arguments.place.kind = ProbePlace::Peer::kEcho;
    if (words_.echo && arguments.place.peer.empty())
      return Fail(MissingArgument("probe", "echo server", "--echo goes with HOST:PORT"));
    Result<Traffic> traffic = TrafficFrom(words_);
    if (!traffic) return Fail(traffic.error());
    arguments.request.traffic = *std::move(traffic);
    if (Status amount = TakeAmount(arguments.request); !amount) return Fail(amount.error());
    if (Status files = TakeFiles(arguments); !files) return Fail(files.error());
    arguments.words = Words(arguments.place);
    if (assert_.empty()) return arguments;
    Result<std::vector<Assertion>> assertions = ParseAssertions(assert_, "--assert");
    if (!assertions) return Fail(assertions.error());
    arguments.assertions = *std::move(assertions);
    return arguments;
  }

 private:
  static void Add(CLI::App& command, const char* name, std::string& value, const char* type,
                  const char* text) {
    command.add_option(name, value, text)->type_name(type);
  }

  void AddTraffic(CLI::App& command) {
    Add(command, "--pattern", words_.pattern, "NAME|SCRIPT",
        "what is written, or 'w200 w1000 r100'");
    Add(command, "--peer-pattern", words_.peer_pattern, "SCRIPT", "the other side's script");
    Add(command, "--write", words_.writes, "N,N...", "bytes of each write (200,1000)");
    Add(command, "--reply", words_.reply, "N", "bytes that come back (100)");
    Add(command, "--gap", words_.gap, "TIME", "rest between the writes");
    Add(command, "--think", think_, "TIME", "the client's rest between exchanges");
    Add(command, "--peer-think", words_.peer_think, "TIME", "the peer's rest before it answers");
    Add(command, "--writer", words_.writer, "END", "who writes in pieces: client, server, both");
    Add(command, "--mss", words_.mss, "N", "TCP_MAXSEG of both ends; 1460 is Ethernet's");
    Add(command, "--congestion", words_.congestion, "NAME", "congestion control of both ends");
    command.add_flag("--nodelay", words_.nodelay, "TCP_NODELAY on the writing end");
    Add(command, "--quickack", words_.quickack, "WHEN",
        "TCP_QUICKACK on the reading end: off, once, always");
  }

  void AddAmount(CLI::App& command) {
    Add(command, "--count", count_, "N", "exchanges of the traffic as asked");
    Add(command, "--duration", duration_, "TIME", "for so long");
    Add(command, "--interval", interval_, "TIME", "start one every so often");
  }

  Status TakeAmount(ProbeRequest& request) const {
    if (!count_.empty()) {
      const Result<std::uint64_t> count = ParseCount(count_, "--count", kMostExchanges);
      if (!count) return Fail(count.error());
      request.count = *count;
    }
    const Result<microseconds> duration = ParseTime(duration_, "--duration", kLongestRun);
    if (!duration) return Fail(duration.error());
    const Result<microseconds> interval = ParseTime(interval_, "--interval", kLongestPause);
    if (!interval) return Fail(interval.error());
    const Result<microseconds> think = ParsePause(think_, "--think");
    if (!think) return Fail(think.error());
    if (interval->count() > 0 && think->count() > 0)
      return Fail(Bad("--interval and --think exclude each other",
                      "one sets when an exchange starts, the other the rest after one"));
    request.duration = *duration;
    request.interval = *interval;
    request.think = *think;
    request.proof = no_proof_ ? Proof::kNone : Proof::kFull;
    request.keep_all = !csv_.empty();
    return {};
  }

  Status TakeFiles(ProbeArguments& arguments) const {
    const std::array<const std::string*, 3> files{&csv_, &cdf_, &html_};
    for (std::size_t i = 0; i < files.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        if (!files[i]->empty() && *files[i] == *files[j])
          return Fail(
              Bad(Format("two results for one file: {}", Printable(*files[i])), "name another"));
      }
    }
    arguments.csv = csv_;
    arguments.cdf = cdf_;
    arguments.html = html_;
    return {};
  }

  /// What names the same measurement again, as a shell reads it.
  [[nodiscard]] std::string Words(const ProbePlace& place) const {
    std::string text = place.peer.empty() ? "" : " " + ShellWord(place.peer);
    const auto add = [&text](const char* name, const std::string& value) {
      if (!value.empty()) text += Format(" {} {}", name, ShellWord(value));
    };
    if (!place.client_netns.empty()) add("--netns", place.client_netns + "," + place.server_netns);
    add("--pattern", words_.pattern);
    add("--peer-pattern", words_.peer_pattern);
    add("--write", words_.writes);
    add("--reply", words_.reply);
    add("--gap", words_.gap);
    add("--think", think_);
    add("--peer-think", words_.peer_think);
    add("--writer", words_.writer);
    add("--mss", words_.mss);
    add("--congestion", words_.congestion);
    add("--quickack", words_.quickack);
    add("--count", count_);
    add("--duration", duration_);
    add("--interval", interval_);
    if (words_.nodelay) text += " --nodelay";
    if (words_.echo) text += " --echo";
    return text;
  }

  PlaceOptions place_;
  TrafficWords words_;
  std::string think_, count_, duration_, interval_, assert_, csv_, cdf_, html_;
  bool no_proof_ = false;
};

class ServeOptionsOf : public CommandOptions {
 public:
  void AddTo(CLI::App& command) override {
    command.add_option("--listen", listen_, "an address of this host (127.0.0.1)")
        ->type_name("ADDR");
    command
        .add_option("--port", port_, Format("where to listen ({}); 0: any free one", kProbePort))
        ->type_name("N");
    command.add_option("--sessions", sessions_, "end after so many")->type_name("N");
  }

  Result<CommandArguments> Take(GlobalArguments& global) const override {
    ProbeServeArguments arguments;
    if (!global.root.empty()) return Fail(Bad("--root: nothing listens in a tree of files", ""));
    if (!listen_.empty()) arguments.options.listen = listen_;
    if (!port_.empty()) {
      const std::optional<std::int64_t> port = ParseDecimal(port_);
      if (!port || *port < 0 || *port > 65535)
        return Fail(Bad(Format("--port {}: no such port", Printable(port_)), "0 to 65535"));
      arguments.options.port = static_cast<std::uint16_t>(*port);
    }
    if (!sessions_.empty()) {
      const Result<std::uint64_t> sessions = ParseCount(sessions_, "--sessions", 1'000'000);
      if (!sessions) return Fail(sessions.error());
      arguments.options.sessions = static_cast<std::uint32_t>(*sessions);
    }
    return arguments;
  }

 private:
  std::string listen_, port_, sessions_;
};

class SweepOptions : public CommandOptions {
 public:
  void AddTo(CLI::App& command) override {
    place_.AddTo(command);
    const auto add = [&](const char* name, std::string& value, const char* type, const char* text) {
      command.add_option(name, value, text)->type_name(type);
    };
    add("--write", words_.writes, "N,N", "where the search begins (200,1000)");
    add("--reply", words_.reply, "N", "bytes that come back (100)");
    add("--writer", words_.writer, "END", "who writes in pieces: client, server, both");
    add("--mss", mss_, "N,N...", "at these; 0 is the path's own (0,1460)");
    add("--congestion", words_.congestion, "NAME", "congestion control of both ends");
    command.add_flag("--nodelay", words_.nodelay, "TCP_NODELAY on the writing end");
    add("--quickack", words_.quickack, "WHEN",
        "TCP_QUICKACK on the reading end: off, once, always");
    add("--most", most_, "TIME", "end after this, however much is known (60s)");
  }

  Result<CommandArguments> Take(GlobalArguments& global) const override {
    ProbeSweepArguments arguments;
    Result<ProbePlace> place = place_.Take(global);
    if (!place) return Fail(place.error());
    arguments.place = *std::move(place);
    TrafficWords words = words_;
    words.pattern = "two_writes";
    Result<Traffic> traffic = TrafficFrom(words);
    if (!traffic) return Fail(traffic.error());
    arguments.request.traffic = *std::move(traffic);
    if (Status mss = TakeMss(arguments); !mss) return Fail(mss.error());
    if (most_.empty()) return arguments;
    const Result<microseconds> most = ParseTime(most_, "--most", std::chrono::minutes(10));
    if (!most) return Fail(most.error());
    if (*most < std::chrono::seconds(2))
      return Fail(UsageError("invalid_duration", Format("--most {}: too short", Printable(most_)),
                             "2 s at least"));
    arguments.request.most = std::chrono::floor<std::chrono::seconds>(*most);
    return arguments;
  }

 private:
  Status TakeMss(ProbeSweepArguments& arguments) const {
    std::vector<std::uint32_t>& all = arguments.request.mss;
    if (mss_.empty()) {
      all = arguments.place.peer.empty() ? std::vector<std::uint32_t>{0, kEthernetSegment}
                                         : std::vector<std::uint32_t>{0};
      return {};
    }
    for (const std::string& one : Split(mss_, ',')) {
      const Result<std::uint32_t> mss = one.empty() ? ParseMss("?") : ParseMss(one);
      if (!mss) return Fail(mss.error());
      all.push_back(*mss);
    }
    if (all.size() > 4) return Fail(Bad("--mss: four at most", "each is a sweep of its own"));
    return {};
  }

  PlaceOptions place_;
  TrafficWords words_;
  std::string mss_, most_;
};

}  // namespace

std::unique_ptr<CommandOptions> ProbeOptions() { return std::make_unique<Options>(); }
std::unique_ptr<CommandOptions> ProbeServeOptions() { return std::make_unique<ServeOptionsOf>(); }
std::unique_ptr<CommandOptions> ProbeSweepOptions() { return std::make_unique<SweepOptions>(); }

}  // namespace tunewire
