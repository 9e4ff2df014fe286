// SPDX-License-Identifier: Apache-2.0
// Beast's own code, compiled once for the whole program. Asio's is in the io room.
#include <boost/beast/src.hpp>
