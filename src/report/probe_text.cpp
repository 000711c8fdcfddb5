// tunewire probe for people.
#include "report/probe_report.h"
namespace tunewire {
std::string ProbeText(const ProbeView&, const Target&, const Style&) { return ""; }
std::string ProbeHtml(const ProbeView&) { return ""; }
std::string ServeReadyText(const ServeView&, const Style&) { return ""; }
std::string SweepText(const SweepView&, const Target&, const Style&) { return ""; }
}  // namespace tunewire
