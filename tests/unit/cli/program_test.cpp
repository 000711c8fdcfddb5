// The whole program over a host in memory: what only faults, signals and the clock bring about.
#include "cli/program.h"

#include <doctest/doctest.h>

#include <deque>
#include <map>

#include "support/fake_clock.h"
#include "support/fake_files.h"
#include "support/fake_lock.h"
#include "support/fake_processes.h"
#include "support/fake_tree.h"
#include "support/faults.h"

using namespace tunewire;

namespace {

constexpr const char* kProfile = R"({"format": 1, "name": "web", "summary": "x", "sysctl": {
  "net.core.somaxconn": 8192, "net.ipv4.tcp_fin_timeout": 30}})";

class FakeTerminal : public Terminal {
 public:
  explicit FakeTerminal(FakeClock& clock) : clock_(clock) {}

  TerminalFacts Facts() const override { return facts; }
  Status Write(Stream stream, std::string_view text) override {
    (stream == Stream::kOutput ? output : messages) += text;
    return {};
  }
  InputEvent WaitForLine(std::chrono::milliseconds patience, std::string& line) override {
    if (on_wait) on_wait();
    if (events.empty()) {
      clock_.Advance(patience);
      return InputEvent::kNothing;
    }
    const auto [event, text] = events.front();
    events.pop_front();
    line = text;
    return event;
  }
  Result<std::string> ReadInput(std::size_t) override { return input; }
  void WatchForStop(std::string_view, int status) override { second_stop_status = status; }
  bool StopWanted() const override { return stop_after >= 0 && asked_++ >= stop_after; }
  void Pause(std::chrono::milliseconds time) override {
    clock_.Advance(time);
    ++pauses;
    if (on_pause) on_pause();
  }

  TerminalFacts facts;
  std::string input = kProfile;
  std::string output, messages;
  std::deque<std::pair<InputEvent, std::string>> events;
  int stop_after = -1;  ///< this many questions are answered "go on" first
  int second_stop_status = 0;
  int pauses = 0;
  std::function<void()> on_wait, on_pause;

 private:
  FakeClock& clock_;
  mutable int asked_ = 0;
};

/// One lock per path, so that a test sees who shares one.
class SharedLock : public LockPlace {
 public:
  explicit SharedLock(FakeLock& lock) : lock_(lock) {}
  Result<std::unique_ptr<HeldLock>> TryLock() override { return lock_.TryLock(); }

 private:
  FakeLock& lock_;
};

class NoListeners : public ListenerSource {
  Result<std::vector<Listener>> Listeners() override { return std::vector<Listener>(); }
};

class AgreeableRehearsal : public Rehearsal {
  Result<std::vector<RehearsedWrite>> Try(std::span<const KeyText> writes) override {
    std::vector<RehearsedWrite> verdicts;
    for (const KeyText& write : writes)
      verdicts.push_back({RehearsedWrite::Verdict::kAccepted, 0, write.text});
    return verdicts;
  }
};

class NothingLives : public LiveNetwork {
 public:
  Result<SocketOwners> Owners(const std::vector<std::uint64_t>&) const override {
    return SocketOwners{};
  }
  Result<std::vector<LockedBuffer>> LockedBuffers(const std::vector<ProcessId>&) const override {
    return std::vector<LockedBuffer>{};
  }
  Result<std::vector<InterfaceQdisc>> Qdiscs() const override {
    return std::vector<InterfaceQdisc>{};
  }
};

struct Box {
  FakeTree tree = FakeTree::LikeLinux();
  FakeFiles files;
  FakeClock clock;
  FakeTerminal terminal{clock};
  HostOperations operations;
  FaultyFiles faulty_files{files, operations};
  std::map<std::string, FakeLock> locks;
  std::vector<DetachedCommand> detached;
  std::string entered;
  std::uint64_t init_netns = 7;

  ExitStatus Run(std::vector<const char*> words) {
    terminal.output.clear();
    terminal.messages.clear();
    Machine machine = Make();
    return RunProgram(machine, words);
  }

  Machine Make() {
    return {
        .files = faulty_files,
        .clock = clock,
        .terminal = terminal,
        .environment = {},
        .program = [] { return ProgramFacts{}; },
        .enter_namespace =
            [this](const std::string& target) {
              entered = target;
              return Status();
            },
        .open_tree = [this](const std::string&) -> Result<std::unique_ptr<SysctlTree>> {
          return std::make_unique<FaultyTree>(tree, operations);
        },
        .host_info = [this](const std::string&) -> Result<HostInfo> {
          return HostInfo{.kernel_release = "6.18.44",
                          .boot_id = "boot",
                          .netns_inode = 7,
                          .init_netns = init_netns};
        },
        .lock_at =
            [this](const std::string& path) { return std::make_unique<SharedLock>(locks[path]); },
        .rehearsal = [] { return std::make_unique<AgreeableRehearsal>(); },
        .listeners = [] { return std::make_unique<NoListeners>(); },
        .live_network = [] { return std::make_unique<NothingLives>(); },
        .start_detached = [this](const DetachedCommand& command) -> Result<DetachedBy> {
          detached.push_back(command);
          return DetachedBy::kChildProcess;
        },
        .processes =
            [] { return std::make_unique<FakeProcesses>(FakeProcesses::Caller::kMayRaise); },
        .reload_units = [] { return Status(); }};
  }

  std::string Value(std::string_view key) const { return tree.Raw(key); }

  /// The guard's own run, as it was started.
  ExitStatus RunGuard() {
    std::vector<const char*> words;
    for (const std::string& word : detached.back().arguments) words.push_back(word.c_str());
    return Run(words);
  }
};

}  // namespace

TEST_CASE("One state has one lock, however it was named") {
  Box box;
  CHECK(box.Run({"apply", "-", "--yes"}) == ExitStatus::kDone);
  CHECK(box.Run({"rollback", "--state-dir", "/var/lib/tunewire"}) == ExitStatus::kDone);
  CHECK(box.Run({"recover", "--state-dir", "/var/lib/../lib/tunewire/"}) == ExitStatus::kDone);
  CHECK(box.locks.size() == 1);
  CHECK(box.locks.contains("/run/tunewire/lock"));
  CHECK(box.Run({"recover", "--state-dir", "/elsewhere"}) == ExitStatus::kDone);
  CHECK(box.locks.contains("/elsewhere/lock"));
}

TEST_CASE("The guard is told no more than the caller was") {
  Box box;
  CHECK(box.Run({"apply", "-", "--yes", "--confirm", "60s"}) == ExitStatus::kDone);
  REQUIRE(box.detached.size() == 1);
  const DetachedCommand& command = box.detached.front();
  REQUIRE(command.arguments.size() == 3);
  CHECK(command.arguments[0] == "recover");
  CHECK(command.arguments[1] == "--deadline");
  CHECK(command.unit == "tunewire-confirm-" + command.arguments[2]);
  CHECK(command.delay == std::chrono::seconds(60));
}

TEST_CASE("The guard sleeps until the deadline, then puts back") {
  Box box;
  const auto before = box.tree.Values();
  CHECK(box.Run({"apply", "-", "--yes", "--confirm", "60s"}) == ExitStatus::kDone);
  CHECK(box.Value("net.core.somaxconn") == "8192\n");
  const auto started = box.clock.SinceBoot();
  CHECK(box.RunGuard() == ExitStatus::kDone);
  CHECK(box.clock.SinceBoot() - started >= std::chrono::seconds(60));
  CHECK(box.clock.SinceBoot() - started < std::chrono::seconds(62));
  CHECK(box.tree.Values() == before);
}

TEST_CASE("The guard ends soon after a confirmation, and touches nothing") {
  Box box;
  CHECK(box.Run({"apply", "-", "--yes", "--confirm", "1h"}) == ExitStatus::kDone);
  box.terminal.on_pause = [&box] {
    if (box.terminal.pauses != 5) return;
    box.terminal.on_pause = nullptr;
    CHECK(box.Run({"confirm"}) == ExitStatus::kDone);
  };
  CHECK(box.RunGuard() == ExitStatus::kDone);
  CHECK(box.terminal.pauses == 5);
  CHECK(box.Value("net.core.somaxconn") == "8192\n");
}

TEST_CASE("A guard whose journal was removed goes away") {
  Box box;
  CHECK(box.Run({"recover", "--deadline", "abcdef"}) == ExitStatus::kDone);
  CHECK(box.terminal.pauses < 10);
  CHECK(box.files.Contents().empty());
}

TEST_CASE("An overdue transaction is put back before the next apply, and that is said") {
  Box box;
  CHECK(box.Run({"apply", "-", "--yes", "--confirm", "60s"}) == ExitStatus::kDone);
  box.clock.Advance(std::chrono::seconds(61));
  CHECK(box.Run({"apply", "-", "--yes"}) == ExitStatus::kDone);
  CHECK(box.terminal.output.find("was not confirmed in time: put back first.") !=
        std::string::npos);
  CHECK(box.Value("net.core.somaxconn") == "8192\n");
  CHECK(box.Run({"rollback"}) == ExitStatus::kDone);
  CHECK(box.Value("net.core.somaxconn") != "8192\n");
}

TEST_CASE("Ctrl-C between two keys restores, says so, and exits 130") {
  Box box;
  const auto before = box.tree.Values();
  box.terminal.stop_after = 1;
  CHECK(box.Run({"apply", "-", "--yes"}) == ExitStatus::kInterrupted);
  CHECK_FALSE(box.tree.writes().empty());
  CHECK(box.tree.Values() == before);
  CHECK(box.terminal.output.find("RESTORED") != std::string::npos);
  CHECK(box.terminal.second_stop_status == 4);
}

TEST_CASE("A refused write restores and exits 3") {
  Box box;
  const auto before = box.tree.Values();
  box.tree.At("net.ipv4.tcp_fin_timeout").refuse_with = 22;
  CHECK(box.Run({"apply", "-", "--yes"}) == ExitStatus::kRestored);
  CHECK(box.tree.Values() == before);
  CHECK(box.terminal.messages.find("EINVAL") != std::string::npos);
}

TEST_CASE("A deadline that cannot be armed is a refusal: nothing is written") {
  Box box;
  const auto before = box.tree.Values();
  Machine machine = box.Make();
  machine.start_detached = [](const DetachedCommand&) -> Result<DetachedBy> {
    return Fail(SystemError("fork", "tunewire", 12));
  };
  const std::vector<const char*> words{"apply", "-", "--yes", "--confirm", "60s"};
  CHECK(RunProgram(machine, words) == ExitStatus::kRestored);
  CHECK(box.tree.Values() == before);
  CHECK(box.tree.writes().empty());
}

TEST_CASE("Every file operation that fails leaves all old or all new, and the status says which") {
  Box clean;
  CHECK(clean.Run({"apply", "-", "--yes"}) == ExitStatus::kDone);
  const int operations = clean.operations.count();
  const auto after = clean.tree.Values();
  for (int n = 1; n <= operations; ++n) {
    Box box;
    const auto before = box.tree.Values();
    box.operations.Arm(n, Fault{.os_error = 5});
    const ExitStatus status = box.Run({"apply", "-", "--yes"});
    INFO("operation " << n);
    if (status == ExitStatus::kDone) {
      CHECK(box.tree.Values() == after);
    } else {
      CHECK(box.tree.Values() == before);
    }
  }
}

TEST_CASE("A new file is whole or not there, whichever file operation fails") {
  const auto take = [](Box& box) {
    Machine machine = box.Make();
    machine.capture_facts = [](const FactsWish&) { return HostFacts{}; };
    CHECK(box.files.MakeFolders("/out", 0755).has_value());
    box.operations.Restart();
    return machine;
  };
  const std::vector<const char*> words{"snapshot", "-o", "/out/host.json"};
  Box clean;
  Machine machine = take(clean);
  CHECK(RunProgram(machine, words) == ExitStatus::kDone);
  const auto whole = clean.files.Contents();
  const int operations = clean.operations.count();
  CHECK(operations >= 3);
  for (int n = 1; n <= operations; ++n) {
    Box box;
    Machine failing = take(box);
    box.operations.Arm(n, Fault{.os_error = 5});
    INFO("operation " << n);
    const bool done = RunProgram(failing, words) == ExitStatus::kDone;
    CHECK(box.files.Contents().contains("/out/host.json") == done);
    if (done) CHECK(box.files.Contents() == whole);
  }
}

TEST_CASE("On a terminal the countdown is drawn over, and Enter keeps the change") {
  Box box;
  box.terminal.facts = {.input = true, .output = true, .messages = true, .columns = 80};
  box.terminal.events = {{InputEvent::kNothing, ""}, {InputEvent::kLine, ""}};
  CHECK(box.Run({"apply", "-", "--yes", "--confirm", "60s", "--color", "never"}) ==
        ExitStatus::kDone);
  CHECK(box.terminal.messages.find("60 s left, then everything is put back") != std::string::npos);
  CHECK(box.terminal.messages.ends_with("\r"));
  CHECK(box.terminal.output.find("CONFIRMED") != std::string::npos);
  CHECK(box.Value("net.core.somaxconn") == "8192\n");
}

TEST_CASE("A countdown that runs out puts back and exits 3") {
  Box box;
  box.terminal.facts = {.input = true, .output = true, .messages = true, .columns = 80};
  const auto before = box.tree.Values();
  CHECK(box.Run({"apply", "-", "--yes", "--confirm", "60s"}) == ExitStatus::kRestored);
  CHECK(box.tree.Values() == before);
}

TEST_CASE("A foreign change during the countdown is kept, and the status says so") {
  Box box;
  box.terminal.facts = {.input = true, .output = true, .messages = true, .columns = 80};
  box.terminal.events = {{InputEvent::kStop, ""}};
  box.terminal.on_wait = [&box] { box.tree.Put("net.core.somaxconn", {"77"}); };
  CHECK(box.Run({"apply", "-", "--yes", "--confirm", "60s"}) == ExitStatus::kNotRestored);
  CHECK(box.Value("net.core.somaxconn") == "77\n");
}

TEST_CASE("A rollback that is refused half way leaves the profile in force and exits 3") {
  Box box;
  CHECK(box.Run({"apply", "-", "--yes"}) == ExitStatus::kDone);
  const auto applied = box.tree.Values();
  box.tree.At("net.core.somaxconn").refuse_with = 1;
  CHECK(box.Run({"rollback"}) == ExitStatus::kRestored);
  CHECK(box.tree.Values() == applied);
  CHECK(box.terminal.output.find("STILL IN FORCE") != std::string::npos);
  CHECK(box.Run({"rollback", "--json"}) == ExitStatus::kRestored);
  CHECK(box.terminal.output.find("\"outcome\": \"not_restored\"") != std::string::npos);
}

TEST_CASE("A namespace is entered before anything is opened") {
  Box box;
  CHECK(box.Run({"plan", "-", "--netns", "blue"}) == ExitStatus::kDone);
  CHECK(box.entered == "blue");
  CHECK(box.terminal.output.find("namespace blue") != std::string::npos);
  CHECK(box.terminal.output.find("--confirm 60s --netns blue") != std::string::npos);
}

TEST_CASE("In a namespace, keys of the whole machine are marked as such") {
  Box box;
  box.tree.AddInteger("fs.pipe-max-size", 1048576, 4096, 1 << 30);
  box.terminal.input =
      R"({"format": 1, "name": "x", "summary": "x", "sysctl": {"fs.pipe-max-size": 2097152}})";
  CHECK(box.Run({"plan", "-"}) == ExitStatus::kDone);
  CHECK(box.terminal.output.find("whole machine") == std::string::npos);
  box.init_netns = 1;
  CHECK(box.Run({"plan", "-"}) == ExitStatus::kDone);
  CHECK(box.terminal.output.find("~ changes the whole machine, not only this network namespace") !=
        std::string::npos);
}

TEST_CASE("What a library throws is reported") {
  Box box;
  Machine machine = box.Make();
  CHECK(ReportThrown(machine, "std::bad_alloc") == ExitStatus::kNotRestored);
  CHECK(box.terminal.messages.find("std::bad_alloc") != std::string::npos);
}
