#include "check/cards.h"

#include <utility>

#include "base/format.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

bool IsCard(const InterfaceFacts& one) {
  return !one.loopback && !one.virtual_device && one.kind.empty();
}

const InterfaceFacts* Named(const std::vector<InterfaceFacts>& all, const std::string& name) {
  for (const InterfaceFacts& one : all) {
    if (one.name == name) return &one;
  }
  return nullptr;
}

CardsAsked OneCard(const std::vector<InterfaceFacts>& all, const std::string& name) {
  CardsAsked asked;
  const InterfaceFacts* one = Named(all, name);
  if (one == nullptr) {
    asked.why_none = Format("there is no interface {}", Printable(name));
  } else if (!IsCard(*one)) {
    asked.why_none = Format("{} is no network card", Printable(name));
  } else {
    asked.cards.push_back(one);
  }
  return asked;
}

struct Worst {
  const InterfaceFacts* card = nullptr;
  CardView view;
  std::vector<std::string> evidence;

  void Add(const InterfaceFacts& one, CardView seen) {
    if (!seen.evidence.empty()) evidence.push_back(Format("{}: {}", one.name, seen.evidence));
    const bool worse = seen.state != view.state && Worse(seen.state, view.state) == seen.state;
    if (card != nullptr && !worse) return;
    card = &one;
    view = std::move(seen);
  }
};

}  // namespace

CardsAsked CardsOf(const HostFacts& facts, const CheckWish& wish) {
  if (wish.loopback) return {{}, "", true};
  if (!facts.interfaces) return {{}, facts.interfaces.why(), false};
  if (!wish.interface.empty()) return OneCard(*facts.interfaces, wish.interface);
  CardsAsked asked;
  for (const InterfaceFacts& one : *facts.interfaces) {
    if (IsCard(one) && one.up && one.carrier) asked.cards.push_back(&one);
  }
  if (asked.cards.empty()) asked.why_none = "no network card is up here";
  return asked;
}

CardView UnknownCard(const std::string& why) { return {CheckState::kUnknown, why, "", ""}; }

CheckResult WorstCard(const HostFacts& facts, const CheckWish& wish,
                      const std::function<CardView(const InterfaceFacts&)>& view, std::string why,
                      const std::function<std::string(const InterfaceFacts&)>& fix) {
  const CardsAsked asked = CardsOf(facts, wish);
  if (asked.not_needed) {
    return JudgedCheck(CheckState::kOk,
                       {"not used", "", "both ends are on this host", std::move(why)}, {});
  }
  if (asked.cards.empty()) return UnknownCheck(asked.why_none);
  Worst worst;
  for (const InterfaceFacts* card : asked.cards) worst.Add(*card, view(*card));
  if (worst.view.state == CheckState::kUnknown) {
    return UnknownCheck(Format("{}: {}", worst.card->name, worst.view.have));
  }
  return JudgedCheck(worst.view.state,
                     {Format("{}: {}", worst.card->name, worst.view.have), worst.view.want,
                      Join(worst.evidence, "; "), std::move(why)},
                     {fix(*worst.card), {}});
}

}  // namespace tunewire
