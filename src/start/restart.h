#pragma once
// A node starts anew by itself where its next start knows what to do and this process does not: a
// damaged file was found, or the node has forgotten. The way out is that of a crash, because that
// way is tried most; the process is replaced by a fresh one with the same arguments.

#include <string>

namespace cairn::start {

/// Writes the sentence to standard error and begins this program again; no destructor runs. If it
/// did so several times within a minute, or can't, it ends with exit code 6 instead: a node does
/// not crash in a loop.
[[noreturn]] void RestartNow(const std::string& sentence);

}  // namespace cairn::start
