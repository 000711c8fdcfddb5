// Words for people and slugs for programs.
#include "tunewire/catalog/tunable.h"

namespace tunewire {

std::string_view UnitName(Unit unit) {
  switch (unit) {
    case Unit::kNone:
      return "number";
    case Unit::kFlag:
      return "flag";
    case Unit::kBytes:
      return "bytes";
    case Unit::kPages:
      return "pages";
    case Unit::kPackets:
      return "packets";
    case Unit::kSegments:
      return "segments";
    case Unit::kConnections:
      return "connections";
    case Unit::kEntries:
      return "entries";
    case Unit::kFiles:
      return "files";
    case Unit::kProcesses:
      return "processes";
    case Unit::kPorts:
      return "ports";
    case Unit::kProbes:
      return "probes";
    case Unit::kRetries:
      return "retries";
    case Unit::kSeconds:
      return "seconds";
    case Unit::kMilliseconds:
      return "milliseconds";
    case Unit::kMicroseconds:
      return "microseconds";
    case Unit::kNanoseconds:
      return "nanoseconds";
    case Unit::kJiffies:
      return "jiffies";
    case Unit::kPercent:
      return "percent";
    case Unit::kKibibytes:
      return "kibibytes";
    case Unit::kBitmask:
      return "bitmask";
    case Unit::kName:
      return "name";
  }
  return "number";
}

std::string_view UnitSymbol(Unit unit) {
  switch (unit) {
    case Unit::kNone:
    case Unit::kFlag:
    case Unit::kBitmask:
    case Unit::kName:
    case Unit::kPorts:
      return "";
    case Unit::kBytes:
      return "B";
    case Unit::kKibibytes:
      return "KiB";
    case Unit::kSeconds:
      return "s";
    case Unit::kMilliseconds:
      return "ms";
    case Unit::kMicroseconds:
      return "us";
    case Unit::kNanoseconds:
      return "ns";
    case Unit::kPercent:
      return "%";
    default:
      return UnitName(unit);
  }
}

std::string_view ScopeName(Scope scope) {
  switch (scope) {
    case Scope::kNamespace:
      return "per namespace";
    case Scope::kHost:
      return "host-wide";
    case Scope::kHostShown:
      return "host-wide, read-only in a namespace";
    case Scope::kMachine:
      return "whole machine";
  }
  return "host-wide";
}

std::string_view ScopeSlug(Scope scope) {
  switch (scope) {
    case Scope::kNamespace:
      return "namespace";
    case Scope::kHost:
      return "host";
    case Scope::kHostShown:
      return "host_read_only";
    case Scope::kMachine:
      return "machine";
  }
  return "host";
}

std::string_view TakesEffectName(TakesEffect when) {
  switch (when) {
    case TakesEffect::kAtOnce:
      return "at once";
    case TakesEffect::kNewConnections:
      return "new connections";
    case TakesEffect::kNewSockets:
      return "new sockets";
    case TakesEffect::kNextListen:
      return "next listen()";
    case TakesEffect::kNextInterface:
      return "next interface";
    case TakesEffect::kNewNamespaces:
      return "new namespaces";
    case TakesEffect::kNewProcesses:
      return "new processes";
    case TakesEffect::kNever:
      return "never";
  }
  return "never";
}

std::string_view TakesEffectSlug(TakesEffect when) {
  switch (when) {
    case TakesEffect::kAtOnce:
      return "at_once";
    case TakesEffect::kNewConnections:
      return "new_connections";
    case TakesEffect::kNewSockets:
      return "new_sockets";
    case TakesEffect::kNextListen:
      return "next_listen";
    case TakesEffect::kNextInterface:
      return "next_interface";
    case TakesEffect::kNewNamespaces:
      return "new_namespaces";
    case TakesEffect::kNewProcesses:
      return "new_processes";
    case TakesEffect::kNever:
      return "never";
  }
  return "never";
}

}  // namespace tunewire
