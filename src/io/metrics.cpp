// SPDX-License-Identifier: Apache-2.0
// A registry of our own: what we need of a metrics library is this file, and the library would
// bring a web server and more packages.
#include "io/metrics.hpp"

#include <fmt/format.h>

#include <atomic>
#include <cmath>
#include <map>
#include <mutex>

#include "base/check.hpp"

namespace walrus::io {

namespace {

void add_to(std::atomic<double>& sum, double amount) {
    double seen = sum.load(std::memory_order_relaxed);
    while (!sum.compare_exchange_weak(seen, seen + amount, std::memory_order_relaxed)) {
    }
}

std::string number_text(double value) {
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
    return fmt::format("{}", value);
}

/// Backslash and line feed, and in label values the quote, are escaped.
std::string escape(const std::string& text, bool quote) {
    std::string out;
    for (const char c : text) {
        if (c == '\\') {
            out += "\\\\";
        } else if (c == '\n') {
            out += "\\n";
        } else if (c == '"' && quote) {
            out += "\\\"";
        } else {
            out += c;
        }
    }
    return out;
}

/// `{a="1",b="2"}`, or nothing without labels.
std::string labels_text(const MetricLabels& labels) {
    if (labels.empty()) return {};
    std::string out = "{";
    for (const auto& [name, value] : labels) {
        if (out.size() > 1) out += ',';
        out += fmt::format("{}=\"{}\"", name, escape(value, true));
    }
    return out + "}";
}

class Series {
public:
    virtual ~Series() = default;
    virtual void render(const std::string& name, const MetricLabels& labels,
                        std::string& out) const = 0;
};

class CounterSeries final : public Counter, public Series {
public:
    void add(double amount) override {
        if (amount > 0) add_to(value_, amount);
    }
    void render(const std::string& name, const MetricLabels& labels,
                std::string& out) const override {
        out += fmt::format("{}{} {}\n", name, labels_text(labels), number_text(value_.load()));
    }

private:
    std::atomic<double> value_{0};
};

class GaugeSeries final : public Gauge, public Series {
public:
    void set(double value) override { value_.store(value, std::memory_order_relaxed); }
    void render(const std::string& name, const MetricLabels& labels,
                std::string& out) const override {
        out += fmt::format("{}{} {}\n", name, labels_text(labels), number_text(value_.load()));
    }

private:
    std::atomic<double> value_{0};
};

class HistogramSeries final : public Histogram, public Series {
public:
    explicit HistogramSeries(const std::vector<double>& bounds)
        : bounds_(bounds), counts_(bounds.size() + 1) {}

    void observe(double value) override {
        std::size_t bucket = 0;
        while (bucket < bounds_.size() && value > bounds_[bucket]) ++bucket;
        counts_[bucket].fetch_add(1, std::memory_order_relaxed);
        add_to(sum_, value);
    }
    void render(const std::string& name, const MetricLabels& labels,
                std::string& out) const override {
        std::uint64_t count = 0;
        MetricLabels with_bound = labels;
        with_bound.emplace_back("le", "");
        for (std::size_t i = 0; i < counts_.size(); ++i) {
            count += counts_[i].load(std::memory_order_relaxed);
            with_bound.back().second = i < bounds_.size() ? number_text(bounds_[i]) : "+Inf";
            out += fmt::format("{}_bucket{} {}\n", name, labels_text(with_bound), count);
        }
        out += fmt::format("{}_sum{} {}\n", name, labels_text(labels), number_text(sum_.load()));
        out += fmt::format("{}_count{} {}\n", name, labels_text(labels), count);
    }

private:
    const std::vector<double> bounds_;
    std::vector<std::atomic<std::uint64_t>> counts_;
    std::atomic<double> sum_{0};
};

struct Family {
    std::string type;
    std::string help;
    std::map<MetricLabels, std::unique_ptr<Series>> series;
};

class Registry final : public Metrics {
public:
    Counter& counter(const std::string& name, const std::string& help,
                     const MetricLabels& labels) override {
        return find<CounterSeries>("counter", name, help, labels,
                                   [] { return std::make_unique<CounterSeries>(); });
    }
    Gauge& gauge(const std::string& name, const std::string& help,
                 const MetricLabels& labels) override {
        return find<GaugeSeries>("gauge", name, help, labels,
                                 [] { return std::make_unique<GaugeSeries>(); });
    }
    Histogram& histogram(const std::string& name, const std::string& help,
                         const std::vector<double>& buckets, const MetricLabels& labels) override {
        return find<HistogramSeries>("histogram", name, help, labels,
                                     [&] { return std::make_unique<HistogramSeries>(buckets); });
    }

    std::string render() const override {
        const std::lock_guard lock(mutex_);
        std::string out;
        for (const auto& [name, family] : families_) {
            out += fmt::format("# HELP {} {}\n", name, escape(family.help, false));
            out += fmt::format("# TYPE {} {}\n", name, family.type);
            for (const auto& [labels, series] : family.series) series->render(name, labels, out);
        }
        return out;
    }

private:
    template <class T, class Make>
    T& find(const char* type, const std::string& name, const std::string& help,
            const MetricLabels& labels, Make make) {
        const std::lock_guard lock(mutex_);
        Family& family = families_[name];
        if (family.type.empty()) {
            family.type = type;
            family.help = help;
        }
        WALRUS_CHECK(family.type == type);
        std::unique_ptr<Series>& series = family.series[labels];
        if (!series) series = make();
        return static_cast<T&>(*series);
    }

    mutable std::mutex mutex_;
    std::map<std::string, Family> families_;
};

}  // namespace

std::unique_ptr<Metrics> Metrics::make() {
    return std::make_unique<Registry>();
}

const std::vector<double>& request_seconds_buckets() {
    static const std::vector<double> bounds{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                            0.25,   0.5,   1,      2.5,   5,    10,    30,   60};
    return bounds;
}

}  // namespace walrus::io
