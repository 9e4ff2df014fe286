// SPDX-License-Identifier: Apache-2.0
// Metrics in the Prometheus text format. A registry belongs to one role; counters may be used from
// any thread.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace walrus::io {

using MetricLabels = std::vector<std::pair<std::string, std::string>>;

class Counter {
public:
    virtual ~Counter() = default;
    virtual void add(double amount = 1) = 0;
};
class Gauge {
public:
    virtual ~Gauge() = default;
    virtual void set(double value) = 0;
};
class Histogram {
public:
    virtual ~Histogram() = default;
    virtual void observe(double value) = 0;
};

class Metrics {
public:
    static std::unique_ptr<Metrics> make();
    virtual ~Metrics() = default;
    /// The same name and labels give the same object; it lives as long as the registry.
    virtual Counter& counter(const std::string& name, const std::string& help,
                             const MetricLabels& labels = {}) = 0;
    virtual Gauge& gauge(const std::string& name, const std::string& help,
                         const MetricLabels& labels = {}) = 0;
    /// Buckets are upper bounds in ascending order; for times, seconds.
    virtual Histogram& histogram(const std::string& name, const std::string& help,
                                 const std::vector<double>& buckets,
                                 const MetricLabels& labels = {}) = 0;
    /// The text exposition format.
    virtual std::string render() const = 0;
};

/// Bucket bounds for request times: 0.5 ms to 60 s.
const std::vector<double>& request_seconds_buckets();

}  // namespace walrus::io
