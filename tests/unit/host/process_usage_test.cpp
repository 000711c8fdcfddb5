#include "tunewire/host/process_usage.h"

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <vector>

#include "host/decode_usage.h"
#include "tunewire/host/own_limits.h"

namespace tunewire {
namespace {

constexpr const char* kBehindName =
    " S 1 77 77 0 -1 4194560 100 200 0 0 10 20 3 4 20 0 5 0 4321 1000000 250 18446744073709551615 "
    "1 1 0 0\n";

UsageStat Stat(int pid, int parent, std::uint64_t ticks, std::uint64_t pages, char state = 'S') {
  return {{pid, 1}, parent, state, ticks, pages};
}

constexpr UsageUnits kUnits{10'000'000, 4096};

/// A child that waits for its end, which it gets.
class WaitingChild {
 public:
  WaitingChild() : pid_(::fork()) {
    if (pid_ == 0) {
      for (;;) ::pause();
    }
  }
  WaitingChild(const WaitingChild&) = delete;
  WaitingChild& operator=(const WaitingChild&) = delete;
  ~WaitingChild() { End(); }
  [[nodiscard]] int pid() const { return pid_; }
  void Kill() const { ::kill(pid_, SIGKILL); }
  void End() {
    if (pid_ <= 0) return;
    Kill();
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

 private:
  pid_t pid_;
};

}  // namespace

TEST_CASE("process usage: bytes of stat") {
  const auto stat = DecodeUsageStat(std::string("77 (nginx) R 1 2) (x)") + kBehindName);
  REQUIRE(stat.has_value());
  CHECK(*stat == UsageStat{{77, 4321}, 1, 'S', 37, 250});
  const std::string whole = std::string("77 (nginx)") + kBehindName;
  for (std::size_t length = 0; length < whole.find(" 184467"); ++length) {
    const auto cut = DecodeUsageStat(whole.substr(0, length));
    CHECK((!cut || length > whole.find(" 250") + 1));
  }
  CHECK_FALSE(DecodeUsageStat("x (nginx)" + std::string(kBehindName)));
  CHECK_FALSE(DecodeUsageStat(""));
}

TEST_CASE("process usage: a tree adds up, strangers do not") {
  const std::vector<UsageStat> all{Stat(1, 0, 999, 999), Stat(10, 1, 5, 100),
                                   Stat(11, 10, 7, 50),  Stat(12, 11, 1, 1),
                                   Stat(20, 1, 50, 50),  Stat(13, 10, 2, 0, 'Z')};
  const auto usage = SumTree(all, {10, 1}, kUnits);
  REQUIRE(usage.has_value());
  // The zombie's time is not its parent's yet, and it does not live.
  CHECK(*usage == ProcessUsage{150'000'000, 151 * 4096, 3});
  CHECK_FALSE(SumTree(all, {10, 2}, kUnits));
  CHECK_FALSE(SumTree(all, {99, 1}, kUnits));
  CHECK_FALSE(SumTree(all, {13, 1}, kUnits));
  const std::vector<UsageStat> circle{Stat(10, 11, 1, 1), Stat(11, 10, 1, 1)};
  CHECK(SumTree(circle, {10, 1}, kUnits)->processes == 2);
}

TEST_CASE("process usage: this process, and one that ends") {
  const auto self = ProcessNow(::getpid());
  REQUIRE(self.has_value());
  WaitingChild child;
  const auto usage = UsageOfTree(*self);
  REQUIRE((usage && *usage));
  CHECK((*usage)->processes >= 2);
  CHECK((*usage)->rss_bytes > 0);

  const auto id = ProcessNow(child.pid());
  REQUIRE(id.has_value());
  CHECK(UsageOfTree(*id)->has_value());
  child.End();
  const auto gone = UsageOfTree(*id);
  REQUIRE(gone.has_value());
  CHECK_FALSE(gone->has_value());
  CHECK(ProcessNow(id->pid).error().code == "no_such_process");
}

TEST_CASE("own limits: the soft one is raised, never lowered, never above the hard one") {
  const Limits before = OwnNofile();
  REQUIRE(before.soft > 0);
  CHECK(RaiseOwnNofile(1) == before.soft);
  CHECK(RaiseOwnNofile(before.hard) == before.hard);
  CHECK(OwnNofile() == Limits{before.hard, before.hard});
  CHECK(OwnPeakMemory() > 100'000);
  CHECK(OwnCpuNs() > 0);
}

}  // namespace tunewire
