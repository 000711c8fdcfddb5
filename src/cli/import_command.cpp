// tunewire import: settings of other tools turned into one profile.
#include "base/format.h"
#include "cli/commands.h"
#include "cli/settings_files.h"
#include "report/settings_report.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

constexpr std::uint32_t kMode = 0644;

std::string FolderOf(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

/// A new file, whole and synced, or none.
Status WriteNew(Files& files, const std::string& path, std::string_view text) {
  if (Status created = files.Create(path, text, kMode, 0); !created) {
    Error error = created.error();
    if (error.hint.empty()) error.hint = "an import writes new files only";
    return Fail(std::move(error));
  }
  if (Status synced = files.Sync(path); !synced) return synced;
  return files.SyncFolder(FolderOf(path));
}

}  // namespace

Answer Run(Session& session, const ImportArguments& arguments) {
  const Result<SysctlTree*> tree = session.Tree();
  if (!tree) return session.Refuse(tree.error());
  ImportRequest request;
  request.name = arguments.name;
  for (const std::string& file : arguments.files) {
    Result<SourceText> source = ReadSettings(session, file);
    if (!source) return session.Refuse(source.error());
    request.sources.push_back(*std::move(source));
  }
  const auto existing = (*tree)->List("").value_or(std::vector<SysctlKey>{});
  Result<Imported> imported =
      ImportProfile(request, existing, session.machine().files, session.root());
  if (!imported) return session.Refuse(imported.error());
  const ImportView view{*std::move(imported), arguments.out};
  if (!view.written.empty()) {
    const Status written =
        WriteNew(session.machine().files, view.written, view.imported.profile_text);
    if (!written) return session.Refuse(written.error());
  }
  Answer answer;
  if (session.json()) {
    answer.text = ImportJson(view);
  } else if (!view.written.empty()) {
    answer.text = ImportText(view, session.target(), session.style());
  } else {
    answer.text = view.imported.profile_text;
    session.Note(NotCarriedText(view.imported.not_carried, session.message_style()));
  }
  return answer;
}

}  // namespace tunewire
