#include "config/cluster.h"

#include <fcntl.h>
#include <toml++/toml.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <map>
#include <optional>
#include <system_error>

#include "common/limits.h"
#include "config/host.h"
#include "system/read_all.h"
#include "text/nearest.h"

namespace cairn::config {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxNameBytes = 64;
constexpr std::size_t kMaxFileBytes = 1024 * 1024;

std::string Absolute(const std::string& path) {
  std::error_code error;
  const fs::path absolute = fs::absolute(path, error);
  return error ? path : absolute.lexically_normal().string();
}

std::string Quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }

std::string JoinQuoted(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    text += (text.empty() ? "" : ", ") + Quoted(word);
  }
  return text;
}

/// What a value is, in the words of a person who edits the file.
std::string KindOf(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::string:
      return "a text in quotes";
    case toml::node_type::integer:
      return "a whole number";
    case toml::node_type::floating_point:
      return "a decimal number";
    case toml::node_type::boolean:
      return "true or false";
    case toml::node_type::array:
      return "a list";
    case toml::node_type::table:
      return "a table";
    default:
      return "a date or time";
  }
}

/// Reads the parsed file into a Cluster. It stops at the first thing that is wrong.
class FileReader {
 public:
  FileReader(const toml::table& root, const std::string& path) : root_(root) {
    cluster_.path = path;
  }

  Result<Cluster> Read() {
    for (const auto step : {&FileReader::ReadTop, &FileReader::ReadCluster, &FileReader::ReadNodes,
                            &FileReader::CheckAddresses}) {
      if (Status status = (this->*step)(); !status.ok()) {
        return status;
      }
    }
    return std::move(cluster_);
  }

 private:
  Status Wrong(const toml::node& where, const std::string& what) const {
    return Wrong(where.source().begin.line, what);
  }
  Status Wrong(std::size_t line, const std::string& what) const {
    const std::string place = line == 0 ? "" : ":" + std::to_string(line);
    return Status::Usage(cluster_.path + place + ": " + what);
  }

  Status CheckKeys(const toml::table& table, const std::string& table_name,
                   const std::vector<std::string>& known) const {
    for (const auto& [key, value] : table) {
      if (std::find(known.begin(), known.end(), key.str()) != known.end()) {
        continue;
      }
      const std::string nearest = text::Nearest(key.str(), known);
      const std::string hint = nearest.empty() ? "known here: " + JoinQuoted(known)
                                               : "did you mean " + Quoted(nearest) + "?";
      return Wrong(key.source().begin.line,
                   "unknown key " + Quoted(key.str()) + " in " + table_name + "; " + hint);
    }
    return Status::Ok();
  }

  /// The value of a key, of exactly the type T; `expected` says what to write.
  template <typename T>
  Result<T> Need(const toml::table& table, const std::string& table_name, const char* key,
                 const std::string& expected) const {
    const toml::node* node = table.get(key);
    if (node == nullptr) {
      return Wrong(table,
                   table_name + " has no key " + Quoted(key) + "; write " + key + " = " + expected);
    }
    const auto value = node->value_exact<T>();
    if (!value) {
      return Wrong(*node, "the value of " + Quoted(key) + " is " + KindOf(*node) + "; write " +
                              key + " = " + expected);
    }
    return *value;
  }

  Status ReadTop() {
    if (Status status = CheckKeys(root_, "the file", {"cluster", "node"}); !status.ok()) {
      return status;
    }
    const toml::node* cluster = root_.get("cluster");
    if (cluster == nullptr || !cluster->is_table()) {
      return Wrong(cluster == nullptr ? 0 : cluster->source().begin.line,
                   "there is no table [cluster]; write [cluster] and below it name = \"cairn\"");
    }
    const toml::node* nodes = root_.get("node");
    if (nodes == nullptr || !nodes->is_array() || nodes->as_array()->empty()) {
      return Wrong(nodes == nullptr ? 0 : nodes->source().begin.line,
                   "there are no nodes; write a table [[node]] (in double brackets) for each, with "
                   "id, host, client_port and peer_port");
    }
    return Status::Ok();
  }

  Status ReadFlag(const toml::table& table, const char* key, bool* flag) const {
    if (table.get(key) == nullptr) {
      return Status::Ok();
    }
    const Result<bool> value = Need<bool>(table, "[cluster]", key, "true or false");
    if (value.ok()) {
      *flag = value.value();
    }
    return value.status();
  }

  Status ReadCluster() {
    const toml::table& table = *root_.get("cluster")->as_table();
    if (Status status = CheckKeys(table, "[cluster]", {"name", "allow_faults", "insecure"});
        !status.ok()) {
      return status;
    }
    const Result<std::string> name =
        Need<std::string>(table, "[cluster]", "name", "\"a name for this cluster\"");
    if (!name.ok()) {
      return name.status();
    }
    if (name.value().empty() || name.value().size() > kMaxNameBytes) {
      return Wrong(*table.get("name"),
                   "the name of the cluster has " + std::to_string(name.value().size()) +
                       " bytes; write one of 1 to " + std::to_string(kMaxNameBytes));
    }
    cluster_.name = name.value();
    if (Status status = ReadFlag(table, "allow_faults", &cluster_.allow_faults); !status.ok()) {
      return status;
    }
    return ReadFlag(table, "insecure", &cluster_.insecure);
  }

  Status ReadNodes() {
    const toml::array& nodes = *root_.get("node")->as_array();
    if (nodes.size() > kMaxNodes) {
      return Wrong(nodes[kMaxNodes], "there are " + std::to_string(nodes.size()) +
                                         " nodes; a cluster has 1 to " + std::to_string(kMaxNodes) +
                                         ", so take the others out");
    }
    for (const toml::node& node : nodes) {
      if (!node.is_table()) {
        return Wrong(node, "a node is " + KindOf(node) +
                               "; write a table [[node]] with id, host, client_port and peer_port");
      }
      if (Status status = ReadNode(*node.as_table()); !status.ok()) {
        return status;
      }
    }
    std::sort(cluster_.nodes.begin(), cluster_.nodes.end(),
              [](const NodeAddress& a, const NodeAddress& b) { return a.id < b.id; });
    return Status::Ok();
  }

  Result<std::int64_t> NeedNumber(const toml::table& table, const char* key, std::int64_t last,
                                  const std::string& example) const {
    const std::string range = "1 to " + std::to_string(last);
    Result<std::int64_t> number =
        Need<std::int64_t>(table, "a [[node]]", key, example + " (a whole number, " + range + ")");
    if (number.ok() && (number.value() < 1 || number.value() > last)) {
      return Wrong(*table.get(key), Quoted(key) + " is " + std::to_string(number.value()) +
                                        "; write a whole number from " + range);
    }
    return number;
  }

  Status ReadNode(const toml::table& table) {
    const std::vector<std::string> known = {"id", "host", "client_port", "peer_port"};
    if (Status status = CheckKeys(table, "a [[node]]", known); !status.ok()) {
      return status;
    }
    const auto id = NeedNumber(table, "id", kMaxNodes, "1");
    const auto host = Need<std::string>(table, "a [[node]]", "host", "\"127.0.0.1\"");
    const auto client_port = NeedNumber(table, "client_port", 65535, "5001");
    const auto peer_port = NeedNumber(table, "peer_port", 65535, "5101");
    for (const Status& status :
         {id.status(), host.status(), client_port.status(), peer_port.status()}) {
      if (!status.ok()) {
        return status;
      }
    }
    const auto node = static_cast<NodeId>(id.value());
    if (cluster_.Find(node) != nullptr) {
      return Wrong(*table.get("id"), "there are two nodes with id " + std::to_string(node) +
                                         "; give each node an id of its own");
    }
    if (Status status = CheckHost(*table.get("host"), host.value()); !status.ok()) {
      return status;
    }
    lines_[node] = table.source().begin.line;
    cluster_.nodes.push_back({node, host.value(), static_cast<std::uint16_t>(client_port.value()),
                              static_cast<std::uint16_t>(peer_port.value())});
    return Status::Ok();
  }

  Status CheckHost(const toml::node& where, const std::string& host) const {
    if (const std::string plain = PlainHost(host); IsHostName(plain)) {
      return Wrong(where, "the host " + Quoted(host) +
                              " is more than a host; write host = " + Quoted(plain) +
                              ", without brackets, and the ports in client_port and peer_port");
    }
    if (!IsHostName(host)) {
      return Wrong(where, "the host " + Quoted(host) +
                              " is no address; write the name or IP address by which the other "
                              "nodes and the clients reach this node");
    }
    if (!cluster_.insecure && !IsLoopback(host)) {
      return Wrong(where, "the host " + Quoted(host) +
                              " is not a loopback address, and links are not encrypted; write "
                              "insecure = true in [cluster] if the network is trusted, or host = "
                              "\"127.0.0.1\"");
    }
    return Status::Ok();
  }

  Status CheckAddresses() {
    std::map<std::pair<std::string, std::uint16_t>, NodeId> taken;
    for (const NodeAddress& node : cluster_.nodes) {
      for (const std::uint16_t port : {node.client_port, node.peer_port}) {
        const auto [place, is_new] = taken.insert({{node.host, port}, node.id});
        if (!is_new) {
          const std::string whom = place->second == node.id
                                       ? "node " + std::to_string(node.id) + " uses "
                                       : "nodes " + std::to_string(place->second) + " and " +
                                             std::to_string(node.id) + " both use ";
          return Wrong(lines_[node.id], whom + node.host + ":" + std::to_string(port) +
                                            (place->second == node.id ? " twice" : "") +
                                            "; give every client_port and peer_port of a host a "
                                            "number of its own");
        }
      }
    }
    return Status::Ok();
  }

  const toml::table& root_;
  Cluster cluster_;
  std::map<NodeId, std::size_t> lines_;
};

Result<std::string> ReadFile(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  Result<std::string> text = Status::Other(std::strerror(errno));
  if (file >= 0) {
    text = system::ReadAll(file, kMaxFileBytes + 1);
    ::close(file);
  }
  if (!text.ok()) {
    return Status::Usage("can't read the cluster file " + path + ": " + text.status().message() +
                         "; name another one with --config FILE");
  }
  if (text->size() > kMaxFileBytes) {
    return Status::Usage(
        "the cluster file " + path +
        " has more than 1 MiB, so it is none; name another one with --config FILE");
  }
  return text;
}

/// The program's own directory; empty if the system does not say.
std::string ProgramDirectory() {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  return error ? std::string() : program.parent_path().string();
}

}  // namespace

const NodeAddress* Cluster::Find(NodeId id) const {
  const auto found = std::find_if(nodes.begin(), nodes.end(),
                                  [id](const NodeAddress& node) { return node.id == id; });
  return found == nodes.end() ? nullptr : &*found;
}

Result<Cluster> LoadCluster(const std::string& path) {
  const std::string absolute = Absolute(path);
  const Result<std::string> text = ReadFile(absolute);
  if (!text.ok()) {
    return text.status();
  }
  try {
    const toml::table root = toml::parse(text.value(), absolute);
    return FileReader(root, absolute).Read();
  } catch (const toml::parse_error& error) {
    return Status::Usage(absolute + ":" + std::to_string(error.source().begin.line) +
                         ": this is not TOML: " + std::string(error.description()) +
                         "; correct the line (data/cluster.toml of the project is an example)");
  }
}

Result<std::string> FindClusterFile(const std::string& flag) {
  if (!flag.empty()) {
    return Absolute(flag);
  }
  const char* variable = std::getenv("CAIRN_CONFIG");
  if (variable != nullptr && *variable != '\0') {
    return Absolute(variable);
  }
  std::vector<std::string> places = {Absolute("data/cluster.toml")};
  if (const std::string directory = ProgramDirectory(); !directory.empty()) {
    places.push_back(Absolute(directory + "/../data/cluster.toml"));
  }
  std::string searched;
  for (const std::string& place : places) {
    std::error_code error;
    if (fs::exists(place, error)) {
      return place;
    }
    searched += (searched.empty() ? "" : " and ") + place;
  }
  return Status::Usage("there is no cluster file: looked for " + searched +
                       "; name one with --config FILE or in the variable CAIRN_CONFIG");
}

std::string DefaultDataDirectory(const Cluster& cluster, NodeId id) {
  return (fs::path(cluster.path).parent_path() / ("node" + std::to_string(id))).string();
}

chain::GenesisParameters ParametersOf(const Cluster& cluster) {
  chain::GenesisParameters parameters;
  parameters.name = cluster.name;
  for (const NodeAddress& node : cluster.nodes) {
    parameters.nodes.push_back(node.id);
  }
  parameters.max_sessions = kMaxSessions;
  return parameters;
}

std::string NodeText(const NodeAddress& node) {
  return "node " + std::to_string(node.id) + " (" + node.host + ":" +
         std::to_string(node.client_port) + ")";
}

}  // namespace cairn::config
