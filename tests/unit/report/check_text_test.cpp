// tunewire check as people read it: whole screens.
#include <doctest/doctest.h>

#include <string>

#include "report/check_words.h"
#include "support/made_checks.h"
#include "support/made_hosts.h"
#include "tunewire/base/text.h"

using namespace tunewire;

namespace {

std::string TextOf(const CheckView& view, Detail detail = Detail::kNormal, int columns = 80) {
  Style style;
  style.detail = detail;
  style.columns = columns;
  return CheckText(view, {}, style);
}

bool Has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

/// A host that a heavy load breaks at its descriptors, then at its ports.
HostFacts SmallHost() {
  HostFacts facts = QuietFacts();
  facts.nofile = {20'000, 20'000};
  facts.conntrack_loaded = true;
  Conntrack table;
  table.most = 10'000'000;
  table.buckets = 4'000'000;
  table.in_use = true;
  table.rules_seen = true;
  facts.conntrack = table;
  return facts;
}

/// Broken at a resource, as `FindWalls` would have it.
Wall BrokenWall(std::string resource, std::string operation, std::string error) {
  Wall wall;
  wall.title = resource;
  wall.resource = std::move(resource);
  wall.operation = std::move(operation);
  wall.error = std::move(error);
  wall.need = 200;
  wall.have = 100;
  wall.enough = false;
  wall.at_connections = 100;
  wall.what_happens = "it is so";
  return wall;
}

std::string TextOfWalls(std::vector<Wall> walls) {
  CheckView view;
  view.wish = HeavyLoad();
  view.verdict.readiness = Readiness::kNotReady;
  view.verdict.walls = std::move(walls);
  return TextOf(view);
}

}  // namespace

TEST_CASE("check: not ready for a load") {
  const std::string text = TextOf(CheckOf(SmallHost(), HeavyLoad()));
  CHECK(text == R"(NOT READY  this host can open 19994 of the 200000 connections you asked for
  load: 200000 connections to 192.0.2.9:80, 50000 new ones a second, one request
        each, closed by the client, until it is stopped

                                  need      have
  file descriptors              200006     20000   |#...........|  x  first wall
  source ports to one target    462144     28232   |#...........|  x  second
  conntrack entries            6200000  10000000   |#######.....|  ok 1.6x
  ok plenty of memory for sockets 17x, open files of the host >999x

if you start anyway: socket() fails with EMFILE after 19994 connections, 400 ms
in. Results up to there would be valid. It is each process's own limit: others
go on. The second wall, source ports to one target: connect() fails with
EADDRNOTAVAIL after 28232 connections, 565 ms in.

what moves it:
  nofile of logins = 200006 (from the next login on)
      each connection of the load takes a descriptor
  net.ipv4.ip_local_port_range <= 1024, >= 65535
      one connection from one address to one target takes one source port; 64512
      at most, so this load takes 4 source addresses or targets
  net.ipv4.tcp_tw_reuse = 1
      a port in TIME_WAIT can be taken again after a second

  ~ descriptors, soft limit  20000   want 65536 or more
  ~ descriptors, hard limit  20000   want 65536 or more
    why they matter, and how to mend them: -v

  ok 64: limits 3, sockets 12, connection tracking 3, TCP 8, network card 14,
     routes 5, processor 11, memory 4, kernel 4

exit 1.
next: tunewire check --to 192.0.2.9:80 --connections 200000 --rate 50000 --fix | tunewire plan -
)");
}

TEST_CASE("check: not ready by itself") {
  HostFacts facts = OneCpuHost();
  CHECK(TextOf(CheckOf(facts, std::nullopt)) ==
        R"(NOT READY  5 conditions spoil a measurement here: other processes, load average,
           pressure and 2 more

  x other processes           0.7 of 1 CPU, most of it php (pid 990)
                              want under a tenth of the CPUs
      others compete for CPU and caches: figures show them too
      fix: stop them for the time of the measurement
  x load average              2.50 on 1 CPU   want under half the CPUs
      so many tasks ran or waited during the last minute: a measurement started
      now queues behind them
      fix: wait until the host is idle
  x pressure                  cpu 35.5 %, memory 12.0 %, io 48.0 %
                              want under 10 %
      tasks of this host waited for a resource within the last 10 s
      fix: wait until the host is idle, or find who waits: systemd-cgtop
  x swap in use               768 MiB of 1 GiB used   want under 10 %
      a page that has to come back from disk is a pause of 0.1 to 10 ms
      fix: free memory, then swapoff -a and swapon -a bring it back
  x clock source              hpet   want tsc
      a slow clock makes every time stamp a system call or worse: a load
      generator reads it twice a request
      fix: the kernel gave up on tsc: its log says why (dmesg); firmware or
           hypervisor mend it
  ~ descriptors, soft limit   1024   want 65536 or more
  ~ descriptors, hard limit   4096   want 65536 or more
  ~ connections in TIME_WAIT  4000 now   want under 2823
  ~ TCP memory                2900 of 5400 pages   want under 2700
  ~ TCP buffers               2.9 MiB in, 4 MiB out   want 4 MiB or more
  ~ slow start after idle     on   want off
  ~ CPUs                      1 CPU   want 2 or more
  ~ frequency governor        ondemand   want performance
  ~ free memory               30 MiB of 512 MiB available   want 10 % or more
    why they matter, and how to mend them: -v

  ok 51: limits 3, sockets 11, connection tracking 3, TCP 5, network card 13,
     routes 5, processor 6, memory 2, kernel 3
  ? queues: enp1s0: ethtool: Operation not supported (EOPNOTSUPP)

exit 1.  next: tunewire check --fix | tunewire plan -
)");
}

TEST_CASE("check: ready") {
  LoadWish wish = HeavyLoad();
  wish.connections = 500;
  wish.rate = 300;
  CHECK(TextOf(CheckOf(QuietFacts(), wish)) ==
        R"(READY  this host carries the 500 connections you asked for
  load: 500 connections to 192.0.2.9:80, 300 new ones a second, one request
        each, closed by the client, until it is stopped

                                  need      have
  source ports to one target     18500     28232   |########....|  ok 1.5x
  ok plenty of file descriptors >999x, memory for sockets >999x, open files of
     the host >999x

  ok 66: limits 5, sockets 12, connection tracking 3, TCP 8, network card 14,
     routes 5, processor 11, memory 4, kernel 4
)");
  CHECK(TextOf(CheckOf(QuietFacts(), std::nullopt)) ==
        R"(READY  nothing known here spoils a measurement

  ok 66: limits 5, sockets 12, connection tracking 3, TCP 8, network card 14,
     routes 5, processor 11, memory 4, kernel 4
)");
}

TEST_CASE("check: quiet is the verdict alone") {
  CHECK(TextOf(CheckOf(SmallHost(), HeavyLoad()), Detail::kQuiet) ==
        "NOT READY  this host can open 19994 of the 200000 connections you asked for\n");
  CHECK(TextOf(CheckOf({}, HeavyLoad()), Detail::kQuiet).starts_with("UNKNOWN  "));
}

TEST_CASE("check: another host is named in the verdict, and in the command that mends it") {
  const Target blue{"namespace blue", " --netns blue"};
  LoadWish wish = HeavyLoad();
  wish.keepalive = true;
  wish.rate = 0;
  Style style;
  style.columns = 120;
  const std::string text = CheckText(CheckOf(SmallHost(), wish), blue, style);
  CHECK(text.starts_with("NOT READY  namespace blue can open 19994 of the 200000 connections you"));
  CHECK(Has(text,
            "next: tunewire check --to 192.0.2.9:80 --connections 200000 --netns blue --fix | "
            "tunewire plan - --netns blue\n"));
  CHECK(CheckText(CheckOf(OneCpuHost(), std::nullopt), blue, style)
            .starts_with("NOT READY  namespace blue: 5 conditions spoil a measurement here: "));
}

TEST_CASE("check: verbose has every check with its evidence and every wall with its formula") {
  LoadWish wish = HeavyLoad();
  wish.message_bytes = 16'000;
  wish.rtt = std::chrono::milliseconds(80);
  wish.threads = 4;
  const CheckView view = CheckOf(SmallHost(), wish);
  const auto words = [](std::string_view text) { return Join(SplitWords(text), " "); };
  const std::string text = words(TextOf(view, Detail::kVerbose));
  REQUIRE(view.verdict.walls.size() >= 8);
  for (const Wall& wall : view.verdict.walls) {
    INFO(wall.resource);
    CHECK(Has(text, wall.title));
    CHECK(Has(text, words(wall.unknown.empty() ? wall.formula : wall.unknown)));
  }
  for (const CheckResult& check : view.verdict.checks) {
    INFO(check.id);
    CHECK(Has(text, TitleOfCheck(check)));
    CHECK(Has(text, words(check.evidence)));
  }
  CHECK(Has(text, "host 0123456789abcdef; counters were read twice, 1.0 s apart"));
}

TEST_CASE("check: what happens is said by what the program sees") {
  CHECK(Has(TextOfWalls({BrokenWall("source_ports", "connect", "EADDRNOTAVAIL")}),
            "if you start anyway: connect() fails with EADDRNOTAVAIL after 100 connections.\n"
            "Results up to there would be valid. It is so.\n"));
  CHECK(Has(TextOfWalls({BrokenWall("conntrack", "connect", "ETIMEDOUT")}),
            "connect() gets no answer after 100 connections, and\nETIMEDOUT in the end."));
  Wall queue = BrokenWall("accept_backlog", "connect", "ETIMEDOUT");
  queue.only_while = "the server accepts nothing";
  CHECK(Has(TextOfWalls({queue}),
            "if you start anyway: while the server accepts nothing, connect() gets no answer\n"));
  CHECK(Has(TextOfWalls({BrokenWall("memory", "socket", "ENOMEM")}), "socket() may fail with"));
  CHECK(Has(TextOfWalls({BrokenWall("orphans", "close", "ECONNRESET")}), "peers get ECONNRESET."));
  Wall slow = BrokenWall("cpu", "", "");
  slow.what_happens = "nothing fails: it waits";
  const std::string text = TextOfWalls({slow});
  CHECK(Has(text, "if you start anyway: nothing fails: it waits.\n"));
  CHECK(Has(text, "x  gets slow"));
  CHECK_FALSE(Has(text, "would be valid"));
}

TEST_CASE("check: results are not called valid where a condition spoils them") {
  HostFacts facts = SmallHost();
  CHECK(Has(TextOf(CheckOf(facts, HeavyLoad())), "would be valid"));
  facts.load_average = 40;
  CHECK_FALSE(Has(TextOf(CheckOf(facts, HeavyLoad())), "would be valid"));
}

TEST_CASE("check: a moment in time belongs to a rate") {
  Wall wall = BrokenWall("source_ports", "connect", "EADDRNOTAVAIL");
  wall.at_seconds = 0.56464;
  CHECK(Has(TextOfWalls({wall}), "after 100 connections,\n565 ms in."));
  wall.at_connections = 0;
  CHECK(Has(TextOfWalls({wall}), "fails with EADDRNOTAVAIL at once."));
}

TEST_CASE("check: unknown walls have a line each, many of one reason one together") {
  Wall dark;
  dark.title = "source ports";
  dark.unknown = "nobody looked";
  const std::string few = TextOfWalls({dark, dark});
  CHECK(Has(few, "  ?  source ports: nobody looked\n  ?  source ports: nobody looked\n"));
  CHECK(Has(TextOfWalls({dark, dark, dark, dark}),
            "  ?  source ports, source ports, source ports, source ports: nobody looked\n"));
}

TEST_CASE("check: warnings in full where they are few, a line each beside trouble") {
  HostFacts facts = QuietFacts();
  facts.tunables["net.ipv4.tcp_slow_start_after_idle"] = "1";
  const std::string few = TextOf(CheckOf(facts, std::nullopt));
  CHECK(Has(few, "  ~ slow start after idle  on   want off\n"));
  CHECK(Has(few, "fix: set net.ipv4.tcp_slow_start_after_idle to 0"));
  CHECK(Has(few, "\nnext: tunewire check --fix | tunewire plan -\n"));
  facts.load_average = 40;
  const std::string beside = TextOf(CheckOf(facts, std::nullopt));
  CHECK(Has(beside, "  ~ slow start after idle  on   want off\n    why they matter"));
  // What only warns is mended by --fix, and not promised to make the host ready.
  CHECK_FALSE(Has(beside, "what mends it"));
}

TEST_CASE("check: keys of the host are named where a namespace cannot set them") {
  CheckView view = CheckOf(SmallHost(), HeavyLoad());
  view.host_keys = {"fs.file-max", "fs.nr_open"};
  // What moves no broken wall and mends no bad check moves nothing here.
  CHECK_FALSE(Has(TextOf(view), "only from the host's own"));
  view.verdict.walls.front().profile.push_back({"fs.file-max", "1", "why"});
  CHECK(Has(TextOf(view), "  only from the host's own network namespace: fs.file-max\n"));
}

TEST_CASE("check: many settings are cut, and counted") {
  CheckView view = CheckOf(SmallHost(), HeavyLoad());
  std::string settings;
  Wall wall = BrokenWall("source_ports", "connect", "EADDRNOTAVAIL");
  for (int number = 10; number < 20; ++number) {
    const std::string key = "net.ipv4.conf.eth" + std::to_string(number) + ".rp_filter";
    settings += (settings.empty() ? "\"" : ", \"") + key + "\": 1";
    wall.profile.push_back({key, "1", "why"});
  }
  view.profile = R"({"format": 1, "name": "ready", "sysctl": {)" + settings + "}}";
  view.verdict.walls = {wall};
  CHECK(Has(TextOf(view), "  net.ipv4.conf.eth17.rp_filter = 1\n      why\n  and 2 more\n"));
  CHECK(Has(TextOf(view, Detail::kVerbose), "net.ipv4.conf.eth19.rp_filter = 1"));
}

TEST_CASE("check: a run that was stopped says so") {
  CheckView view = CheckOf(QuietFacts(), std::nullopt);
  view.stopped = true;
  CHECK(Has(TextOf(view), "stopped early"));
  view.verdict.readiness = Readiness::kUnknown;
  CHECK_FALSE(Has(TextOf(view), "exit 1."));
  view.stopped = false;
  CHECK(TextOf(view).ends_with("\nexit 1.\n"));
}

TEST_CASE("check: amounts and headroom") {
  CHECK(ShownAmount(28'232, "") == "28232");
  CHECK(ShownAmount(3.1 * 1024 * 1024 * 1024, "bytes") == "3.1 GiB");
  CHECK(ShownAmount(6.832e9, "bits_per_s") == "6.83 Gbit/s");
  CHECK(ShownAmount(100e6, "bits_per_s") == "100 Mbit/s");
  CHECK(ShownAmount(64'000, "bits_per_s") == "64 kbit/s");
  CHECK(ShownAmount(1, "cpus") == "1 CPU");
  CHECK(ShownAmount(2.5, "cpus") == "2.50 CPUs");
  CHECK(ShownAmount(1.8446744073709552e19, "") == "no limit");
  const auto room = [](double need, double have) {
    Wall wall;
    wall.need = need;
    wall.have = have;
    return ShownHeadroom(wall);
  };
  CHECK(room(100, 100) == "1.00x");
  CHECK(room(1'000, 1'099) == "1.09x");
  CHECK(room(1'000, 1'999) == "1.9x");
  CHECK(room(10, 120) == "12x");
  CHECK(room(1, 999'999) == ">999x");
  CHECK(room(0, 5).empty());
}

TEST_CASE("check: the load as it was understood, and the options that ask for it again") {
  LoadWish wish = HeavyLoad();
  CHECK(ShownLoad(wish) ==
        "200000 connections to 192.0.2.9:80, 50000 new ones a second, one request each, closed by "
        "the client, until it is stopped");
  wish.destinations.push_back(wish.destinations.front());
  wish.keepalive = true;
  wish.duration = std::chrono::seconds(90);
  wish.rtt = std::chrono::microseconds(250);
  wish.message_bytes = 16'000;
  wish.threads = 4;
  CHECK(ShownLoad(wish) ==
        "200000 connections to 192.0.2.9:80 and 1 more, 50000 requests a second, kept open, 16000 "
        "B a message, round trip 250 us, 4 threads, for 90 s");
  CHECK(LoadOptions(wish) ==
        " --to 192.0.2.9:80 --to 192.0.2.9:80 --connections 200000 --rate 50000 --duration 90s "
        "--keepalive --message 16000 --rtt 250us --threads 4");
  LoadWish server;
  server.side = LoadSide::kServer;
  server.listen_port = 80;
  server.backlog = 10;
  server.connections = 1;
  server.rate = 0.5;
  server.closes_first = LoadSide::kServer;
  CHECK(ShownLoad(server) ==
        "1 connection on port 80, 0.50 new ones a second, one request each, closed by the server, "
        "until it is stopped");
  CHECK(LoadOptions(server) ==
        " --listen 80 --connections 1 --rate 0.50 --backlog 10 --closes-first server");
  LoadWish flow;
  flow.keepalive = true;
  flow.rtt = std::chrono::milliseconds(80);
  flow.bandwidth_bits_per_s = 10'000'000'000;
  flow.sources = {"10.0.0.9"};
  CHECK(ShownLoad(flow) == "one flow, round trip 80 ms, 10 Gbit/s");
  CHECK(LoadOptions(flow) == " --bind 10.0.0.9 --rtt 80ms --bandwidth 10000000000");
}
