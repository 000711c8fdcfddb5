#include <doctest/doctest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <thread>

#include "host/decode_proc.h"
#include "profile/limit_items.h"
#include "support/child.h"
#include "support/fake_processes.h"
#include "tunewire/base/text.h"
#include "tunewire/host/processes.h"

namespace tunewire {
namespace {

constexpr const char* kBehindName =
    " S 1 77 77 0 -1 4194560 100 200 0 0 1 2 3 4 20 0 5 0 4321 1000 200 18446744073709551615 1\n";

std::string SlurpFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

const Process* Find(const std::vector<Process>& processes, int pid) {
  const auto found =
      std::ranges::find_if(processes, [&](const Process& one) { return one.id.pid == pid; });
  return found == processes.end() ? nullptr : &*found;
}

/// Names that a process may give itself, and that would mislead a reader of /proc.
const std::vector<std::string> kHostileNames{
    "a) R 1 2 (b", "((((",        "))))",    "x\ny", "a\\nb",    "\\\\",           "",
    " ",           "\x1b[31mred", "caf\xc3", "(",    ")\n) S 9", "fifteen-bytes-1"};

}  // namespace

TEST_CASE("process bytes: stat") {
  const auto stat = DecodeProcessStat(std::string("77 (nginx)") + kBehindName);
  REQUIRE(stat.has_value());
  CHECK(stat->command == "nginx");
  CHECK(stat->state == 'S');
  CHECK(stat->flags == 4194560);
  CHECK(stat->threads == 5);
  CHECK(stat->start_ticks == 4321);
  CHECK_FALSE(stat->kernel_thread());
  CHECK_FALSE(stat->ended());
}

TEST_CASE("process bytes: any name is only a name") {
  for (const std::string& name : kHostileNames) {
    CAPTURE(name);
    const auto stat = DecodeProcessStat("77 (" + name + ")" + kBehindName);
    REQUIRE(stat.has_value());
    CHECK(stat->command == name);
    CHECK(stat->start_ticks == 4321);
  }
}

TEST_CASE("process bytes: kernel threads and those that have ended") {
  CHECK(DecodeProcessStat("2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 0 0 0 0 20 0 1 0 4 0 0")
            ->kernel_thread());
  CHECK(DecodeProcessStat("9 (x) Z 1 9 9 0 -1 4 0 0 0 0 0 0 0 0 20 0 1 0 4 0 0")->ended());
  CHECK(DecodeProcessStat("9 (x) X 1 9 9 0 -1 4 0 0 0 0 0 0 0 0 20 0 0 0 4 0 0")->ended());
  CHECK_FALSE(DecodeProcessStat("9 (x) Z 1 9 9 0 -1 4 0 0 0 0 0 0 0 0 20 0 2 0 4 0 0")->ended());
}

TEST_CASE("process bytes: cut and wrong ones are nothing") {
  const std::string whole = std::string("77 (nginx)") + kBehindName;
  const std::size_t end_of_start = whole.find("4321") + 1;
  for (std::size_t size = 0; size < end_of_start; ++size) {
    CHECK_FALSE(DecodeProcessStat(whole.substr(0, size)).has_value());
  }
  CHECK_FALSE(DecodeProcessStat(")(").has_value());
  CHECK_FALSE(DecodeProcessStat("1 (x) S 1 1 1 0 -1 -4 0 0 0 0 0 0 0 0 20 0 1 0 4").has_value());
  CHECK_FALSE(DecodeProcessStat("1 (x) S 1 1 1 0 -1 4 0 0 0 0 0 0 0 0 20 0 1 0 4x").has_value());
}

TEST_CASE("process bytes: units") {
  const auto unit = [](std::string_view text) {
    const CgroupUnit found = DecodeCgroup(text);
    return found.user_manager.empty() ? found.name : found.user_manager + "|" + found.name;
  };
  CHECK(unit("0::/system.slice/nginx.service\n") == "nginx.service");
  CHECK(unit("0::/system.slice/system-getty.slice/getty@tty1.service\n") == "getty@tty1.service");
  CHECK(unit("0::/user.slice/user-1000.slice/user@1000.service/app.slice/foo.service\n") ==
        "user@1000.service|foo.service");
  CHECK(unit("0::/user.slice/user-1000.slice/user@1000.service/app.slice/app-x-1.scope\n") ==
        "user@1000.service");
  CHECK(unit("0::/user.slice/user-1000.slice/user@1000.service/init.scope\n") ==
        "user@1000.service");
  CHECK(unit("0::/user.slice/user-1000.slice/session-3.scope\n").empty());
  CHECK(unit("0::/init.scope\n").empty());
  CHECK(unit("0::/\n").empty());
  CHECK(unit("0::/system.slice/.service\n").empty());
}

TEST_CASE("process bytes: units that hold cgroups of their own") {
  const auto unit = [](std::string_view text) { return DecodeCgroup(text).name; };
  CHECK(unit("0::/system.slice/docker.service/payload/nginx.service\n") == "docker.service");
  CHECK(unit("0::/machine.slice/systemd-nspawn@a.service/payload/system.slice/x.service\n") ==
        "systemd-nspawn@a.service");
  CHECK(unit("0::/system.slice/docker-0123.scope/system.slice/nginx.service\n").empty());
  CHECK(unit("0::/../../system.slice/nginx.service\n") == "nginx.service");
  CHECK(unit("0::/system.slice/nginx.service (deleted)\n") == "nginx.service");
}

TEST_CASE("process bytes: unit names as systemctl takes them") {
  CHECK(DecodeCgroup("0::/system.slice/foo\\x2dbar.service\n").name == "foo\\x2dbar.service");
  CHECK(DecodeCgroup("0::/system.slice/_cpu.service\n").name == "cpu.service");
}

TEST_CASE("process bytes: cgroup v1 and hybrid") {
  CHECK(DecodeCgroup("12:pids:/system.slice/pids.service\n"
                     "1:name=systemd:/system.slice/cron.service\n"
                     "0::/\n")
            .name == "cron.service");
  CHECK(DecodeCgroup("1:name=systemd:/\n0::/system.slice/cron.service\n").name == "cron.service");
  CHECK(DecodeCgroup("4:memory:/system.slice/other.service\n").name.empty());
  CHECK(DecodeCgroup("0::/system.slice/a:b.service").name == "a:b.service");
  CHECK(DecodeCgroup("").name.empty());
  CHECK(DecodeCgroup("nonsense\n::\n:\n\n").name.empty());
}

TEST_CASE("process bytes: limits") {
  const std::string text =
      "Limit                     Soft Limit           Hard Limit           Units     \n"
      "Max open files            1024                 524288               files     \n"
      "Max nice priority         0                    20                   \n"
      "Max realtime timeout      unlimited            unlimited            us        \n";
  CHECK(DecodeLimits(text, "Max open files") == Limits{1024, 524288});
  CHECK(DecodeLimits(text, "Max nice priority") == Limits{0, 20});
  CHECK(DecodeLimits(text, "Max realtime timeout") == Limits{~0ULL, ~0ULL});
  CHECK_FALSE(DecodeLimits(text, "Max open").has_value());
  CHECK_FALSE(DecodeLimits(text, "Max stack size").has_value());
  CHECK_FALSE(DecodeLimits("Max open files  12", "Max open files").has_value());
  CHECK_FALSE(DecodeLimits("Max open files  12 x", "Max open files").has_value());
}

TEST_CASE("process bytes: links") {
  CHECK(DecodeExecutable("/usr/sbin/nginx") == "nginx");
  CHECK(DecodeExecutable("/usr/sbin/nginx (deleted)") == "nginx");
  CHECK(DecodeExecutable("nginx") == "nginx");
  CHECK(DecodeExecutable("").empty());
  CHECK(DecodeSocketLink("socket:[77]") == 77U);
  CHECK(DecodeSocketLink("socket:[18446744073709551615]") == ~0ULL);
  for (const char* link : {"socket:[]", "socket:[7", "pipe:[7]", "socket:[-7]", "socket:[7x]",
                           "socket:[18446744073709551616]", "", "/socket:[7]"}) {
    CAPTURE(link);
    CHECK_FALSE(DecodeSocketLink(link).has_value());
  }
}

TEST_CASE("process bytes: any bytes are survived") {
  std::mt19937 random(11);
  const std::string letters = "()[]: 0123456789-/.\n\\sZocketlimu_@";
  for (int round = 0; round < 20000; ++round) {
    std::string text;
    for (std::size_t size = random() % 120; text.size() < size;) {
      text += letters[random() % letters.size()];
    }
    (void)DecodeProcessStat(text);
    (void)DecodeLimits(text, "");
    (void)DecodeSocketLink(text);
    (void)DecodeExecutable(text);
    CHECK_FALSE(DecodeCgroup("0::" + text).name == ".service");
  }
}

// ---- The contract of a process table, held by the fake and by /proc.

namespace {

class ProcessWorld {
 public:
  virtual ~ProcessWorld() = default;
  virtual ProcessTable& table() = 0;
  virtual int Start(const std::string& name) = 0;
  /// Killed, but not yet reaped by its parent.
  virtual void Kill(int pid) = 0;
  virtual void End(int pid) = 0;
  /// The number of an ended process given out again; false where that cannot be had here.
  virtual bool StartAs(int pid, const std::string& name) = 0;
  [[nodiscard]] virtual bool may_raise() const = 0;
  [[nodiscard]] virtual std::uint64_t nr_open() const = 0;
  /// A process of somebody else, -1 where there is none.
  virtual int foreign() = 0;

  ProcessId Id(int pid) {
    const auto processes = table().Processes();
    REQUIRE(processes.has_value());
    const Process* found = Find(*processes, pid);
    REQUIRE(found != nullptr);
    return found->id;
  }
};

class FakeWorld : public ProcessWorld {
 public:
  explicit FakeWorld(FakeProcesses::Caller caller)
      : fake_(caller), may_raise_(caller == FakeProcesses::Caller::kMayRaise) {}
  ProcessTable& table() override { return fake_; }
  int Start(const std::string& name) override { return fake_.Start(name, {}).pid; }
  void Kill(int pid) override { fake_.End(pid); }
  void End(int pid) override { fake_.End(pid); }
  bool StartAs(int pid, const std::string& name) override {
    fake_.StartAs(pid, name);
    return true;
  }
  [[nodiscard]] bool may_raise() const override { return may_raise_; }
  [[nodiscard]] std::uint64_t nr_open() const override { return 1048576; }
  int foreign() override {
    const int pid = fake_.Start("somebody", {}).pid;
    fake_.Give(pid, FakeProcesses::Owner::kSomebodyElse);
    return pid;
  }

 private:
  FakeProcesses fake_;
  bool may_raise_;
};

class RealWorld : public ProcessWorld {
 public:
  ProcessTable& table() override { return *table_; }
  int Start(const std::string& name) override {
    children_.emplace_back(name, [] {});
    return children_.back().pid();
  }
  void Kill(int pid) override { At(pid).Kill(); }
  void End(int pid) override { At(pid).End(); }
  bool StartAs(int pid, const std::string& name) override {
    if (std::getenv("TUNEWIRE_OWN_PIDS") == nullptr) return false;
    // Start times count in hundredths of a second; another process needs another.
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    children_.emplace_back(pid, name);
    return children_.back().pid() == pid;
  }
  /// CAP_SYS_RESOURCE (24) counts only in the first user namespace.
  [[nodiscard]] bool may_raise() const override {
    struct stat user {};
    if (::stat("/proc/self/ns/user", &user) != 0 || user.st_ino != 4026531837) return false;
    const std::string status = SlurpFile("/proc/self/status");
    const std::size_t at = status.find("CapEff:\t");
    REQUIRE(at != std::string::npos);
    return (std::stoull(status.substr(at + 8, 16), nullptr, 16) >> 24 & 1) != 0;
  }
  [[nodiscard]] std::uint64_t nr_open() const override {
    return std::stoull(SlurpFile("/proc/sys/fs/nr_open"));
  }
  int foreign() override {
    struct stat first {};
    if (::stat("/proc/1", &first) != 0 || first.st_uid == ::geteuid()) return -1;
    return 1;
  }

 private:
  Child& At(int pid) {
    const auto found = std::ranges::find(children_, pid, &Child::pid);
    REQUIRE(found != children_.end());
    return *found;
  }

  std::unique_ptr<ProcessTable> table_ = LinuxProcesses();
  std::vector<Child> children_;
};

template <class Answer>
std::string CodeOf(const Answer& answer) {
  if (answer) return "ok";
  CHECK_FALSE(answer.error().message.empty());
  return answer.error().code;
}

void ListsByNumber(ProcessWorld& world) {
  const int first = world.Start("tw-first");
  const int second = world.Start("tw-second");
  const auto processes = world.table().Processes();
  REQUIRE(processes.has_value());
  CHECK(std::ranges::is_sorted(*processes, {}, &Process::id));
  REQUIRE(Find(*processes, first) != nullptr);
  CHECK(Find(*processes, first)->command == "tw-first");
  CHECK(Find(*processes, second)->command == "tw-second");
  CHECK_FALSE(Find(*processes, second)->executable.empty());
}

void KeepsHostileNames(ProcessWorld& world) {
  for (const std::string& name : kHostileNames) {
    CAPTURE(name);
    const int pid = world.Start(name);
    const auto processes = world.table().Processes();
    REQUIRE(processes.has_value());
    REQUIRE(Find(*processes, pid) != nullptr);
    CHECK(Find(*processes, pid)->command == name);
    world.End(pid);
  }
}

void KnowsAllSixteen(ProcessWorld& world) {
  const ProcessId id = world.Id(world.Start("tw"));
  for (const LimitItem& item : AllLimitItems()) {
    CAPTURE(std::string(item.name));
    const auto limits = world.table().GetLimits(id, std::string(item.name));
    REQUIRE(limits.has_value());
    CHECK(limits->soft <= limits->hard);
    CHECK(CodeOf(world.table().SetLimits(id, std::string(item.name), *limits)) == "ok");
  }
  CHECK(CodeOf(world.table().GetLimits(id, "maxlogins")) == "no_such_limit");
  CHECK(CodeOf(world.table().SetLimits(id, "RLIMIT_NOFILE", {1, 1})) == "no_such_limit");
}

void SetsAndReadsBack(ProcessWorld& world) {
  const ProcessId id = world.Id(world.Start("tw"));
  for (const LimitItem& item : AllLimitItems()) {
    CAPTURE(std::string(item.name));
    const std::string name(item.name);
    const Limits before = world.table().GetLimits(id, name).value();
    const Limits lower{std::min<std::uint64_t>(before.hard, 3), before.hard};
    CHECK(CodeOf(world.table().SetLimits(id, name, lower)) == "ok");
    CHECK(world.table().GetLimits(id, name).value() == lower);
    CHECK(CodeOf(world.table().SetLimits(id, name, before)) == "ok");
    CHECK(world.table().GetLimits(id, name).value() == before);
  }
}

void HardLimitsGoDownForEverybody(ProcessWorld& world) {
  const ProcessId id = world.Id(world.Start("tw"));
  CHECK(CodeOf(world.table().SetLimits(id, "nofile", {100, 200})) == "ok");
  CHECK(world.table().GetLimits(id, "nofile").value() == Limits{100, 200});
  const Status raised = world.table().SetLimits(id, "nofile", {100, 201});
  if (world.may_raise()) {
    CHECK(CodeOf(raised) == "ok");
    return;
  }
  REQUIRE(CodeOf(raised) == "not_permitted");
  CHECK(raised.error().kind == ErrorKind::kNotPermitted);
  CHECK(raised.error().operation == "prlimit");
  CHECK(world.table().GetLimits(id, "nofile").value() == Limits{100, 200});
}

void RefusesAboveNrOpen(ProcessWorld& world) {
  const ProcessId id = world.Id(world.Start("tw"));
  const Limits before = world.table().GetLimits(id, "nofile").value();
  const Status status = world.table().SetLimits(id, "nofile", {10, world.nr_open() + 1});
  REQUIRE(CodeOf(status) == "not_permitted");
  CHECK(status.error().kind == ErrorKind::kNotPermitted);
  CHECK(world.table().GetLimits(id, "nofile").value() == before);
}

void RefusesSoftAboveHard(ProcessWorld& world) {
  const ProcessId id = world.Id(world.Start("tw"));
  const Status status = world.table().SetLimits(id, "core", {20, 10});
  REQUIRE_FALSE(status.has_value());
  CHECK(status.error().kind == ErrorKind::kInvalid);
  CHECK(status.error().os_error == EINVAL);
}

void EndedOnesAreGone(ProcessWorld& world) {
  for (const bool reaped : {false, true}) {
    CAPTURE(reaped);
    const int pid = world.Start("tw");
    const ProcessId id = world.Id(pid);
    if (reaped) world.End(pid);
    if (!reaped) world.Kill(pid);
    CHECK(Find(world.table().Processes().value(), pid) == nullptr);
    const auto limits = world.table().GetLimits(id, "nofile");
    REQUIRE(CodeOf(limits) == "no_such_process");
    CHECK(limits.error().kind == ErrorKind::kNotFound);
    CHECK(CodeOf(world.table().SetLimits(id, "nofile", {1, 1})) == "no_such_process");
  }
}

void AnotherStartTimeIsAnotherProcess(ProcessWorld& world) {
  const ProcessId id = world.Id(world.Start("tw"));
  const Limits before = world.table().GetLimits(id, "nofile").value();
  const ProcessId other{id.pid, id.start_ticks + 1};
  CHECK(CodeOf(world.table().GetLimits(other, "nofile")) == "no_such_process");
  CHECK(CodeOf(world.table().SetLimits(other, "nofile", {1, 1})) == "no_such_process");
  CHECK(world.table().GetLimits(id, "nofile").value() == before);
}

void NumberGivenOutAgain(ProcessWorld& world) {
  const int pid = world.Start("tw-old");
  const ProcessId old = world.Id(pid);
  world.End(pid);
  if (!world.StartAs(pid, "tw-new")) {
    MESSAGE("process numbers cannot be chosen here");
    return;
  }
  const ProcessId now = world.Id(pid);
  CHECK(now.pid == old.pid);
  CHECK(now.start_ticks > old.start_ticks);
  const Limits before = world.table().GetLimits(now, "nofile").value();
  CHECK(CodeOf(world.table().GetLimits(old, "nofile")) == "no_such_process");
  CHECK(CodeOf(world.table().SetLimits(old, "nofile", {1, 1})) == "no_such_process");
  CHECK(world.table().GetLimits(now, "nofile").value() == before);
}

void NobodyHasNumberZero(ProcessWorld& world) {
  for (const int pid : {0, -1}) {
    CHECK(CodeOf(world.table().GetLimits({pid, 1}, "nofile")) == "no_such_process");
    CHECK(CodeOf(world.table().SetLimits({pid, 1}, "nofile", {1, 1})) == "no_such_process");
  }
}

void ForeignOnesAreReadButNotSet(ProcessWorld& world) {
  const int pid = world.foreign();
  if (pid < 0 || world.may_raise()) return;
  const ProcessId id = world.Id(pid);
  const auto limits = world.table().GetLimits(id, "nofile");
  REQUIRE(limits.has_value());
  const Status status = world.table().SetLimits(id, "nofile", *limits);
  REQUIRE(CodeOf(status) == "not_permitted");
  CHECK(status.error().os_error == EPERM);
}

struct Clause {
  const char* says;
  void (*check)(ProcessWorld&);
};

const std::vector<Clause> kClauses{
    {"listing", ListsByNumber},
    {"hostile names", KeepsHostileNames},
    {"all items", KnowsAllSixteen},
    {"round trip", SetsAndReadsBack},
    {"hard limits", HardLimitsGoDownForEverybody},
    {"nr_open", RefusesAboveNrOpen},
    {"soft above hard", RefusesSoftAboveHard},
    {"ended", EndedOnesAreGone},
    {"start time", AnotherStartTimeIsAnotherProcess},
    {"number given out again", NumberGivenOutAgain},
    {"numbers of nobody", NobodyHasNumberZero},
    {"foreign", ForeignOnesAreReadButNotSet},
};

}  // namespace

TEST_CASE("process contract: fake") {
  using Caller = FakeProcesses::Caller;
  for (const Caller caller : {Caller::kOrdinary, Caller::kMayRaise}) {
    for (const Clause& clause : kClauses) {
      INFO(std::string(clause.says));
      FakeWorld world(caller);
      clause.check(world);
    }
  }
}

TEST_CASE("process contract: live") {
  for (const Clause& clause : kClauses) {
    INFO(std::string(clause.says));
    RealWorld world;
    clause.check(world);
  }
}

TEST_CASE("processes: live: a leader that left its threads behind still runs") {
  const Child child("tw-leader", [] {
    ::signal(SIGUSR1, [](int) { ::syscall(SYS_exit, 0); });
    std::thread([] {
      for (;;) ::sleep(1);
    }).detach();
  });
  const std::string folder = "/proc/" + std::to_string(child.pid());
  ::syscall(SYS_tgkill, child.pid(), child.pid(), SIGUSR1);
  bool left = false;
  for (int look = 0; look < 2000 && !left; ++look) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    left = SlurpFile(folder + "/stat").find(") Z ") != std::string::npos;
  }
  REQUIRE(left);
  const auto table = LinuxProcesses();
  const auto processes = table->Processes();
  REQUIRE(processes.has_value());
  const Process* found = Find(*processes, child.pid());
  REQUIRE(found != nullptr);
  CHECK(table->GetLimits(found->id, "nofile").has_value());
}

TEST_CASE("processes: live: no kernel threads") {
  const auto processes = LinuxProcesses()->Processes();
  REQUIRE(processes.has_value());
  if (SlurpFile("/proc/2/comm") == "kthreadd\n") CHECK(Find(*processes, 2) == nullptr);
  const Process* self = Find(*processes, ::getpid());
  REQUIRE(self != nullptr);
  CHECK(self->command + "\n" == SlurpFile("/proc/self/comm"));
}

TEST_CASE("processes: live: limits are those that getrlimit(2) gives") {
  const auto table = LinuxProcesses();
  const Process self = *Find(table->Processes().value(), ::getpid());
  rlimit is{};
  REQUIRE(::getrlimit(RLIMIT_STACK, &is) == 0);
  CHECK(table->GetLimits(self.id, "stack").value() == Limits{is.rlim_cur, is.rlim_max});
  REQUIRE(::getrlimit(RLIMIT_MEMLOCK, &is) == 0);
  CHECK(table->GetLimits(self.id, "memlock").value() == Limits{is.rlim_cur, is.rlim_max});
  const std::string text = SlurpFile("/proc/self/limits");
  CHECK(DecodeLimits(text, "Max locked memory") == Limits{is.rlim_cur, is.rlim_max});
}

}  // namespace tunewire
