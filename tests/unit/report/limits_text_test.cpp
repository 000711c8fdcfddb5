// Limits, the next boot and old settings at work, as people read them.
#include <doctest/doctest.h>

#include <algorithm>

#include "report/boot_text.h"
#include "report/effect_text.h"
#include "report/item_text.h"
#include "report/pam_text.h"
#include "report/plan_report.h"
#include "report/tune_report.h"

using namespace tunewire;

namespace {

using Verdict = BootOutcome::Verdict;

BootOutcome Outcome(BootLoader loader, Verdict verdict, std::string value, FileLine winner) {
  BootOutcome outcome{.verdict = verdict, .key = *SysctlKey::Parse("net.core.somaxconn")};
  outcome.loader = loader;
  outcome.want = ">= 8192";
  outcome.value = std::move(value);
  outcome.winner = std::move(winner);
  return outcome;
}

BootReport Boot(BootOutcome systemd, BootOutcome procps) {
  BootReport report;
  report.outcomes = {std::move(systemd), std::move(procps)};
  report.persisted = true;
  return report;
}

BootReport LostToBoth() {
  const FileLine there{"/etc/sysctl.d/99-x.conf", 3};
  return Boot(Outcome(BootLoader::kSystemdSysctl, Verdict::kLost, "128", there),
              Outcome(BootLoader::kProcps, Verdict::kLost, "128", there));
}

NotInEffect Backlog(NotInEffect::Kind kind, int pid, std::string unit, std::string socket,
                    std::string is) {
  NotInEffect finding{.kind = kind, .key = "net.core.somaxconn", .want = "8192"};
  finding.is = std::move(is);
  finding.pid = pid;
  finding.command = "nginx";
  finding.unit = std::move(unit);
  finding.socket = std::move(socket);
  finding.action = "systemctl restart nginx.service";
  return finding;
}

LimitChange ServiceLimit() {
  LimitChange change;
  change.setting = {.item = "nofile",
                    .target = LimitTarget::kServices,
                    .subject = "nginx.service",
                    .soft = 65536,
                    .hard = 65536};
  change.status = ChangeStatus::kSet;
  change.soft = change.hard = 1024;
  change.source = "/etc/systemd/system/nginx.service.d/10-x.conf:2";
  change.takes_effect = "restart nginx.service";
  return change;
}

VerifyView Verified() {
  VerifyView view;
  view.held = VerifyView::Held::kYes;
  view.report.profile = "web";
  view.report.ok = 22;
  return view;
}

}  // namespace

TEST_CASE("Items are called what people call them") {
  CHECK(ItemTitle(ItemKind::kLimit, "nofile 812 1234567 my nginx") ==
        "nofile of my nginx (pid 812)");
  CHECK(ItemTitle(ItemKind::kFile, "/etc/a\033") == "/etc/a\\x1b");
  CHECK(ItemValue(ItemKind::kLimit, "1024 4096") == "1024 (hard 4096)");
  CHECK(ItemValue(ItemKind::kLimit, "1024 1024") == "1024");
  CHECK(RawItemValue(ItemKind::kFile, "644 0 0\nabc") == "3 bytes");
  CHECK(RawItemValue(ItemKind::kFile, "no folder /etc/x") == "no file");
  CHECK(CountItems(1, 0, 0) == "1 key");
  CHECK(CountItems(2, 1, 3) == "2 keys, 1 limit and 3 files");
  CHECK(CountItems(0, 0, 1) == "1 file");
  CHECK(CountItems(0, 0, 0) == "0 keys");
  CHECK(UnitOfDropIn("/tree/etc/systemd/system/nginx.service.d/60-tunewire.conf") ==
        "nginx.service");
  CHECK(UnitOfDropIn("/etc/sysctl.d/60-tunewire-web.conf").empty());
  CHECK(AmountsText(std::nullopt, std::nullopt) == "not set");
  CHECK(AmountsText(1024, kUnlimited) == "1024 (hard unlimited)");
}

TEST_CASE("A plan shows limits among the keys, and who will keep the old value") {
  PlanView view;
  view.plan.profile = "web";
  view.plan.references = {"web"};
  view.plan.limit_changes = {ServiceLimit()};
  view.boot = LostToBoth();
  using Kind = NotInEffect::Kind;
  view.not_in_effect = {Backlog(Kind::kStale, 812, "nginx.service", "0.0.0.0:80", "128"),
                        Backlog(Kind::kStale, 813, "nginx.service", "[::]:80", "128"),
                        Backlog(Kind::kOwnChoice, 900, "", "0.0.0.0:22", "5")};
  CHECK(PlanText(view, Target{}, PlanEnding::kAdvise, Style{}) ==
        "PLAN  web -> this host               1 to change, 0 already right, 1 conflict\n"
        "\n"
        "  nofile nginx.service  1024  ->  65536  takes effect on restart\n"
        "\n"
        "will go on with the old value:\n"
        "  ~ net.core.somaxconn nginx.service\n"
        "      has 128, 2 processes from pid 812 at 0.0.0.0:80, [::]:80: systemctl\n"
        "      restart nginx.service\n"
        "\n"
        "CONFLICT  /etc/sysctl.d/99-x.conf:3 sets net.core.somaxconn after us: the new\n"
        "          value would be lost at the next boot.\n"
        "\n"
        "nothing changed.  next: tunewire apply web --persist --confirm 60s\n");
}

TEST_CASE("Verify: drift, old settings, the next boot and own choices, in this order") {
  VerifyView view = Verified();
  using Kind = NotInEffect::Kind;
  view.report.limits = {ServiceLimit()};
  view.report.files = {{.path = "/etc/a.conf", .reason = "changed since transaction 7f3a21"}};
  view.report.not_in_effect = {
      Backlog(Kind::kStale, 812, "nginx.service", "0.0.0.0:80", "128"),
      Backlog(Kind::kOwnChoice, 900, "", "0.0.0.0:22", "5"),
      Backlog(Kind::kOwnChoice, 901, "squid.service", "0.0.0.0:3128", "256")};
  view.report.boot = LostToBoth();
  CHECK(VerifyText(view, Target{}, Style{}) ==
        "DRIFT  web  22 ok, 2 drifted, 1 not in effect, 1 at risk\n"
        "\n"
        "  x nofile nginx.service                want 65536   is 1024\n"
        "      set by /etc/systemd/system/nginx.service.d/10-x.conf:2\n"
        "  x /etc/a.conf\n"
        "      changed since transaction 7f3a21\n"
        "  x net.core.somaxconn nginx.service    want 8192   is 128\n"
        "      nginx (pid 812) at 0.0.0.0:80: systemctl restart nginx.service\n"
        "  ~ net.core.somaxconn                  live ok, lost at boot\n"
        "      /etc/sysctl.d/99-x.conf:3 sets 128 after us: remove that line\n"
        "  ~ net.core.somaxconn 8192, but by own choice: nginx (pid 900) 5 and 1 more\n"
        "exit 1.  next: tunewire apply web --persist\n");
}

TEST_CASE("What a program chose itself, and a boot without our file, are no faults") {
  VerifyView view = Verified();
  Tx tx;
  tx.id = "7f3a21";
  view.report.tx = &tx;
  view.report.not_in_effect = {Backlog(NotInEffect::Kind::kOwnChoice, 900, "", "0.0.0.0:22", "5")};
  CHECK(VerifyText(view, Target{}, Style{}) ==
        "OK  web (tx 7f3a21)                  22 ok\n"
        "\n"
        "  ~ net.core.somaxconn 8192, but by own choice: nginx (pid 900) 5\n"
        "  the next boot does not bring this profile (apply --persist does)\n");
  BootReport lost = LostToBoth();
  lost.persisted = false;
  CHECK(BootLosses(lost).empty());
}

TEST_CASE("Own choices take five lines at most, and all with -v") {
  std::vector<NotInEffect> findings;
  for (int key = 0; key < 8; ++key) {
    for (int pid = 1; pid < 30; ++pid) {
      findings.push_back(Backlog(NotInEffect::Kind::kOwnChoice, pid, "", "0.0.0.0:1", "5"));
      findings.back().key = "net.core.k" + std::to_string(key);
    }
  }
  Style style;
  const std::string brief = OwnChoiceText(findings, style);
  CHECK(std::ranges::count(brief, '\n') == 5);
  CHECK(brief.find("4 more keys") != std::string::npos);
  style.detail = Detail::kVerbose;
  CHECK(std::ranges::count(OwnChoiceText(findings, style), '\n') >= 8 * 29);
}

TEST_CASE("Loaders that disagree are both named, and so is a module that comes too late") {
  const FileLine ours{"/etc/sysctl.d/60-tunewire-web.conf", 4};
  const auto one = BootLosses(
      Boot(Outcome(BootLoader::kSystemdSysctl, Verdict::kKept, "8192", ours),
           Outcome(BootLoader::kProcps, Verdict::kLost, "128", {"/etc/sysctl.conf", 7})));
  REQUIRE(one.size() == 1);
  CHECK(one[0].reason ==
        "the loaders disagree: with sysctl --system /etc/sysctl.conf:7 sets 128 after us, "
        "systemd-sysctl keeps 8192 (/etc/sysctl.d/60-tunewire-web.conf:4)");
  CHECK(one[0].action == "remove that line");
  CHECK(one[0].winner.empty());
  const auto late =
      BootLosses(Boot(Outcome(BootLoader::kSystemdSysctl, Verdict::kTooLate, "8192", ours),
                      Outcome(BootLoader::kProcps, Verdict::kTooLate, "8192", ours)));
  REQUIRE(late.size() == 1);
  CHECK(late[0].reason.find("is loaded after sysctls are applied") != std::string::npos);
}

TEST_CASE("PAM: one remark for all that lack the same line; shared files only with -v") {
  std::vector<PamFinding> findings(4);
  const char* names[] = {"login", "sshd", "su", "common-session"};
  for (std::size_t i = 0; i < findings.size(); ++i) {
    findings[i].subject.name = names[i];
    findings[i].add_to = std::string("/etc/pam.d/") + names[i];
    findings[i].add_line = "session required pam_limits.so";
  }
  findings[0].state = PamState::kApplied;
  findings[3].subject.kind = PamSubject::Kind::kIncluded;
  Style style;
  CHECK(PamText(findings, style) ==
        "  ~ limits do not reach logins by sshd, su: pam_limits.so is not in the session\n"
        "    stack\n"
        "      add to /etc/pam.d/sshd and /etc/pam.d/su:\n"
        "        session required pam_limits.so\n");
  style.detail = Detail::kVerbose;
  CHECK(PamText(findings, style).find("common-session") != std::string::npos);
}
