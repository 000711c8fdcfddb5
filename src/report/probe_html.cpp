#include "report/probe_report.h"
namespace tunewire {
std::string ProbeHtml(const ProbeView&) { return ""; }
}  // namespace tunewire
