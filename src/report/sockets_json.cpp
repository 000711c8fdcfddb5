// The `result` object of sockets.
#include <cmath>
#include <nlohmann/json.hpp>

#include "report/listener_rows.h"
#include "report/socket_options_list.h"
#include "report/sockets_report.h"

namespace tunewire {
namespace {

using Json = nlohmann::ordered_json;

double Rounded(double value, double steps) { return std::round(value * steps) / steps; }

std::int64_t Millis(std::int64_t ns) { return (ns + 500'000) / 1'000'000; }

void AddProcess(Json& json, const Process& process) {
  json["pid"] = process.id.pid;
  json["command"] = process.command;
  if (!process.unit.empty()) json["unit"] = process.unit;
}

void AddOwner(Json& json, const Evidence& evidence, const std::optional<std::size_t>& owner) {
  if (owner && *owner < evidence.processes.size()) AddProcess(json, evidence.processes[*owner]);
}

std::string_view FixName(LiveFix fix) {
  switch (fix) {
    case LiveFix::kNone:
      return "none";
    case LiveFix::kNodelay:
      return "nodelay";
    case LiveFix::kQuickAck:
      return "quickack";
    case LiveFix::kUncork:
      return "uncork";
  }
  return "none";
}

Json EvidenceJson(const Finding& finding) {
  Json json = Json::object();
  for (const EvidenceItem& item : finding.evidence)
    std::visit([&json, &item](const auto& value) { json[item.name] = value; }, item.value);
  return json;
}

Json FindingJson(const Finding& finding) {
  Json json = {{"rule", finding.rule},
               {"severity", NameOf(finding.severity)},
               {"confidence", NameOf(finding.confidence)}};
  if (finding.process) AddProcess(json, *finding.process);
  if (finding.local.port != 0) json["local"] = finding.local.Text();
  if (finding.remote.port != 0) json["remote"] = finding.remote.Text();
  if (finding.state != TcpState::kUnknown) json["state"] = NameOf(finding.state);
  if (finding.inode != 0) json["inode"] = finding.inode;
  json["connections"] = finding.connections;
  json["share"] = Rounded(finding.share, 1e4);
  json["since_ms"] = Millis(finding.since_ns);
  json["until_ms"] = Millis(finding.until_ns);
  if (finding.cost_us > 0) json["cost_us"] = finding.cost_us;
  json["evidence"] = EvidenceJson(finding);
  json["summary"] = finding.summary;
  json["advice"] = finding.advice;
  json["fix"] = FixName(finding.fix);
  return json;
}

Json ListenerJson(const ListenerRow& row, const Evidence& evidence) {
  Json json = {
      {"local", row.address},       {"sockets", row.sockets},     {"queue", row.queue},
      {"queue_max", row.queue_max}, {"backlog", row.backlog},     {"full_looks", row.full_looks},
      {"looks", row.looks},         {"at_somaxconn", row.at_cap}, {"processes", row.holders}};
  if (row.known_drops) {
    json["drops"] = row.drops;
    json["dropped"] = row.dropped;
    json["drops_per_s"] = Rounded(row.drops_per_s, 10);
  }
  AddOwner(json, evidence, row.owner);
  return json;
}

Json OptionJson(const Evidence& evidence, const SocketInfo& socket,
                const std::optional<std::size_t>& owner, const SocketOptions& options) {
  Json json = {{"inode", socket.inode}, {"local", socket.local.Text()}};
  if (socket.remote.port != 0) json["remote"] = socket.remote.Text();
  json["state"] = NameOf(socket.state);
  AddOwner(json, evidence, owner);
  for (const NamedOption& option : NamedOptions(options))
    std::visit([&json, &option](const auto& value) { json[option.name] = value; }, option.value);
  return json;
}

Json OptionsJson(const Evidence& evidence) {
  Json list = Json::array();
  for (const ListenerEvidence& one : evidence.listeners) {
    if (one.options) list.push_back(OptionJson(evidence, one.last, one.owner, *one.options));
  }
  for (const ConnectionEvidence& one : evidence.connections) {
    if (one.options) list.push_back(OptionJson(evidence, one.last, one.owner, *one.options));
  }
  return list;
}

Json StatesJson(const Evidence& evidence) {
  Json json = Json::object();
  for (std::size_t i = 0; i < evidence.by_state.size(); ++i) {
    if (evidence.by_state[i] > 0)
      json[std::string(NameOf(static_cast<TcpState>(i)))] = evidence.by_state[i];
  }
  return json;
}

}  // namespace

std::string SocketsJson(const SocketsView& view) {
  const Evidence& evidence = view.evidence;
  Json json = {{"replayed", view.origin == SocketsView::Origin::kReplay},
               {"partial", evidence.partial || view.stopped},
               {"seconds", Rounded(static_cast<double>(evidence.span_ns) / 1e9, 1e3)},
               {"looks", evidence.looks},
               {"sockets_seen", evidence.sockets_seen},
               {"connections", evidence.connections.size() + evidence.left_out},
               {"unreadable_processes", evidence.unreadable},
               {"states", StatesJson(evidence)},
               {"findings", Json::array()},
               {"listeners", Json::array()},
               {"options", OptionsJson(evidence)},
               {"options_refused", view.options_refused},
               {"fixed", Json::array()}};
  for (const Finding& finding : view.findings) json["findings"].push_back(FindingJson(finding));
  for (const ListenerRow& row : ListenerRows(view))
    json["listeners"].push_back(ListenerJson(row, evidence));
  if (evidence.settings.somaxconn) json["somaxconn"] = *evidence.settings.somaxconn;
  // A process may be called anything; broken UTF-8 must not break the document.
  return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace tunewire
