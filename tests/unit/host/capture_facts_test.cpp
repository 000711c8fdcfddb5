// The running host, against what others say of it.
#include "tunewire/host/capture_facts.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <thread>

#include "host/check_keys.h"
#include "tunewire/base/unique_fd.h"
#include "tunewire/host/own_limits.h"

namespace tunewire {
namespace {

using std::chrono::milliseconds;

void Sleep(milliseconds time) { std::this_thread::sleep_for(time); }
void NoSleep(milliseconds /*time*/) {}

/// The text of a key without its newline; none of the keys has a dot in a part of its name.
std::string InProc(std::string key) {
  std::ranges::replace(key, '.', '/');
  std::ifstream file("/proc/sys/" + key);
  std::string text;
  std::getline(file, text);
  return text;
}

struct Loopback {
  UniqueFd fd;
  std::uint16_t port = 0;
};

Loopback Listen(int backlog) {
  Loopback listening{UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))};
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* any = reinterpret_cast<sockaddr*>(&address);
  REQUIRE(::bind(listening.fd.get(), any, size) == 0);
  REQUIRE(::listen(listening.fd.get(), backlog) == 0);
  REQUIRE(::getsockname(listening.fd.get(), any, &size) == 0);
  listening.port = ntohs(address.sin_port);
  return listening;
}

TEST_CASE("settled facts are waited for by nobody, and are the same as among all") {
  int pauses = 0;
  const FactsWish wish{
      .facts = FactsWanted::kSettled, .tunables = TunablesWanted::kAll, .window = milliseconds(50)};
  const HostFacts settled = CaptureHostFacts(wish, [&](milliseconds) { ++pauses; });
  CHECK(pauses == 0);
  CHECK_FALSE(settled.busy.known());
  CHECK_FALSE(settled.listeners.known());
  REQUIRE(settled.counters.known());
  CHECK(settled.counters->seconds == 0);
  const HostFacts all = CaptureHostFacts({.tunables = TunablesWanted::kAll}, NoSleep);
  CHECK(settled.tunables.size() == all.tunables.size());
  CHECK(settled.tunables.size() > CaptureHostFacts({}, NoSleep).tunables.size());
  CHECK(settled.cpu == all.cpu);
  CHECK(settled.routes == all.routes);
}

TEST_CASE("the kernel's facts are what the C library says they are") {
  const HostFacts facts = CaptureHostFacts({}, NoSleep);
  utsname name{};
  REQUIRE(::uname(&name) == 0);
  CHECK(facts.kernel.release == name.release);
  CHECK(facts.kernel.machine == name.machine);
  CHECK(facts.kernel.hostname == name.nodename);
  CHECK(facts.kernel.page_bytes == static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)));
  CHECK(facts.kernel.netns != 0);
  CHECK(facts.kernel.uid == ::geteuid());
  CHECK(facts.nofile == OwnNofile());
  CHECK(facts.unix_seconds > 1'700'000'000);

  struct sysinfo info {};
  REQUIRE(::sysinfo(&info) == 0);
  REQUIRE_MESSAGE(facts.memory, facts.memory.why());
  CHECK(facts.memory->total_bytes == info.totalram * info.mem_unit);
  CHECK(facts.memory->swap_total_bytes == info.totalswap * info.mem_unit);
  CHECK(facts.memory->available_bytes <= facts.memory->total_bytes);

  if (facts.cpu) {
    CHECK(facts.cpu->online == static_cast<std::uint32_t>(::sysconf(_SC_NPROCESSORS_ONLN)));
    cpu_set_t set;
    REQUIRE(::sched_getaffinity(0, sizeof set, &set) == 0);
    CHECK(facts.cpu->allowed == static_cast<std::uint32_t>(CPU_COUNT(&set)));
    CHECK(facts.cpu->threads_per_core >= 1);
  } else {
    CHECK_FALSE(facts.cpu.why().empty());
  }
}

TEST_CASE("tunables are those of the keys that checks read, as the kernel shows them") {
  const HostFacts facts = CaptureHostFacts({}, NoSleep);
  CHECK(facts.tunables.size() <= kCheckKeys.size());
  CHECK(facts.tunables.contains("net.core.somaxconn"));
  CHECK(facts.tunables.at("net.ipv4.ip_local_port_range").find('\t') != std::string::npos);
  for (const auto& tunable : facts.tunables) {
    const std::string& key = tunable.first;
    CAPTURE(key);
    CHECK(std::ranges::find(kCheckKeys, key) != kCheckKeys.end());
    CHECK_FALSE(tunable.second.ends_with('\n'));
    if (key != "net.netfilter.nf_conntrack_count") CHECK(tunable.second == InProc(key));
  }
}

TEST_CASE("all of the kernel's tunables are many more, and no secret is among them") {
  const HostFacts facts = CaptureHostFacts({.tunables = TunablesWanted::kAll}, NoSleep);
  CHECK(facts.tunables.size() > 200);
  CHECK(facts.tunables.contains("net.ipv4.conf.lo.rp_filter"));
  for (const auto& tunable : facts.tunables) {
    const std::string& key = tunable.first;
    CAPTURE(key);
    CHECK(std::ranges::find(kSecretKeys, key) == kSecretKeys.end());
    CHECK_FALSE(key.ends_with(kSecretName));
  }
}

TEST_CASE("the kernel's counters are read once, or twice with a window between") {
  const HostFacts once = CaptureHostFacts({}, NoSleep);
  REQUIRE_MESSAGE(once.counters, once.counters.why());
  CHECK(once.counters->seconds == 0);
  CHECK(once.counters->last == NetCounters{});
  CHECK(once.counters->uptime_seconds > 0);

  const HostFacts twice = CaptureHostFacts({.window = milliseconds(40)}, Sleep);
  REQUIRE_MESSAGE(twice.counters, twice.counters.why());
  const CounterReadings& readings = *twice.counters;
  CHECK(readings.seconds >= 0.04);
  CHECK(readings.first.all.size() == readings.last.all.size());
  CHECK(readings.softnet_first.size() == readings.softnet_last.size());
  CHECK(readings.ticks_last.user >= readings.ticks_first.user);
}

TEST_CASE("the pause is what is left of the window, and none where nothing is") {
  milliseconds paused{0};
  CaptureHostFacts({.window = milliseconds(60'000)}, [&](milliseconds time) { paused += time; });
  CHECK(paused > milliseconds(30'000));
  CHECK(paused <= milliseconds(60'000));
}

TEST_CASE("a listener is found with its backlog and its owner") {
  const Loopback listening = Listen(17);
  const HostFacts facts = CaptureHostFacts({}, NoSleep);
  REQUIRE_MESSAGE(facts.listeners, facts.listeners.why());
  const auto found = std::ranges::find(*facts.listeners, listening.port, &ListeningSocket::port);
  REQUIRE(found != facts.listeners->end());
  CHECK(found->address == "127.0.0.1");
  CHECK(found->backlog == 17);
  CHECK(found->queue == 0);
  CHECK(found->drops == 0);
  // The search ends early where other processes hold very many descriptors.
  if (found->owner) CHECK(found->owner->id.pid == ::getpid());
}

TEST_CASE("a listener's drops are counted where its queue is full") {
  const Loopback listening = Listen(1);
  std::vector<UniqueFd> clients;
  for (int i = 0; i < 8; ++i) {
    UniqueFd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(listening.port);
    (void)::connect(client.get(), reinterpret_cast<sockaddr*>(&address), sizeof address);
    clients.push_back(std::move(client));
  }
  const HostFacts facts = CaptureHostFacts({}, NoSleep);
  REQUIRE_MESSAGE(facts.listeners, facts.listeners.why());
  const auto found = std::ranges::find(*facts.listeners, listening.port, &ListeningSocket::port);
  REQUIRE(found != facts.listeners->end());
  CHECK(found->queue == 2);  // one more than the backlog
  CHECK(found->drops > 0);
}

}  // namespace
}  // namespace tunewire
