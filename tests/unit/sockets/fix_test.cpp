// The live fix over sockets in memory: what it touches, what it keeps on disk, and how it ends.
#include "tunewire/sockets/fix.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cerrno>

#include "sockets/fix_store.h"
#include "support/fake_files.h"
#include "support/fake_live_sockets.h"
#include "support/faults.h"

namespace tunewire {
namespace {

using namespace std::chrono_literals;
using Outcome = FixReport::Outcome;

constexpr std::uint64_t kCookieA = 1001;

/// A server (812) with a listener and two connections, and a client (900) that nobody named.
struct World {
  FakeClock clock;
  FakeSocketWorld sockets{clock};
  FakeLiveSource source{sockets};
  FakeForeignSockets foreign{sockets};
  FakeFiles files;
  HostOperations operations;
  FaultyFiles faulty_files{files, operations};
  int stop_after = -1;  ///< pauses
  int pauses = 0;
  std::function<void()> on_pause;
  FixHost host{.sockets = source,
               .foreign = foreign,
               .files = faulty_files,
               .clock = clock,
               .held = [this](std::span<const int> pids) { return sockets.Held(pids); },
               .processes = [this] { return sockets.Processes(); },
               .pause = [this](std::chrono::nanoseconds time) { return Pause(time); },
               .progress = [](const std::string&) {},
               .state_dir = "/state",
               .boot_id = "boot-a",
               .netns = 7,
               .hz = 250};

  World() {
    sockets.AddProcess(812, "python3").unit = "web.service";
    sockets.AddProcess(900, "client");
    sockets.Add(812, 5, 80, 40001);
    sockets.Add(812, 6, 80, 40002);
    sockets.Listen(812, 3, 80);
    sockets.Add(900, 4, 40001, 80);
  }
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  bool Pause(std::chrono::nanoseconds time) {
    clock.Advance(time);
    if (time.count() > 0) {
      ++pauses;
      if (on_pause) on_pause();
    }
    return stop_after >= 0 && pauses >= stop_after;
  }

  FixWish Wish(FixKind kind = FixKind::kNodelay) const {
    return {kind, {.pids = {812}}, WithListeners::kNo};
  }
  FixPlan PlanOf(const FixWish& wish) {
    const Result<FixPlan> plan = PlanFix(host, wish);
    if (!plan) FAIL(plan.error().message);
    return *plan;
  }
  Result<FixReport> Apply(const FixWish& wish) { return ApplyFix(host, PlanOf(wish), FixTiming()); }
  std::uint32_t Nodelay(std::uint64_t cookie) {
    return sockets.Find(cookie)->options[SocketSwitch::kNodelay];
  }
  std::size_t Records() {
    const auto contents = files.Contents();
    return static_cast<std::size_t>(std::ranges::count_if(
        contents, [](const auto& file) { return file.first.ends_with(".json"); }));
  }
  UndoFixReport Undo(const FixSelection& selection = {}) {
    const Result<UndoFixReport> report = UndoFixes(host, selection);
    REQUIRE(report);
    return *report;
  }
};

std::vector<std::uint16_t> RemotePorts(const FixPlan& plan) {
  std::vector<std::uint16_t> ports;
  for (const FixTarget& target : plan.targets) ports.push_back(target.socket.remote.port);
  return ports;
}

std::vector<PutBack::Outcome> OutcomesOf(const std::vector<PutBack>& sockets) {
  std::vector<PutBack::Outcome> outcomes;
  for (const PutBack& one : sockets) outcomes.push_back(one.outcome);
  return outcomes;
}

}  // namespace

TEST_SUITE("sockets.fix.plan") {
  TEST_CASE("a process's established connections, each with its value now and then") {
    World world;
    const FixPlan plan = world.PlanOf(world.Wish());
    CHECK(RemotePorts(plan) == std::vector<std::uint16_t>{40001, 40002});
    CHECK(plan.targets[0].before == 0);
    CHECK(plan.targets[0].wanted == 1);
    CHECK(plan.targets[0].held == HeldSocket{10010, 812, 5});
    CHECK(plan.targets[0].process.unit == "web.service");
    CHECK(world.sockets.sets.empty());
  }

  TEST_CASE("a port is meant at either end, whoever holds it; of a listener its own") {
    World world;
    FixWish wish{FixKind::kNodelay, {.port = 80}, WithListeners::kYes};
    CHECK(RemotePorts(world.PlanOf(wish)) == std::vector<std::uint16_t>{0, 40001, 40002, 80});
    wish.selection.port = 40001;
    CHECK(RemotePorts(world.PlanOf(wish)) == std::vector<std::uint16_t>{40001, 80});
    wish.selection.pids = {900};
    CHECK(RemotePorts(world.PlanOf(wish)) == std::vector<std::uint16_t>{80});
  }

  TEST_CASE("by command and by unit") {
    World world;
    FixWish wish{FixKind::kNodelay, {.command = "client"}, WithListeners::kNo};
    CHECK(world.PlanOf(wish).targets.size() == 1);
    wish.selection = {.unit = "web.service"};
    CHECK(world.PlanOf(wish).targets.size() == 2);
  }

  TEST_CASE("a socket that forks share is one target") {
    World world;
    world.sockets.AddProcess(813, "python3");
    world.sockets.Share(813, 5, *world.sockets.Find(kCookieA));
    FixWish wish = world.Wish();
    wish.selection.pids = {812, 813};
    CHECK(world.PlanOf(wish).targets.size() == 2);
    // Lent by the one that is open to us.
    world.sockets.closed_to_us = {812};
    const FixPlan plan = world.PlanOf(wish);
    REQUIRE(plan.targets.size() == 1);
    CHECK(plan.targets[0].held.pid == 813);
    CHECK(plan.refused.size() == 1);
  }

  TEST_CASE("those that are as wanted are counted, not touched") {
    World world;
    world.sockets.Find(kCookieA)->options[SocketSwitch::kNodelay] = 1;
    const FixPlan plan = world.PlanOf(world.Wish());
    CHECK(RemotePorts(plan) == std::vector<std::uint16_t>{40002});
    CHECK(plan.already == 1);
  }

  TEST_CASE("nothing named, nothing there, nothing allowed: three different refusals") {
    World world;
    const auto refusal = [&world](const FixSelection& selection) {
      const Result<FixPlan> plan =
          PlanFix(world.host, {FixKind::kNodelay, selection, WithListeners::kNo});
      REQUIRE(!plan);
      return plan.error();
    };
    CHECK(refusal({}).code == "no_selection");
    CHECK(refusal({}).kind == ErrorKind::kUsage);
    CHECK(refusal({.pids = {4711}}).code == "no_such_process");
    CHECK(refusal({.command = "nginx"}).code == "no_such_process");
    CHECK(refusal({.port = 81}).code == "no_such_socket");
    world.sockets.closed_to_us = {812};
    CHECK(refusal({.pids = {812}}).kind == ErrorKind::kNotPermitted);
    world.sockets.unreadable = {812};
    CHECK(refusal({.pids = {812}}).kind == ErrorKind::kNotPermitted);
    CHECK(refusal({.pids = {812}}).subject == "process 812");
  }

  TEST_CASE("what is allowed is planned, the rest is listed once a process") {
    World world;
    world.sockets.Add(900, 9, 40009, 80);
    world.sockets.closed_to_us = {900};
    const FixPlan plan = world.PlanOf({FixKind::kNodelay, {.port = 80}, WithListeners::kNo});
    CHECK(plan.targets.size() == 2);
    REQUIRE(plan.refused.size() == 1);
    CHECK(plan.refused[0].subject == "process 900");
  }

  TEST_CASE("sockets of processes whose descriptors are closed to us are said") {
    World world;
    world.sockets.unreadable = {900};
    const FixPlan plan = world.PlanOf({FixKind::kNodelay, {.port = 80}, WithListeners::kNo});
    CHECK(plan.targets.size() == 2);
    REQUIRE(plan.refused.size() == 1);
    CHECK(plan.refused[0].message.starts_with("1 of these sockets"));
  }

  TEST_CASE("an old kernel that lends no sockets is said to be one") {
    World world;
    world.sockets.lends = false;
    const Result<FixPlan> plan = PlanFix(world.host, world.Wish());
    REQUIRE(!plan);
    CHECK(plan.error().kind == ErrorKind::kUnsupported);
  }

  TEST_CASE("quickack: the least delay where there is one, else again and again") {
    World world;
    FixPlan plan = world.PlanOf(world.Wish(FixKind::kQuickAck));
    CHECK(plan.targets[0].which == SocketSwitch::kDelackMax);
    CHECK(plan.targets[0].before == 200'000);
    CHECK(plan.targets[0].wanted == 8000);
    CHECK(plan.targets[0].lasting == Lasting::kStays);
    world.sockets.has_delack_max = false;
    plan = world.PlanOf(world.Wish(FixKind::kQuickAck));
    CHECK(plan.targets[0].which == SocketSwitch::kQuickAck);
    CHECK(plan.targets[0].lasting == Lasting::kFades);
    FixWish wish = world.Wish(FixKind::kQuickAck);
    wish.listeners = WithListeners::kYes;
    const Result<FixPlan> refused = PlanFix(world.host, wish);
    REQUIRE(!refused);
    CHECK(refused.error().code == "not_inherited");
    CHECK(refused.error().kind == ErrorKind::kUsage);
  }

  TEST_CASE("uncork: corked ones, and those where only MSG_MORE holds something") {
    World world;
    for (const std::uint64_t cookie : {kCookieA, kCookieA + 1}) {
      FakeLiveSocket& socket = *world.sockets.Find(cookie);
      socket.helps = SocketSwitch::kCork;
      socket.helping = 0;
    }
    world.sockets.Find(kCookieA)->options[SocketSwitch::kCork] = 1;
    FixPlan plan = world.PlanOf(world.Wish(FixKind::kUncork));
    CHECK(RemotePorts(plan) == std::vector<std::uint16_t>{40001});
    CHECK(plan.already == 1);
    world.sockets.Find(kCookieA + 1)->more_held = true;
    plan = world.PlanOf(world.Wish(FixKind::kUncork));
    CHECK(RemotePorts(plan) == std::vector<std::uint16_t>{40001, 40002});
    CHECK(plan.targets[1].before == plan.targets[1].wanted);
    CHECK(plan.targets[1].lasting == Lasting::kFades);
    CHECK(plan.already == 0);
  }
}

TEST_SUITE("sockets.fix.apply") {
  TEST_CASE("old values are on disk before the first set; paces before and after are measured") {
    World world;
    std::size_t records_at_set = 0;
    world.sockets.on_set = [&](const FakeLiveSocket&, SocketSwitch) -> std::optional<Error> {
      records_at_set = world.Records();
      world.files.Crash(CrashKind::kLosesUnsynced);
      CHECK(world.Records() == records_at_set);
      return std::nullopt;
    };
    const Result<FixReport> report = world.Apply(world.Wish());
    REQUIRE(report);
    CHECK(report->outcome == Outcome::kFixed);
    CHECK(records_at_set == 1);
    REQUIRE(report->fixed.size() == 2);
    const FixedSocket& one = report->fixed[0];
    CHECK(one.after == 1u);
    CHECK(*one.pace_before->exchanges_per_s == doctest::Approx(23).epsilon(0.1));
    CHECK(*one.pace_after->exchanges_per_s == doctest::Approx(26'000).epsilon(0.1));
    CHECK(one.pace_before->held_share == 1);
    CHECK(one.pace_after->held_share == 0);
    CHECK(world.Nodelay(kCookieA) == 1);
    // Nobody else's.
    CHECK(world.sockets.sets.size() == 2);
  }

  TEST_CASE("what was closed, and what somebody set meanwhile, is passed over") {
    World world;
    const FixPlan plan = world.PlanOf(world.Wish());
    world.sockets.Find(kCookieA)->options[SocketSwitch::kNodelay] = 1;
    world.sockets.Close(kCookieA + 1);
    const Result<FixReport> report = ApplyFix(world.host, plan, FixTiming());
    REQUIRE(report);
    CHECK(report->outcome == Outcome::kNothingToDo);
    CHECK(world.sockets.sets.empty());
    CHECK(world.Records() == 0);
  }

  TEST_CASE("another socket under the same descriptor and inode is left alone") {
    World world;
    const FixPlan plan = world.PlanOf(world.Wish());
    world.sockets.Find(kCookieA)->cookie = 5;
    const Result<FixReport> report = ApplyFix(world.host, plan, FixTiming());
    REQUIRE(report);
    REQUIRE(report->fixed.size() == 1);
    CHECK(report->fixed[0].target.socket.cookie == kCookieA + 1);
    CHECK(world.Nodelay(5) == 0);
  }

  TEST_CASE("a process that was given the number later is left alone") {
    World world;
    const FixPlan plan = world.PlanOf(world.Wish());
    world.sockets.processes[0].id.start_ticks += 1;
    const Result<FixReport> report = ApplyFix(world.host, plan, FixTiming());
    REQUIRE(report);
    CHECK(report->outcome == Outcome::kNothingToDo);
    CHECK(world.sockets.sets.empty());
  }

  TEST_CASE("a socket that goes between the record and its set does not stop the others") {
    World world;
    world.sockets.on_set = [&](const FakeLiveSocket& socket, SocketSwitch) -> std::optional<Error> {
      if (socket.cookie == kCookieA) std::erase(world.sockets.held, HeldSocket{10020, 812, 6});
      return std::nullopt;
    };
    const Result<FixReport> report = world.Apply(world.Wish());
    REQUIRE(report);
    CHECK(report->outcome == Outcome::kFixed);
    CHECK(report->fixed[0].after == 1u);
    CHECK(report->fixed[1].error->code == "no_such_socket");
  }

  TEST_CASE("a set that fails midway takes back the others, and the record goes") {
    World world;
    world.sockets.on_set = [](const FakeLiveSocket& socket, SocketSwitch) -> std::optional<Error> {
      if (socket.cookie != kCookieA + 1) return std::nullopt;
      return SystemError("setsockopt TCP_NODELAY", "socket", EIO);
    };
    const Result<FixReport> report = world.Apply(world.Wish());
    REQUIRE(report);
    CHECK(report->outcome == Outcome::kRestored);
    CHECK(report->cause->os_error == EIO);
    CHECK(world.Nodelay(kCookieA) == 0);
    CHECK(world.Records() == 0);
  }

  TEST_CASE("what cannot be put back stays recorded") {
    World world;
    int sets = 0;
    world.sockets.on_set = [&](const FakeLiveSocket&, SocketSwitch) -> std::optional<Error> {
      if (++sets == 1) return std::nullopt;
      return SystemError("setsockopt TCP_NODELAY", "socket", EIO);
    };
    const Result<FixReport> report = world.Apply(world.Wish());
    REQUIRE(report);
    CHECK(report->outcome == Outcome::kNotRestored);
    CHECK(world.Nodelay(kCookieA) == 1);
    CHECK(world.Records() == 1);
    world.sockets.on_set = nullptr;
    CHECK(world.Undo().sockets.size() >= 1);
    CHECK(world.Nodelay(kCookieA) == 0);
    CHECK(world.Records() == 0);
  }

  TEST_CASE("a stop, whenever it comes, leaves everything as it was") {
    int last = 0;
    {
      World world;
      REQUIRE(world.Apply(world.Wish()));
      last = world.pauses;
    }
    for (int stop = 1; stop <= last; stop += 7) {
      World world;
      world.stop_after = stop;
      const Result<FixReport> report = world.Apply(world.Wish());
      REQUIRE(report);
      CHECK(report->outcome == Outcome::kInterruptedRestored);
      CHECK(world.Nodelay(kCookieA) == 0);
      CHECK(world.Nodelay(kCookieA + 1) == 0);
      CHECK(world.Records() == 0);
    }
  }

  TEST_CASE("where the record cannot be kept nothing is set") {
    World clean;
    REQUIRE(clean.Apply(clean.Wish()));
    const int count = clean.operations.count();
    REQUIRE(count >= 6);
    for (int n = 1; n <= count; ++n) {
      World world;
      world.operations.Arm(n, {.os_error = ENOSPC});
      const std::string name = clean.operations.log()[static_cast<std::size_t>(n - 1)].name;
      const Result<FixReport> report = world.Apply(world.Wish());
      // Only the removal of what a killed run left may fail unheard.
      if (report) CHECK(name == "remove");
      if (!report) CHECK(world.sockets.sets.empty());
      if (!report) CHECK(world.Records() == 0);
    }
  }

  TEST_CASE("the least delay is found where the tick is not known, and the record says it") {
    World world;
    world.sockets.least_delack_us = 20'000;
    const Result<FixReport> report = world.Apply(world.Wish(FixKind::kQuickAck));
    REQUIRE(report);
    CHECK(report->outcome == Outcome::kFixed);
    CHECK(report->fixed[0].after == 40'000u);
    const UndoFixReport undone = world.Undo();
    CHECK(OutcomesOf(undone.sockets) == std::vector(2, PutBack::Outcome::kRestored));
    CHECK(world.sockets.Find(kCookieA)->options[SocketSwitch::kDelackMax] == 200'000);
  }

  TEST_CASE("quick ACKs that fade are set again for the time given, and nothing stays") {
    World world;
    world.sockets.has_delack_max = false;
    FixTiming timing;
    timing.hold = 100ms;
    const Result<FixReport> report =
        ApplyFix(world.host, world.PlanOf(world.Wish(FixKind::kQuickAck)), timing);
    REQUIRE(report);
    CHECK(report->outcome == Outcome::kHeldForATime);
    CHECK(world.sockets.sets.size() > 40);
    CHECK(world.sockets.Find(kCookieA)->options[SocketSwitch::kQuickAck] == 0);
    CHECK(world.Records() == 0);
  }

  TEST_CASE("without a time they are set until somebody stops it, which is how it ends") {
    World world;
    world.sockets.has_delack_max = false;
    const FixPlan plan = world.PlanOf(world.Wish(FixKind::kQuickAck));
    world.stop_after = 5000;
    const Result<FixReport> report = ApplyFix(world.host, plan, FixTiming());
    REQUIRE(report);
    CHECK(report->outcome == Outcome::kHeldForATime);
    CHECK(world.sockets.sets.size() > 1000);
    CHECK(world.Records() == 0);
  }

  TEST_CASE("what MSG_MORE holds is pushed, and nothing needs a record") {
    World world;
    FakeLiveSocket& socket = *world.sockets.Find(kCookieA);
    socket.helps = SocketSwitch::kCork;
    socket.helping = 0;
    socket.more_held = true;
    const Result<FixReport> report = world.Apply(world.Wish(FixKind::kUncork));
    REQUIRE(report);
    CHECK(socket.pushes == 1);
    CHECK(report->outcome == Outcome::kHeldForATime);
    CHECK(report->record.empty());
  }
}

TEST_SUITE("sockets.fix.undo") {
  TEST_CASE("everything recorded goes back, and the record goes") {
    World world;
    REQUIRE(world.Apply(world.Wish()));
    CHECK(OutcomesOf(world.Undo().sockets) == std::vector(2, PutBack::Outcome::kRestored));
    CHECK(world.Nodelay(kCookieA) == 0);
    CHECK(world.Records() == 0);
    CHECK(world.Undo().sockets.empty());
  }

  TEST_CASE("only what is selected") {
    World world;
    REQUIRE(world.Apply(world.Wish()));
    CHECK(world.Undo({.pids = {900}}).sockets.empty());
    CHECK(world.Undo({.port = 8}).sockets.empty());
    CHECK(world.Undo({.command = "nginx"}).sockets.empty());
    CHECK(world.Undo({.unit = "x.service"}).sockets.empty());
    CHECK(world.Undo({.port = 40001}).sockets.size() == 1);
    CHECK(world.Nodelay(kCookieA) == 0);
    CHECK(world.Nodelay(kCookieA + 1) == 1);
    CHECK(world.Records() == 1);
    CHECK(world.Undo({.command = "python3"}).sockets.size() == 1);
    CHECK(world.Records() == 0);
  }

  TEST_CASE("sockets that have gone, and another boot's, are dropped") {
    World world;
    REQUIRE(world.Apply(world.Wish()));
    world.sockets.Close(kCookieA);
    CHECK(OutcomesOf(world.Undo().sockets) ==
          std::vector{PutBack::Outcome::kRestored, PutBack::Outcome::kGone});
    REQUIRE(world.Apply(world.Wish()));
    world.host.boot_id = "boot-b";
    world.sockets.sets.clear();
    CHECK(OutcomesOf(world.Undo().sockets) == std::vector{PutBack::Outcome::kGone});
    CHECK(world.sockets.sets.empty());
    CHECK(world.Records() == 0);
  }

  TEST_CASE("another process that holds it now, or another descriptor, is found") {
    World world;
    REQUIRE(world.Apply(world.Wish()));
    world.sockets.AddProcess(814, "python3");
    world.sockets.Share(814, 77, *world.sockets.Find(kCookieA));
    world.sockets.End(812);
    CHECK(OutcomesOf(world.Undo().sockets) ==
          std::vector{PutBack::Outcome::kGone, PutBack::Outcome::kRestored});
    CHECK(world.Nodelay(kCookieA) == 0);
  }

  TEST_CASE("a value that somebody else has set since is kept, and stays recorded") {
    World world;
    REQUIRE(world.Apply(world.Wish(FixKind::kQuickAck)));
    world.sockets.Find(kCookieA)->options[SocketSwitch::kDelackMax] = 60'000;
    const UndoFixReport undone = world.Undo();
    CHECK(OutcomesOf(undone.sockets) ==
          std::vector{PutBack::Outcome::kRestored, PutBack::Outcome::kForeign});
    CHECK(undone.sockets[1].found == 60'000);
    CHECK(world.sockets.Find(kCookieA)->options[SocketSwitch::kDelackMax] == 60'000);
    CHECK(world.Records() == 1);
  }

  TEST_CASE("what is as before already is no work") {
    World world;
    REQUIRE(world.Apply(world.Wish()));
    world.sockets.Find(kCookieA)->options[SocketSwitch::kNodelay] = 0;
    world.sockets.sets.clear();
    CHECK(OutcomesOf(world.Undo().sockets) ==
          std::vector{PutBack::Outcome::kRestored, PutBack::Outcome::kAlready});
    CHECK(world.sockets.sets.size() == 1);
  }

  TEST_CASE("a damaged record is said and kept, and does not stop the others") {
    World world;
    REQUIRE(world.Apply(world.Wish()));
    world.files.Put("/state/sockets/zzzzzz.json", "{\"schema\": \"tunewire.sockets-fix/1\"");
    const UndoFixReport undone = world.Undo();
    REQUIRE(undone.damaged.size() == 1);
    CHECK(undone.damaged[0].code == "damaged_record");
    CHECK(undone.sockets.size() == 2);
    CHECK(world.Records() == 1);
  }

  TEST_CASE("killed at any file operation or set, an undo makes the sockets whole") {
    World clean;
    REQUIRE(clean.Apply(clean.Wish()));
    for (int n = 1; n <= clean.operations.count(); ++n) {
      World world;
      world.operations.Arm(n, {.then = Fault::Then::kCrash, .done = Fault::Done::kAll});
      CHECK_THROWS_AS((void)world.Apply(world.Wish()), HostCrash);
      world.files.Crash(CrashKind::kProcessDies);
      world.operations.Restart();
      world.Undo();
      CHECK(world.Nodelay(kCookieA) == 0);
      CHECK(world.Records() == 0);
    }
    for (int n = 1; n <= 2; ++n) {
      World world;
      int sets = 0;
      world.sockets.on_set = [&](const FakeLiveSocket&, SocketSwitch) -> std::optional<Error> {
        if (++sets > n) throw HostCrash();
        return std::nullopt;
      };
      if (n < 2) CHECK_THROWS_AS((void)world.Apply(world.Wish()), HostCrash);
      if (n == 2) REQUIRE(world.Apply(world.Wish()));
      world.sockets.on_set = nullptr;
      CHECK(world.Nodelay(kCookieA) == 1);
      world.Undo();
      CHECK(world.Nodelay(kCookieA) == 0);
      CHECK(world.Nodelay(kCookieA + 1) == 0);
      CHECK(world.Records() == 0);
    }
  }

  TEST_CASE("a record reads back as it was written, whatever a program calls itself") {
    const FixRecord record{.id = "7f3a21",
                           .boot_id = "boot",
                           .netns = 4026531840,
                           .kind = FixKind::kUncork,
                           .unix_seconds = 1'750'000'000,
                           .entries = {{.process = {812, 99},
                                        .command = "we\"ird",
                                        .unit = "a\\x2db.service",
                                        .descriptor = 5,
                                        .inode = 77,
                                        .cookie = 0xffff'ffff'ffff'fff0ULL,
                                        .local = "[::1]:80",
                                        .remote = "[::1]:4000",
                                        .listener = false,
                                        .which = SocketSwitch::kDelackMax,
                                        .before = 200'000,
                                        .wanted = 8000}}};
    const std::string text = EncodeFixRecord(record);
    const Result<FixRecord> back = DecodeFixRecord("x", text);
    REQUIRE(back);
    CHECK(*back == record);
    for (std::size_t length = 0; length + 2 < text.size(); length += 5)
      CHECK(!DecodeFixRecord("x", std::string_view(text).substr(0, length)));
  }
}

TEST_SUITE("sockets.fix.trial") {
  TrialPhase PhaseOf(std::vector<double> exchanges, std::vector<double> held) {
    TrialPhase phase;
    for (std::size_t i = 0; i < exchanges.size(); ++i) {
      phase.slices.push_back({exchanges[i], 100 * exchanges[i], held[i]});
      phase.exchanges_per_s += exchanges[i] / static_cast<double>(exchanges.size());
      phase.held_share += held[i] / static_cast<double>(held.size());
    }
    phase.bytes_per_s = 100 * phase.exchanges_per_s;
    return phase;
  }
  TrialVerdict Judged(const TrialPhase& a, const TrialPhase& b, const TrialPhase& c) {
    return JudgeTrial(std::vector{a, b, c});
  }

  TEST_CASE("the verdict: every slice with it beyond every slice without, twice") {
    const TrialPhase slow = PhaseOf({22, 23, 24, 23, 22}, {0.98, 0.97, 0.99, 0.98, 0.97});
    const TrialPhase fast = PhaseOf({26000, 25000, 26100, 25900, 24000}, {0, 0, 0.01, 0, 0});
    const TrialPhase mixed = PhaseOf({22, 23, 26000, 23, 22}, {0.98, 0.97, 0.1, 0.98, 0.97});
    const TrialPhase idle = PhaseOf({0, 0, 0, 0, 0}, {0, 0, 0, 0, 0});
    CHECK(Judged(slow, fast, slow) == TrialVerdict::kCause);
    CHECK(Judged(slow, slow, slow) == TrialVerdict::kNoDifference);
    CHECK(Judged(fast, slow, fast) == TrialVerdict::kWorse);
    CHECK(Judged(slow, fast, fast) == TrialVerdict::kNotBack);
    CHECK(Judged(slow, mixed, slow) == TrialVerdict::kNoDifference);
    CHECK(Judged(idle, idle, idle) == TrialVerdict::kNoTraffic);
    CHECK(JudgeTrial(std::vector{slow, fast}) == TrialVerdict::kUnfinished);
  }

  TEST_CASE("a hold that ends is a cause, also where the pace is the program's own") {
    const TrialPhase held = PhaseOf({5, 5, 5, 5, 5}, {0.9, 0.8, 0.95, 0.9, 0.9});
    const TrialPhase free = PhaseOf({5, 5, 5, 5, 5}, {0, 0.02, 0, 0, 0});
    const TrialPhase hardly = PhaseOf({5, 5, 5, 5, 5}, {0.01, 0.02, 0.01, 0.02, 0.01});
    CHECK(Judged(held, free, held) == TrialVerdict::kCause);
    CHECK(Judged(hardly, free, hardly) == TrialVerdict::kNoDifference);
  }

  TEST_CASE("without, with, without: the option is named as the cause, and all is as before") {
    World world;
    const Result<TrialReport> trial =
        TryFix(world.host, world.PlanOf(world.Wish()), 1000ms, FixTiming());
    REQUIRE(trial);
    CHECK(trial->outcome == Outcome::kRestored);
    CHECK(trial->verdict == TrialVerdict::kCause);
    REQUIRE(trial->phases.size() == 3);
    CHECK(trial->phases[0].exchanges_per_s == doctest::Approx(46).epsilon(0.1));
    CHECK(trial->phases[1].exchanges_per_s == doctest::Approx(52'000).epsilon(0.1));
    CHECK(trial->phases[2].exchanges_per_s == doctest::Approx(46).epsilon(0.2));
    CHECK(trial->phases[1].name == "with nodelay");
    CHECK(trial->phases[1].slices.size() == 5);
    CHECK(world.Nodelay(kCookieA) == 0);
    CHECK(world.Records() == 0);
  }

  TEST_CASE("an option that helps nobody is not accused") {
    World world;
    for (const std::uint64_t cookie : {kCookieA, kCookieA + 1})
      world.sockets.Find(cookie)->quick_per_s = 23;
    const FixPlan plan = world.PlanOf(world.Wish());
    for (const std::uint64_t cookie : {kCookieA, kCookieA + 1})
      world.sockets.Find(cookie)->helps = SocketSwitch::kCork;
    const Result<TrialReport> trial = TryFix(world.host, plan, 1000ms, FixTiming());
    REQUIRE(trial);
    CHECK(trial->verdict == TrialVerdict::kNoDifference);
  }

  TEST_CASE("a stop, whenever it comes, puts everything back") {
    World whole;
    REQUIRE(TryFix(whole.host, whole.PlanOf(whole.Wish()), 200ms, FixTiming()));
    for (int stop = 1; stop <= whole.pauses; ++stop) {
      World world;
      world.stop_after = stop;
      const Result<TrialReport> trial =
          TryFix(world.host, world.PlanOf(world.Wish()), 200ms, FixTiming());
      REQUIRE(trial);
      CHECK(trial->outcome == Outcome::kInterruptedRestored);
      CHECK(trial->verdict == TrialVerdict::kUnfinished);
      CHECK(world.Nodelay(kCookieA) == 0);
      CHECK(world.Records() == 0);
    }
  }

  TEST_CASE("killed while it is set, the record puts it back") {
    World world;
    world.on_pause = [&world] {
      if (world.Nodelay(kCookieA) == 1) throw HostCrash();
    };
    CHECK_THROWS_AS((void)TryFix(world.host, world.PlanOf(world.Wish()), 200ms, FixTiming()),
                    HostCrash);
    world.on_pause = nullptr;
    world.files.Crash(CrashKind::kLosesUnsynced);
    CHECK(world.Records() == 1);
    world.Undo();
    CHECK(world.Nodelay(kCookieA) == 0);
    CHECK(world.Nodelay(kCookieA + 1) == 0);
    CHECK(world.Records() == 0);
  }

  TEST_CASE("connections and processes that go meanwhile leave nothing behind") {
    World world;
    world.on_pause = [&world] {
      if (world.sockets.Find(kCookieA) != nullptr && world.Nodelay(kCookieA) == 1)
        world.sockets.End(812);
    };
    const Result<TrialReport> trial =
        TryFix(world.host, world.PlanOf(world.Wish()), 200ms, FixTiming());
    REQUIRE(trial);
    CHECK(OutcomesOf(trial->put_back) == std::vector(2, PutBack::Outcome::kGone));
    CHECK(trial->verdict != TrialVerdict::kCause);
    CHECK(world.Records() == 0);
  }

  TEST_CASE("nothing to measure, nothing set; a listener's heirs cannot be taken back") {
    World world;
    for (const std::uint64_t cookie : {kCookieA, kCookieA + 1}) {
      FakeLiveSocket& socket = *world.sockets.Find(cookie);
      socket.slow_per_s = socket.quick_per_s = 0;
      socket.helps = SocketSwitch::kCork;
      socket.helping = 0;
    }
    const Result<TrialReport> trial =
        TryFix(world.host, world.PlanOf(world.Wish()), 200ms, FixTiming());
    REQUIRE(trial);
    CHECK(trial->verdict == TrialVerdict::kNoTraffic);
    CHECK(world.sockets.sets.empty());
    FixWish wish = world.Wish();
    wish.listeners = WithListeners::kYes;
    const Result<TrialReport> refused = TryFix(world.host, world.PlanOf(wish), 200ms, FixTiming());
    REQUIRE(!refused);
    CHECK(refused.error().code == "trial_of_listeners");
  }
}

}  // namespace tunewire
