#include "report/probe_report.h"
namespace tunewire {
std::string ProbeHtml(const ProbeView&) { return ""; }
std::string SweepText(const SweepView&, const Target&, const Style&) { return ""; }
}  // namespace tunewire
