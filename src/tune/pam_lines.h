// Lines of a file in pam.d, as pam.conf(5) writes them. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tunewire {

struct PamLine {
  int number = 0;    ///< of the first line, where it is continued
  std::string text;  ///< without comment, continued ones joined
};

std::vector<PamLine> SplitPamLines(std::string_view text);

/// Words; "[...]" is one, without its brackets.
std::vector<std::string> PamWords(std::string_view line);

/// What a control such as "sufficient" or "[success=1 default=ignore]" may do to the lines behind.
struct PamControl {
  bool ends_stack = false;  ///< success or another result ends this stack early
  int jump = 0;             ///< the most lines that it may jump over
};

PamControl ParsePamControl(std::string_view control);

}  // namespace tunewire
