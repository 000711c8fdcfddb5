// What `tunewire snapshot` says where the facts themselves go to a file.
#include "base/format.h"
#include "check/snapshot_names.h"
#include "report/layout.h"
#include "report/snapshot_report.h"
#include "report/snapshot_rows.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

/// One line for each reason, as a driver gives the same to many questions.
std::string UnknownText(const HostSnapshot& snapshot, const Style& style) {
  std::map<std::string, std::vector<std::string>> by_reason;
  for (const auto& [name, why] : UnknownFacts(snapshot)) by_reason[why].push_back(name);
  std::string text;
  for (const auto& [why, names] : by_reason)
    text += Indented(Format("{}: {}", Join(names, ", "), why), 4, style);
  return text;
}

}  // namespace

std::map<std::string, std::string> UnknownFacts(const HostSnapshot& snapshot) {
  std::map<std::string, std::string> unknown;
  for (auto fact = snapshot.fleeting.lower_bound(std::string(kUnknownFact));
       fact != snapshot.fleeting.end() && fact->first.starts_with(kUnknownFact); ++fact)
    unknown[fact->first.substr(kUnknownFact.size())] = fact->second;
  return unknown;
}

std::string ShownFact(const std::string& name) {
  return name.starts_with(kTunables) ? name.substr(kTunables.size()) : name;
}

std::string SnapshotText(const SnapshotView& view, const Target& target, const Style& style) {
  const HostSnapshot& snapshot = view.snapshot;
  std::string text = VerdictLine("SNAPSHOT", Tone::kStrong, Printable(target.words),
                                 "hash " + HashOf(snapshot), style);
  if (style.detail == Detail::kQuiet) return text;
  const std::size_t unknown = UnknownFacts(snapshot).size();
  text += Format("\n  written  {}\n", Printable(view.out));
  text += Format("  facts    {} that stay, {} that move by themselves\n", snapshot.stable.size(),
                 snapshot.fleeting.size() - unknown);
  if (unknown > 0) {
    const bool all = style.detail == Detail::kVerbose;
    text += Format("  unknown  {} could not be read{}\n", unknown, all ? ":" : " (-v says which)");
    if (all) text += UnknownText(snapshot, style);
  }
  const std::string file = Printable(ShellWord(view.out));
  return text + NextLine("", CommandFor(target, "diff " + file), style);
}

}  // namespace tunewire
