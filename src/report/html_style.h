// The style sheet of the HTML reports: light, dark, and on paper.
#pragma once

#include <string_view>

namespace tunewire {

/// Without a "<", so that it may stand in a <style> element as it is.
extern const std::string_view kHtmlStyle;

}  // namespace tunewire
