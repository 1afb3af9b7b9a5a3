// What smsp.hpp adds to plain C: the same list asked and the same fields read, in turns; and what 10,000 calls leave behind.
// usage: cpp [COUNT] [TURNS]    The environment configures it.
#include <smsp.hpp>

#include <malloc.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace {

double cpu_seconds()
{
    rusage used;
    getrusage(RUSAGE_SELF, &used);
    const auto seconds = [](const timeval &time) { return double(time.tv_sec) + double(time.tv_usec) / 1e6; };
    return seconds(used.ru_utime) + seconds(used.ru_stime);
}

double median(std::vector<double> values)
{
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

long sum_in_c(smsp_client *client, const std::vector<smsp::query> &list)
{
    std::vector<smsp_query> queries;
    for (const smsp::query &message : list)
        queries.push_back({ message.phone_number.c_str(), message.message_id.c_str() });
    smsp_report *report = nullptr;
    long sum = 0;
    if (smsp_multi_status(client, queries.data(), queries.size(), &report, nullptr) != SMSP_OK)
        std::exit(1);
    for (std::size_t i = 0; i < smsp_report_count(report); ++i) {
        const smsp_status *row = smsp_report_get(report, i);
        sum += row->state + long(std::strlen(row->message_id)) + (row->date != SMSP_NO_DATE);
    }
    smsp_report_free(report);
    return sum;
}

long sum_in_cpp(const smsp::client &client, const std::vector<smsp::query> &list)
{
    long sum = 0;
    const smsp::outcome outcome = client.multi_status(list);
    for (const smsp::status status : outcome.report())
        sum += long(status.state()) + long(status.message_id().size()) + bool(status.date());
    return sum;
}

} // namespace

int main(int argc, char **argv)
{
    const std::size_t count = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 100000;
    const int turns = argc > 2 ? std::atoi(argv[2]) : 7;
    std::vector<smsp::query> list;
    for (std::size_t i = 0; i < count; ++i) {
        char number[32];
        std::snprintf(number, sizeof number, "+336%08zu", i);
        list.push_back({ number, std::to_string(100000 + i) });
    }
    smsp_config *config = smsp_config_new();
    smsp_client *in_c = nullptr;
    if (smsp_config_load_env(config, nullptr) != SMSP_OK || smsp_client_new(config, &in_c, nullptr) != SMSP_OK)
        return 1;
    const smsp::client in_cpp(smsp::config().load_env());

    std::vector<double> c, cpp, added;
    for (int turn = 0; turn <= turns; ++turn) {
        const double start = cpu_seconds();
        const long one = sum_in_c(in_c, list);
        const double middle = cpu_seconds();
        const long other = sum_in_cpp(in_cpp, list);
        const double end = cpu_seconds();
        if (one != other)
            return 2;
        // The first turn opens connections.
        if (turn == 0)
            continue;
        c.push_back((middle - start) * 1e9 / double(count));
        cpp.push_back((end - middle) * 1e9 / double(count));
        added.push_back(cpp.back() - c.back());
    }
    std::printf("C    %7.1f ns of CPU per status, median of %d\nC++  %7.1f\nadds %+7.1f\n", median(c), turns, median(cpp),
                median(added));

    list.resize(1);
    sum_in_cpp(in_cpp, list);
    const std::size_t before = mallinfo2().uordblks;
    for (int i = 0; i < 10000; ++i)
        sum_in_cpp(in_cpp, list);
    std::printf("after 10,000 calls %+ld bytes\n", long(mallinfo2().uordblks) - long(before));
    smsp_client_free(in_c);
    smsp_config_free(config);
    return 0;
}
