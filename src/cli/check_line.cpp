// Each value of `tunewire check`, one by one.
#include "cli/check_line.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/format.h"
#include "base/word_error.h"
#include "cli/command_options.h"
#include "cli/scaled.h"
#include "host/parse_address.h"
#include "tunewire/base/quantity.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

using std::chrono::microseconds;
using Word = CheckLine::Word;

constexpr microseconds kHour = std::chrono::hours(1);

/// Reads words one after the other and keeps the first error.
class Taker {
 public:
  template <class T>
  void Whole(std::string_view option, const Word& word, double least, double most, T& to) {
    if (!word) return;
    const std::optional<double> value = ParseScaled(*word);
    const bool whole = value && *value >= least && *value <= most && *value == std::floor(*value);
    if (!whole) return Refuse(option, *word, "not a whole number of that", Bounds(least, most));
    to = static_cast<T>(*value);
  }

  template <class Duration>
  void Time(std::string_view option, const Word& word, microseconds least, microseconds most,
            Duration& to) {
    if (!word) return;
    const Result<microseconds> time = ParseDuration(*word);
    if (!time) return Refuse(option, *word, "not a duration", time.error().hint);
    if (*time < least || *time > most)
      return Refuse(option, *word, "out of range",
                    Format("from {} to {}", FormatDuration(least), FormatDuration(most)));
    to = std::chrono::duration_cast<Duration>(*time);
  }

  void Refuse(std::string_view option, const std::string& word, std::string message,
              std::string hint) {
    Keep(WordError("invalid_argument", option, word, word, std::move(message), std::move(hint)));
  }

  void Keep(Error error) {
    if (!error_) error_ = std::move(error);
  }

  [[nodiscard]] const std::optional<Error>& error() const { return error_; }

 private:
  static std::string Bounds(double least, double most) {
    return Format("from {:.0f} to {:.0f}, such as 500, 20k or 1M", least, most);
  }

  std::optional<Error> error_;
};

void TakeRate(Taker& taker, const Word& word, double& to) {
  if (!word) return;
  std::string_view number = *word;
  if (number.ends_with("/s")) number.remove_suffix(2);
  const std::optional<double> rate = ParseScaled(number);
  if (!rate || *rate < 0.01 || *rate > 1e8)
    return taker.Refuse("--rate", *word, "not a rate",
                        "so many a second, from 0.01 to 100M: 500, 20k, 50k/s");
  to = *rate;
}

void TakeMessage(Taker& taker, const Word& word, std::uint64_t& to) {
  if (!word) return;
  const std::optional<double> bytes = ParseScaledBytes(*word);
  if (!bytes || *bytes < 1 || *bytes > 1073741824 || *bytes != std::floor(*bytes))
    return taker.Refuse("--message", *word, "not a size",
                        "bytes from 1 to 1G, such as 200, 16K or 1M");
  to = static_cast<std::uint64_t>(*bytes);
}

/// "10G", "10Gbit/s", "10Gbit", "10Gbps".
void TakeBandwidth(Taker& taker, const Word& word, std::uint64_t& to) {
  constexpr std::array<std::string_view, 4> kUnits{"bits/s", "bit/s", "bit", "bps"};
  if (!word) return;
  std::string_view number = *word;
  for (const std::string_view unit : kUnits) {
    if (!number.ends_with(unit)) continue;
    number.remove_suffix(unit.size());
    break;
  }
  const std::optional<double> bits = ParseScaled(number);
  if (!bits || *bits < 1000 || *bits > 1e14)
    return taker.Refuse("--bandwidth", *word, "not a bandwidth",
                        "bits a second, from 1k to 100T: 100M, 10G, 10Gbit/s");
  to = static_cast<std::uint64_t>(*bits);
}

void TakeEnd(Taker& taker, const Word& word, LoadSide& to) {
  if (!word) return;
  if (*word != "client" && *word != "server")
    return taker.Refuse("--closes-first", *word, "no such end", "client or server");
  to = *word == "client" ? LoadSide::kClient : LoadSide::kServer;
}

void TakeTargets(Taker& taker, const std::vector<std::string>& words,
                 std::vector<std::string>& to) {
  for (const std::string& word : words) {
    const Result<HostPort> where = ParseHostPort(word);
    if (!where) {
      Error error = where.error();
      error.message = Format("--to {}", error.message);
      return taker.Keep(std::move(error));
    }
    to.push_back(word);
  }
}

void TakeSources(Taker& taker, const std::vector<std::string>& words,
                 std::vector<std::string>& to) {
  for (const std::string& word : words) {
    const std::optional<SocketEnd> address = ParseAddress(word);
    if (!address)
      return taker.Refuse("--bind", word, "no IPv4 or IPv6 address",
                          "a number, such as 10.0.0.9 or 2001:db8::1");
    const std::string canonical = address->Host();
    if (std::ranges::find(to, canonical) != to.end())
      return taker.Refuse("--bind", word, "given twice", "an address has its ports only once");
    to.push_back(canonical);
  }
}

/// dev_valid_name() of the kernel, IFNAMSIZ.
void TakeInterface(Taker& taker, const Word& word, std::string& to) {
  if (!word) return;
  const bool valid = !word->empty() && word->size() < 16 && *word != "." && *word != ".." &&
                     word->find_first_of("/: \t\n") == std::string::npos;
  if (!valid)
    return taker.Refuse("--interface", *word, "no name of an interface", "such as eth0 or lo");
  to = *word;
}

/// The amounts; what they mean together is checked elsewhere.
LoadWish TakeLoad(Taker& taker, const CheckLine& words) {
  constexpr double kMostPort = 65535;
  LoadWish load;
  load.side = words.listen ? LoadSide::kServer : LoadSide::kClient;
  taker.Whole("--connections", words.connections, 1, 1e9, load.connections);
  TakeRate(taker, words.rate, load.rate);
  taker.Time("--duration", words.duration, std::chrono::milliseconds(1), 720 * kHour,
             load.duration);
  TakeMessage(taker, words.message, load.message_bytes);
  taker.Time("--rtt", words.rtt, microseconds(1), std::chrono::minutes(1), load.rtt);
  TakeBandwidth(taker, words.bandwidth, load.bandwidth_bits_per_s);
  taker.Whole("--threads", words.threads, 1, 1e6, load.threads);
  taker.Whole("--listen", words.listen, 1, kMostPort, load.listen_port);
  taker.Whole("--backlog", words.backlog, 1, 2147483647, load.backlog);
  TakeEnd(taker, words.closes_first, load.closes_first);
  TakeSources(taker, words.sources, load.sources);
  // Where nobody says how many new ones come, they are opened once and kept.
  load.keepalive = words.keepalive || !words.rate;
  load.bind_takes_port = words.bind_takes_port;
  return load;
}

bool NamesLoad(const CheckLine& words) {
  return words.connections || words.rate || (words.rtt && words.bandwidth);
}

}  // namespace

Result<CheckArguments> TakeCheck(const CheckLine& words) {
  Taker taker;
  CheckArguments taken;
  LoadWish load = TakeLoad(taker, words);
  TakeTargets(taker, words.to, taken.to);
  TakeInterface(taker, words.interface, taken.interface);
  taker.Time("--for", words.window, std::chrono::milliseconds(50), kHour, taken.window);
  taken.calibrate = !words.no_calibration;
  taken.fix = words.fix;
  if (taker.error()) return Fail(*taker.error());
  if (const Status fits = CheckTogether(words); !fits) return Fail(fits.error());
  if (NamesLoad(words)) taken.load = std::move(load);
  return taken;
}

}  // namespace tunewire
