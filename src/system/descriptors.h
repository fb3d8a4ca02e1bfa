#pragma once
// The three descriptors with which every process begins: standard input, output and error.

namespace cairn::system {

/// Of those three, opens the ones that are closed, so that no file which is opened later gets their
/// number: a line of the log in a data file would destroy it. What is opened is /dev/null the wrong
/// way round: to read from the input, and to write to the output, fails as before. To be called
/// before anything else is opened.
void HoldStandardDescriptors();

}  // namespace cairn::system
