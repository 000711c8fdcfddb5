// Prints what test_load_facts.py holds against the kernel, as JSON: `ports ADDRESS:PORT
// [SOURCE...]` the ports in use, `calibrate MS` what a calibration finds.
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>

#include "tunewire/host/calibrate.h"
#include "tunewire/host/port_use.h"

namespace {

using namespace tunewire;
using nlohmann::json;

json Shown(const Error& error) { return {{"error", error.code}, {"message", error.message}}; }

json Shown(const Result<PortUse>& use) {
  if (!use) return Shown(use.error());
  return {{"in_use", use->in_use}, {"time_wait", use->time_wait}, {"bound", use->bound}};
}

Result<PortUse> Ports(char** arguments) {
  const auto where = ParseHostPort(*arguments);
  if (!where) return Fail(where.error());
  const auto addresses = ResolveHost(*where);
  if (!addresses) return Fail(addresses.error());
  PortQuestion question{{addresses->front()}, {}};
  while (*++arguments != nullptr) question.sources.emplace_back(*arguments);
  const auto sockets = LinuxSockets();
  if (!sockets) return Fail(sockets.error());
  return ReadPortUse(**sockets, question);
}

json Shown(const Result<Calibration>& one) {
  if (!one) return Shown(one.error());
  return {{"connections_per_s", one->connections_per_s},
          {"exchanges_per_s", one->exchanges_per_s},
          {"bytes_per_s", one->bytes_per_s},
          {"seconds", one->seconds},
          {"uncharged_share", one->uncharged_share}};
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 3) return 2;
  const bool ports = std::string(arguments[1]) == "ports";
  const json shown = ports ? Shown(Ports(arguments + 2))
                           : Shown(Calibrate(std::chrono::milliseconds(std::atoi(arguments[2]))));
  std::puts(shown.dump().c_str());
  return 0;
}
