// SPDX-License-Identifier: Apache-2.0
#include "crypto/wipe.hpp"

#include <openssl/crypto.h>

namespace walrus {

void wipe(void* data, std::size_t size) {
    OPENSSL_cleanse(data, size);
}

}  // namespace walrus
