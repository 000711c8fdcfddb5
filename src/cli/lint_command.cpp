// tunewire lint: what is wrong, dead or misleading in files of settings.
#include "cli/commands.h"
#include "cli/settings_files.h"
#include "report/settings_report.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

std::string ValueOf(const SysctlTree& tree, const char* name) {
  const Result<SysctlKey> key = SysctlKey::Parse(name);
  if (!key) return "";
  const Result<std::string> raw = tree.Read(*key);
  return raw ? std::string(Trim(*raw)) : std::string();
}

/// What cannot be learnt only switches rules off.
Result<LintFacts> FactsHere(Session& session) {
  const Result<SysctlTree*> tree = session.Tree();
  if (!tree) return Fail(tree.error());
  const Result<const HostInfo*> info = session.Info();
  if (!info) return Fail(info.error());
  LintFacts facts;
  if (Result<std::vector<SysctlKey>> keys = (*tree)->List("")) {
    facts.existing = *std::move(keys);
    facts.keys_known = !facts.existing.empty();
  }
  facts.child_namespace = (*info)->init_netns != 0 && (*info)->netns_inode != (*info)->init_netns;
  facts.memory = (*info)->memory;
  facts.reserved_ports = ValueOf(**tree, "net.ipv4.ip_local_reserved_ports");
  const auto nr_open = ParseDecimal(ValueOf(**tree, "fs.nr_open"));
  facts.nr_open = nr_open && *nr_open > 0 ? static_cast<std::uint64_t>(*nr_open) : 0;
  facts.boot = ReadBootFiles(session.machine().files, session.root(), (*info)->kernel_release);
  if (session.offline()) return facts;
  if (const auto listeners = session.machine().listeners()->Listeners()) {
    for (const Listener& listener : *listeners) facts.listening.push_back(listener.port);
  }
  return facts;
}

}  // namespace

Answer Run(Session& session, const LintArguments& arguments) {
  const Result<LintFacts> facts = FactsHere(session);
  if (!facts) return session.Refuse(facts.error());
  LintView view;
  view.rules = static_cast<int>(LintRules().size());
  Answer answer;
  for (const std::string& file : arguments.files) {
    const Result<SourceText> source = ReadSettings(session, file);
    auto findings = source ? LintSettings(*source, *facts)
                           : Result<std::vector<LintFinding>>(Fail(source.error()));
    if (!findings) {
      answer.errors.push_back(findings.error());
      continue;
    }
    view.files.push_back(source->path);
    std::ranges::move(*findings, std::back_inserter(view.findings));
  }
  if (!view.findings.empty()) answer.status = ExitStatus::kFinding;
  // A file that could not be judged outweighs what was found in the others.
  if (!answer.errors.empty()) answer.status = StatusOf(answer.errors.front().kind);
  if (session.json()) {
    answer.text = LintJson(view);
  } else if (!view.files.empty()) {
    answer.text = LintText(view, session.style());
  }
  return answer;
}

}  // namespace tunewire
