// Builds the Linux implementations and hands them to the program.
#include <cstdlib>
#include <exception>
#include <span>

#include "cli/program.h"
#include "tunewire/host/namespaces.h"
#include "tunewire/host/own_limits.h"
#include "tunewire/host/units.h"

namespace {

std::string FromEnvironment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

tunewire::Environment ReadEnvironment() {
  return {FromEnvironment("LC_ALL"),  FromEnvironment("LC_CTYPE"), FromEnvironment("LANG"),
          FromEnvironment("COLUMNS"), FromEnvironment("NO_COLOR"), FromEnvironment("TERM")};
}

tunewire::ForecastFacts ReadForecastFacts(const tunewire::SocketAddress& destination) {
  tunewire::ForecastFacts facts{tunewire::OwnNofile(), {}};
  if (const auto ports = tunewire::ReadSourcePorts(destination)) facts.ports = *ports;
  return facts;
}

/// Waiting for the second reading ends where a stop is wanted.
std::function<tunewire::HostFacts(const tunewire::FactsWish&)> CaptureFacts(
    tunewire::Terminal& terminal) {
  return [&terminal](const tunewire::FactsWish& wish) {
    return tunewire::CaptureHostFacts(
        wish, [&terminal](std::chrono::milliseconds time) { terminal.Pause(time); });
  };
}

}  // namespace

int main(int argc, char** argv) {
  const std::unique_ptr<tunewire::Terminal> terminal = tunewire::LinuxTerminal();
  const std::unique_ptr<tunewire::Files> files = tunewire::LinuxFiles();
  const std::unique_ptr<tunewire::Clock> clock = tunewire::LinuxClock();
  tunewire::Machine machine{.files = *files,
                            .clock = *clock,
                            .terminal = *terminal,
                            .environment = ReadEnvironment(),
                            .program = tunewire::ReadProgramFacts,
                            .enter_namespace = tunewire::EnterNetworkNamespace,
                            .open_tree = tunewire::OpenSysctlTree,
                            .host_info = tunewire::ReadHostInfo,
                            .lock_at = tunewire::FileLock,
                            .rehearsal = tunewire::ScratchNamespace,
                            .scratch_pair = tunewire::MakeScratchPair,
                            .listeners = tunewire::LinuxListeners,
                            .live_network = tunewire::LinuxLiveNetwork,
                            .start_detached = tunewire::StartDetached,
                            .processes = tunewire::LinuxProcesses,
                            .reload_units = tunewire::ReloadUnitFiles,
                            .local_ends = tunewire::LocalEnds,
                            .remote_ends = tunewire::RemoteEnds,
                            .echo_ends = tunewire::EchoEnds,
                            .serve = tunewire::Serve,
                            .measure_noise = tunewire::MeasureNoise,
                            .ticks_per_second = tunewire::TicksPerSecond,
                            .forecast_facts = ReadForecastFacts,
                            .process_now = tunewire::ProcessNow,
                            .usage_of_tree = tunewire::UsageOfTree,
                            .resolve = tunewire::ResolveHost,
                            .load_client = tunewire::EpollLoadClient,
                            .sockets = tunewire::LinuxSockets,
                            .held_sockets = tunewire::FindHeldSockets,
                            .foreign_sockets = tunewire::LinuxForeignSockets,
                            .net_counters = tunewire::ReadNetCounters,
                            .ack_states = tunewire::ReadAckStates,
                            .own_cpu_ns = tunewire::OwnCpuNs,
                            .capture_facts = CaptureFacts(*terminal),
                            .facts_of_tree = tunewire::CaptureFrom,
                            .calibrate = tunewire::Calibrate};
  try {
    const std::span<const char* const> words(argv + (argc > 0 ? 1 : 0),
                                             static_cast<std::size_t>(argc > 0 ? argc - 1 : 0));
    return static_cast<int>(tunewire::RunProgram(machine, words));
  } catch (const std::exception& thrown) {
    return static_cast<int>(tunewire::ReportThrown(machine, thrown.what()));
  }
}
