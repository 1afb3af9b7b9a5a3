// What smsp.hpp promises, with exceptions and without, by every standard: a part of main.cpp.    BASE_URL API_KEY
// Prints failed checks only. The service knows +33699999993 111111, rejects message 96, and answers a request for message 503
// with that HTTP status.
#include <smsp.hpp>

#include <stdlib.h>

#include <algorithm>
#include <iostream>
#include <iterator>
#include <list>
#include <thread>
#include <type_traits>

#if __cplusplus >= 202002L
#include <ranges>
static_assert(std::random_access_iterator<smsp::report::iterator>, "an iterator of C++20");
static_assert(std::ranges::random_access_range<const smsp::report>, "a range of C++20");
#endif

int PART(int argc, char **argv);

namespace {

int failures = 0;

#define CHECK(condition)                                                    \
    do {                                                                    \
        if (!(condition)) {                                                 \
            std::cout << __FILE__ << ':' << __LINE__ << ": " #condition "\n"; \
            ++failures;                                                     \
        }                                                                   \
    } while (0)

template <class T> void check_handle()
{
    static_assert(!std::is_copy_constructible<T>::value && !std::is_copy_assignable<T>::value, "it is not copied");
    static_assert(std::is_nothrow_move_constructible<T>::value && std::is_nothrow_move_assignable<T>::value, "it is moved");
}

using pairs = std::vector<std::pair<std::string, std::string>>;

smsp::config config(const char *base_url, const char *api_key)
{
    smsp::config made;
    CHECK(made.try_set("base_url", base_url));
    CHECK(made.try_set("api_key", api_key));
    CHECK(made.try_set("max_retries", "0"));
    CHECK(made.try_set("batch_size", "1"));
    return made;
}

void check_config()
{
    smsp::config made;
    const smsp::result<void> refused = made.try_set("batch_size", "501");
    CHECK(!refused && refused.error().code() == smsp::code::config);
    CHECK(refused.error().message().find("batch_size: expected") == 0);
    CHECK(made.get("batch_size") && *made.get("batch_size") == smsp::string_view("500"));
    CHECK(!made.get("proxy") && !made.get("no_such_option"));
    CHECK(!made.try_set("user_agent", std::string("a\0b", 3)));
    CHECK(!made.get("user_agent") || *made.get("user_agent") != smsp::string_view("a"));
    CHECK(!smsp::client::try_make(made).has_value());

    smsp::config moved = std::move(made);
    CHECK(moved.try_set("batch_size", "7") && *moved.get("batch_size") == smsp::string_view("7"));
    CHECK(!made.get("batch_size") && made.try_set("batch_size", "7").error().code() == smsp::code::invalid_argument);
}

// Every kind of range gives the same report.
void check_ranges(const smsp::client &client)
{
    const std::vector<smsp::query> vector = { { "+33699999993", "111111" }, { "06xx", "1" } };
    const std::list<smsp::query> list(vector.begin(), vector.end());
    const pairs of_pairs = { { "+33699999993", "111111" }, { "06xx", "1" } };
    smsp::queries borrowed;
    for (const smsp::query &message : vector)
        borrowed.add(message.phone_number, message.message_id);
    std::vector<smsp::outcome> outcomes;
    outcomes.push_back(client.try_multi_status(vector));
    outcomes.push_back(client.try_multi_status(list));
    outcomes.push_back(client.try_multi_status(of_pairs));
    outcomes.push_back(client.try_multi_status(borrowed));
    outcomes.push_back(client.try_multi_status({ { "+33699999993", "111111" }, { "06xx", "1" } }));
    for (const smsp::outcome &outcome : outcomes) {
        CHECK(outcome.code() == smsp::code::partial && outcome.error().code() == smsp::code::invalid_argument);
        CHECK(outcome.report().size() == 2);
        const smsp::status first = outcome.report()[0];
        CHECK(first.phone_number() == smsp::string_view("+33699999993") && first.message_id() == smsp::string_view("111111"));
        CHECK(first.state() == smsp::state::delivered && first.code() == smsp::code::ok && first.api_code() == 200);
        CHECK(first.date() && first.date()->count() == 1517934416 && !first.date_text());
        CHECK(first.status_text() && *first.status_text() == smsp::string_view("Delivered"));
        CHECK(first.stop_sms() && !*first.stop_sms() && first.is_spam() && !*first.is_spam());
        const smsp::status second = outcome.report()[1];
        CHECK(second.state() == smsp::state::invalid && second.code() == smsp::code::invalid_argument);
        CHECK(!second.date() && !second.status_text() && !second.stop_sms() && !second.is_spam());
    }
}

void check_report(const smsp::client &client)
{
    pairs messages;
    for (int i = 0; i < 20; ++i)
        messages.emplace_back("+33699999993", "1000" + std::to_string(i));
    messages.emplace_back(std::string("+33699999993\0", 13), "1");
    const smsp::outcome outcome = client.try_multi_status(messages);
    const smsp::report &report = outcome.report();
    CHECK(report.size() == 21 && report.end() - report.begin() == 21 && !report.empty());
    CHECK(report[20].state() == smsp::state::invalid && report[20].phone_number().empty());
    CHECK(report.count(smsp::state::invalid) == 1 && report.count(static_cast<smsp::state>(99)) == 0);
    std::size_t place = 0;
    for (const smsp::status status : report)
        CHECK(status.message_id() == smsp::string_view(messages[place++].second));
    smsp::report::iterator at = report.begin();
    CHECK((at++)->message_id() == report[0].message_id() && (++at)->message_id() == report[2].message_id());
    CHECK((--at) == report.begin() + 1 && at-- != report.begin() && at[5].message_id() == report[5].message_id());
    CHECK(report.begin() < report.end() && report.end() - 21 <= report.begin() && 3 + at > at && at >= at);
    const auto is_last = [](const smsp::status &status) { return status.message_id() == smsp::string_view("100019"); };
    CHECK(std::find_if(report.begin(), report.end(), is_last) - report.begin() == 19);
    // A report outlives its outcome.
    std::size_t count = 0;
    for (const smsp::status status : client.try_multi_status(messages).report())
        count += status.phone_number().size() > 0;
    CHECK(count == 20);
    const smsp::report none;
    CHECK(none.empty() && none.begin() == none.end() && none.count(smsp::state::delivered) == 0);
}

// Why each message is not answered, where it is not.
void check_errors(const smsp::client &client)
{
    const pairs messages = { { "+33699999993", "111111" }, { "06xx", "1" },     { "+33699999993", "503" },
                             { "+33699999993", "96" },     { "0612345678", "" }, { "+33699999992", "1000" } };
    smsp::outcome outcome = client.try_multi_status(messages);
    const smsp::status kept = outcome.report()[2];
    const smsp::report report = std::move(outcome).report();
    CHECK(report.size() == messages.size());
    std::size_t place = 0;
    for (const smsp::status status : report) {
        const smsp::error error = status.error();
        CHECK(status.index() == place && report[place].index() == place);
        CHECK(error.code() == status.code() && report.error(place).message() == error.message());
        CHECK(bool(error) == (status.state() == smsp::state::invalid || status.state() == smsp::state::unanswered));
        CHECK(bool(error) != error.message().empty());
        ++place;
    }
    CHECK(!report.error(0) && !report[0].error() && report.error(0).message().empty());
    CHECK(report.error(1).message().find("phone_number: ") == 0 && report.error(4).message().find("message_id: ") == 0);
    CHECK(report.error(1).message() != report.error(4).message() && !report.error(1).is_retryable());
    CHECK(report.error(2).http_status() == 503 && report.error(2).is_retryable());
    CHECK(kept.error().http_status() == 503 && kept.index() == 2);
    // What the service refuses is answered, and so is what it does not know.
    CHECK(report[3].state() == smsp::state::rejected && report[3].api_code() == 96 && report[3].code() == smsp::code::ok);
    CHECK(report[3].status_text() && *report[3].status_text() == smsp::string_view("IP refused") && !report.error(3));
    CHECK(report[5].state() == smsp::state::not_found && report[5].code() == smsp::code::ok && !report.error(5));
    CHECK(!report.error(6) && !smsp::report().error(0));
    // An error outlives its report.
    smsp::error alone;
    CHECK(!alone);
    alone = client.try_multi_status(messages).report().error(2);
    CHECK(alone.code() == smsp::code::http && alone.message().find("503") != std::string::npos);
}

void check_operation(const smsp::client &client)
{
    smsp::result<smsp::operation> started = client.try_start({ { "+33699999993", "111111" }, { "+33699999993", "2" } });
    CHECK(started);
    smsp::operation operation = *std::move(started);
    operation.wait();
    CHECK(operation.is_done() && operation.wait_for(std::chrono::milliseconds(-1)) && operation.fd() >= 0);
    CHECK(operation.progress().done == 2 && operation.progress().total == 2);
    CHECK(operation.try_finish().report().size() == 2);
    const smsp::outcome again = operation.try_finish();
    CHECK(again.code() == smsp::code::invalid_argument && again.report().empty());
    smsp::operation cancelled = *client.try_start(pairs(50, { "+33699999993", "111111" }));
    cancelled.cancel();
    const smsp::outcome ended = cancelled.try_finish();
    CHECK(ended.report().size() == 50 && ended.report()[49].state() == ended.report()[0].state());

    smsp::operation nothing;
    nothing.cancel();
    CHECK(!nothing.is_done() && nothing.fd() == -1 && nothing.progress().total == 0);
    const smsp::client no_client;
    CHECK(no_client.try_multi_status({}).code() == smsp::code::invalid_argument && !no_client.try_start({}));
    CHECK(client.stat("requests") && *client.stat("requests") > 0 && !client.stat("no_such_counter"));
}

void check_threads(const smsp::client &client)
{
    std::vector<std::thread> threads;
    std::vector<std::size_t> delivered(4);
    for (std::size_t &count : delivered)
        threads.emplace_back([&client, &count] {
            count = client.try_multi_status({ { "+33699999993", "111111" } }).report().count(smsp::state::delivered);
        });
    for (std::thread &thread : threads)
        thread.join();
    CHECK(std::count(delivered.begin(), delivered.end(), std::size_t(1)) == 4);
}

#if SMSP_HAS_EXCEPTIONS
template <class Act> smsp::error thrown(Act act)
{
    try {
        act();
    } catch (const smsp::exception &failed) {
        CHECK(failed.what() == failed.error().message() && failed.code() == failed.error().code());
        CHECK(failed.http_status() == failed.error().http_status() && failed.api_code() == failed.error().api_code());
        CHECK(failed.is_retryable() == failed.error().is_retryable());
        return failed.error();
    }
    return smsp::error();
}

void check_exceptions(const char *base_url, const char *api_key)
{
    const smsp::client client(config(base_url, api_key));
    CHECK(client.multi_status({ { "+33699999993", "111111" } }).code() == smsp::code::ok);
    CHECK(client.start(pairs(1, { "+33699999993", "111111" })).finish().code() == smsp::code::ok);
    const smsp::outcome partial = client.multi_status({ { "+33699999993", "111111" }, { "+33699999993", "503" } });
    CHECK(partial.code() == smsp::code::partial && partial.error().http_status() == 503 && partial.error().is_retryable());

    CHECK(thrown([] { smsp::config().set("no_such_option", "1"); }).code() == smsp::code::config);
    CHECK(thrown([] { smsp::client made{ smsp::config() }; }).message().find("api_key") == 0);
    CHECK(thrown([&] { client.multi_status({ { "+33699999993", "503" } }); }).http_status() == 503);
    const smsp::client refused(config(base_url, "wrong"));
    CHECK(thrown([&] { refused.multi_status({ { "+33699999993", "1" } }); }).api_code() == 10);
    CHECK(thrown([&] { refused.start({ { "+33699999993", "1" } }).finish(); }).code() == smsp::code::auth);
    try {
        refused.multi_status({ { "+33699999993", "1" } });
    } catch (const smsp::exception &failed) {
        const smsp::exception copied = failed;
        CHECK(copied.report() && copied.report()->size() == 1 && (*copied.report())[0].code() == smsp::code::auth);
    }
    smsp::operation finished = client.start({ { "+33699999993", "1" } });
    finished.try_finish();
    CHECK(thrown([&] { finished.finish(); }).code() == smsp::code::invalid_argument);
}
#endif

// Before there is any thread.
void check_environment(const char *base_url, const char *api_key)
{
    setenv("SMSP_BASE_URL", base_url, 1);
    unsetenv("SMSPARTNER_API_KEY");
    const smsp::result<smsp::client> refused = smsp::client::try_from_env();
    CHECK(!refused && refused.error().code() == smsp::code::config);
    CHECK(refused.error().message().find("api_key") != std::string::npos);
    CHECK(refused->try_multi_status({}).code() == smsp::code::invalid_argument);
    setenv("SMSPARTNER_API_KEY", api_key, 1);
    CHECK(smsp::client::try_from_env()->try_multi_status({ { "+33699999993", "111111" } }).code() == smsp::code::ok);
#if SMSP_HAS_EXCEPTIONS
    CHECK(smsp::client::from_env().multi_status({ { "+33699999993", "111111" } }).code() == smsp::code::ok);
    unsetenv("SMSPARTNER_API_KEY");
    CHECK(thrown([] { smsp::client::from_env(); }).message() == refused.error().message());
#endif
    unsetenv("SMSPARTNER_API_KEY");
    unsetenv("SMSP_BASE_URL");
}

} // namespace

int PART(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    check_handle<smsp::config>();
    check_handle<smsp::client>();
    check_handle<smsp::operation>();
    check_handle<smsp::report>();
    CHECK(smsp::version() == smsp::string_view(SMSP_VERSION));
    CHECK(smsp::name(smsp::code::timeout) == smsp::string_view("SMSP_E_TIMEOUT"));
    CHECK(smsp::is_final(smsp::state::delivered) && !smsp::is_final(smsp::state::waiting));
    check_config();
    check_environment(argv[1], argv[2]);
    const smsp::client client = *smsp::client::try_make(config(argv[1], argv[2]));
    check_ranges(client);
    check_report(client);
    check_errors(client);
    check_operation(client);
    check_threads(client);
#if SMSP_HAS_EXCEPTIONS
    check_exceptions(argv[1], argv[2]);
#endif
    return failures != 0;
}
