#include "client/commands.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <utility>

#include "client/acquaintance.h"
#include "client/bench.h"
#include "client/line_editor.h"
#include "client/shell.h"
#include "client/verbs.h"
#include "config/read_all.h"

namespace cairn::client {
namespace {

constexpr double kLongestTimeout = 86'400;
constexpr char kDashes[] =
    "Write -- before a KEY or VALUE that begins with a dash: cairn put -- -key -value";

/// What the callbacks of all verbs share.
struct Context {
  GlobalOptions* global;
  int* exit_code;
  World world;
};

/// The words of one verb.
struct Words {
  std::string key;
  std::string value;
  NodeId node = 0;
  NodeId other = 0;
  Slot from = 0;
  std::optional<Slot> to;
  bool raw = false;
  bool stale = false;
};

Result<std::unique_ptr<Client>> OpenClient(const Context& context, NodeId node) {
  const Result<std::string> path = config::FindClusterFile(context.global->config);
  if (!path.ok()) {
    return path.status();
  }
  Result<config::Cluster> loaded = config::LoadCluster(path.value());
  if (!loaded.ok()) {
    return loaded.status();
  }
  config::Cluster cluster = std::move(loaded).value();
  Options options;
  const Result<Micros> timeout = TimeoutOf(*context.global);
  if (!timeout.ok()) {
    return timeout.status();
  }
  options.timeout = timeout.value();
  Environment environment = context.world.environment(cluster);
  auto client = std::make_unique<Client>(std::move(cluster), options, std::move(environment));
  if (node != 0) {
    if (Status status = client->CheckNode(node); !status.ok()) {
      return status;
    }
    client->Prefer(node);
  }
  return client;
}

/// Adds a verb that runs `run` with its words when it is called.
CLI::App* AddVerb(CLI::App* app, const std::shared_ptr<Context>& context, const std::string& name,
                  const std::string& what, const std::shared_ptr<Words>& words,
                  const std::function<int(Verbs&, const Words&)>& run) {
  CLI::App* verb = app->add_subcommand(name, what);
  AddGlobalOptions(verb, context->global);
  verb->callback([context, name, words, run] {
    const Result<std::unique_ptr<Client>> client = OpenClient(*context, words->node);
    if (!client.ok()) {
      *context->exit_code = Refuse(context->world, context->global->json, name, client.status());
      return;
    }
    Verbs verbs(client.value().get(), context->world, context->global->json);
    *context->exit_code = run(verbs, *words);
  });
  return verb;
}

CLI::Option* AddNode(CLI::App* verb, const char* name, NodeId* node, const char* what) {
  return verb->add_option(name, *node, what)->check(CLI::Range(1U, kMaxNodes))->type_name("N");
}

/// A key or value is taken as it was typed: a conversion by the parser would change some.
void AddBytes(CLI::App* verb, const char* name, std::string* bytes, const char* what) {
  const auto take = [bytes](const CLI::results_t& typed) {
    *bytes = typed.at(0);
    return true;
  };
  verb->add_option(name, take, what)->required()->type_name("");
}

void AddWrites(CLI::App* app, const std::shared_ptr<Context>& context) {
  auto put_words = std::make_shared<Words>();
  CLI::App* put =
      AddVerb(app, context, "put", "Write VALUE under KEY", put_words,
              [](Verbs& verbs, const Words& words) { return verbs.Put(words.key, words.value); });
  AddBytes(put, "KEY", &put_words->key, "1 to 4096 bytes");
  AddBytes(put, "VALUE", &put_words->value, "up to 1 MiB; - reads standard input to its end");
  AddNode(put, "--node", &put_words->node, "ask this node first");
  put->footer(kDashes);

  auto del_words = std::make_shared<Words>();
  CLI::App* del = AddVerb(app, context, "del", "Delete KEY", del_words,
                          [](Verbs& verbs, const Words& words) { return verbs.Del(words.key); });
  AddBytes(del, "KEY", &del_words->key, "the key to delete; exit code 3 if there is none");
  AddNode(del, "--node", &del_words->node, "ask this node first");
  del->footer(kDashes);
}

void AddReads(CLI::App* app, const std::shared_ptr<Context>& context) {
  auto words = std::make_shared<Words>();
  CLI::App* get = AddVerb(app, context, "get", "Print the value of KEY", words,
                          [](Verbs& verbs, const Words& given) {
                            return verbs.Get(given.key, given.raw, given.stale ? given.node : 0);
                          });
  AddBytes(get, "KEY", &words->key, "the key to read; exit code 3 if there is none");
  get->add_flag("--raw", words->raw, "print the bytes alone, without a newline");
  CLI::Option* node = AddNode(get, "--node", &words->node, "ask this node first");
  get->add_flag("--stale", words->stale, "what node N has, possibly old (needs --node N)")
      ->needs(node);
  get->footer(kDashes);

  AddVerb(app, context, "status", "Say how the nodes are; exit code 4 without a majority",
          std::make_shared<Words>(), [](Verbs& verbs, const Words&) { return verbs.Status(); });

  auto range = std::make_shared<Words>();
  CLI::App* chain = AddVerb(app, context, "chain", "Print the blocks that a node has", range,
                            [](Verbs& verbs, const Words& given) {
                              return verbs.Chain(given.node, given.from, given.to);
                            });
  AddNode(chain, "--node", &range->node, "this node's chain (else: of one that answers)");
  chain->add_option("--from", range->from, "the first slot (0)")->type_name("SLOT");
  chain
      ->add_option_function<Slot>(
          "--to", [range](const Slot& slot) { range->to = slot; }, "the last slot (the newest)")
      ->type_name("SLOT");
}

void AddLinkFault(CLI::App* fault, const std::shared_ptr<Context>& context, const std::string& name,
                  net::FaultCall::Kind kind, const char* what) {
  // The two ends are no "preferred node": words->node stays 0.
  auto ends = std::make_shared<std::pair<NodeId, NodeId>>();
  CLI::App* verb = AddVerb(fault, context, name, what, std::make_shared<Words>(),
                           [name, kind, ends](Verbs& verbs, const Words&) {
                             return verbs.FaultLink(name, kind, ends->first, ends->second);
                           });
  AddNode(verb, "A", &ends->first, "one end of the link")->required();
  AddNode(verb, "B", &ends->second, "the other end")->required();
}

void AddFaults(CLI::App* app, const std::shared_ptr<Context>& context) {
  CLI::App* fault = app->add_subcommand(
      "fault", "Make or mend a fault, if the cluster file says allow_faults = true");
  fault->require_subcommand(1);
  AddLinkFault(fault, context, "failLink", net::FaultCall::Kind::kFailLink,
               "Cut the link between two nodes, in both directions");
  AddLinkFault(fault, context, "fixLink", net::FaultCall::Kind::kFixLink,
               "Mend the link between two nodes");
  auto words = std::make_shared<Words>();
  CLI::App* process =
      AddVerb(fault, context, "failProcess", "Kill the process of a node", words,
              [](Verbs& verbs, const Words& given) { return verbs.FailProcess(given.node); });
  AddNode(process, "N", &words->node, "the node")->required();
}

int RunClientShell(const Context& context, Client* client, NodeId node) {
  const World& world = context.world;
  LineEditor editor("client " + std::to_string(node) + "> ", Shell::CommandNames());
  Shell shell(client, context.global->json, [&world](const std::string& text) {
    *world.out << text;
    world.out->flush();
  });
  if (editor.interactive()) {
    const Status status = client->Reconnect(node);
    *world.err << (status.ok() ? "connected to node " + std::to_string(node) : status.message())
               << "; help lists the commands, e leaves\n";
  }
  const bool left = RunShell(&shell, &editor);
  if (!editor.error().ok()) {
    return Refuse(
        world, context.global->json, "client",
        Status::Other("can't read the commands from standard input: " + editor.error().message()));
  }
  if (editor.interactive()) {
    *world.err << (left ? "goodbye\n" : "\ngoodbye\n");
    return 0;
  }
  return ExitCode(shell.last_failure());
}

void AddShell(CLI::App* app, const std::shared_ptr<Context>& context) {
  auto node = std::make_shared<NodeId>(0);
  CLI::App* verb = app->add_subcommand(
      "client", "The client console: reads commands from the terminal or from a pipe");
  AddGlobalOptions(verb, context->global);
  AddNode(verb, "ID", node.get(), "the node to talk to first")->required();
  verb->callback([context, node] {
    const Result<std::unique_ptr<Client>> client = OpenClient(*context, *node);
    *context->exit_code =
        client.ok() ? RunClientShell(*context, client.value().get(), *node)
                    : Refuse(context->world, context->global->json, "client", client.status());
  });
}

}  // namespace

// The variable is not left to the parser, which would let it overrule the flag of a verb when the
// other verbs, which are not called, have the same flag.
Result<Micros> TimeoutOf(const GlobalOptions& global) {
  double seconds = global.timeout.value_or(5);
  const char* variable = std::getenv("CAIRN_TIMEOUT");
  const char* name = "--timeout";
  if (!global.timeout && variable != nullptr && *variable != '\0') {
    name = "CAIRN_TIMEOUT";
    if (!CLI::detail::lexical_cast(variable, seconds)) {
      seconds = 0;
    }
  }
  if (!(seconds > 0) || seconds > kLongestTimeout) {
    return Status::Usage(std::string(name) +
                         " is no such time; write seconds, more than 0 and up to 86400");
  }
  return std::max<Micros>(1, static_cast<Micros>(seconds * 1e6));
}

World RealWorld() {
  return {[](std::size_t most) { return config::ReadAll(STDIN_FILENO, most); }, &std::cout,
          &std::cerr,
          [](const config::Cluster& cluster) {
            Environment environment = RealEnvironment(cluster);
            const Acquaintance acquaintance(cluster, Acquaintance::Directory());
            environment.formed = acquaintance.Recall();
            environment.kept_at = acquaintance.path();
            environment.keep = [acquaintance](const Hash& formed) { acquaintance.Keep(formed); };
            return environment;
          }};
}

void AddGlobalOptions(CLI::App* verb, GlobalOptions* global) {
  verb->add_option("--config", global->config,
                   "the cluster file (else $CAIRN_CONFIG, else data/cluster.toml)")
      ->type_name("FILE");
  verb->add_option("--timeout", global->timeout,
                   "how long to wait for an answer (else $CAIRN_TIMEOUT, else 5)")
      ->type_name("SECONDS");
  verb->add_flag("--json", global->json, "print JSON");
}

void AddClientCommands(CLI::App* app, GlobalOptions* global, int* exit_code, World world) {
  auto context = std::make_shared<Context>(Context{global, exit_code, std::move(world)});
  AddWrites(app, context);
  AddReads(app, context);
  AddFaults(app, context);
  AddShell(app, context);
  AddBench(app, global, exit_code, context->world);
}

int RunVerifyCluster(GlobalOptions global, bool full, World world) {
  const Context context{&global, nullptr, std::move(world)};
  const Result<std::unique_ptr<Client>> client = OpenClient(context, 0);
  return client.ok() ? Verbs(client.value().get(), context.world, global.json).VerifyCluster(full)
                     : Refuse(context.world, global.json, "verify", client.status());
}

}  // namespace cairn::client
