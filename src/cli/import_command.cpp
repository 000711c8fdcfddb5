// tunewire import: settings of other tools turned into one profile.
#include "cli/commands.h"
#include "cli/output_file.h"
#include "cli/settings_files.h"
#include "report/settings_report.h"
#include "tunewire/base/text.h"

namespace tunewire {
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
    const Status written = WriteNewFile(session, view.written, view.imported.profile_text,
                                        "an import writes new files only");
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
