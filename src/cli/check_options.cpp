// The options of `tunewire check`.
#include <CLI/CLI.hpp>

#include "cli/check_line.h"
#include "cli/command_options.h"

namespace tunewire {
namespace {

class TextOptions {
 public:
  explicit TextOptions(CLI::App& command) : command_(command) {}

  void One(const char* name, std::optional<std::string>& to, const char* type, const char* what) {
    command_.add_option(name, to, what)->type_name(type);
  }

  void Several(const char* name, std::vector<std::string>& to, const char* type, const char* what) {
    command_.add_option(name, to, what)->type_name(type)->delimiter(',')->allow_extra_args(false);
  }

 private:
  CLI::App& command_;
};

void AddLoad(CLI::App& command, CheckLine& words) {
  TextOptions add(command);
  add.One("--connections", words.connections, "N", "at a time: 500, 200k, 1M");
  add.One("--rate", words.rate, "R", "new connections a second; kept: requests");
  add.One("--duration", words.duration, "TIME", "of the load; until stopped unless said");
  command.add_flag("--keepalive", words.keepalive, "connections are kept, --rate is requests");
  add.One("--message", words.message, "BYTES", "of a request or answer; K is 1024");
  add.One("--rtt", words.rtt, "TIME", "round trip between the ends: 80ms");
  add.One("--bandwidth", words.bandwidth, "BITS", "of the path a second: 100M, 10Gbit/s");
  add.One("--threads", words.threads, "N", "of the program, one event loop each");
  add.One("--closes-first", words.closes_first, "END", "client (the default) or server");
}

void AddEnds(CLI::App& command, CheckLine& words) {
  TextOptions add(command);
  add.Several("--to", words.to, "HOST:PORT", "the client's side: a target; several: repeat");
  add.Several("--bind", words.sources, "ADDR", "source address; several: repeat");
  command.add_flag("--bind-takes-port", words.bind_takes_port,
                   "bind(2) takes the port, not connect(2)");
  add.One("--listen", words.listen, "PORT", "the server's side");
  add.One("--backlog", words.backlog, "N", "asked of listen(2); else the listener's there");
}

void AddLook(CLI::App& command, CheckLine& words) {
  TextOptions add(command);
  add.One("--interface", words.interface, "IF", "where traffic goes; else the route's");
  add.One("--for", words.window, "TIME", "count so long: 2s; else counters since boot");
  command.add_flag("--no-calibration", words.no_calibration,
                   "do not measure the processor for a second");
  command.add_flag("--fix", words.fix, "print the profile that mends it, and only that");
}

class Options : public CommandOptions {
 public:
  void AddTo(CLI::App& command) override {
    AddEnds(command, words_);
    AddLoad(command, words_);
    AddLook(command, words_);
  }

  Result<CommandArguments> Take(GlobalArguments& global) const override {
    Result<CheckArguments> taken = TakeCheck(words_);
    if (!taken) return Fail(taken.error());
    if (!global.root.empty() && words_.window)
      return Fail(UsageError("invalid_argument", "--for and --root exclude each other",
                             "a tree of files counts nothing"));
    return *std::move(taken);
  }

 private:
  CheckLine words_;
};

}  // namespace

std::unique_ptr<CommandOptions> CheckOptions() { return std::make_unique<Options>(); }

}  // namespace tunewire
