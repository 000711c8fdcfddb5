#include "report/check_report.h"

namespace tunewire {

std::string CheckText(const CheckView& view, const Target&, const Style&) {
  return view.verdict.sentence + "\n";
}

}  // namespace tunewire
