#pragma once
// A load on a cluster: many logical clients over few connections, in one thread that never waits
// for a single answer.
//
//   closed loop   every client begins its next operation as soon as the last one is settled
//   open loop     operations fall due at a fixed rate, whoever is free takes the next, and its time
//                 counts from when it was due: a cluster that stalls can't hide how long
//
// A crowd does not send all at once: what a connection has no place for waits here, where it is
// surely not applied, and what would not be answered in time is not sent at all.
//
// Retries are those of an ordinary client: the same sequence, to the leader that the last answer
// named, or over the next connection, when a node can't do it, is silent or gone.

#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "client/cluster_view.h"
#include "load/load_client.h"
#include "load/load_connection.h"
#include "load/load_result.h"

namespace cairn::load {

struct LoadOptions {
  LoadOp op = LoadOp::kPut;
  std::uint32_t clients = 1;       ///< 1 .. kMaxLoadClients
  std::size_t connections = 1;     ///< At least 1; client i uses connection i modulo this number.
  std::vector<NodeId> nodes;       ///< Connection i goes to node i modulo their number. Not empty.
  double rate = 0;                 ///< Operations per second; 0: a closed loop.
  std::uint64_t keys = 100'000;    ///< Size of the key space.
  std::size_t value_size = 100;    ///< Bytes.
  Micros warmup = 0;               ///< Not measured.
  Micros duration = 0;             ///< Measured. Without meaning for kFill, which ends by itself.
  Micros timeout = 5'000'000;      ///< For one operation, all retries together.
  Micros try_timeout = 1'200'000;  ///< For a node to answer, before another one is asked.
};

/// What a run looks like while it lasts.
struct LoadProgress {
  Micros elapsed = 0;            ///< With the warm-up.
  Micros total = 0;              ///< 0: not known.
  std::uint64_t operations = 0;  ///< That succeeded so far, in the warm-up too.
  std::uint64_t errors = 0;
  double rate = 0;  ///< Operations per second, since the last call.
};

class Load {
 public:
  using OnProgress = std::function<void(const LoadProgress& progress)>;

  /// Requires: the options are as they say above and name nodes of the cluster.
  Load(config::Cluster cluster, LoadOptions options, client::Environment environment);
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  /// Unavailable if no node can be reached within the time-out; the nodes' reason if all refuse.
  /// Errors of single operations are in the result.
  Result<LoadResult> Run(const OnProgress& on_progress);

 private:
  Status Connect();
  Status Open(NodeId node);
  [[nodiscard]] bool AllAnswered() const;
  [[nodiscard]] Status NobodyToTrust() const;
  void AssignClients();

  void BeginDue(Micros now);
  void Begin(LoadClient& client, Micros due, Micros now);
  bool Receive();
  void Take(LoadConnection& from, const api::ClientReply& reply);
  void Transmit(LoadClient& client, Micros now);
  /// Its next transmission may go another way, or there is none.
  void Leave(LoadClient& client);
  void LetIn(std::size_t connection, Micros now);
  void LetAllIn(Micros now);
  /// It is not worth while to send it for the first time.
  [[nodiscard]] bool TooLate(const LoadClient& client, Micros now) const;
  [[nodiscard]] bool Silent(const LoadClient& client, Micros now) const;
  void NoteAnswer(const LoadClient& client, Micros now);
  void TryAgain(LoadClient& client, Micros now);
  void Pause(LoadClient& client, Micros now);
  void Finish(LoadClient& client, Code code, Micros now);
  void Tick(Micros now);
  void Check(LoadClient& client, Micros now);
  void Wait(Micros now);
  void SayProgress(Micros now);

  [[nodiscard]] Micros DueAt(std::uint64_t number) const;
  [[nodiscard]] bool Over(Micros now) const;
  void CountLate();
  /// The connection itself if it is trusted, else the next one that is.
  [[nodiscard]] std::optional<std::size_t> TrustedFrom(std::size_t connection) const;
  std::optional<std::size_t> ConnectionTo(NodeId node);
  ClientId NewId();

  config::Cluster cluster_;
  LoadOptions options_;
  client::Environment environment_;
  LoadWork work_;
  std::vector<LoadConnection> connections_;
  std::vector<client::Transport*> transports_;
  std::vector<LoadClient> clients_;
  std::vector<std::uint32_t> idle_;  // the last one begins first
  std::optional<LoadRecorder> recorder_;
  client::ClusterView view_;
  bool exhausted_ = false;  // no more work
  Micros start_ = 0;
  std::uint64_t begun_ = 0;
  Micros next_tick_ = 0;
  Micros slow_ = 0;  // for an answer, at most, lately
  OnProgress on_progress_;
  Micros next_progress_ = 0;
  LoadProgress said_;
};

}  // namespace cairn::load
