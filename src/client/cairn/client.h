#pragma once
// The client library of cairn, a replicated key-value store that survives crashes.
//
//     std::string error;
//     const auto client = cairn::Client::Open({.cluster_file = "cluster.toml"}, &error);
//     if (client == nullptr) { … error is a sentence … }
//     if (const auto put = client->Put("key", "value"); !put.ok()) { … put.message … }
//
// A client may be used by many threads at once. It has one thread and one set of connections of its
// own. Every write is applied at most once, however often it must be sent; a write whose outcome
// can't be known is reported as kUnknown and as nothing else.
//
// Operations that are under way at the same time are applied in any order: who needs an order waits
// for the reply of the first before the second.

#include <chrono>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <vector>

namespace cairn {

class Client {
 public:
  struct Options {
    /// The cluster file (data/README.md). Empty: $CAIRN_CONFIG, else data/cluster.toml.
    std::string cluster_file;
    /// For one operation, all retries together. Of operations under way at the same time: for any
    /// of them to be settled.
    std::chrono::microseconds timeout = std::chrono::seconds(5);
    /// The node to ask first; 0: any.
    unsigned preferred_node = 0;
  };

  enum class Outcome : std::uint8_t {
    kOk,
    kNotFound,     ///< There is no such key.
    kUsage,        ///< Something is wrong with the request; nothing was applied.
    kUnavailable,  ///< Surely not applied; perhaps later.
    kFull,         ///< Surely not applied: a disk or a table of the cluster is full.
    kUnknown,      ///< A write that may be applied, now or later: read the key to see.
    kDenied,
    kIntegrity,  ///< What a node sent does not verify, or it belongs to another cluster.
    kOther,
  };

  struct Reply {
    Outcome outcome = Outcome::kOk;
    std::string message;  ///< A sentence for a person, unless ok.
    std::string value;    ///< Of a get: any bytes, at most 1 MiB.
    std::uint64_t slot =
        0;                ///< The block in which a write was decided, or at which a get has read.
    unsigned leader = 0;  ///< The node that leads; 0: not known.

    [[nodiscard]] bool ok() const { return outcome == Outcome::kOk; }
  };

  struct Operation {
    enum class Kind : std::uint8_t { kPut, kDel, kGet };
    Kind kind = Kind::kPut;
    std::string key;    ///< 1 to 4,096 bytes of any kind.
    std::string value;  ///< Puts only: at most 1 MiB.
  };

  struct NodeStatus {
    unsigned node = 0;
    bool reachable = false;
    std::string role;     ///< "leader", "follower", "candidate", "learner", "forming".
    bool quorum = false;  ///< It leads with a majority behind it, or hears a leader that does.
    std::uint64_t decided = 0;  ///< The last slot that it knows as decided.
    unsigned leader = 0;        ///< 0: none known.
    std::string message;        ///< Its situation, or why it can't be reached: a sentence.
  };

  struct Block {
    struct Request {
      std::string operation;  ///< "put", "del"; "genesis", "form", "readmit", "recover".
      std::string key;
      std::string value;
      std::uint64_t client = 0;
      std::uint64_t sequence = 0;
    };
    std::uint64_t slot = 0;
    std::string hash;        ///< SHA-256 of its header, 64 hexadecimal digits.
    std::string previous;    ///< Hash of the block before it.
    std::uint64_t time = 0;  ///< The leader's clock: microseconds since the Unix epoch.
    bool decided = false;
    std::vector<Request> requests;
  };

  /// Reads the cluster file; connects when the first operation needs it. Null, with a sentence in
  /// `error`, if the file can't be used.
  static std::unique_ptr<Client> Open(const Options& options, std::string* error);
  /// Waits for what is under way; what was not yet sent is reported as kUnavailable.
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  Reply Put(const std::string& key, const std::string& value);
  /// kNotFound if there was no such key.
  Reply Del(const std::string& key);
  /// Linearizable: it sees every write that was acknowledged before it began.
  Reply Get(const std::string& key);
  /// Many at once. The replies are in the order of the operations.
  std::vector<Reply> Run(const std::vector<Operation>& operations);

  /// The same without waiting. At most 65,536 operations or 64 MiB of them may wait: beyond that
  /// the reply is kUnavailable, at once.
  std::future<Reply> RunAsync(Operation operation);
  /// `done` is called once, on the client's thread or, where nothing could be sent, on the caller's.
  /// It must neither wait for this client nor throw.
  void RunAsync(Operation operation, std::function<void(Reply)> done);

  /// Of all nodes, ascending; within about a second.
  std::vector<NodeStatus> Status();
  /// Visits the blocks first..last of the chain of one node (0: any that answers), in order, each
  /// verified. It ends early, with kOk, where the node's chain ends. `visit` is called on the
  /// client's thread, must neither wait for this client nor throw, and keeps other operations of
  /// this client waiting: who reads a long chain beside other work opens a client for it.
  Reply Chain(unsigned node, std::uint64_t first, std::uint64_t last,
              const std::function<void(const Block&)>& visit);

  class Impl;  ///< Not for users.
  explicit Client(std::unique_ptr<Impl> impl);

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace cairn
