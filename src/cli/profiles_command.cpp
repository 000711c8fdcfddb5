// tunewire profiles: the profiles found, and which file won.
#include "cli/commands.h"
#include "report/show_report.h"

namespace tunewire {
namespace {

ProfileRow RowOf(Session& session, const FoundProfile& found) {
  ProfileRow row{found.name, found.path, "", found.masked, ""};
  const Result<SourceText> source = session.profiles().Open(found.path);
  if (!source) {
    row.problem = source.error().message;
    return row;
  }
  const auto profile = ParseProfile(*source);
  if (profile) {
    row.summary = profile->summary;
  } else {
    row.problem = profile.error().front().message;
  }
  return row;
}

}  // namespace

Answer Run(Session& session, const ProfilesArguments&) {
  const Result<std::vector<FoundProfile>> found = session.profiles().List();
  if (!found) return session.Refuse(found.error());
  ProfilesView view;
  for (const FoundProfile& profile : *found) view.rows.push_back(RowOf(session, profile));
  view.searched = session.profiles().folders();
  Answer answer;
  answer.text =
      session.json() ? ProfilesJson(view) : ProfilesText(view, session.target(), session.style());
  return answer;
}

}  // namespace tunewire
