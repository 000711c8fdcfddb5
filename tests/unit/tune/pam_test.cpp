#include <doctest/doctest.h>

#include <random>
#include <string>

#include "support/fake_files.h"
#include "support/temp_folder.h"
#include "tune/pam_lines.h"
#include "tunewire/tune/pam.h"

namespace tunewire {
namespace {

using Kind = PamSubject::Kind;

std::string Shown(const PamFinding& finding) {
  const std::string place = finding.place.file + ":" + std::to_string(finding.place.line);
  switch (finding.state) {
    case PamState::kApplied:
      return "applied " + place;
    case PamState::kSkippable:
      return "skippable " + place + " by " + finding.skipper.file + ":" +
             std::to_string(finding.skipper.line);
    case PamState::kElsewhere:
      return "elsewhere " + place + " " + finding.conf;
    case PamState::kMissing:
      return "missing, add to " + finding.add_to +
             (finding.copy_from.empty() ? "" : " from " + finding.copy_from);
    case PamState::kAbsent:
      return "absent";
    case PamState::kUnreadable:
      return "unreadable";
  }
  return "?";
}

PamFinding Check(const Files& files, const std::string& name) {
  const PamSubject subject{name, name.starts_with("common-") ? Kind::kIncluded : Kind::kService};
  return CheckPam(files, "/", std::span(&subject, 1)).front();
}

/// The state of a service "x" with this text.
std::string Of(const std::string& text) {
  FakeFiles files;
  files.Put("/etc/pam.d/x", text);
  return Shown(Check(files, "x"));
}

FakeFiles DebianLike() {
  FakeFiles files;
  files.Put("/etc/pam.d/common-session",
            "# /etc/pam.d/common-session\n"
            "session\t[default=1]\t\t\tpam_permit.so\n"
            "session\trequisite\t\t\tpam_deny.so\n"
            "session\trequired\t\t\tpam_permit.so\n"
            "session\toptional\tpam_systemd.so \n");
  files.Put("/etc/pam.d/common-session-noninteractive",
            "session [default=1] pam_permit.so\nsession required pam_unix.so\n");
  files.Put("/etc/pam.d/login",
            "auth optional pam_faildelay.so  delay=3000000\n"
            "session [success=ok ignore=ignore module_unknown=ignore default=bad] pam_selinux.so "
            "close\n"
            "session    required   pam_limits.so\n"
            "@include common-session\n");
  files.Put("/etc/pam.d/sshd", "# session required pam_limits.so\n@include common-session\n");
  files.Put("/etc/pam.d/su", "auth sufficient pam_rootok.so\nsession required pam_limits.so\n");
  files.Put("/etc/pam.d/cron",
            "@include common-session-noninteractive \n"
            "session    required   pam_limits.so\n");
  files.Put("/etc/pam.d/other", "@include common-session\n");
  return files;
}

FakeFiles RedHatLike() {
  FakeFiles files;
  files.Put("/etc/pam.d/system-auth",
            "auth        required      pam_env.so\n"
            "session     optional      pam_keyinit.so revoke\n"
            "session     required      pam_limits.so\n"
            "-session    optional      pam_systemd.so\n"
            "session     [success=1 default=ignore] pam_succeed_if.so service in crond quiet\n"
            "session     required      pam_unix.so\n");
  files.Put("/etc/pam.d/password-auth",
            "session optional pam_keyinit.so revoke\nsession required pam_limits.so\n");
  files.Put("/etc/pam.d/login",
            "#%PAM-1.0\nauth substack system-auth\n"
            "session    required     pam_loginuid.so\nsession    include      system-auth\n");
  files.Put("/etc/pam.d/sshd", "session    include      password-auth\n");
  files.Put("/etc/pam.d/crond", "session    include      password-auth\n");
  files.Put("/etc/pam.d/su", "session\t\tsubstack\tsystem-auth\n");
  return files;
}

}  // namespace

TEST_CASE("pam: a tree in Debian's manner") {
  const FakeFiles files = DebianLike();
  std::string shown;
  for (const PamFinding& one : CheckPam(files, "/", PamSubjects())) {
    shown += one.subject.name + ": " + Shown(one) + "\n";
    CHECK(one.problems.empty());
  }
  CHECK(shown ==
        "login: applied /etc/pam.d/login:3\n"
        "sshd: missing, add to /etc/pam.d/sshd\n"
        "su: applied /etc/pam.d/su:2\n"
        "cron: applied /etc/pam.d/cron:2\n"
        "crond: absent\n"
        "common-session: missing, add to /etc/pam.d/common-session\n"
        "common-session-noninteractive: missing, add to "
        "/etc/pam.d/common-session-noninteractive\n");
  CHECK(Check(files, "sshd").add_line == "session required pam_limits.so");
}

TEST_CASE("pam: a tree in Red Hat's manner") {
  const FakeFiles files = RedHatLike();
  CHECK(Shown(Check(files, "login")) == "applied /etc/pam.d/system-auth:3");
  CHECK(Shown(Check(files, "sshd")) == "applied /etc/pam.d/password-auth:2");
  CHECK(Shown(Check(files, "crond")) == "applied /etc/pam.d/password-auth:2");
  CHECK(Shown(Check(files, "su")) == "applied /etc/pam.d/system-auth:3");
  CHECK(Shown(Check(files, "common-session")) == "absent");
}

TEST_CASE("pam: what is a line with pam_limits, and what only looks so") {
  for (const char* text :
       {"session required pam_limits.so", "-session optional pam_limits.so debug\n",
        "SESSION Required pam_limits.so\n", "session required /lib/security/$ISA/pam_limits.so\n",
        "session [success=ok default=bad] pam_limits.so\n", "session \\\n required pam_limits.so\n",
        "session required pam_limits.so# no blank\n", "  \tsession\trequired\tpam_limits.so\n",
        "session [a\\]b] pam_limits.so\n"}) {
    CAPTURE(text);
    CHECK(Of(text) == "applied /etc/pam.d/x:1");
  }
  for (const char* text :
       {"", "auth required pam_limits.so\n", "#session required pam_limits.so\n",
        "session required # pam_limits.so\n", "session required pam_env.so pam_limits.so\n",
        "session required pam_limits.so.bak\n", "session pam_limits.so\n",
        "session required pam_limits.so\r\n", "session required # \\\n pam_limits.so\n",
        "session required pam_limits\n", "ession required pam_limits.so\n"}) {
    CAPTURE(text);
    CHECK(Of(text) == "missing, add to /etc/pam.d/x");
  }
}

TEST_CASE("pam: continued lines are counted by their first") {
  CHECK(Of("# one\n\nsession \\  \n required \\\n pam_limits.so\n") == "applied /etc/pam.d/x:3");
  CHECK(Of("session required pam_env.so \\\n\nsession required pam_limits.so\n") ==
        "applied /etc/pam.d/x:3");
}

TEST_CASE("pam: lines that may keep a session from it") {
  CHECK(Of("session sufficient pam_x.so\nsession required pam_limits.so\n") ==
        "skippable /etc/pam.d/x:2 by /etc/pam.d/x:1");
  CHECK(Of("session [success=1 default=ignore] pam_x.so\nsession required pam_limits.so\n") ==
        "skippable /etc/pam.d/x:2 by /etc/pam.d/x:1");
  CHECK(Of("session [success=1 default=ignore] pam_x.so\nsession required pam_y.so\n"
           "session required pam_limits.so\n") == "applied /etc/pam.d/x:3");
  CHECK(Of("session [default=99999999999999] pam_x.so\nsession required pam_y.so\n"
           "session required pam_limits.so\n") == "skippable /etc/pam.d/x:3 by /etc/pam.d/x:1");
  CHECK(Of("session requisite pam_x.so\nsession optional pam_y.so\n"
           "session required pam_limits.so\n") == "applied /etc/pam.d/x:3");
  CHECK(Of("session sufficient pam_x.so\nsession required pam_limits.so\n"
           "session [default=done] pam_x.so\n") == "skippable /etc/pam.d/x:2 by /etc/pam.d/x:1");
  CHECK(Of("auth sufficient pam_x.so\nsession required pam_limits.so\n") ==
        "applied /etc/pam.d/x:2");
}

TEST_CASE("pam: a substack ends only itself, and is one line for a jump") {
  FakeFiles files;
  files.Put("/etc/pam.d/inner", "session sufficient pam_x.so\nsession required pam_y.so\n");
  files.Put("/etc/pam.d/sub", "session substack inner\nsession required pam_limits.so\n");
  files.Put("/etc/pam.d/inc", "session include inner\nsession required pam_limits.so\n");
  files.Put("/etc/pam.d/jump",
            "session [success=1 default=ignore] pam_x.so\nsession substack inner\n"
            "session required pam_limits.so\n");
  files.Put("/etc/pam.d/over", "session [default=1] pam_x.so\nsession substack with\n");
  files.Put("/etc/pam.d/with", "session required pam_limits.so\n");
  CHECK(Shown(Check(files, "sub")) == "applied /etc/pam.d/sub:2");
  CHECK(Shown(Check(files, "inc")) == "skippable /etc/pam.d/inc:2 by /etc/pam.d/inner:1");
  CHECK(Shown(Check(files, "jump")) == "applied /etc/pam.d/jump:3");
  CHECK(Shown(Check(files, "over")) == "skippable /etc/pam.d/with:1 by /etc/pam.d/over:1");
}

TEST_CASE("pam: conf= leads it away from limits.d") {
  CHECK(Of("session required pam_limits.so debug conf=/etc/limits\n") ==
        "elsewhere /etc/pam.d/x:1 /etc/limits");
  CHECK(Of("session required pam_limits.so conf=/etc/limits\nsession required pam_limits.so\n") ==
        "applied /etc/pam.d/x:2");
}

TEST_CASE("pam: a service without session lines has other's") {
  FakeFiles files;
  files.Put("/etc/pam.d/x", "auth required pam_unix.so\n");
  files.Put("/etc/pam.d/common-session", "auth required pam_unix.so\n");
  CHECK(Shown(Check(files, "x")) == "missing, add to /etc/pam.d/x");
  files.Put("/etc/pam.d/other", "session required pam_deny.so\n");
  CHECK(Shown(Check(files, "x")) == "missing, add to /etc/pam.d/other");
  files.Put("/etc/pam.d/other", "session required pam_limits.so\n");
  CHECK(Shown(Check(files, "x")) == "applied /etc/pam.d/other:1");
  CHECK(Shown(Check(files, "common-session")) == "missing, add to /etc/pam.d/common-session");
  files.Put("/etc/pam.d/x", "session include gone\n");
  CHECK(Shown(Check(files, "x")) == "missing, add to /etc/pam.d/x");
}

TEST_CASE("pam: vendors' files, masked by those of the host") {
  FakeFiles files;
  files.Put("/usr/lib/pam.d/sshd", "session include common-session\n");
  files.Put("/usr/etc/pam.d/common-session", "session required pam_unix.so\n");
  CHECK(Shown(Check(files, "sshd")) == "missing, add to /etc/pam.d/sshd from /usr/lib/pam.d/sshd");
  files.Put("/etc/pam.d/common-session", "session required pam_limits.so\n");
  CHECK(Shown(Check(files, "sshd")) == "applied /etc/pam.d/common-session:1");
}

TEST_CASE("pam: includes that are not there, too deep or absolute") {
  FakeFiles files;
  files.Put("/etc/pam.d/x", "session include gone\n@include\n");
  PamFinding finding = Check(files, "x");
  CHECK(Shown(finding) == "missing, add to /etc/pam.d/x");
  REQUIRE(finding.problems.size() == 2);
  CHECK(finding.problems[0].code == "no_such_file");
  CHECK(finding.problems[0].where->file == "/etc/pam.d/x");
  CHECK(finding.problems[0].where->line == 1);
  files.Put("/etc/pam.d/x", "@include x\nsession include x\n@include x\n");
  finding = Check(files, "x");
  CHECK(Shown(finding) == "missing, add to /etc/pam.d/x");
  REQUIRE_FALSE(finding.problems.empty());
  CHECK(finding.problems[0].code == "too_deep");
  CHECK(finding.problems.size() <= 3);
  files.Put("/etc/pam.d/x", "session include /srv/mine\n");
  files.Put("/srv/mine", "session required pam_limits.so\n");
  CHECK(Shown(Check(files, "x")) == "applied /srv/mine:1");
}

TEST_CASE("pam: fifteen levels are followed") {
  FakeFiles files;
  for (int level = 0; level < 15; ++level) {
    files.Put("/etc/pam.d/l" + std::to_string(level),
              "session include l" + std::to_string(level + 1) + "\n");
  }
  files.Put("/etc/pam.d/l15", "session required pam_limits.so\n");
  CHECK(Shown(Check(files, "l0")) == "applied /etc/pam.d/l15:1");
  files.Put("/etc/pam.d/before", "session include l0\n");
  CHECK(Shown(Check(files, "before")) == "missing, add to /etc/pam.d/before");
}

TEST_CASE("pam: folders, huge and binary files") {
  const TempFolder folder;
  folder.Put("etc/pam.d/sshd/x", "");
  folder.Put("etc/pam.d/su", std::string(2 << 20, '#'));
  folder.Put("etc/pam.d/cron", "session include sshd\n");
  std::string noise = "session required pam_limits.so\n";
  std::mt19937 random(17);
  for (int byte = 0; byte < 10000; ++byte) noise += static_cast<char>(random());
  folder.Put("etc/pam.d/login", noise);
  const auto files = LinuxFiles();
  std::string shown;
  for (const PamFinding& one : CheckPam(*files, folder.path(), PamSubjects().first(4))) {
    shown += one.subject.name + " " + Shown(one).substr(0, 10) + "\n";
  }
  CHECK(shown == "login applied /t\nsshd unreadable\nsu unreadable\ncron unreadable\n");
}

TEST_CASE("pam: this machine's services have an answer") {
  const auto files = LinuxFiles();
  for (const PamFinding& one : CheckPam(*files, "/", PamSubjects())) {
    CAPTURE(one.subject.name);
    CHECK(Shown(one) != "?");
    if (one.state == PamState::kMissing) CHECK(one.add_to.starts_with("/etc/pam.d/"));
    const bool there = files->Read("/etc/pam.d/" + one.subject.name, 1 << 20).has_value() ||
                       files->Read("/usr/lib/pam.d/" + one.subject.name, 1 << 20).has_value();
    if (there) CHECK(one.state != PamState::kAbsent);
    MESSAGE(one.subject.name << ": " << Shown(one));
  }
}

TEST_CASE("pam words: brackets are one word, whatever is in them") {
  CHECK(PamWords(" a  [b c=1] d[e ") == std::vector<std::string>{"a", "b c=1", "d[e"});
  CHECK(PamWords("[a\\]b]c") == std::vector<std::string>{"a]b", "c"});
  CHECK(PamWords("[never closed").size() == 1);
  CHECK(PamWords("[").size() == 1);
  CHECK(PamWords("  ").empty());
}

}  // namespace tunewire
