// Reports of outcomes that a tree of files cannot bring about.
#include <doctest/doctest.h>

#include "report/plan_report.h"
#include "report/tune_report.h"

using namespace tunewire;

namespace {

ItemOutcome Item(std::string name, std::string before, std::string wanted, std::string stored) {
  return {ItemKind::kSysctl, std::move(name), std::move(before), std::move(wanted),
          std::move(stored)};
}

ApplyView View(ApplyReport::Outcome outcome) {
  ApplyView view;
  view.profile = "web";
  view.report.outcome = outcome;
  view.report.tx = "7f3a21";
  view.report.journal = "/var/lib/tunewire/tx/7f3a21.journal";
  view.report.saved = 25;
  view.report.changes = {Item("net.core.somaxconn", "4096", "8192", "8192")};
  return view;
}

}  // namespace

TEST_CASE("Applied: verdict, evidence, the way back, the next command") {
  Style style;
  style.columns = 100;
  CHECK(ApplyText(View(ApplyReport::Outcome::kApplied), Target{}, style) ==
        "APPLIED  web -> this host            1 key set (tx 7f3a21)\n"
        "  saved  25 old values        /var/lib/tunewire/tx/7f3a21.journal  (read back, ok)\n"
        "  wrote   1 of 1 keys         all read back as asked\n"
        "undo: tunewire rollback 7f3a21  next: tunewire verify\n");
}

TEST_CASE("What the kernel stored otherwise, or changed along, is named") {
  ApplyView view = View(ApplyReport::Outcome::kApplied);
  view.report.changes = {Item("fs.pipe-max-size", "65536", "1000000", "1048576")};
  view.report.side_effects = {Item("net.ipv4.conf.lo.forwarding", "0", "", "1")};
  const std::string text = ApplyText(view, Target{}, Style{});
  CHECK(text.find("~ fs.pipe-max-size                    asked 1000000   stored 1048576\n") !=
        std::string::npos);
  CHECK(text.find("~ net.ipv4.conf.lo.forwarding         was 0   now 1\n") != std::string::npos);
}

TEST_CASE("Not restored names exactly the keys that differ") {
  ApplyView view = View(ApplyReport::Outcome::kNotRestored);
  view.report.not_restored = {Item("net.core.somaxconn", "", "4096", "8192")};
  CHECK(ApplyText(view, Target{}, Style{}) ==
        "NOT RESTORED  web -> this host       1 key is not as before (tx 7f3a21)\n"
        "  x net.core.somaxconn                  was 4096   is 8192\n"
        "  the old values are in /var/lib/tunewire/tx/7f3a21.journal\n"
        "next: tunewire recover\n");
}

TEST_CASE("Failed and interrupted applies say that everything is as before") {
  CHECK(ApplyText(View(ApplyReport::Outcome::kRestored), Target{}, Style{}) ==
        "RESTORED  web -> this host           not applied; everything is as before\n");
  CHECK(ApplyText(View(ApplyReport::Outcome::kInterruptedRestored), Target{}, Style{}) ==
        "RESTORED  web -> this host           interrupted; everything is as before\n");
}

TEST_CASE("Outcomes have the names that programs are promised") {
  using Outcome = ApplyReport::Outcome;
  CHECK(ApplySlug(View(Outcome::kApplied)) == "applied");
  CHECK(ApplySlug(View(Outcome::kNothingToDo)) == "nothing_to_do");
  CHECK(ApplySlug(View(Outcome::kPendingConfirm)) == "pending_confirm");
  CHECK(ApplySlug(View(Outcome::kRestored)) == "restored");
  CHECK(ApplySlug(View(Outcome::kInterruptedRestored)) == "restored");
  CHECK(ApplySlug(View(Outcome::kNotRestored)) == "not_restored");
  UndoView still;
  still.report.outcome = UndoReport::Outcome::kStillInForce;
  CHECK(UndoSlug(still) == "not_restored");
}

TEST_CASE("A recovery of several transactions sums to its worst") {
  RecoverView view;
  view.reports.resize(3);
  view.reports[0].outcome = UndoReport::Outcome::kRestored;
  view.reports[0].restored = {Item("a", "", "1", "1")};
  view.reports[1].outcome = UndoReport::Outcome::kKeptForeign;
  view.reports[1].kept_foreign = {Item("b", "", "1", "2")};
  view.reports[2].outcome = UndoReport::Outcome::kRestored;
  view.reports[2].restored = {Item("c", "", "1", "1")};
  view.reports[0].tx = "000003";
  view.reports[1].tx = "000002";
  view.reports[2].tx = "000001";
  const UndoReport sum = view.Summed();
  CHECK(sum.outcome == UndoReport::Outcome::kKeptForeign);
  CHECK(sum.tx == "000003");
  CHECK(sum.restored.size() == 2);
  CHECK(sum.kept_foreign.size() == 1);
  CHECK(RecoverSlug(view) == "kept_foreign");
}

TEST_CASE("The countdown rounds up, and gives up its words before it would wrap") {
  using std::chrono::milliseconds;
  using std::chrono::seconds;
  Style style;
  CHECK(CountdownLine(milliseconds(33000), seconds(60), style) ==
        "  [###############.............]  33 s left, then everything is put back");
  CHECK(CountdownLine(milliseconds(1), seconds(60), style) ==
        "  [............................]  1 s left, then everything is put back");
  style.columns = 60;
  CHECK(CountdownLine(milliseconds(60000), seconds(60), style) ==
        "  [############################]  60 s left");
  CHECK(CountdownLine(milliseconds(-5), seconds(0), style) ==
        "  [............................]  0 s left");
}

TEST_CASE("A key that is given back says so") {
  Plan plan;
  plan.profile = "web";
  plan.references = {"web"};
  plan.changes.push_back(Change{.key = *SysctlKey::Parse("net.core.somaxconn"),
                                .status = ChangeStatus::kSet,
                                .before = {"8192"},
                                .after = {"4096"},
                                .reason = "given back: base set it"});
  CHECK(PlanText({plan, {}, {}, {}}, Target{"namespace blue", " --netns blue"}, PlanEnding::kAdvise, Style{}) ==
        "PLAN  web -> namespace blue          1 to change, 0 already right\n"
        "\n"
        "  net.core.somaxconn  8192  ->  4096\n"
        "    given back: base set it\n"
        "\n"
        "nothing changed.  next: tunewire apply web --confirm 60s --netns blue\n");
}

TEST_CASE("Many changes keep their keys and leave the reasons to -v") {
  Plan plan;
  plan.profile = "web";
  for (int i = 0; i < 13; ++i) {
    Setting setting{.key = *KeyPattern::Parse("net.core.k" + std::to_string(i))};
    setting.why = "because";
    plan.changes.push_back(Change{.key = setting.key.key(),
                                  .status = ChangeStatus::kSet,
                                  .before = {"1"},
                                  .after = {"2"},
                                  .setting = setting});
  }
  Style style;
  const std::string brief = PlanText({plan, {}, {}, {}}, Target{}, PlanEnding::kNothing, style);
  CHECK(brief.find("because") == std::string::npos);
  CHECK(brief.find("net.core.k12") != std::string::npos);
  CHECK(brief.find("(-v tells why of each)") != std::string::npos);
  style.detail = Detail::kVerbose;
  CHECK(PlanText({plan, {}, {}, {}}, Target{}, PlanEnding::kNothing, style).find("because") != std::string::npos);
}

TEST_CASE("Names from outside cannot reach the terminal raw") {
  ApplyView view = View(ApplyReport::Outcome::kNotRestored);
  view.profile = "\033[2Jweb";
  view.report.not_restored = {Item("net.\033x", "", "\a", "\033")};
  for (const std::string& text : {ApplyText(view, Target{"tree /\033", ""}, Style{}),
                                  UndoText({UndoReport{.outcome = UndoReport::Outcome::kKeptForeign,
                                  .tx = "7f3a21",
                                  .kept_foreign = view.report.not_restored,
                                  .note = "\033"},
                                            UndoView::Refused::kNo, "\033"},
                                           Target{}, Style{})}) {
    CHECK(text.find('\033') == std::string::npos);
    CHECK(text.find('\a') == std::string::npos);
  }
}
