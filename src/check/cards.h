// The network cards that a wish is about, and one finding out of what each of them shows.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "check/check_parts.h"

namespace tunewire {

/// Real devices that are up, or the one the wish names.
struct CardsAsked {
  std::vector<const InterfaceFacts*> cards;
  std::string why_none;     ///< where there are none to look at: what to say
  bool not_needed = false;  ///< both ends are here
};

CardsAsked CardsOf(const HostFacts& facts, const CheckWish& wish);

/// What one card shows. An unknown one says why in `have`.
struct CardView {
  CheckState state = CheckState::kOk;
  std::string have, want, evidence;
};

/// The worst card speaks; the evidence names all. Unknown where no card, or not every one that
/// could be bad, is known.
CheckResult WorstCard(const HostFacts& facts, const CheckWish& wish,
                      const std::function<CardView(const InterfaceFacts&)>& view, std::string why,
                      const std::function<std::string(const InterfaceFacts&)>& fix);

CardView UnknownCard(const std::string& why);

}  // namespace tunewire
