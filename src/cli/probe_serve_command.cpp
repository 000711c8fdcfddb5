// tunewire probe serve: the other end of a probe between two hosts.
#include "base/format.h"
#include "cli/commands.h"
#include "cli/probe_ends.h"
#include "report/probe_report.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

constexpr std::size_t kMostNotes = 1000;

}  // namespace

Answer Run(Session& session, const ProbeServeArguments& arguments) {
  if (const Result<const HostInfo*> info = session.Info(); !info)
    return session.Refuse(info.error());
  Terminal& terminal = session.machine().terminal;
  terminal.WatchForStop("\nstopped at once.\n", static_cast<int>(ExitStatus::kInterrupted));
  ServeView view;
  ServeEvents events;
  events.ready = [&](const std::string& address, std::uint16_t port) {
    view.address = address;
    view.port = port;
    session.Say(ServeReadyText(view, session.style()));
  };
  events.note = [&](const std::string& line) {
    session.Note(Printable(line) + "\n");
    if (view.notes.size() == kMostNotes) view.notes.erase(view.notes.begin());
    view.notes.push_back(line);
  };
  events.stop = [&terminal] { return terminal.StopWanted(); };
  const Status served = session.machine().serve(arguments.options, events);
  if (!served) return session.Refuse(served.error());
  Answer answer;
  if (session.json()) answer.text = ServeJson(view);
  return answer;
}

}  // namespace tunewire
