#include "tunewire/base/confidence.h"

namespace tunewire {

std::string_view NameOf(Confidence confidence) {
  return confidence == Confidence::kConfirmed ? "confirmed" : "likely";
}

}  // namespace tunewire
