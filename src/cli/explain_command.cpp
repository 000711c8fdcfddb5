// tunewire explain: one row of the catalog with the value now.
#include "base/format.h"
#include "cli/commands.h"
#include "cli/lookup.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

/// "all 0, default 0, lo 0": one key's value for every interface there is.
std::string ValuesOf(const SysctlTree& tree, const KeyPattern& pattern) {
  const std::string path = SysctlKey::Parse(pattern.name())->path();
  const std::size_t star = path.find('*');
  const Result<std::vector<std::string>> names = tree.Names(pattern.FixedFolder());
  std::vector<std::string> values;
  if (!names || star == std::string::npos) return "";
  for (const std::string& name : *names) {
    const Result<SysctlKey> key =
        SysctlKey::Parse(path.substr(0, star) + name + path.substr(star + 1));
    if (!key) continue;
    const ShownSetting setting = ReadSetting(tree, *key);
    if (setting.value) values.push_back(Format("{} {}", name, *setting.value));
  }
  return Join(values, ", ");
}

/// The catalog's row that is written exactly so: "net.ipv4.conf.*.rp_filter".
const Tunable* RowNamed(std::string_view name) {
  for (const Tunable& tunable : AllTunables()) {
    if (tunable.key == name) return &tunable;
  }
  return nullptr;
}

/// A last part stands for the row that ends in it, where that is clear: "tcp_rmem", "somaxconn";
/// for "rp_filter" it is the row of all interfaces.
const Tunable* RowEndingIn(std::string_view last) {
  const Tunable* found = nullptr;
  const Tunable* general = nullptr;
  int hits = 0, generals = 0;
  for (const Tunable& tunable : AllTunables()) {
    if (tunable.key.substr(tunable.key.rfind('.') + 1) != last) continue;
    found = &tunable;
    ++hits;
    if (tunable.key.find('*') == std::string_view::npos) continue;
    general = &tunable;
    ++generals;
  }
  return hits == 1 ? found : generals == 1 ? general : nullptr;
}

Result<ShownSetting> Explain(const SysctlTree& tree, const std::string& name) {
  const Tunable* row = RowNamed(name);
  if (row == nullptr && name.find_first_of("./") == std::string::npos) row = RowEndingIn(name);
  const std::string full = row == nullptr ? name : std::string(row->key);
  const Result<KeyPattern> pattern = KeyPattern::Parse(full);
  if (!pattern) return Fail(pattern.error());
  if (!pattern->is_glob()) {
    ShownSetting setting = ReadSetting(tree, pattern->key());
    if (setting.value || !setting.absence.empty()) return setting;
    if (setting.tunable == nullptr) return Fail(NoSuchKey(name));
    AddAbsence(tree, pattern->key(), setting);
    return setting;
  }
  if (row == nullptr) return Fail(NoSuchKey(name));
  ShownSetting setting;
  setting.key = full;
  setting.tunable = row;
  const std::string values = ValuesOf(tree, *pattern);
  if (values.empty()) {
    setting.absence = "no interface has it";
  } else {
    setting.value = values;
  }
  return setting;
}

}  // namespace

Answer Run(Session& session, const ExplainArguments& arguments) {
  const Result<SysctlTree*> tree = session.Tree();
  if (!tree) return session.Refuse(tree.error());
  const Result<ShownSetting> setting = Explain(**tree, arguments.key);
  if (!setting) return session.Refuse(setting.error());
  const ExplainView view{*setting};
  Answer answer;
  answer.text = session.json() ? ExplainJson(view) : ExplainText(view, session.style());
  return answer;
}

}  // namespace tunewire
