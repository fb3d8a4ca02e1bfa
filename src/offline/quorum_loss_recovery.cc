#include "offline/quorum_loss_recovery.h"

#include <fmt/core.h>

#include <filesystem>
#include <istream>
#include <ostream>
#include <utility>

#include "common/roster.h"
#include "common/status.h"
#include "offline/new_cluster.h"
#include "offline/survivors.h"
#include "storage/directory/identity.h"
#include "storage/files/files.h"
#include "system/clock.h"
#include "text/json.h"
#include "text/text.h"

namespace cairn::offline {
namespace {

constexpr int kMostNames = 1000;

constexpr char kWarning[] =
    "What may be lost: whatever only nodes that are not here had accepted. Writes that were\n"
    "acknowledged after {} last heard from the others (its last block is of {})\n"
    "may be among it, and from here nobody can count them. The directory of every other node that\n"
    "can still be read is worth naming beside this one: the best of them is taken.\n"
    "\n"
    "What must never be done afterwards: start a node on one of the old directories, also not on "
    "a\n"
    "lost one that comes back. It knows nothing of this decision, and a majority of such nodes is\n"
    "a second cluster under the same name.\n";

std::string SurvivorText(const Survivor& survivor) {
  const replica::LedgerHead& head = survivor.head();
  std::string text = fmt::format(
      "{}\n"
      "  node           {}, incarnation {}\n"
      "  last block     slot {}, of {}\n"
      "                 {}\n"
      "  accepted in    ballot {} (promised: {})\n",
      survivor.path(), survivor.node(),
      FormatIncarnation(survivor.directory.identity().incarnation), head.tip,
      text::TimeText(survivor.time), survivor.ledger->tip_hash().Hex(), head.accepted.ToString(),
      head.promised.ToString());
  const Slot undecided = head.tip - survivor.decided;
  text += fmt::format("  decided        up to slot {}", survivor.decided);
  if (undecided > 0) {
    text += fmt::format("; the {} above may be, and {} kept, as decided",
                        undecided == 1 ? "block" : fmt::format("{} blocks", undecided),
                        undecided == 1 ? "is" : "are");
  }
  text += "\n";
  for (const std::string& torn : survivor.ledger->torn()) {
    text += "  torn           " + torn + "\n";
  }
  for (const replica::Hole& hole : survivor.ledger->holes()) {
    text += fmt::format("  lost           slots {}..{}\n", hole.first, hole.last);
  }
  return text;
}

/// Everything that the operator must know before he decides.
std::string Situation(const Survivors& survivors, std::size_t chosen) {
  const chain::GenesisParameters& cluster = survivors.parameters;
  std::string text = fmt::format("cluster {} of {} (genesis {})\n\n", text::Quote(cluster.name),
                                 text::NodesText(cluster.nodes), survivors.genesis->hash.Hex());
  for (const Survivor& survivor : survivors.sound) {
    text += SurvivorText(survivor);
  }
  const Survivor& best = survivors.sound[chosen];
  if (survivors.sound.size() > 1) {
    text += fmt::format(
        "\nchosen: {}: it holds all that the others know as decided, and of those that do it "
        "has the greatest (accepted ballot, last block)\n",
        best.path());
  }
  if (survivors.sound.size() >= QuorumOf(cluster.nodes.size())) {
    text += fmt::format(
        "\nSTOP: directories of {} of {} nodes are here. If {} of them were never wiped or "
        "replaced, "
        "start these nodes instead: a majority goes on by itself, and loses nothing.\n",
        survivors.sound.size(), cluster.nodes.size(), QuorumOf(cluster.nodes.size()));
  }
  return text + "\n" +
         fmt::format(kWarning, fmt::format("node {}", best.node()), text::TimeText(best.time));
}

Status CheckName(const RecoverCommand& command, const std::string& name, std::istream& in,
                 std::ostream& err) {
  std::string typed = command.cluster_name.value_or("");
  if (!command.cluster_name) {
    err << "\nType the name of the cluster to go on; anything else changes nothing: " << std::flush;
    std::getline(in, typed);
    if (!in.good()) {
      err << "\n";  // The answer's newline is not on the screen.
    }
  }
  return typed == name ? Status::Ok()
                       : Status::Usage(text::Quote(typed) +
                                       " is not the name of the cluster; "
                                       "nothing was changed. To go on, type it, or give it with "
                                       "--cluster-name.");
}

/// For the commands that are shown: who runs them sees what stands in the way.
bool Stands(const std::string& path) {
  const Result<bool> exists = storage::Exists(path);
  return !exists.ok() || exists.value();
}

std::string FreeName(const std::string& path) {
  std::string name = path + ".before-recovery";
  for (int number = 2; number < kMostNames && Stands(name); ++number) {
    name = fmt::format("{}.before-recovery-{}", path, number);
  }
  return name;
}

/// Where the node has its data, if it lies beside the survivor and is named as `cairn server` does.
std::string PlaceOf(NodeId node, const Survivor& survivor) {
  const std::filesystem::path path(survivor.path());
  const bool usual = path.filename() == fmt::format("node{}", survivor.node());
  return usual ? (path.parent_path() / fmt::format("node{}", node)).string()
               : fmt::format("DATA-OF-NODE-{}", node);
}

std::string ShellWord(const std::string& word) {
  std::string quoted = "'";
  for (const char c : word) {
    quoted += c == '\'' ? "'\\''" : std::string(1, c);
  }
  const char* plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._-+:@%";
  return word.find_first_not_of(plain) == std::string::npos ? word : quoted + "'";
}

/// What puts the node's new directory into the place of its old one.
std::vector<std::string> CommandsFor(const NewDirectory& directory, const Survivor& survivor) {
  const std::string place = PlaceOf(directory.node, survivor);
  std::vector<std::string> commands;
  if (place.front() != '/' || Stands(place)) {
    commands.push_back("mv -T " + ShellWord(place) + " " + ShellWord(FreeName(place)));
  }
  commands.push_back("mv -T " + ShellWord(directory.path) + " " + ShellWord(place));
  return commands;
}

std::string MadeText(const NewCluster& made, const Survivor& survivor) {
  const std::filesystem::path first(made.directories.front().path);
  std::string text = fmt::format(
      "made in {}: a directory for each node, with the chain of node {} up to slot {} and, at slot "
      "{}, the block that names the new incarnations\n\n"
      "Put them into their places while no node runs (where a node lives on another machine, copy "
      "its directory there whole):\n\n",
      first.parent_path().string(), survivor.node(), made.decision->slot() - 1,
      made.decision->slot());
  for (const NewDirectory& directory : made.directories) {
    for (const std::string& line : CommandsFor(directory, survivor)) {
      text += "  " + line + "\n";
    }
  }
  return text + fmt::format(
                    "\nThen start the nodes. `cairn chain --from {0} --to {0}` shows the "
                    "decision.\n",
                    made.decision->slot());
}

text::Json MadeJson(const NewCluster& made, const Survivors& survivors, const Survivor& survivor) {
  text::Json json;
  json["ok"] = true;
  json["cluster"] = survivors.parameters.name;
  json["survivor"] = survivor.path();
  json["node"] = survivor.node();
  json["decided"] = survivor.decided;
  json["tip"] = survivor.head().tip;
  json["slot"] = made.decision->slot();
  json["hash"] = made.decision->hash.Hex();
  json["nodes"] = text::Json::array();
  for (const NewDirectory& directory : made.directories) {
    text::Json node;
    node["id"] = directory.node;
    node["incarnation"] = FormatIncarnation(directory.incarnation);
    node["directory"] = directory.path;
    node["commands"] = CommandsFor(directory, survivor);
    json["nodes"].push_back(std::move(node));
  }
  return json;
}

int Refuse(const RecoverCommand& command, const Status& status, std::ostream& out,
           std::ostream& err) {
  if (command.json) {
    text::Json json;
    json["ok"] = false;
    json["error"] = std::string(CodeName(status.code()));
    json["message"] = status.message();
    out << json.dump(-1, ' ', false, text::Json::error_handler_t::replace) << std::endl;
  } else {
    err << "cairn: " << status.message() << std::endl;
  }
  return ExitCode(status.code());
}

}  // namespace

int RunRecover(const RecoverCommand& command, std::istream& in, std::ostream& out,
               std::ostream& err) {
  const Result<Survivors> survivors = OpenSurvivors(command.directories);
  if (!survivors.ok()) {
    return Refuse(command, survivors.status(), out, err);
  }
  const Result<std::size_t> chosen = ChooseSurvivor(survivors->sound);
  if (!chosen.ok()) {
    return Refuse(command, chosen.status(), out, err);
  }
  const Survivor& survivor = survivors->sound[chosen.value()];
  const std::filesystem::path first(survivors->sound.front().path());
  const std::string place =
      command.out.empty() ? (first.parent_path() / "recovered").string() : command.out;
  if (const Status may = MayRebuild(survivors.value(), chosen.value(), place); !may.ok()) {
    return Refuse(command, may, out, err);
  }
  err << Situation(survivors.value(), chosen.value()) << std::flush;
  const std::string& name = survivors->parameters.name;
  if (const Status typed = CheckName(command, name, in, err); !typed.ok()) {
    return Refuse(command, typed, out, err);
  }
  Micros said = system::MonotonicNow();
  const auto progress = [&](Slot done, Slot all) {
    if (const Micros now = system::MonotonicNow(); now - said > 1'000'000) {
      said = now;
      err << fmt::format("{} of {} blocks are copied\n", done, all) << std::flush;
    }
  };
  const Result<NewCluster> made =
      Rebuild(survivors.value(), chosen.value(), place, system::WallNow(), progress);
  if (!made.ok()) {
    return Refuse(command, made.status(), out, err);
  }
  if (command.json) {
    out << MadeJson(made.value(), survivors.value(), survivor)
               .dump(-1, ' ', false, text::Json::error_handler_t::replace)
        << std::endl;
  } else {
    out << MadeText(made.value(), survivor) << std::flush;
  }
  return out.good() ? 0 : ExitCode(Code::kOther);
}

}  // namespace cairn::offline
