#include "tunewire/host/traffic.h"

#include <sched.h>
#include <time.h>

#include <atomic>
#include <cerrno>
#include <future>
#include <memory>

#include "host/side_thread.h"
#include "host/traffic_client.h"
#include "host/traffic_server.h"

namespace tunewire {
namespace {

Status EnterThread(int netns) {
  if (netns < 0 || ::setns(netns, CLONE_NEWNET) == 0) return {};
  return Fail(SystemError("setns", "network namespace", errno));
}

std::int64_t ThreadCpuNs() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

struct Served {
  std::uint64_t bytes = 0;
  std::int64_t cpu_ns = 0;
};

Result<Served> Serve(const TrafficWish& wish, const TrafficPlaces& places,
                     std::promise<SocketAddress>& listening, const std::atomic<bool>& stop) {
  if (Status entered = EnterThread(places.server); !entered) return Fail(entered.error());
  Result<TrafficServer> server = TrafficServer::Make(wish, places.listen);
  if (!server) return Fail(server.error());
  listening.set_value(server->address());
  const std::int64_t before = ThreadCpuNs();
  server->Serve(stop);
  return Served{server->bytes(), ThreadCpuNs() - before};
}

Result<TrafficResult> Ask(const TrafficWish& wish, const TrafficPlaces& places,
                          const SocketAddress& server) {
  if (Status entered = EnterThread(places.client); !entered) return Fail(entered.error());
  Result<TrafficClient> client = TrafficClient::Make(wish, server);
  if (!client) return Fail(client.error());
  const std::int64_t before = ThreadCpuNs();
  TrafficResult result = client->Run();
  result.cpu_ns = ThreadCpuNs() - before;
  return result;
}

}  // namespace

Result<TrafficResult> RunTraffic(const TrafficWish& wish, const TrafficPlaces& places) {
  std::atomic<bool> stop = false;
  std::promise<SocketAddress> listening;
  std::future<SocketAddress> address = listening.get_future();
  Result<Served> served = Served{};
  Result<TrafficResult> asked = TrafficResult{};
  {
    SideThread server([&] {
      served = Serve(wish, places, listening, stop);
      if (!served) listening.set_value({});
    });
    const SocketAddress where = address.get();
    if (where.length > 0) {
      SideThread client([&] { asked = Ask(wish, places, where); });
    }
    stop.store(true);
  }
  if (!served) return Fail(served.error());
  if (!asked) return asked;
  asked->bytes = served->bytes;
  asked->cpu_ns += served->cpu_ns;
  return asked;
}

}  // namespace tunewire
