// The options of `tunewire http`, and what they mean.
#include <CLI/CLI.hpp>
#include <algorithm>

#include "base/format.h"
#include "cli/command_options.h"
#include "cli/scaled.h"
#include "tunewire/base/quantity.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

using std::chrono::microseconds;

/// What CLI11 writes into.
struct HttpWords {
  std::string url, method = "GET", data, duration, rate, timeout, think, requests, connections,
                   threads, pipeline, mss, watch_pid, csv, samples, html;
  std::vector<std::string> fields, compare, sources;
  bool keep_alive = false, no_keep_alive = false, no_proof = false;
};

Error Bad(std::string_view option, const std::string& value, std::string_view wanted) {
  Error error;
  error.kind = ErrorKind::kUsage;
  error.code = "invalid_argument";
  error.message = Format("{} {}: {}", option, Printable(value), wanted);
  return error;
}

/// Reads words one after the other and keeps the first error.
class Taker {
 public:
  template <class T>
  void Whole(std::string_view option, const std::string& text, std::int64_t least,
             std::int64_t most, T& to) {
    if (text.empty()) return;
    const std::optional<double> value = ParseScaled(text);
    const bool within =
        value && *value >= static_cast<double>(least) && *value <= static_cast<double>(most);
    if (!within || *value != static_cast<double>(static_cast<std::int64_t>(*value)))
      return Refuse(Bad(option, text, Format("a whole number from {} to {}", least, most)));
    to = static_cast<T>(static_cast<std::int64_t>(*value));
  }

  template <class Duration>
  void Time(std::string_view option, const std::string& text, microseconds least, microseconds most,
            Duration& to) {
    if (text.empty()) return;
    const Result<microseconds> time = ParseDuration(text);
    if (!time) {
      Error error = time.error();
      error.message = Format("{}: {}", option, error.message);
      return Refuse(std::move(error));
    }
    if (*time < least || *time > most)
      return Refuse(
          Bad(option, text, Format("from {} to {}", FormatDuration(least), FormatDuration(most))));
    to = std::chrono::duration_cast<Duration>(*time);
  }

  void Refuse(Error error) {
    if (!error_) error_ = std::move(error);
  }

  [[nodiscard]] const std::optional<Error>& error() const { return error_; }

 private:
  std::optional<Error> error_;
};

constexpr microseconds kHour = std::chrono::hours(1);

/// "all" is every 5 ms from 0 to 100 ms, across the delayed-ACK timer.
void TakeThink(Taker& taker, const std::string& text, std::vector<microseconds>& to) {
  if (text == "all") {
    for (int ms = 0; ms <= 100; ms += 5) to.push_back(std::chrono::milliseconds(ms));
    return;
  }
  if (text.empty()) return;
  for (const std::string& part : Split(text, ',')) {
    microseconds time{};
    taker.Time("--think", part, microseconds(0), std::chrono::seconds(10), time);
    to.push_back(time);
  }
}

void TakeRate(Taker& taker, const std::string& text, double& to) {
  if (text.empty()) return;
  const std::optional<double> rate = ParseScaled(text);
  if (!rate || *rate < 0.01 || *rate > 1e7)
    return taker.Refuse(Bad("--rate", text, "requests a second, such as 500 or 20k"));
  to = *rate;
}

void CheckTogether(Taker& taker, const HttpWords& words, const HttpArguments& taken) {
  if (words.url.empty() == words.compare.empty()) {
    Error error = Bad("http", words.url, "which URL?");
    error.code = "missing_argument";
    error.message = words.url.empty() ? "http: which URL?" : "http: a URL or --compare, not both";
    error.hint = "tunewire http http://localhost:8080/";
    return taker.Refuse(std::move(error));
  }
  if (words.keep_alive && words.no_keep_alive)
    taker.Refuse(Bad("-k", "", "and --no-keepalive exclude each other"));
  if (taken.load && taken.think.size() > 1)
    taker.Refuse(
        Bad("--think", words.think, "a load takes one rest; several are tried without load"));
  if (!taken.keep_alive && taken.pipeline > 1)
    taker.Refuse(Bad("--pipeline", words.pipeline, "needs kept connections"));
}

void AddHttpOptions(CLI::App& command, HttpWords& words) {
  const auto text = [&command](const char* names, std::string& to, const char* what,
                               const char* type) {
    command.add_option(names, to, what)->type_name(type);
  };
  text("URL", words.url, "http://HOST[:PORT][/PATH]", "");
  text("-n,--requests", words.requests, "end after so many requests", "N");
  text("-z,--duration", words.duration, "end after this time", "TIME");
  text("-c,--connections", words.connections, "at a time", "N");
  text("-t,--threads", words.threads, "one event loop each", "N");
  command.add_flag("-k,--keepalive", words.keep_alive, "keep connections (the default)");
  command.add_flag("--no-keepalive", words.no_keep_alive, "a new connection per request");
  text("--pipeline", words.pipeline, "requests under way on a connection", "N");
  text("--rate", words.rate, "open loop: so many requests a second in all", "N");
  text("--think", words.think, "rest between answer and next request; several, or all: one by one",
       "TIME,...");
  command.add_option("-H,--header", words.fields, "add a field to the request")
      ->type_name("'Name: value'")
      ->allow_extra_args(false);
  text("--method", words.method, "instead of GET", "METHOD");
  text("--data", words.data, "send this file as the body", "FILE");
  text("--timeout", words.timeout, "give an answer up after this (5s)", "TIME");
  command.add_option("--bind", words.sources, "source address; several are taken in turn")
      ->type_name("ADDR")
      ->delimiter(',')
      ->allow_extra_args(false);
  text("--mss", words.mss, "TCP_MAXSEG of our side: 1460 is Ethernet's", "BYTES");
  command.add_flag("--no-proof", words.no_proof, "do not ask whose stall it is after a load");
  text("--watch-pid", words.watch_pid, "record this server's CPU and memory beside the load",
       "PID");
  text("--csv", words.csv, "write latencies by percentile", "FILE");
  text("--samples", words.samples, "write every request", "FILE");
  text("--html", words.html, "write a page with pictures", "FILE");
  command.add_option("--compare", words.compare, "two results of --json, side by side")
      ->type_name("A.json B.json")
      ->expected(2);
}

Result<HttpArguments> TakeHttp(const HttpWords& words) {
  HttpArguments taken;
  Taker taker;
  taken.url = words.url;
  taken.compare = words.compare;
  taken.method = words.method;
  taken.fields = words.fields;
  taken.data_file = words.data;
  taken.sources = words.sources;
  taken.csv = words.csv;
  taken.samples = words.samples;
  taken.html = words.html;
  taken.keep_alive = !words.no_keep_alive;
  taken.proof = !words.no_proof;
  constexpr std::int64_t kBillion = 1'000'000'000;
  taker.Whole("-n", words.requests, 1, 100 * kBillion, taken.requests);
  taker.Whole("-c", words.connections, 1, 60'000, taken.connections);
  taker.Whole("-t", words.threads, 1, 256, taken.threads);
  taker.Whole("--pipeline", words.pipeline, 1, 64, taken.pipeline);
  taker.Whole("--mss", words.mss, 88, 65'483, taken.mss);
  taker.Whole("--watch-pid", words.watch_pid, 1, 4'194'304, taken.watch_pid);
  taker.Time("-z", words.duration, std::chrono::milliseconds(10), 24 * kHour, taken.duration);
  taker.Time("--timeout", words.timeout, std::chrono::milliseconds(1), kHour, taken.timeout);
  TakeThink(taker, words.think, taken.think);
  TakeRate(taker, words.rate, taken.rate);
  taken.load = !words.requests.empty() || !words.duration.empty() || !words.connections.empty() ||
               !words.threads.empty() || !words.rate.empty() || !words.pipeline.empty() ||
               words.keep_alive || words.no_keep_alive;
  CheckTogether(taker, words, taken);
  if (taker.error()) return Fail(*taker.error());
  return taken;
}

class Options : public CommandOptions {
 public:
  void AddTo(CLI::App& command) override { AddHttpOptions(command, words_); }

  Result<CommandArguments> Take(GlobalArguments&) const override {
    Result<HttpArguments> taken = TakeHttp(words_);
    if (!taken) return Fail(taken.error());
    return *std::move(taken);
  }

 private:
  HttpWords words_;
};

}  // namespace

std::unique_ptr<CommandOptions> HttpOptions() { return std::make_unique<Options>(); }

}  // namespace tunewire
