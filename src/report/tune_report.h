// What became of a transaction, as text and as JSON: apply, confirm, rollback, recover, verify,
// history. Every *Json is the `result` object of its command, whole also where the command refused.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "report/style.h"
#include "report/target.h"
#include "tunewire/tune/pam.h"
#include "tunewire/tune/transaction.h"

namespace tunewire {

/// Raw kernel text on one line: words joined by single blanks.
std::string OneLine(std::string_view raw);

struct ApplyView {
  enum class Refused { kNo, kYes };  ///< yes: nothing was begun, the report is empty
  std::string profile;
  ApplyReport report;
  Refused refused = Refused::kNo;
  std::optional<std::chrono::seconds> confirm_within;
  enum class Waits { kElsewhere, kHere };  ///< here: this terminal shows the time left
  Waits waits = Waits::kElsewhere;
  std::vector<PamFinding> pam = {};  ///< where the profile has limits of logins
};
std::string_view ApplySlug(const ApplyView& view);
std::string ApplyText(const ApplyView& view, const Target& target, const Style& style);
std::string ApplyJson(const ApplyView& view);

/// "[#####.....]  33 s left, then everything is put back", without a newline.
std::string CountdownLine(std::chrono::milliseconds left, std::chrono::seconds whole,
                          const Style& style);

struct UndoView {
  enum class Refused { kNo, kYes };
  UndoReport report;
  Refused refused = Refused::kNo;
  std::string profile = {};
};
std::string_view UndoSlug(const UndoView& view);
std::string UndoText(const UndoView& view, const Target& target, const Style& style);
std::string UndoJson(const UndoView& view);

struct RecoverView {
  enum class Refused { kNo, kYes };
  std::vector<UndoReport> reports;
  Refused refused = Refused::kNo;
  /// The worst outcome and the keys of all; `tx` is the newest.
  [[nodiscard]] UndoReport Summed() const;
};
std::string_view RecoverSlug(const RecoverView& view);
std::string RecoverText(const RecoverView& view, const Target& target, const Style& style);
std::string RecoverJson(const RecoverView& view);

struct ConfirmView {
  enum class Outcome { kConfirmed, kRefused };
  std::string tx, profile;
  int keys = 0;
  Outcome outcome = Outcome::kRefused;
  int limits = 0;
  std::vector<ItemOutcome> files = {};  ///< written now; `stored` says what they are
};
/// What a confirmed transaction keeps.
ConfirmView Confirmed(const Tx& tx);
std::string ConfirmText(const ConfirmView& view, const Target& target, const Style& style);
std::string ConfirmJson(const ConfirmView& view);

struct VerifyView {
  enum class Held { kNo, kYes };  ///< no: refused before anything was looked at
  VerifyReport report;
  Held held = Held::kNo;
  std::string time;  ///< of the transaction, for people
  std::string
      profiles;  ///< as asked for, to apply again; empty where the one in force was verified
  std::vector<PamFinding> pam = {};  ///< where the profile has limits of logins
  std::vector<Error> unread = {};    ///< what could not be looked at
};
std::string VerifyText(const VerifyView& view, const Target& target, const Style& style);
std::string VerifyJson(const VerifyView& view);

struct TxRow {
  enum class Standing {
    kPast,       ///< made in this boot and namespace, over or replaced
    kElsewhere,  ///< made in another boot or namespace
    kInForce,
    kWaiting,
    kUnfinished,
  };
  const Tx* tx = nullptr;
  std::string time;                     ///< local, for people
  int keys = 0, files = 0, limits = 0;  ///< that it changed
  Standing standing = Standing::kPast;
};

struct HistoryView {
  enum class Details { kNo, kYes };
  std::vector<TxRow> rows;
  std::vector<Error> damaged;
  Details details = Details::kNo;  ///< yes: one transaction with its items
};
std::string HistoryText(const HistoryView& view, const Target& target, const Style& style);
std::string HistoryJson(const HistoryView& view);

}  // namespace tunewire
