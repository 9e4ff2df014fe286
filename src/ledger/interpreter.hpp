// SPDX-License-Identifier: Apache-2.0
// Runs the commands of one programmable transaction over linear values.
//
// Inputs and results are slots. A command takes values out of slots, borrows them, or copies pure
// ones; what was taken is gone. A command may not borrow one slot mutably and use it a second time.
// At the end no result may be left whose type has no `drop`; input objects that are still in their
// slots stay with their owners, in a new version.
#pragma once

#include "ledger/failure.hpp"
#include "ledger/runtime.hpp"

namespace walrus::ledger {

/// The clock, 0x2::clock::Clock under id 0x6: a shared object that transactions can only read. It
/// is no part of the state; every transaction sees the time of its block, and effects do not list
/// it.
ObjectId clock_id();
inline constexpr ObjectVersion kClockInitialVersion = 1;

/// Executes the program and writes all objects into the runtime's overlay. Precondition: the inputs
/// passed `check_inputs` on the same state. `latest` is the current id of the Walrus package.
Executed<void> run_program(Runtime& runtime, const ProgrammableTransaction& program,
                           const ObjectId& latest);

}  // namespace walrus::ledger
